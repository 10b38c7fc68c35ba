/**
 * Housekeeping, one step at a time: the journal's tail into segments, small segments into larger ones, old ones away.
 * A step only writes new files and says what should change; the store makes that durable and has it installed.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { loadSamples } from './batch.ts';
import type { Plan } from './messages.ts';
import {
  isExpired,
  type Merge,
  partitionOf,
  type Resolution,
  type Retention,
  resolutions,
  type Segment,
} from './plan.ts';
import type { Frame } from './record.ts';
import { type Folder, removeFiles, rollupOf, sourceOf, writeRun } from './segments.ts';

export interface Step {
  now: number;
  retention: Retention;
}

/** Whole files whose time is over; null when there are none. */
export function expire(segments: readonly Segment[], { now, retention }: Step): Plan | null {
  const removed = segments.filter(({ resolution, partition }) => isExpired(resolution, partition, retention, now));
  return removed.length > 0 ? { added: [], removed, through: null } : null;
}

/** The frames as segments of level 0, for each resolution and each partition that they touch. */
export async function compactFrames(
  connection: DuckDBConnection,
  folder: Folder,
  frames: readonly Frame[],
  step: Step,
): Promise<Plan | null> {
  const last = frames.at(-1);
  if (!last) return null;
  const batch = await loadSamples(connection, frames);
  const added: Segment[] = [];
  try {
    for (const resolution of resolutions) {
      added.push(...(await writePartitions(connection, folder, resolution, batch.days, step)));
    }
    return { added, removed: [], through: last.id };
  } catch (thrown) {
    await removeFiles(folder.path, added);
    throw thrown;
  } finally {
    await connection.run('drop table if exists samples; drop table if exists rollup');
  }
}

async function writePartitions(
  connection: DuckDBConnection,
  folder: Folder,
  resolution: Resolution,
  days: ReadonlySet<number>,
  step: Step,
): Promise<Segment[]> {
  const source = await tableOf(connection, resolution);
  const partitions = new Set([...days].map((day) => partitionOf(resolution, day)));
  const written: Segment[] = [];
  for (const partition of partitions) {
    // What arrives so late that it would be removed at once is not written in the first place.
    if (isExpired(resolution, partition, step.retention, step.now)) continue;
    written.push(
      ...(await writeRun(connection, folder, { resolution, partition, level: 0, source, createdAt: step.now })),
    );
  }
  return written;
}

/** Rollups are made once, as a table: it is read for the cut and for the file. */
async function tableOf(connection: DuckDBConnection, resolution: Resolution): Promise<string> {
  if (resolution === 'raw') return 'samples';
  await connection.run(`create or replace table rollup as select * from ${rollupOf('samples', resolution)}`);
  return 'rollup';
}

/** The inputs of the merge as one run of the next level. */
export async function mergeSegments(
  connection: DuckDBConnection,
  folder: Folder,
  merge: Merge,
  step: Step,
): Promise<Plan> {
  const { resolution, partition, level, inputs } = merge;
  const source = sourceOf(folder.path, inputs);
  const added = await writeRun(connection, folder, { resolution, partition, level, source, createdAt: step.now });
  return { added, removed: inputs, through: null };
}
