/**
 * A series store: the journal, which is always present, and a backend behind it. The path of a report: `accept` →
 * record → group commit (durable, answered) → block to the backend, which moves the watermark when it holds it.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { type EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Backend, JournalTail, Newest, OpenBackend } from './backend.ts';
import { copySeries } from './copy.ts';
import { createAppend } from './journal/append.ts';
import { createCommit } from './journal/commit.ts';
import { createDictionary, type Dictionary } from './journal/dictionary.ts';
import { createEpochs, type Epochs } from './journal/epochs.ts';
import { eraseSeries } from './journal/erase.ts';
import { openJournal } from './journal/journal.ts';
import { createLatest, type LatestValues } from './journal/latest.ts';
import { createLeaving, liveMs } from './journal/leaving.ts';
import type { SeriesNames } from './journal/names.ts';
import { createReceiptKeeper } from './journal/receipts.ts';
import { eachRecord, eachSample, type JournalBlock } from './journal/record.ts';
import { createWaiting } from './journal/waiting.ts';
import type { SeriesStats, SeriesStore, SharedSeries } from './series.ts';
import { defaultRetention, type SeriesRetention } from './span.ts';
import { type BlockTap, tapped } from './tap.ts';

export interface SeriesSettings {
  /** Created when it is missing; belongs to one process at a time. */
  folder: string;
  clock: Clock;
  log: Log;
  /** How long raw samples and rollups are kept, in ms. */
  retention?: Partial<SeriesRetention>;
  /** How often the backend does what is due, in ms. */
  compactEveryMs?: number;
  /** How long reports gather before a commit, in ms. */
  commitEveryMs?: number;
  /** Free bytes of the disk that reports may not use: reserved for alerts and segments. */
  reserveBytes?: number;
  /** Gets every block beside the backend. */
  tap?: BlockTap | null;
  /** Other collectors use the same backend for other endpoints: nothing is read at the start. */
  isShared?: boolean;
  /** Why the folder cannot be written now, from the caller's own check; null when it can. */
  problem?: () => EvenkeelError | null;
}

export interface OpenedStore extends SeriesStore {
  /** Moves everything committed so far to the backend now, and runs what else is due. */
  compact(): Promise<void>;
}

/** Per `ack`: an agent has a handful. The lowest first, so that none waits for ever. */
const rangesPerAck = 1000;

/**
 * Opens the store in `folder`, and recovers what a crash may have left.
 * @throws EvenkeelError DATA_CORRUPT, DATA_NEWER, DATA_IN_USE, DATA_NOT_WRITABLE
 */
