/** Merging in the background: a large merge takes minutes, and the journal's tail must not wait for it. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { mergeSegments } from './compact.ts';
import type { Manifest } from './manifest.ts';
import type { Plan } from './messages.ts';
import { nextMerge, type Segment } from './plan.ts';
import type { Folder } from './segments.ts';

export interface Merges {
  /** Begins the next merge that is due. @returns what to wait for, or null when nothing is due */
  start(now: number): Promise<void> | null;
  /** The plan of the merge that has ended, once. @throws what it failed of, once */
  take(): Plan | null;
  close(): Promise<void>;
}

export function createMerges(parts: {
  connection: DuckDBConnection;
  folder: Folder;
  manifest: Manifest;
  /** Moves damaged segments aside. @returns whether there were any */
  quarantine(suspects: readonly Segment[]): Promise<boolean>;
  done(): void;
}): Merges {
  const { connection, folder, manifest } = parts;
  let running: Promise<void> | null = null;
  let ended: { plan: Plan } | { failure: unknown } | null = null;

  const run = async (now: number) => {
    try {
      // The inputs stay on the disk for as long as they are read.
      const plan = await manifest.reading(() => mergeSound(now));
      if (plan) ended = { plan };
    } catch (failure) {
      ended = { failure };
    } finally {
      running = null;
      parts.done();
    }
  };
  /** A damaged input would make a sound-looking output, so each is checked before it is merged. */
  const mergeSound = async (now: number): Promise<Plan | null> => {
    const merge = nextMerge(manifest.segments, now);
    if (!merge) return null;
    if (await parts.quarantine(merge.inputs)) return mergeSound(now);
    return mergeSegments(connection, folder, merge, now);
  };

  return {
    start(now) {
      if (!running && !ended && nextMerge(manifest.segments, now)) running = run(now);
      return running;
    },
    take() {
      const end = ended;
      ended = null;
      if (end && 'failure' in end) throw end.failure;
      return end?.plan ?? null;
    },
    async close() {
      connection.interrupt();
      await running;
      connection.closeSync();
    },
  };
}
