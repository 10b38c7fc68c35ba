/** Intervals of an endpoint's state: clipped, ordered, cut into days. Pure; half-open [from, to), ms. */
import type { Interval } from '../../../shared/api.ts';

export type IntervalState = Interval['state'];

/** The intervals inside [from, to), in order; neighbours of one state and cause are joined. */
export function clip(intervals: readonly Interval[], from: number, to: number): Interval[] {
  const found: Interval[] = [];
  for (const interval of [...intervals].sort((a, b) => a.from - b.from)) {
    const part = { ...interval, from: Math.max(from, interval.from), to: Math.min(to, interval.to) };
    if (part.from >= part.to) continue;
    const last = found.at(-1);
    if (last && last.to === part.from && last.state === part.state && last.cause === part.cause) last.to = part.to;
    else found.push(part);
  }
  return found;
}

/** Time that no interval covers: before enrolment, after retirement, or yet to come. */
export function holes(intervals: readonly Interval[], from: number, to: number): Interval[] {
  const found: Interval[] = [];
  let at = from;
  for (const interval of clip(intervals, from, to)) {
    if (interval.from > at) found.push({ from: at, to: interval.from, state: 'not_monitored', cause: null });
    at = Math.max(at, interval.to);
  }
  if (at < to) found.push({ from: at, to, state: 'not_monitored', cause: null });
  return found;
}

/** ms of each state inside [from, to). */
export function sums(intervals: readonly Interval[], from: number, to: number): Map<IntervalState, number> {
  const total = new Map<IntervalState, number>();
  for (const part of clip(intervals, from, to)) {
    total.set(part.state, (total.get(part.state) ?? 0) + part.to - part.from);
  }
  return total;
}

const quarter = 15 * 60_000;
const hour = 4 * quarter;

/**
 * Midnights of `zone` that bound each local day of [from, to): a day has 23, 24 or 25 hours. Looked for with Intl,
 * because not every browser has Temporal; every zone of our time has its midnights on a quarter of an hour.
 */
export function dayBounds(from: number, to: number, zone: string): number[] {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const bounds: number[] = [];
  for (let at = from; at < to; ) {
    bounds.push(at);
    const day = format.format(at);
    // The first day may be cut; every other one has at least 23 hours.
    let next = Math.floor((bounds.length === 1 ? at : at + 22 * hour) / quarter) * quarter + quarter;
    while (next < to && format.format(next) === day) next += quarter;
    at = next;
  }
  bounds.push(to);
  return bounds;
}

export interface DayCell {
  from: number;
  to: number;
  /** Shares of the day, largest part first in the order of `stacking`; they add up to 1. */
  shares: { state: IntervalState; share: number }[];
}

const stacking: readonly IntervalState[] = [
  'down',
  'maintenance',
  'up',
  'idle',
  'unknown',
  'not_monitored',
  'out_of_service',
];

/**
 * One cell per day. An outage of one minute would be thinner than a hair, so each state that occurred gets at least
 * `least` of the cell, taken from the largest one.
 */
export function dayCells(intervals: readonly Interval[], bounds: readonly number[], least = 0.18): DayCell[] {
  return bounds.slice(0, -1).map((from, index) => {
    const to = bounds[index + 1] ?? from;
    const total = sums(intervals, from, to);
    const covered = [...total.values()].reduce((a, b) => a + b, 0);
    if (to - from > covered) total.set('not_monitored', (total.get('not_monitored') ?? 0) + to - from - covered);
    return { from, to, shares: raised(total, to - from, least) };
  });
}

/** Cells of days whose minutes are known by state, of one endpoint or of many; time that nobody was there is not monitored. */
export function cellsOfDays(
  days: readonly ({ at: number } & Partial<Record<IntervalState, number>>)[],
  to: number,
  least = 0.18,
): DayCell[] {
  return days.map((day, index) => {
    const total = new Map(stacking.flatMap((state) => (day[state] ? [[state, day[state]] as const] : [])));
    const sum = [...total.values()].reduce((a, b) => a + b, 0);
    if (sum === 0) total.set('not_monitored', 1);
    return { from: day.at, to: days[index + 1]?.at ?? to, shares: raised(total, sum || 1, least) };
  });
}

function raised(total: Map<IntervalState, number>, length: number, least: number): DayCell['shares'] {
  const shares = stacking
    .filter((state) => (total.get(state) ?? 0) > 0)
    .map((state) => ({ state, share: (total.get(state) ?? 0) / length }));
  const largest = shares.reduce(
    (a, b) => (b.share > a.share ? b : a),
    shares[0] ?? { state: 'not_monitored', share: 1 },
  );
  for (const part of shares) {
    if (part === largest || part.share >= least || part.state === 'not_monitored') continue;
    largest.share -= least - part.share;
    part.share = least;
  }
  return shares;
}
