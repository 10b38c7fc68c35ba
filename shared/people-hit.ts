/** How many people an incident hindered. Pure. */
interface HitBy {
  segments: readonly { factor: number; affected: readonly { site: string | null; people: number }[] }[];
  stated: unknown;
  reasons: readonly { code: string }[];
}

/** The most people who were hindered at one time at each site, added up; null: not known of anybody. */
export function peopleHit({ segments, stated, reasons }: HitBy): number | null {
  const most = new Map<string | null, number>();
  for (const { factor, affected } of segments)
    for (const { site, people } of affected) if (factor > 0) most.set(site, Math.max(most.get(site) ?? 0, people));
  if (most.size === 0 && stated === null) return reasons.every(({ code }) => code === 'no_dependants') ? 0 : null;
  return [...most.values()].reduce((sum, people) => sum + people, 0);
}
