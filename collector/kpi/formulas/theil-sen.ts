/** Slope of a series by Theil and Sen: the median of the slopes between all pairs, so that one odd value does not bend it. */
import { type Point, slopesOf } from '../../slopes.ts';
import { median } from '../median.ts';
import { z95 } from './numbers.ts';

export interface Slope {
  slope: number;
  /** Bounds of the 95 % interval. */
  low: number;
  high: number;
}

/**
 * The interval by Sen: the slopes whose ranks lie as far from the middle as Kendall's S may lie from 0 by chance, equal
 * values counted off. Days that depend on the day before make it somewhat too narrow. Null for fewer than two points.
 */
export function slopeOf(points: readonly Point[]): Slope | null {
  const slopes = slopesOf(points);
  const slope = median(slopes);
  if (slope === null) return null;
  const spread = (n: number) => n * (n - 1) * (2 * n + 5);
  const equal = [...Map.groupBy(points, ([, y]) => y).values()];
  const variance = (spread(points.length) - equal.reduce((sum, { length }) => sum + spread(length), 0)) / 18;
  const chance = z95 * Math.sqrt(variance);
  const { length: n } = slopes;
  const low = slopes[Math.max(0, Math.round((n - chance) / 2) - 1)] as number;
  const high = slopes[Math.min(n - 1, Math.round((n + chance) / 2))] as number;
  return { slope, low, high };
}
