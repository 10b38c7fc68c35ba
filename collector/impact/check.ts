/** What is wrong with the impact that a person states, in words. Pure. */
import type { ImpactSegment } from './estimate.ts';

/** Segments of one site may not overlap: which of two factors would hold? */
export function impactFault(segments: readonly ImpactSegment[], now: number): string | null {
  for (const [n, { start, end, affected }] of segments.entries()) {
    const which = `segment ${n + 1}`;
    if (start > now) return `${which} begins in the future`;
    if (end !== null && end > now) return `${which} ends in the future; leave the end out while it lasts`;
    if (end !== null && end <= start) return `${which} ends before it has begun`;
    const sites = affected.map(({ site }) => site);
    const twice = sites.find((site, m) => sites.indexOf(site) !== m);
    if (twice !== undefined) return `${which} names the site ${twice ?? '(none)'} twice`;
  }
  const bySite = Map.groupBy(
    segments.flatMap(({ affected, start, end }, n) => affected.map(({ site }) => ({ site, start, end, n: n + 1 }))),
    ({ site }) => site,
  );
  for (const list of bySite.values()) {
    const sorted = list.toSorted((a, b) => a.start - b.start);
    for (const [m, one] of sorted.entries()) {
      const next = sorted[m + 1];
      if (next && (one.end ?? Number.POSITIVE_INFINITY) > next.start)
        return `segments ${one.n} and ${next.n} overlap for ${one.site === null ? 'people without a site' : `the site ${one.site}`}`;
    }
  }
  return null;
}
