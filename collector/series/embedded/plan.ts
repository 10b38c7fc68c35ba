/** The arithmetic of time and levels: which file a sample belongs to, what to merge, what to drop, what answers a query. Pure. */

export const resolutions = ['raw', '5m', '1h'] as const;
export type Resolution = (typeof resolutions)[number];

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Width of a bucket in ms; raw has none. */
export const bucketMs: Record<Resolution, number> = { raw: 1, '5m': 5 * minute, '1h': hour };

/** Each file holds one partition only, so that retention deletes whole files. Multiples of the bucket, from 1970. */
export const partitionMs: Record<Resolution, number> = { raw: day, '5m': 7 * day, '1h': 14 * day };

export type Retention = Record<Resolution, number>;
export const defaultRetention: Retention = { raw: 14 * day, '5m': 90 * day, '1h': 3 * 365 * day };

/** One Parquet file as the manifest knows it. */
export interface Segment {
  id: number;
  resolution: Resolution;
  /** Start of its partition, ms UTC. */
  partition: number;
  /** 0: written from the journal; n: merged from runs of level n - 1. */
  level: number;
  /** Files of one run do not overlap: they share out the endpoints. */
  run: number;
  file: string;
  rows: number;
  bytes: number;
  crc: number;
  minEndpoint: number;
  maxEndpoint: number;
  minTime: number;
  maxTime: number;
  createdAt: number;
}

export function partitionOf(resolution: Resolution, time: number): number {
  return Math.floor(time / partitionMs[resolution]) * partitionMs[resolution];
}

/** True when everything that the partition can hold is older than is kept. */
export function isExpired(resolution: Resolution, partition: number, retention: Retention, now: number): boolean {
  return partition + partitionMs[resolution] <= now - retention[resolution];
}

export interface Merge {
  resolution: Resolution;
  partition: number;
  level: number;
  inputs: Segment[];
}

/** So many runs of a level become one of the next. Rollups are small, and are what most charts read: fewer wait. */
const fanIn: Record<Resolution, number> = { raw: 8, '5m': 4, '1h': 4 };
/** A closed partition is made one run after nothing came for it this long. */
const settledMs = hour;

/** What to merge next, or null. Small and new first: these cost every query most. */
export function nextMerge(segments: readonly Segment[], now: number): Merge | null {
  const groups = Map.groupBy(segments, (segment) => `${segment.resolution} ${segment.partition}`);
  let best: Merge | null = null;
  for (const group of groups.values()) {
    const merge = mergeOfLevel(group) ?? mergeOfClosed(group, now);
    if (merge && (!best || rowsOf(merge.inputs) < rowsOf(best.inputs))) best = merge;
  }
  return best;
}

function mergeOfLevel(group: readonly Segment[]): Merge | null {
  const levels = [...Map.groupBy(group, (segment) => segment.level)].sort(([a], [b]) => a - b);
  for (const [level, inputs] of levels) {
    if (runsOf(inputs).length >= fanIn[(inputs[0] as Segment).resolution]) return mergeInto(level + 1, inputs);
  }
  return null;
}

/** A partition whose time is over becomes one run; later stragglers wait until they are worth the rewriting. */
function mergeOfClosed(group: readonly Segment[], now: number): Merge | null {
  const [first] = group;
  if (!first || first.partition + partitionMs[first.resolution] > now - settledMs) return null;
  if (group.some((segment) => segment.createdAt > now - settledMs)) return null;
  const runs = runsOf(group);
  const total = rowsOf(group);
  const largest = Math.max(...runs.map(rowsOf));
  const worth = runs.length >= 4 || (runs.length > 1 && total - largest > total / 10);
  return worth ? mergeInto(Math.max(...group.map((segment) => segment.level)) + 1, group) : null;
}

function mergeInto(level: number, inputs: readonly Segment[]): Merge {
  const first = inputs[0] as Segment;
  return { resolution: first.resolution, partition: first.partition, level, inputs: [...inputs] };
}

const runsOf = (segments: readonly Segment[]): Segment[][] => [
  ...Map.groupBy(segments, (segment) => segment.run).values(),
];
export const rowsOf = (segments: readonly Segment[]): number => segments.reduce((sum, { rows }) => sum + rows, 0);

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

export interface Span {
  from: number;
  to: number;
  step: number;
  resolution: Resolution;
}

/** Step and resolution by the width asked for and by what is still kept; the span is widened to whole steps. */
export function spanFor(from: number, to: number, wanted: number | undefined, retention: Retention, now: number): Span {
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

/** The segments that can hold rows of the endpoint within [from, to). */
export function overlapping(
  segments: readonly Segment[],
  resolution: Resolution,
  endpoints: readonly number[],
  from: number,
  to: number,
): Segment[] {
  return segments.filter(
    (segment) =>
      segment.resolution === resolution &&
      endpoints.some((endpoint) => segment.minEndpoint <= endpoint && segment.maxEndpoint >= endpoint) &&
      segment.minTime < to &&
      segment.maxTime >= from,
  );
}
