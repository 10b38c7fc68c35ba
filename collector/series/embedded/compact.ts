/**
 * Housekeeping, one step at a time: the journal's tail into segments, small segments into larger ones, old ones away.
 * A step only writes new files and returns the changes; the store makes them durable and has them installed.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { bucketMs, type Resolution, resolutions, type SeriesRetention } from '../span.ts';
import { columnsOf } from './duck.ts';
import type { Plan } from './messages.ts';
import { isExpired, type Merge, partitionOf, type Segment } from './plan.ts';
import { type Folder, filesOf, removeFiles, writeRun } from './segments.ts';
import { createSort, rollUp, type Sorted, type SortGeneration } from './sort.ts';
import { registerStream, type Stream } from './stream.ts';
import type { Generation } from './tail.ts';

export interface CompactionStep {
  now: number;
  retention: SeriesRetention;
}

/** What compaction works with: a connection, the two streams that it feeds, and the memory it sorts in. */
export interface Compactor {
  connection: DuckDBConnection;
  raw: Stream;
  rollup: Stream;
  sort: SortGeneration;
}

const rollupColumns = ['endpoint', 'line', 't', 'min', 'max', 'sum', 'count', 'last', 'last_t'] as const;

export function createCompactor(connection: DuckDBConnection): Compactor {
  return {
    connection,
    raw: registerStream(connection, 'samples', ['endpoint', 'line', 't', 'i', 'd', 'v']),
    rollup: registerStream(connection, 'rolled', rollupColumns),
    sort: createSort(),
  };
}

/** Whole files whose retention is over; null when there are none. */
export function expire(segments: readonly Segment[], { now, retention }: CompactionStep): Plan | null {
  const removed = segments.filter(({ resolution, partition }) => isExpired(resolution, partition, retention, now));
  return removed.length > 0 ? { added: [], removed, through: null } : null;
}

/** The generation as segments of level 0, for each resolution and each partition that it touches. */
export async function compactGeneration(
  compactor: Compactor,
  folder: Folder,
  generation: Generation,
  step: CompactionStep,
): Promise<Plan> {
  const sorted = await compactor.sort(generation);
  const added: Segment[] = [];
  try {
    for (const resolution of resolutions) {
      added.push(...(await writePartitions(compactor, folder, resolution, sorted, step)));
    }
    return { added, removed: [], through: generation.lastBlock };
  } catch (thrown) {
    await removeFiles(folder.path, added);
    throw thrown;
  }
}

async function writePartitions(
  compactor: Compactor,
  folder: Folder,
  resolution: Resolution,
  sorted: Sorted,
  { now, retention }: CompactionStep,
): Promise<Segment[]> {
  const source = feed(compactor, resolution, sorted);
  const partitions = new Set([...sorted.days].map((day) => partitionOf(resolution, day)));
  const written: Segment[] = [];
  for (const partition of partitions) {
    // Samples so late that they would be removed at once are not written in the first place.
    if (isExpired(resolution, partition, retention, now)) continue;
    const run = { resolution, partition, level: 0, source, sorted: true, createdAt: now };
    written.push(...(await writeRun(compactor.connection, folder, run)));
  }
  return written;
}

function feed({ raw, rollup }: Compactor, resolution: Resolution, sorted: Sorted): string {
  if (resolution === 'raw') {
    raw.feed({
      rows: sorted.rows,
      columns: [sorted.endpoint, sorted.line, sorted.t, sorted.whole, sorted.hundredths, sorted.others],
    });
    return raw.source;
  }
  const rolled = rollUp(sorted, bucketMs[resolution]);
  rollup.feed({ rows: rolled.rows, columns: rollupColumns.map((column) => rolled[column]) });
  return rollup.source;
}

/** The inputs of the merge as one run of the next level. */
export async function mergeSegments(
  connection: DuckDBConnection,
  folder: Folder,
  merge: Merge,
  now: number,
): Promise<Plan> {
  const { resolution, partition, level, inputs } = merge;
  const run = {
    resolution,
    partition,
    level,
    source: filesOf(folder.path, inputs),
    sorted: false,
    createdAt: now,
  };
  return { added: await writeRun(connection, folder, run), removed: inputs, through: null };
}

/** Whether the file has rows of these endpoints. */
export async function holdsAny(
  connection: DuckDBConnection,
  folder: Folder,
  segment: Segment,
  endpoints: readonly number[],
): Promise<boolean> {
  const [found] = await columnsOf(
    connection,
    `select 1::double from ${filesOf(folder.path, [segment])} where endpoint in (${endpoints.join(', ')}) limit 1`,
  );
  return (found?.length ?? 0) > 0;
}

/** The file without the rows of these endpoints; no file where that leaves none. */
export async function rewriteWithout(
  connection: DuckDBConnection,
  folder: Folder,
  segment: Segment,
  endpoints: readonly number[],
): Promise<Plan> {
  const { resolution, partition, level, createdAt, run } = segment;
  const source = `(select * from ${filesOf(folder.path, [segment])} where endpoint not in (${endpoints.join(', ')}))`;
  const kept = { resolution, partition, level, createdAt, run, source, sorted: false };
  return { added: await writeRun(connection, folder, kept), removed: [segment], through: null };
}
