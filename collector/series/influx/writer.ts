/**
 * Brings frames from the journal to InfluxDB, one batch at a time, in order. A frame is trimmed from the journal only after
 * InfluxDB has answered that it holds all of its points; what was sent and not yet trimmed is sent again after a crash,
 * which overwrites the same points. While InfluxDB is away everything stays in the journal.
 */
import type { IPoint } from 'influx';
import { reasonOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { JournalTail } from '../backend.ts';
import type { Frame } from '../journal/record.ts';
import { InfluxError, type InfluxSettings } from './client.ts';
import type { Batch } from './points.ts';

/** How long frames gather before they are written. */
const gatherMs = 500;
/** Frames read from the journal at once. */
const batchBytes = 2 * 1024 * 1024;
/** A request of so many points takes InfluxDB some ten ms, and serialising it holds up the loop about as long. */
const pointsARequest = 1000;
/** Trimming writes to the journal's disk: not after each batch. */
const trimEveryMs = 10_000;
const firstRetryMs = 250;
const lastRetryMs = 10_000;

export interface WriterParts {
  journal: JournalTail;
  settings: InfluxSettings;
  log: Log;
  monotonic(): number;
  /** Makes sure of database and policies. */
  prepare(): Promise<void>;
  write(points: IPoint[]): Promise<void>;
  toPoints(frame: Frame, batch: Batch): void;
  /** InfluxDB holds the batch. */
  written(batch: Batch): void;
  /** In the commit that trims. */
  record(): void;
}

export interface Writer {
  /** There is something to write. */
  wake(): void;
  /** Resolves when everything committed until now is written, when that fails, or at the latest after `limitMs`. */
  flush(limitMs: number): Promise<void>;
  /** What is written need not stay in the journal. */
  trim(): Promise<void>;
  /** Writes once more what is there, within `limitMs`. */
  close(limitMs: number): Promise<void>;
  readonly trouble: string | null;
  /** Lines that InfluxDB has refused for good, since the start. */
  readonly refused: number;
}

export function createWriter(parts: WriterParts): Writer {
  const { journal, settings, log } = parts;
  let sent = 0;
  let trimmed = 0;
  let trimmedAt = parts.monotonic();
  let prepared = false;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let retryMs = 0;
  let trouble: string | null = null;
  let refused = 0;
  let stopped = false;

  const read = (): { batch: Batch; through: number; isAll: boolean } | null => {
    const batch: Batch = { points: [], touched: new Map(), left: 0 };
    let [bytes, through] = [0, 0];
    for (const frame of journal.frames(sent)) {
      parts.toPoints(frame, batch);
      through = frame.id;
      bytes += frame.bytes.length;
      if (bytes >= batchBytes) break;
    }
    return through === 0 ? null : { batch, through, isAll: bytes < batchBytes };
  };
  /** Halves what is refused until the bad lines stand alone: these are put aside, and the others are stored. */
  const writeOrSplit = async (points: IPoint[]): Promise<void> => {
    if (points.length === 0) return;
    try {
      await parts.write(points);
    } catch (thrown) {
      if (!(thrown instanceof InfluxError) || thrown.kind !== 'lines') throw thrown;
      const tooOld = /points beyond retention policy.*dropped=(\d+)/.exec(thrown.message);
      if (tooOld || points.length === 1) {
        const lines = tooOld ? Number(tooOld[1]) : 1;
        refused += lines;
        const { measurement, tags, fields } = points[0] as IPoint;
        log.warn(
          { lines, reason: thrown.message, measurement, tags, fields },
          'InfluxDB refuses lines; they are left out',
        );
        return;
      }
      const half = points.length >> 1;
      await writeOrSplit(points.slice(0, half));
      await writeOrSplit(points.slice(half));
    }
  };
  const work = async () => {
    if (!prepared) await parts.prepare();
    prepared = true;
    const upTo = journal.lastFrame;
    for (let next = read(); next && !stopped; next = read()) {
      const { points } = next.batch;
      for (let i = 0; i < points.length; i += pointsARequest) await writeOrSplit(points.slice(i, i + pointsARequest));
      sent = next.through;
      refused += next.batch.left;
      if (next.batch.left > 0)
        log.warn(
          { samples: next.batch.left },
          'Samples that InfluxDB does not keep so long, or no numbers, are left out',
        );
      parts.written(next.batch);
      recovered();
      if (parts.monotonic() - trimmedAt > trimEveryMs) await trim();
      // What has come meanwhile gathers first.
      if (next.isAll) break;
    }
    recovered();
    // Frames at the end that are damaged do not come.
    if (!stopped && sent < upTo && read() === null) sent = upTo;
  };
  const trim = async () => {
    if (sent <= trimmed) return;
    const through = sent;
    await journal.advance(through, parts.record);
    trimmed = through;
    trimmedAt = parts.monotonic();
  };
  const recovered = () => {
    if (trouble !== null) log.info({ was: trouble }, 'InfluxDB takes samples again.');
    trouble = null;
    retryMs = 0;
  };
  const failed = (thrown: unknown) => {
    // Whoever has put it right may have made it anew.
    prepared = false;
    const found = troubleOf(thrown, settings);
    if (trouble !== found) log.error({ reason: found }, 'InfluxDB takes no samples; they wait in the journal.');
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
        if (trouble === null && journal.lastFrame > sent) schedule(gatherMs);
      });
    return running;
  };
  const schedule = (afterMs: number) => {
    if (timer !== undefined || stopped) return;
    timer = setTimeout(run, afterMs);
    timer.unref();
  };
  const flush = async (limitMs: number) => {
    const upTo = journal.lastFrame;
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
      try {
        await trim();
      } catch (thrown) {
        log.warn({ reason: reasonOf(thrown) }, 'The journal keeps samples that InfluxDB holds; they are sent again.');
      }
    },
    get trouble() {
      return trouble;
    },
    get refused() {
      return refused;
    },
  };
}

/** What is wrong and what to do about it. The same words as long as the same is wrong. */
export function troubleOf(thrown: unknown, { url, database, username }: InfluxSettings): string {
  const reason = reasonOf(thrown).trim().replace(/\.$/, '');
  const kind = thrown instanceof InfluxError ? thrown.kind : 'away';
  const what = {
    denied: `refuses user "${username ?? ''}" on database "${database}": ${reason}. Check username and password_file, and that the user may write`,
    missing: `has no database "${database}" or lost its retention policies: ${reason}. It is made again where the user may`,
    lines: `refuses what it is asked: ${reason}`,
    away: `cannot be used: ${reason}. Check that it runs and can be reached`,
  }[kind];
  return `InfluxDB at ${url} ${what}. Reports are acknowledged and wait in the journal; charts are missing until then.`;
}
