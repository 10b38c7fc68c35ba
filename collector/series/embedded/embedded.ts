/**
 * The series store that needs nothing else: a SQLite journal, Parquet segments and DuckDB in a worker thread.
 * What happens to a report: `accept` → record → group commit (durable, answered) → frame to the worker → segment.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '../../../shared/clock.ts';
import { type EvenkeelError, fail, reasonOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { SeriesStats, SeriesStore } from '../series.ts';
import { createAppend } from './append.ts';
import { createCommit, type Parcel } from './commit.ts';
import { type Courier, createCourier } from './courier.ts';
import { createDictionary } from './dictionary.ts';
import { createEpochs, type Epochs } from './epochs.ts';
import { type Journal, openJournal } from './journal.ts';
import { createLatest, type LatestValues } from './latest.ts';
import type { Damage } from './messages.ts';
import { defaultRetention, type Retention, type Segment } from './plan.ts';
import { createQuery } from './query.ts';
import { eachRecord, eachSample, type Frame } from './record.ts';
import { applyPlan, createUpkeep } from './upkeep.ts';

export interface EmbeddedSettings {
  /** Made when it is missing; belongs to one process at a time. */
  folder: string;
  clock: Clock;
  log: Log;
  /** How long raw samples and rollups are kept, in ms. */
  retention?: Partial<Retention>;
  /** How often the journal becomes segments, in ms. */
  compactEveryMs?: number;
  /** How long reports gather before a commit, in ms. */
  commitEveryMs?: number;
  /** Free bytes of the disk that reports do not use up: they stay for alerts and segments. */
  reserveBytes?: number;
  /** Why the folder cannot be written now, if something else knows; null when it can. */
  problem?: () => EvenkeelError | null;
  /** DuckDB's memory for sorting and merging, in MB. */
  memoryMb?: number;
}

export interface EmbeddedStore extends SeriesStore {
  /** Brings everything committed so far into segments now, and does what else is due. */
  compact(): Promise<void>;
}

/** Frames beyond this many bytes are compacted at once, not at the next turn. */
const fullTailBytes = 32 * 1024 * 1024;
/** Values older than this are not looked for at start: the agent sends them again when it reconnects. */
const latestWithinMs = 3 * 86_400_000;

/**
 * Opens the store in `folder`, and finds again what a crash may have left anywhere.
 * @throws EvenkeelError DATA_CORRUPT, DATA_NEWER, DATA_IN_USE, DATA_NOT_WRITABLE
 */
