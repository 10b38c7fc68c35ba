/** Spans, steps and resolutions: which data answers a query, and how long each is kept. Same for all backends. Pure. */

export const resolutions = ['raw', '5m', '1h'] as const;
export type Resolution = (typeof resolutions)[number];

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Width of a bucket in ms; raw has none. */
export const bucketMs: Record<Resolution, number> = { raw: 1, '5m': 5 * minute, '1h': hour };

/** How long each resolution is kept, in ms. */
export type SeriesRetention = Record<Resolution, number>;
export const defaultRetention: SeriesRetention = { raw: 14 * day, '5m': 90 * day, '1h': 3 * 365 * day };

const steps = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1000,
);
const maxPoints = 11_000;
/** Gives 336 points for a week and 288 for a day. */
const usualPoints = 350;

/** The next step there is: from one second to days, each a multiple of the rollups' buckets where these answer. */
export function stepFor(wanted: number): number {
  return steps.find((step) => step >= wanted) ?? Math.ceil(wanted / day) * day;
}

export interface QuerySpan {
  from: number;
  to: number;
  step: number;
  resolution: Resolution;
}

/** Step and resolution by the width asked for and by what is still kept; the span is widened to whole steps. */
export function spanFor(
  from: number,
  to: number,
  wanted: number | undefined,
  retention: SeriesRetention,
  now: number,
): QuerySpan {
  const width = Math.max(0, to - from);
  let step = stepFor(Math.max(wanted ?? width / usualPoints, width / maxPoints));
  if (step < bucketMs['5m'] && from < now - retention.raw) step = bucketMs['5m'];
  if (step < bucketMs['1h'] && from < now - retention['5m']) step = bucketMs['1h'];
  const resolution = step >= bucketMs['1h'] ? '1h' : step >= bucketMs['5m'] ? '5m' : 'raw';
  return {
    from: Math.floor(from / step) * step,
    to: width === 0 ? Math.floor(from / step) * step : Math.ceil(to / step) * step,
    step,
    resolution,
  };
}
