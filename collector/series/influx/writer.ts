/**
 * Brings blocks from the journal to InfluxDB, one batch at a time, in order. A block is trimmed from the journal once
 * InfluxDB has answered that it holds all of its points; what was sent and not yet trimmed is sent again after a crash,
 * which overwrites the same points. While InfluxDB is away everything stays in the journal.
 */
import type { IPoint } from 'influx';
import { reasonOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { JournalTail } from '../backend.ts';
import type { JournalBlock } from '../journal/record.ts';
import { InfluxError } from './client.ts';
import type { PointBatch } from './points.ts';
import type { RefusedPoints } from './refused.ts';

/** How long blocks gather before they are written. */
const gatherMs = 500;
/** Blocks read from the journal at once. */
const batchBytes = 256 * 1024;
/** A request of so many points takes InfluxDB some ten ms, and serialising it holds up the loop about as long. */
const pointsARequest = 1000;
/** Trimming writes to the journal's disk: not after each batch. */
const trimEveryMs = 10_000;
const firstRetryMs = 250;
const lastRetryMs = 10_000;

export interface WriterParts {
  journal: JournalTail;
  /** In words. The text does not change while the cause is the same. */
  troubleOf(thrown: unknown): string;
  log: Log;
  monotonic(): number;
  /** Makes sure of database and policies. */
  prepare(): Promise<void>;
  write(points: IPoint[]): Promise<void>;
  toPoints(block: JournalBlock, batch: PointBatch): void;
  /** InfluxDB holds the batch. */
  written(batch: PointBatch): void;
  refused: RefusedPoints;
  /** In the commit that trims. */
  record(): void;
  /** That commit is durable. */
  recorded(): void;
}

export interface Writer {
  /** There is something to write. */
  wake(): void;
  /** Resolves when everything committed so far is written, when that fails, or at the latest after `limitMs`. */
  flush(limitMs: number): Promise<void>;
  /** What is written need not stay in the journal. */
  trim(): Promise<void>;
  /** Makes a last attempt to write what is there, within `limitMs`. */
  close(limitMs: number): Promise<void>;
  readonly trouble: string | null;
}

/** What was refused, and why. */
export type Aside = [points: IPoint[], reason: string][];

export function createWriter(parts: WriterParts): Writer {
  const { journal, log, refused } = parts;
  let sent = 0;
  let trimmed = 0;
  let trimmedAt = parts.monotonic();
  let prepared = false;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let retryMs = 0;
  let trouble: string | null = null;
  let stopped = false;

  const read = (): { batch: PointBatch; through: number; isAll: boolean } | null => {
    const batch: PointBatch = { points: [], touched: new Map(), left: 0 };
    let [bytes, through] = [0, 0];
    for (const block of journal.blocks(sent)) {
      parts.toPoints(block, batch);
      through = block.id;
      bytes += block.bytes.length;
      if (bytes >= batchBytes) break;
    }
    return through === 0 ? null : { batch, through, isAll: bytes < batchBytes };
  };
  const work = async () => {
    if (!prepared) await parts.prepare();
    prepared = true;
    const upTo = journal.lastBlock;
    for (let next = read(); next && !stopped; next = read()) {
      const { points } = next.batch;
      // Put aside only now: a batch that fails halfway comes again as a whole.
      const aside: Aside = [];
      for (let i = 0; i < points.length; i += pointsARequest)
        await writeOrSplit(parts.write, points.slice(i, i + pointsARequest), aside);
      sent = next.through;
      for (const [bad, reason] of aside) refused.add(bad, reason);
      if (next.batch.left > 0) refused.leaveOut(next.batch.left, 'older than retention.raw, at 0, or no number');
      refused.save();
      parts.written(next.batch);
      recovered();
      if (parts.monotonic() - trimmedAt > trimEveryMs) await trim();
      // Blocks that came meanwhile gather first.
      if (next.isAll) break;
    }
    recovered();
    // Blocks at the end that are damaged do not come.
    if (!stopped && sent < upTo && read() === null) sent = upTo;
  };
  const trim = async () => {
    if (sent <= trimmed) return;
    const through = sent;
    await journal.advance(through, parts.record);
    parts.recorded();
    trimmed = through;
    trimmedAt = parts.monotonic();
  };
  const recovered = () => {
    if (trouble !== null) log.info({ was: trouble }, 'Samples can be written to InfluxDB again');
    trouble = null;
    retryMs = 0;
  };
  const failed = (thrown: unknown) => {
    if (stopped) return;
    // The administrator who fixed it may have recreated the database.
    prepared = false;
    const found = parts.troubleOf(thrown);
    if (trouble !== found)
      log.error({ reason: found }, 'Could not write samples to InfluxDB; they wait in the journal');
    trouble = found;
    retryMs = Math.min(lastRetryMs, retryMs * 2 || firstRetryMs);
    schedule(retryMs * (0.5 + Math.random() / 2));
  };
  const run = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    running ??= work()
      .catch(failed)
      .finally(() => {
        running = null;
        if (trouble === null && journal.lastBlock > sent) schedule(gatherMs);
      });
    return running;
  };
  const schedule = (afterMs: number) => {
    if (timer !== undefined || stopped) return;
    timer = setTimeout(run, afterMs);
    timer.unref();
  };
  const flush = async (limitMs: number) => {
    // A request for a chart does not bring the next attempt forward.
    if (trouble !== null) return;
    const upTo = journal.lastBlock;
    const all = async () => {
      // The first run may be one that has read all that it will read.
      for (let idle = 0; (sent < upTo || !prepared) && idle < 2 && !stopped; ) {
        const before = sent;
        await run();
        if (sent === before) idle += 1;
        if (trouble !== null) return;
      }
    };
    const limit = Promise.withResolvers<void>();
    const limiter = setTimeout(limit.resolve, limitMs);
    await Promise.race([all(), limit.promise]);
    clearTimeout(limiter);
  };

  return {
    wake() {
      if (running === null) schedule(gatherMs);
    },
    flush,
    trim,
    async close(limitMs) {
      await flush(limitMs);
      stopped = true;
      clearTimeout(timer);
      refused.save(true);
      try {
        await trim();
      } catch (thrown) {
        log.warn({ reason: reasonOf(thrown) }, 'The journal keeps samples that InfluxDB holds; they are sent again');
      }
    },
    get trouble() {
      return trouble;
    },
  };
}

