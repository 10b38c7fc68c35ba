/** What is wrong with the impact that a person states, in words. Pure. */
import type { ImpactSegment } from './estimate.ts';

/** What the segments are held against. */
export interface ImpactBounds {
  now: number;
  /** ms UTC: no evidence of the incident can be older. */
  earliest: number;
  /** Sites by id. People: how many work there; null: not known. */
  sites: ReadonlyMap<string, { name: string; people: number | null }>;
}

/** Nobody remembers longer, and no buffer of an agent reaches back further. */
export const beforeOpeningMs = 31 * 86_400_000;

/** Segments of one site may not overlap: which of two factors would hold? */
export function impactFault(
  segments: readonly ImpactSegment[],
  { now, earliest, sites: known }: ImpactBounds,
): string | null {
  for (const [n, { start, end, affected }] of segments.entries()) {
    const which = `segment ${n + 1}`;
    if (start > now) return `${which} begins in the future`;
    if (start < earliest) return `${which} begins more than 31 days before the ticket was opened`;
    if (end !== null && end > now) return `${which} ends in the future; leave the end out while it lasts`;
    if (end !== null && end <= start) return `${which} ends before it has begun`;
    for (const { site, people } of affected) {
      const at = known.get(site ?? '');
      if (at && at.people !== null && people > at.people)
        return `${which} says ${people} people at ${at.name}, where ${at.people} work; if that is wrong, correct the number of the site first`;
    }
    const sites = affected.map(({ site }) => site);
    const twice = sites.find((site, m) => sites.indexOf(site) !== m);
    if (twice !== undefined)
      return `${which} names the site ${known.get(twice ?? '')?.name ?? twice ?? '(none)'} twice`;
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
        return `segments ${one.n} and ${next.n} overlap for ${one.site === null ? 'people without a site' : `the site ${known.get(one.site)?.name ?? one.site}`}`;
    }
  }
  return null;
}