export async function openSeries(settings: SeriesSettings, openBackend: OpenBackend): Promise<OpenedStore> {
  const { clock, log, tap, isShared = false, problem = () => null } = settings;
  const folder = resolve(settings.folder);
  const retention = { ...defaultRetention, ...settings.retention };
  makeFolder(folder);
  const journal = openJournal(join(folder, 'journal.db'));
  const loaded = journal.load();
  const dictionary = createDictionary(loaded, journal.names);
  const epochs = createEpochs(loaded.receipts, journal.digests);
  const latest = createLatest(dictionary, loaded.endpoints);
  const waiting = createWaiting();
  const keptMs = Math.max(...Object.values(retention));
  const receipts = createReceiptKeeper({ journal, epochs, clock, keptMs, dictionary, log });
  let damaged = 0;
  const damagedBlock = (id: number) => {
    damaged += 1;
    log.error({ block: id }, 'Skipped a damaged block of the series journal');
  };

  const tail: JournalTail = {
    database: journal.database,
    get lastBlock() {
      return journal.lastBlock;
    },
    // Damage is counted once, at the start.
    blocks: (after) => journal.blocks(() => undefined, after),
    async advance(through, record) {
      if (through !== null) await receipts.save();
      journal.advance(through, record);
      if (through !== null) waiting.drop(through);
    },
  };
  const parts = { journal: tail, dictionary, folder, clock, log, retention, problem, isShared };
  const backend = tapped(openBackend, tap)(parts);
  const commit = createCommit(
    {
      journal,
      dictionary,
      epochs,
      log,
      now: () => clock.now(),
      isFull: () => waiting.bytes > backend.maxWaitingBytes,
      committed(block) {
        waiting.add(block, block.waiting.length, block.samples);
        backend.write(block);
        if (waiting.bytes > backend.fullBytes) void backend.upkeep();
      },
    },
    { folder, problem, everyMs: settings.commitEveryMs ?? 25, reserveBytes: settings.reserveBytes ?? 64 * 1024 * 1024 },
  );

  for (const block of journal.blocks(damagedBlock)) {
    const counts = replay(block, epochs, latest, clock.now());
    waiting.add(block, counts.reports, counts.samples);
    backend.write({ id: block.id, bytes: block.bytes.slice() });
  }
  try {
    if (!isShared || !journal.names.isFilled) await findNewest(backend, journal.names, latest, clock.now() - liveMs);
  } catch (thrown) {
    await backend.close();
    journal.close();
    throw thrown;
  }

  const leaving = createLeaving({
    ...{ latest, dictionary, names: journal.names, isWhole: !isShared, clock, keptMs },
    endpoints: () => dictionary.endpointIds(),
  });
  /** What is no longer needed: receipts, and series that do not come. One run after the other. */
  let dropping: Promise<void> = Promise.resolve();
  const dropOld = (isDue: boolean) => {
    dropping = dropping
      .then(() => receipts.dropOld())
      .then(() => leaving.run(isDue))
      .catch((thrown) =>
        log.warn({ reason: reasonOf(thrown) }, 'Could not drop old rows of the series journal; tried again'),
      );
    return dropping;
  };
  const upkeep = () => {
    if (problem() === null) void backend.upkeep().then(() => dropOld(false));
  };
  const timer = setInterval(upkeep, settings.compactEveryMs ?? 60_000);
  timer.unref();
  const append = createAppend({ commit, dictionary, epochs, latest });
  let closed: Promise<void> | null = null;

  const close = async () => {
    clearInterval(timer);
    append.close();
    commit.close();
    leaving.close();
    await backend.close();
    await dropping;
    journal.close();
  };

  const own = { backend, journal, dictionary, epochs, latest, dropped: () => dropping, isOver: () => closed !== null };
  return {
    ...{ accept: append.accept, append: append.append, note: append.note },
    ...sharedIn(backend, dictionary, append, clock),
    hasEpoch(endpoint, epoch) {
      const id = dictionary.findEndpoint(endpoint);
      return id !== undefined && epochs.find(id, epoch) !== undefined;
    },
    receipt(endpoint, epoch) {
      const id = dictionary.findEndpoint(endpoint);
      const found = id === undefined ? undefined : epochs.find(id, epoch);
      return { epoch, through: found?.receipt.through ?? 0, also: found?.receipt.lowest(rangesPerAck) ?? [] };
    },
    ...{ query: (query) => backend.query(query), latest: (endpoint) => latest.of(endpoint) },
    holds: (endpoint) => latest.of(endpoint).length > 0 || journal.holds(dictionary.findEndpoint(endpoint) ?? 0),
    forget(endpoint) {
      const id = dictionary.findEndpoint(endpoint);
      if (id === undefined) return;
      latest.forget(endpoint, clock.now());
      journal.forget(id, clock.now());
    },
    adopt(from, to) {
      // At each start of a desk, for all: without a commit for what is known.
      if (dictionary.adoptedBy(from) === to) return;
      latest.adopt(from, to);
      dictionary.adopt(from, to);
      journal.adopt(from, to);
    },
    erase: (endpoint) => eraseSeries(own, endpoint, clock.now()),
    copy: (to) => copySeries(journal.database, backend, folder, to),
    stats(): SeriesStats {
      const held = backend.stats();
      const appendsWait = problem()?.message ?? commit.trouble;
      return {
        ...held,
        journalRows: waiting.reports,
        samples: held.samples + waiting.samples,
        series: latest.count,
        duplicates: append.duplicates,
        pending: commit.pending,
        quarantined: held.quarantined + damaged,
        appendsWait,
        trouble: appendsWait ?? held.trouble,
      };
    },
    compact: () => backend.compact().then(() => dropOld(true)),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function sharedIn(
  { shared }: Backend,
  dictionary: Pick<Dictionary, 'endpoint'>,
  append: Pick<SeriesStore, 'note'>,
  clock: Clock,
): Pick<SeriesStore, 'shared'> {
  if (!shared) return {};
  const learn: SharedSeries['learn'] = (endpoints) =>
    shared.learn(clock.now() - liveMs, endpoints, (endpoint, metrics) =>
      append.note({ endpoint, report: { v: 1, epoch: '', seq: 0, at: clock.now(), metrics } }),
    );
  const takeOver: SharedSeries['takeOver'] = (endpoints) =>
    shared.takeOver(endpoints.map((name) => dictionary.endpoint(name)));
  return { shared: { learn, takeOver } };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw fail('DATA_NOT_WRITABLE', { path: folder, reason: reasonOf(thrown) }, thrown);
  }
}

/** In a journal of an older version it also finds out whose the lines are. */
async function findNewest(backend: Backend, names: SeriesNames, latest: LatestValues, since: number): Promise<void> {
  const { isFilled } = names;
  await backend.newest(isFilled ? since : 0, (values) => {
    if (!isFilled) names.fill(seriesIn(values, since));
    noteAll(latest, values, since);
  });
  if (!isFilled) names.filled();
}

function noteAll(latest: LatestValues, { endpoint, line, at, value }: Newest, since: number): void {
  for (let i = 0; i < endpoint.length; i++)
    if ((at[i] as number) >= since)
      latest.note(endpoint[i] as number, line[i] as number, at[i] as number, value[i] as number);
}

function* seriesIn({ endpoint, line, at }: Newest, since: number) {
  for (let i = 0; i < endpoint.length; i++) {
    const last = at[i] as number;
    yield { endpoint: endpoint[i] as number, line: line[i] as number, leftAt: last < since ? last : null };
  }
}

/** Applies a block of the journal to receipts and newest values. */
function replay(
  block: JournalBlock,
  epochs: Epochs,
  latest: LatestValues,
  now: number,
): { reports: number; samples: number } {
  const counts = { reports: 0, samples: 0 };
  eachRecord(block, (head, offset) => {
    const epoch = epochs.byId(head.epoch);
    if (epoch) epochs.received(epoch, head.seq, head.upTo, now, head.digest);
    if (head.groups === null) return;
    counts.reports += 1;
    eachSample(block, offset, (line, at, value) => {
      counts.samples += 1;
      latest.note(head.endpoint, line, at, value);
    });
  });
  return counts;
}
