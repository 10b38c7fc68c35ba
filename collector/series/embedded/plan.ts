/** The arithmetic of segments: which file a sample belongs to, what to merge, what to drop. Pure. */
import type { Resolution, SeriesRetention } from '../span.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** Each file holds one partition only, so that retention deletes whole files. Multiples of the bucket, from 1970. */
export const partitionMs: Record<Resolution, number> = { raw: day, '5m': 7 * day, '1h': 14 * day };

/** One Parquet file in the manifest. */
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
export function isExpired(resolution: Resolution, partition: number, retention: SeriesRetention, now: number): boolean {
  return partition + partitionMs[resolution] <= now - retention[resolution];
}

export interface Merge {
  resolution: Resolution;
  partition: number;
  level: number;
  inputs: Segment[];
}

/** So many runs of a level become one of the next. Rollups are small, and are what most charts read: fewer wait. */
const fanIn: Record<Resolution, number> = { raw: 8, '5m': 3, '1h': 3 };
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
const rowsOf = (segments: readonly Segment[]): number => segments.reduce((sum, { rows }) => sum + rows, 0);

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
