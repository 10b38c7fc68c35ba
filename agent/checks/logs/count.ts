/**
 * How many matches within a window that slides. Pure. Times are kept as counts in a 60th of the window, so that a flood
 * costs no more memory than a quiet hour; a window may therefore be shorter than asked for by that much, never longer.
 */

const parts = 60;

export interface Tally {
  /** Ever, since counting began: a counter. */
  total: number;
  /** Time of the newest match, ms; null before the first. */
  newest: number | null;
  /** How many in which part of the window, in the order of time. */
  counts: readonly (readonly [part: number, count: number])[];
  /** The most within one window that had passed already when it was read: shown for one window from then on. */
  late: { count: number; until: number } | null;
}

export const emptyTally: Tally = { total: 0, newest: null, counts: [], late: null };

const partMs = (windowMs: number) => Math.max(1000, windowMs / parts);

/**
 * @param times of the matches read now, ms; one from the future (a clock that was set back) counts as now
 * @returns the tally with them, and the largest count of any window that ended since the last time: a burst while the
 *   agent was away is seen, and entries of two days are no burst
 */
export function addMatches(
  before: Tally,
  times: readonly number[],
  windowMs: number,
  now: number,
): { tally: Tally; matches: number } {
  const width = partMs(windowMs);
  const perWindow = Math.max(1, Math.floor(windowMs / width));
  const partOf = (time: number) => Math.floor(Math.min(time, now) / width);
  const last = partOf(now);
  const counts = new Map<number, number>(before.counts.filter(([part]) => part <= last));
  const touched = new Set<number>();
  let { newest } = before;
  for (const time of times) {
    const part = partOf(time);
    counts.set(part, (counts.get(part) ?? 0) + 1);
    touched.add(part);
    newest = Math.max(newest ?? 0, Math.min(time, now));
  }
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const kept = sorted.filter(([part]) => part > last - perWindow);
  const current = kept.reduce((sum, [, count]) => sum + count, 0);
  const most = largest(sorted, perWindow, touched);
  let late =
    before.late !== null && before.late.until > now && before.late.until <= now + windowMs ? before.late : null;
  if (most.count > Math.max(current, late?.count ?? 0) && most.end <= last - perWindow)
    late = { count: most.count, until: now + windowMs };
  return {
    tally: { total: before.total + times.length, newest, counts: kept, late },
    matches: Math.max(current, most.count, late?.count ?? 0),
  };
}

/** The largest sum over one window that ends with one of `ends`. */
function largest(sorted: readonly (readonly [number, number])[], perWindow: number, ends: ReadonlySet<number>) {
  let most = { count: 0, end: Number.NEGATIVE_INFINITY };
  let sum = 0;
  let from = 0;
  for (const [end, count] of sorted) {
    sum += count;
    for (let first = sorted[from]; first && first[0] <= end - perWindow; first = sorted[from]) {
      sum -= first[1];
      from += 1;
    }
    if (ends.has(end) && sum > most.count) most = { count: sum, end };
  }
  return most;
}