/** Halves a refused batch until the bad points are isolated: these are set aside, and the others are stored. */
export async function writeOrSplit(write: WriterParts['write'], points: IPoint[], aside: Aside): Promise<void> {
  if (points.length === 0) return;
  try {
    await write(points);
  } catch (thrown) {
    if (!(thrown instanceof InfluxError) || !['lines', 'large'].includes(thrown.kind)) throw thrown;
    const known = knownRefused(points, thrown.message);
    if (known) {
      aside.push([known.bad, thrown.message]);
      if (!known.isRestStored) await writeOrSplit(write, known.rest, aside);
      return;
    }
    if (points.length === 1) {
      // A request that is too large may fit later, when whatever is in between allows more.
      if (thrown.kind === 'large') throw thrown;
      aside.push([points, thrown.message]);
      return;
    }
    const half = points.length >> 1;
    await writeOrSplit(write, points.slice(0, half), aside);
    await writeOrSplit(write, points.slice(half), aside);
  }
}

/**
 * Where InfluxDB's error names what it has refused, no halving is needed: a field of which all values are refused
 * would otherwise take two requests per point, again and again.
 */
function knownRefused(
  points: readonly IPoint[],
  message: string,
): { bad: IPoint[]; rest: IPoint[]; isRestStored: boolean } | null {
  const dropped = Number(/ dropped=(\d+)/.exec(message)?.[1] ?? 0);
  if (dropped > 0 && message.includes('points beyond retention policy')) {
    const byTime = points.toSorted((a, b) => Number(a.timestamp) - Number(b.timestamp));
    return { bad: byTime.slice(0, dropped), rest: byTime.slice(dropped), isRestStored: true };
  }
  const [, field = '', measurement] = /input field "(.*?)" on measurement "(.*?)" is type/.exec(message) ?? [];
  const has = (point: IPoint) => point.measurement === measurement && field in (point.fields ?? {});
  const concerned = points.filter(has);
  // Of another number not all of them are refused, or others as well.
  if (concerned.length === 0 || concerned.length !== dropped) return null;
  const rest = points.flatMap((point) => {
    const { [field]: refusedValue, ...fields } = point.fields ?? {};
    if (!has(point)) return point;
    return Object.keys(fields).length > 0 ? { ...point, fields } : [];
  });
  const bad = concerned.map((point) => ({ ...point, fields: { [field]: point.fields?.[field] } }));
  return { bad, rest, isRestStored: false };
}
