/** When a disk will be full, by its highest use on each of the last days. Says nothing where the direction is not sure. */
import type { Point } from '../../slopes.ts';
import { slopeOf } from './theil-sen.ts';

export interface DiskForecast {
  /** full: it is. rising: it will be. steady: it falls, or it is not sure that it rises. short: too little history. old: no value of the last days. */
  state: 'full' | 'rising' | 'steady' | 'short' | 'old';
  /** Highest use of the newest day, %. */
  used: number;
  /** Days with a value since the last large deletion. */
  history: number;
  /** Percentage points per day, with the 95 % interval; null while the history is too short. */
  perDay: number | null;
  low: number | null;
  high: number | null;
}

/** Also how far back a slope is taken from. */
export const forecastDays = 30;
const leastDays = 7;
/** A disk whose endpoint is switched off does not fill. */
const oldAfterDays = 3;
/** Percentage points: what was deleted at once says nothing of the slope; nor does a larger disk. */
const largeDrop = 10;
/** What reads 100.0. */
const full = 99.95;

/** @param days highest use of each whole day in %, oldest first, null without a value. Null: the disk has none at all */
export function diskForecast(days: readonly (number | null)[]): DiskForecast | null {
  const known = days.flatMap((used, day): Point[] => (used === null ? [] : [[day, used]]));
  const newest = known.at(-1);
  if (!newest) return null;
  const points = sinceLargeDrop(known);
  const [day, used] = newest;
  const about = { used, history: points.length, perDay: null, low: null, high: null };
  if (day < days.length - oldAfterDays) return { state: 'old', ...about };
  if (used >= full) return { state: 'full', ...about };
  const found = points.length < leastDays ? null : slopeOf(points);
  if (!found) return { state: 'short', ...about };
  const { slope, low, high } = found;
  return { ...about, state: low > 0 ? 'rising' : 'steady', perDay: slope, low, high };
}

function sinceLargeDrop(points: readonly Point[]): Point[] {
  const last = points.findLastIndex(
    ([, used], n) => ((points[n - 1] as Point | undefined)?.[1] ?? 0) - used > largeDrop,
  );
  return points.slice(Math.max(0, last));
}

/** @returns days from the newest one until it is full: by the slope, and by both bounds. Null unless it is full or rising */
export function daysUntilFull({ state, used, perDay, low, high }: Omit<DiskForecast, 'history'>) {
  if (state === 'full') return { days: 0, soonest: 0, latest: 0 };
  if (state !== 'rising' || perDay === null || low === null || high === null) return null;
  const free = 100 - used;
  return { days: free / perDay, soonest: free / high, latest: free / low };
}