export async function openEmbedded(settings: EmbeddedSettings): Promise<EmbeddedStore> {
  const { clock, log, problem = () => null } = settings;
  const folder = resolve(settings.folder);
  const retention = { ...defaultRetention, ...settings.retention };
  makeFolder(folder);
  const journal = openJournal(join(folder, 'journal.db'));
  const loaded = journal.load();
  const dictionary = createDictionary(loaded);
  const epochs = createEpochs(loaded.receipts, journal.digests);
  const latest = createLatest(dictionary, loaded.endpoints);
  const tail = createTailCount();
  let segments: readonly Segment[] = loaded.segments;
  let lastSegment = loaded.lastSegment;
  let quarantined = 0;

  const courier = createCourier({
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
        .catch((thrown) => log.error({ reason: reasonOf(thrown) }, 'The series worker did not start.'));
      for (const frame of journal.frames(() => undefined)) fresh.frame(frame.id, frame.bytes.slice());
    },
    damaged: (damage) => setAside(damage),
    merged: () => void upkeep.run(),
  });
  const setAside = ({ segment, reason }: Damage) => {
    quarantined += 1;
    log.error({ file: segment.file, rows: segment.rows, reason }, 'A damaged segment was moved to quarantine.');
    segments = applyPlan(segments, { added: [], removed: [segment] });
    try {
      journal.install([], [segment], null);
    } catch (thrown) {
      // On a full disk the row stays: the file is missing at the next start and is left out again.
      log.warn({ reason: reasonOf(thrown) }, 'The manifest still names a segment in quarantine.');
    }
  };

  const upkeep = createUpkeep({
    courier,
    journal,
    epochs,
    clock,
    log,
    retention,
    problem,
    installed(plan) {
      segments = applyPlan(segments, plan);
      for (const { id } of plan.added) lastSegment = Math.max(lastSegment, id);
      if (plan.through !== null) tail.drop(plan.through);
    },
  });
  const commit = createCommit(
    {
      journal,
      dictionary,
      epochs,
      log,
      now: () => clock.now(),
      tailBytes: () => tail.bytes,
      committed(parcel) {
        tail.add(parcel, parcel.waiting.length, parcel.samples);
        courier.frame(parcel.id, parcel.bytes);
        if (tail.bytes > fullTailBytes) void upkeep.run();
      },
    },
    { folder, problem, everyMs: settings.commitEveryMs ?? 25, reserveBytes: settings.reserveBytes ?? 64 * 1024 * 1024 },
  );

  const damagedFrame = (id: number) => {
    quarantined += 1;
    log.error({ frame: id }, 'A damaged frame of the series journal was left out.');
  };
  for (const frame of journal.frames(damagedFrame)) {
    const counts = replay(frame, epochs, latest, clock.now());
    tail.add(frame, counts.reports, counts.samples);
    courier.frame(frame.id, frame.bytes.slice());
  }
  await opened(courier, journal, latest, clock.now() - latestWithinMs);

  const timer = setInterval(() => void upkeep.run(), settings.compactEveryMs ?? 60_000);
  timer.unref();
  const append = createAppend({ commit, dictionary, epochs, latest });
  const query = createQuery({ dictionary, courier, clock, retention });
  let closed: Promise<void> | null = null;

  const close = async () => {
    clearInterval(timer);
    append.close();
    commit.close();
    upkeep.stop();
    await courier.close();
    await upkeep.settled();
    journal.close();
  };

  return {
    accept: append.accept,
    append: append.append,
    receipt(endpoint, epoch) {
      const id = dictionary.findEndpoint(endpoint);
      const found = id === undefined ? undefined : epochs.find(id, epoch);
      return { epoch, through: found?.receipt.through ?? 0, also: found?.receipt.also.slice(0, 1000) ?? [] };
    },
    query,
    latest: (endpoint) => latest.of(endpoint),
    forget(endpoint) {
      const id = dictionary.findEndpoint(endpoint);
      if (id === undefined) return;
      latest.forget(endpoint, clock.now());
      journal.forget(id, clock.now());
    },
    adopt(from, to) {
      latest.adopt(from, to);
      dictionary.adopt(from, to);
      journal.adopt(from, to);
    },
    stats: (): SeriesStats => ({
      journalRows: tail.reports,
      segments: segments.length,
      segmentBytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      samples: segments.reduce((sum, { resolution, rows }) => sum + (resolution === 'raw' ? rows : 0), tail.samples),
      series: latest.count,
      duplicates: append.duplicates,
      pending: commit.pending,
      quarantined,
      trouble: problem()?.message ?? commit.trouble ?? upkeep.trouble,
      lastCompactionAt: upkeep.lastAt,
    }),
    compact: () => upkeep.runAll(),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(join(folder, 'segments'), { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw fail('DATA_NOT_WRITABLE', { path: folder, reason: reasonOf(thrown) }, thrown);
  }
}

/** Waits for the worker, and takes over the newest values that it found. */
async function opened(courier: Courier, journal: Journal, latest: LatestValues, since: number): Promise<void> {
  try {
    const { endpoint, line, at, value } = await courier.ask('open', { since });
    for (let i = 0; i < endpoint.length; i++)
      latest.note(endpoint[i] as number, line[i] as number, at[i] as number, value[i] as number);
  } catch (thrown) {
    await courier.close();
    journal.close();
    throw thrown;
  }
}

/** What a frame of the journal says about receipts and newest values. */
function replay(frame: Frame, epochs: Epochs, latest: LatestValues, now: number): { reports: number; samples: number } {
  const counts = { reports: 0, samples: 0 };
  eachRecord(frame, (head, offset) => {
    const epoch = epochs.byId(head.epoch);
    if (epoch) epochs.received(epoch, head.seq, head.upTo, now, head.digest);
    if (head.groups === null) return;
    counts.reports += 1;
    eachSample(frame, offset, (line, at, value) => {
      counts.samples += 1;
      latest.note(head.endpoint, line, at, value);
    });
  });
  return counts;
}

/** How much the journal holds that is in no segment yet. */
function createTailCount() {
  let frames: { id: number; bytes: number; reports: number; samples: number }[] = [];
  const sum = (what: 'bytes' | 'reports' | 'samples') => frames.reduce((total, frame) => total + frame[what], 0);
  let bytes = 0;
  return {
    add(frame: Pick<Parcel, 'id' | 'bytes'>, reports: number, samples: number) {
      frames.push({ id: frame.id, bytes: frame.bytes.length, reports, samples });
      bytes += frame.bytes.length;
    },
    drop(through: number) {
      frames = frames.filter(({ id }) => id > through);
      bytes = sum('bytes');
    },
    get bytes() {
      return bytes;
    },
    get reports() {
      return sum('reports');
    },
    get samples() {
      return sum('samples');
    },
  };
}
