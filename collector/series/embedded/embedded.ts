/** The backend that needs nothing else: Parquet segments and DuckDB in a worker thread. */
import { availableParallelism } from 'node:os';
import { reasonOf } from '../../../shared/errors.ts';
import type { Backend, BackendParts } from '../backend.ts';
import type { SeriesKind } from '../kind.ts';
import { type OpenedStore, openSeries, type SeriesSettings } from '../store.ts';
import type { Damage } from './messages.ts';
import { createQuery } from './query.ts';
import { createSegmentTable, segmentFiles } from './segment-table.ts';
import { applyPlan, createUpkeep } from './upkeep.ts';
import { createWorkerClient } from './worker-client.ts';

export interface EmbeddedSettings {
  /** DuckDB's memory for sorting and merging, in MB. */
  memoryMb?: number;
  /** How long samples gather before they become segments, unless they are enough (tail.ts), in ms. */
  gatherMs?: number;
}

const megabyte = 1024 * 1024;
/** Segments of one minute cost three times as much to make and to merge, and take a tenth more. */
const gatherMs = 600_000;

/** A series store on segments of its own. @throws as `openSeries` does */
export function openEmbedded(settings: SeriesSettings & EmbeddedSettings): Promise<OpenedStore> {
  return openSeries(settings, (parts) => createEmbedded(parts, settings));
}

export const embedded: SeriesKind = {
  kind: 'embedded',
  keys: {},
  place: () => ({ name: 'embedded', isInDataFolder: true, open: openEmbedded }),
};

function createEmbedded(parts: BackendParts, settings: EmbeddedSettings = {}): Backend {
  const { journal, dictionary, folder, clock, log, retention, problem } = parts;
  const table = createSegmentTable(journal.database);
  let { segments, lastSegment } = table.load();
  let quarantined = 0;

  const client = createWorkerClient({
    log,
    start() {
      // A worker that died may have used ids that were never recorded.
      lastSegment += 1000;
      const threads = Math.max(1, Math.min(4, availableParallelism() - 1));
      return { folder, segments: [...segments], nextId: lastSegment, threads, memoryMb: settings.memoryMb ?? 256 };
    },
    began(fresh) {
      fresh
        .ask('open', { since: clock.now() })
        .catch((thrown) => log.error({ reason: reasonOf(thrown) }, 'Could not start the series worker'));
      for (const block of journal.blocks()) fresh.block(block.id, block.bytes.slice());
    },
    damaged: (damage) => setAside(damage),
    merged: () => void upkeep.run(),
  });
  const setAside = ({ segment, reason }: Damage) => {
    quarantined += 1;
    log.error({ file: segment.file, rows: segment.rows, reason }, 'Moved a damaged segment to quarantine');
    const plan = { added: [], removed: [segment] };
    segments = applyPlan(segments, plan);
    journal
      .advance(null, () => table.change(plan))
      // On a full disk the row stays: the file is missing at the next start and is left out again.
      .catch((thrown) => log.warn({ reason: reasonOf(thrown) }, 'The manifest still names a segment in quarantine'));
  };
  const upkeep = createUpkeep({
    ...{ client, journal, table, clock, log, retention, problem },
    gatherMs: settings.gatherMs ?? gatherMs,
    installed(plan) {
      segments = applyPlan(segments, plan);
      for (const { id } of plan.added) lastSegment = Math.max(lastSegment, id);
    },
  });

  return {
    // The worker holds all of it in memory, and gets all of it again when it has died.
    maxWaitingBytes: 256 * megabyte,
    fullBytes: 32 * megabyte,
    write: (block) => client.block(block.id, block.bytes),
    newest: async (since, note) => note(await client.ask('open', { since })),
    query: createQuery({ dictionary, client, clock, retention }),
    upkeep: () => upkeep.run(),
    compact: () => upkeep.runAll(),
    async hold() {
      await client.ask('hold', { on: true });
      const release = () => void client.ask('hold', { on: false }).catch(() => undefined);
      return { named: segmentFiles, release };
    },
    erase: (endpoints) => upkeep.erase(endpoints.map(({ id }) => id)),
    stats: () => ({
      segments: segments.length,
      segmentBytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      samples: segments.reduce((sum, { resolution, rows }) => sum + (resolution === 'raw' ? rows : 0), 0),
      quarantined,
      trouble: upkeep.trouble,
      lastCompactionAt: upkeep.lastAt,
    }),
    async close() {
      upkeep.stop();
      await client.close();
      await upkeep.settled();
    },
  };
}
