/** What is wrong with the impact that a person states. Pure. */
import { type Reason, reason } from '../../shared/reason.ts';
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

export interface ImpactFault {
  /** Which of the segments, from 0. */
  segment: number;
  why: Reason;
}

/** Segments of one site may not overlap: which of two factors would hold? */
export function impactFault(
  segments: readonly ImpactSegment[],
  { now, earliest, sites: known }: ImpactBounds,
): ImpactFault | null {
  for (const [n, { start, end, affected }] of segments.entries()) {
    const which = { n: n + 1 };
    const at = (why: Reason): ImpactFault => ({ segment: n, why });
    if (start > now) return at(reason('impact_future', which));
    if (start < earliest) return at(reason('impact_old', which));
    if (end !== null && end > now) return at(reason('impact_end_future', which));
    if (end !== null && end <= start) return at(reason('impact_order', which));
    for (const { site, people } of affected) {
      const place = known.get(site ?? '');
      if (place && place.people !== null && people > place.people)
        return at(reason('impact_people', { ...which, people, site: place.name, most: place.people }));
    }
    const sites = affected.map(({ site }) => site);
    const twice = sites.find((site, m) => sites.indexOf(site) !== m);
    if (twice === null) return at(reason('impact_none_twice', which));
    if (twice !== undefined)
      return at(reason('impact_site_twice', { ...which, site: known.get(twice)?.name ?? twice }));
  }
  const bySite = Map.groupBy(
    segments.flatMap(({ affected, start, end }, n) => affected.map(({ site }) => ({ site, start, end, n: n + 1 }))),
    ({ site }) => site,
  );
  for (const list of bySite.values()) {
    const sorted = list.toSorted((a, b) => a.start - b.start);
    for (const [m, one] of sorted.entries()) {
      const next = sorted[m + 1];
      if (!next || (one.end ?? Number.POSITIVE_INFINITY) <= next.start) continue;
      const which = { n: one.n, other: next.n };
      const why =
        one.site === null
          ? reason('impact_none_overlap', which)
          : reason('impact_overlap', { ...which, site: known.get(one.site)?.name ?? one.site });
      return { segment: next.n - 1, why };
    }
  }
  return null;
}
