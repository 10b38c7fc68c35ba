/**
 * Group commit: reports gather for 25 ms, go into the journal together, and are answered together. While the disk
 * is full they keep gathering; the number is bounded because every sender waits for its answer.
 */
import { statfsSync } from 'node:fs';
import { type ErrorCode, EvenkeelError, fail, reasonOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { Dictionary } from './dictionary.ts';
import { type Epoch, type Epochs, rowOf, type Waiter } from './epochs.ts';
import type { Journal, Sealed } from './journal.ts';
import { BlockWriter } from './record.ts';

/** A block of this size is closed early: it is one row of the journal and one message to the worker. */
const fullBlockBytes = 1024 * 1024;
/** Maximum blocks per commit, so that a backlog after a full disk does not block the event loop for long. */
const blocksPerCommit = 16;
const firstRetryMs = 250;
const lastRetryMs = 5000;

export interface SealedBlock extends Sealed {
  samples: number;
  waiting: Waiter[];
  losses: { epoch: Epoch; from: number; to: number }[];
}

type Contents = Omit<SealedBlock, keyof Sealed>;
const nothing = (): Contents => ({ samples: 0, waiting: [], losses: [] });

export interface CommitSettings {
  folder: string;
  everyMs: number;
  problem: () => EvenkeelError | null;
  /** Free bytes that the journal leaves alone, so that alerts and segments still find room on a full disk. */
  reserveBytes: number;
}

export interface Commit {
  /** Where the next record goes. */
  readonly writer: BlockWriter;
  /** The record just written has this many samples; `waiter` is settled with it. */
  expect(samples: number, waiter: Waiter): void;
  expectLoss(epoch: Epoch, from: number, to: number): void;
  readonly pending: number;
  /** Why appends wait; null when they do not. */
  readonly trouble: string | null;
  /** Makes a last commit and then refuses; what cannot be committed is rejected. */
  close(): void;
}

export interface CommitParts {
  journal: Journal;
  dictionary: Dictionary;
  epochs: Epochs;
  log: Log;
  now: () => number;
  /** The backend has so much waiting that no more can be kept for it. */
  isFull: () => boolean;
  /** The block is durable. */
  committed(block: SealedBlock): void;
}

export function createCommit(parts: CommitParts, settings: CommitSettings): Commit {
  const { journal, dictionary, epochs, log } = parts;
  const writer = new BlockWriter();
  let open: Contents = nothing();
  let sealed: SealedBlock[] = [];
  let lastId = journal.lastBlock;
  let timer: NodeJS.Timeout | undefined;
  let retryMs = 0;
  let trouble: EvenkeelError | null = null;

  const seal = () => {
    if (writer.bytes === 0) return;
    sealed.push({ id: ++lastId, bytes: writer.take(), ...open });
    open = nothing();
  };
  const schedule = () => {
    if (timer !== undefined) return;
    timer = setTimeout(run, retryMs || settings.everyMs);
  };
  const run = () => {
    timer = undefined;
    seal();
    try {
      while (sealed.length > 0) commitSome();
      recovered();
    } catch (thrown) {
      held(thrown);
      schedule();
    }
  };
  const commitSome = () => {
    refuseWhenBad(settings, parts.isFull());
    const some = sealed.slice(0, blocksPerCommit);
    const { endpoints, lines, series } = dictionary.fresh;
    const fresh = { endpoints: [...endpoints], lines: [...lines], series: [...series] };
    const newEpochs = [...epochs.fresh];
    journal.commit(some, fresh, newEpochs.map(rowOf));
    dictionary.saved(fresh.endpoints.length, fresh.lines.length, fresh.series.length);
    epochs.fresh.splice(0, newEpochs.length);
    sealed = sealed.slice(some.length);
    for (const block of some) deliver(block);
  };
  const deliver = (block: SealedBlock) => {
    parts.committed(block);
    const now = parts.now();
    for (const { epoch, from, to } of block.losses) epochs.received(epoch, from, to, now);
    for (const waiter of block.waiting) {
      epochs.received(waiter.epoch, waiter.seq, waiter.seq, now, waiter.digest);
      waiter.epoch.inFlight.delete(waiter.seq);
      settle(waiter, null);
    }
  };
  const recovered = () => {
    if (trouble !== null) log.info({ was: trouble.message }, 'The series journal can be written again');
    trouble = null;
    retryMs = 0;
  };
  const held = (thrown: unknown) => {
    const isKnown = thrown instanceof EvenkeelError;
    const found = isKnown ? thrown : fail('DATA_NOT_WRITABLE', { path: settings.folder, reason: reasonOf(thrown) });
    if (trouble?.message !== found.message)
      log.error(
        { reason: reasonOf(thrown), pending: pendingCount() },
        'Could not write the series journal; reports wait',
      );
    trouble = found;
    retryMs = Math.min(lastRetryMs, retryMs * 2 || firstRetryMs);
  };
  const pendingCount = () => sealed.reduce((sum, { waiting }) => sum + waiting.length, open.waiting.length);

  return {
    writer,
    expect(samples, waiter) {
      open.samples += samples;
      waiter.epoch.inFlight.set(waiter.seq, waiter);
      open.waiting.push(waiter);
      if (writer.bytes >= fullBlockBytes) seal();
      schedule();
    },
    expectLoss(epoch, from, to) {
      open.losses.push({ epoch, from, to });
    },
    get pending() {
      return pendingCount();
    },
    get trouble() {
      return trouble?.message ?? null;
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
      run();
      clearTimeout(timer);
      const left = pendingCount();
      if (left > 0)
        log.warn(
          { reports: left, reason: trouble?.message },
          'Reports were not stored before the stop; agents still have them',
        );
      const reason = trouble ?? fail('DISK_FULL', { path: settings.folder });
      for (const { waiting } of sealed) for (const waiter of waiting) settle(waiter, reason);
    },
  };
}

function settle({ settled, repeats }: Waiter, problem: EvenkeelError | null): void {
  settled(problem);
  for (const repeat of repeats) repeat(problem);
}

function refuseWhenBad({ folder, problem, reserveBytes }: CommitSettings, isFull: boolean): void {
  const lost = problem();
  if (lost) throw lost;
  if (isFull) throw new Error('The journal waits for compaction, which does not get on.');
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < reserveBytes) throw fail('DISK_FULL' satisfies ErrorCode, { path: folder });
}
