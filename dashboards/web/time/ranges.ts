/** The presets of a chart's span, and which fits the data there is. Pure; ms. */
import type { TimeSpan } from './points.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** `year`: a month more than a year, so that the same month of the year before is in it. */
export const ranges = { hour, day, week: 7 * day, month: 30 * day, year: 396 * day } as const;
/** `all`: since the endpoint was enrolled. */
export type RangeName = keyof typeof ranges | 'all';
export const rangeNames: readonly RangeName[] = ['hour', 'day', 'week', 'month', 'year', 'all'];

/** A day where it is at least half filled, else all that there is. */
export const defaultRange = (since: number | null, now: number): RangeName =>
  since === null || now - since >= ranges.day / 2 ? 'day' : 'all';

/** At least ten minutes: less is a few points. */
export const rangeLength = (range: RangeName, since: number | null, now: number): number =>
  range === 'all' ? Math.max(hour / 6, now - (since ?? now - day)) : ranges[range];

/** How often a chart that follows the present is read again: about one point of it, at most four times per hour. */
export const freshness = (length: number): number => Math.max(10_000, Math.min(hour / 4, length / 1440));

/** A span chosen by hand is in the address, so that it can be sent to a colleague. */
export function chosenSpan(query: string): TimeSpan | null {
  const params = new URLSearchParams(query);
  const [from, to] = [Number(params.get('from')), Number(params.get('to'))];
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && from > 0 && to > from ? { from, to } : null;
}
