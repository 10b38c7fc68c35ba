/**
 * In how many days a disk is full, from its highest use of each of the last days, in bytes. Pure. A robust slope with its
 * interval; says nothing where the direction is not sure, where history is short, or where it scatters more than it rises.
 */
import { middleOf, type Point, slopesOf } from '../slopes.ts';

export const historyDays = 28;
/** Of the last fourteen. */
const leastDays = 7;
const ofLast = 14;
/** Beyond so many times the history a number of days means nothing. */
const farthest = 4;
/** What lies beyond so many median deviations is no usual day. */
const unusual = 5;
const z95 = 1.96;

export type NoForecast = 'short' | 'old' | 'not_rising' | 'scatters';

export interface Forecast {
  /** Null: none, for the reason beside it. */
  days: number | null;
  /** By the bounds of the 95 % interval; `high` is not capped. */
  low: number | null;
  high: number | null;
  /** `days` is a lower bound. */
  isMore: boolean;
  why: NoForecast | null;
  /** Days with a value since the last large deletion. */
  history: number;
  /** After a large deletion there is too little history for a forecast yet. */
  isReset: boolean;
}

/**
 * @param days highest use of each whole day in bytes, oldest first, null without a value; the last one is yesterday
 * @param capacity of the disk now, in bytes
 */
export function fullIn(days: readonly (number | null)[], capacity: number): Forecast {
  const known = days.slice(-historyDays).flatMap((used, day): Point[] => (used === null ? [] : [[day, used]]));
  const points = sinceReset(known, capacity);
  const length = Math.min(days.length, historyDays);
  const none = (why: NoForecast): Forecast => ({
    ...{ days: null, low: null, high: null, isMore: false, why, history: points.length },
    // For as long as that is so: the night of the deletion itself may have been missed.
    isReset: why === 'short' && points.length < known.length,
  });
  const newest = points.at(-1);
  if (!newest || newest[0] < length - 1) return none('old');
  if (points.filter(([day]) => day >= length - ofLast).length < leastDays) return none('short');
  const cut = withoutJump(points);
  const slopes = slopesOf(cut);
  const slope = middleOf(slopes);
  const [least, greatest] = intervalOf(slopes, cut.length);
  if (!(least > 0)) return none('not_rising');
  const span = (cut.at(-1) as Point)[0] - (cut[0] as Point)[0];
  if (scatterOf(cut, slope) > (slope * span) / 2) return none('scatters');
  const rest = Math.max(0, capacity - newest[1]);
  const limit = farthest * points.length;
  return {
    days: Math.min(limit, rest / slope),
    low: Math.min(limit, rest / greatest),
    high: rest / least,
    isMore: rest / slope > limit,
    ...{ why: null, history: points.length, isReset: false },
  };
}

const changesOf = (points: readonly Point[]): number[] =>
  points.slice(1).map(([day, used], n) => (used - (points[n] as Point)[1]) / (day - (points[n] as Point)[0]));

const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);

function deviationOf(values: readonly number[]): [middle: number, deviation: number] {
  const middle = middleOf(ascending(values));
  return [middle, middleOf(ascending(values.map((value) => Math.abs(value - middle))))];
}

/** What was deleted at once says nothing of the slope. */
function sinceReset(points: readonly Point[], capacity: number): readonly Point[] {
  const changes = changesOf(points);
  const [middle, deviation] = deviationOf(changes);
  const last = points.findLastIndex(([, used], n) => {
    const fall = n === 0 ? 0 : (points[n - 1] as Point)[1] - used;
    return fall > capacity * 0.1 || (fall > capacity * 0.01 && fall + middle > unusual * deviation);
  });
  return points.slice(Math.max(0, last));
}

/** One day's jump is cut to what is just usual: it happened once. Two are the way in which this disk grows. */
function withoutJump(points: readonly Point[]): readonly Point[] {
  const changes = changesOf(points);
  const [middle, deviation] = deviationOf(changes);
  const most = middle + unusual * deviation;
  const jumps = changes.flatMap((change, n) => (change > most ? [n + 1] : []));
  const [at] = jumps;
  if (jumps.length !== 1 || at === undefined) return points;
  const excess = ((changes[at - 1] as number) - most) * ((points[at] as Point)[0] - (points[at - 1] as Point)[0]);
  return points.map(([day, used], n): Point => (n < at ? [day, used] : [day, used - excess]));
}

/** By Sen: the slopes whose ranks lie as far from the middle as Kendall's S may lie from 0 by chance. */
function intervalOf(slopes: readonly number[], n: number): [least: number, greatest: number] {
  const chance = z95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const { length: count } = slopes;
  const rank = (one: number) => slopes[Math.min(count, Math.max(1, one)) - 1] as number;
  return [rank(Math.floor((count - chance) / 2)), rank(Math.ceil((count + chance) / 2 + 1))];
}

/** Median distance from the line. */
function scatterOf(points: readonly Point[], slope: number): number {
  const rests = points.map(([day, used]) => used - slope * day);
  return deviationOf(rests)[1];
}
