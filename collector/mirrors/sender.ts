/**
 * Brings what waits to one mirror, in order, one request at a time. What the receiver cannot take is found out by halves,
 * counted and left out; all else waits and is tried again, ever later.
 */
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { sentence } from '../../shared/sentence.ts';
import { eachRecord, eachSample, type JournalBlock } from '../series/journal/record.ts';
import { type MirrorClient, MirrorError } from './client.ts';
import type { MirroredSample, MirrorFormat } from './mirror.ts';
import type { MirrorQueue } from './queue.ts';

export type LossReason = 'full' | 'out_of_order' | 'too_old' | 'refused' | 'too_large';

export interface SenderParts {
  name: string;
  url: string;
  queue: MirrorQueue;
  format: MirrorFormat;
  client: MirrorClient;
  log: Log;
  sent(samples: number): void;
  lost(samples: number, reason: LossReason): void;
  /** Between two attempts when all is sent, ms. */
  everyMs: number;
  /** The first and the last wait after a failure, ms. */
  retryMs: readonly [number, number];
}

export interface MirrorSender {
  start(): void;
  /** Since when it is away, and why; null while it takes what it is sent. */
  readonly trouble: { since: number; reason: string } | null;
  /** What is being sent may hold what was erased: it is read again. */
  restart(): void;
  stop(): Promise<void>;
}

/** Receivers take some thousands; such a request is some hundred KB. */
const samplesARequest = 2000;
const batchBytes = 256 * 1024;
/** When it has refused so much of a batch and taken nothing, it is no receiver of such samples. */
const mostRefusals = 40;
/** Of an endpoint of which nothing was taken yet, as after a start, older samples than this are late, ms. */
const lateMs = 300_000;

interface MirrorBatch {
  /** The last block before it, and the last that it holds. */
  after: number;
  through: number;
  samples: MirroredSample[];
  done: number;
  /** Requests that were taken, and refused. */
  taken: number;
  refusals: number;
}

export function createSender(parts: SenderParts, now: () => number): MirrorSender {
  const { name, queue, format, client, log } = parts;
  /** The newest sample of each endpoint that was taken, by id, ms. */
  const newest = new Map<number, number>();
  let trouble: MirrorSender['trouble'] = null;
  let retryMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let stopped = false;
  /** What is being sent: after a failure it goes on where it was. */
  let batch: MirrorBatch = { after: 0, through: 0, samples: [], done: 0, taken: 0, refusals: 0 };

  const taken = (samples: readonly MirroredSample[], count = samples.length) => {
    batch.taken += 1;
    parts.sent(count);
    for (const { endpoint, at } of samples) if (at > (newest.get(endpoint) ?? 0)) newest.set(endpoint, at);
  };
  const leaveOut = (samples: readonly MirroredSample[], reason: LossReason) => parts.lost(samples.length, reason);

  async function send(samples: readonly MirroredSample[]): Promise<void> {
    const body = samples.length === 0 ? null : format.encode(samples);
    if (body === null) return;
    try {
      await client.send(body);
      taken(samples);
    } catch (thrown) {
      if (!(thrown instanceof MirrorError) || thrown.kind === 'away') throw thrown;
      await refused(samples, thrown);
    }
  }
  async function refused(samples: readonly MirroredSample[], error: MirrorError): Promise<void> {
    batch.refusals += 1;
    if (batch.taken === 0 && batch.refusals > mostRefusals && error.kind === 'content')
      throw new MirrorError('away', `it refuses all that it is sent (${error.message}); check \`kind\` and \`url\``);
    const said = error.kind === 'large' ? null : format.refusal(error.message);
    if (said?.is === 'partly') {
      const lost = Math.min(said.lost, samples.length);
      parts.lost(lost, said.reason);
      taken(samples, samples.length - lost);
      return;
    }
    if (said?.is === 'order') {
      // It is known which are late; that they are tried once more among themselves shows whether it was they.
      const isLate = ({ endpoint, at }: MirroredSample) => at <= (newest.get(endpoint) ?? now() - lateMs);
      const [late, inTime] = [samples.filter(isLate), samples.filter((one) => !isLate(one))];
      batch.taken += 1;
      if (inTime.length === 0) return leaveOut(late, said.reason);
      if (late.length > 0) {
        await send(inTime);
        return leaveOut(late, said.reason);
      }
    }
    if (samples.length === 1)
      return leaveOut(samples, said === null ? 'too_large' : said.is === 'order' ? said.reason : 'refused');
    const half = samples.length >> 1;
    await send(samples.slice(0, half));
    await send(samples.slice(half));
  }

  /** What was given up meanwhile is not sent. */
  const isOpen = () => batch.done < batch.samples.length && queue.through(name) === batch.after;
  /** @returns whether there is something to send */
  const begin = (): boolean => {
    if (isOpen()) return true;
    const after = queue.through(name);
    const blocks = queue.next(name, batchBytes);
    const through = blocks.at(-1)?.id;
    if (through === undefined) return false;
    batch = { after, through, samples: samplesOf(blocks), done: 0, taken: 0, refusals: 0 };
    return true;
  };
  async function work(): Promise<void> {
    while (!stopped && begin()) {
      const { samples, through } = batch;
      batch.refusals = 0;
      while (isOpen() && !stopped) {
        await send(samples.slice(batch.done, batch.done + samplesARequest));
        batch.done += samplesARequest;
      }
      if (batch.done < samples.length) continue;
      queue.done(name, through);
      recovered();
    }
  }
  const recovered = () => {
    if (trouble !== null) log.info({ mirror: name, was: trouble.reason }, 'The mirror takes samples again');
    trouble = null;
    retryMs = 0;
  };
  const failed = (thrown: unknown) => {
    const reason = `${parts.url}: ${sentence(reasonOf(thrown))}`;
    if (trouble?.reason !== reason)
      log.warn({ mirror: name, reason }, 'Could not send samples to the mirror; they wait for it');
    trouble = { since: trouble?.since ?? now(), reason };
    const [first, last] = parts.retryMs;
    const asked = thrown instanceof MirrorError ? (thrown.waitMs ?? 0) : 0;
    retryMs = Math.min(last, retryMs * 2 || first);
    return Math.max(asked, retryMs * (0.5 + Math.random() / 2));
  };
  const schedule = (afterMs: number) => {
    if (stopped) return;
    timer = setTimeout(run, afterMs);
    timer.unref();
  };
  const run = (): void => {
    running = work()
      .then(
        () => parts.everyMs,
        (thrown: unknown) => (stopped ? 0 : failed(thrown)),
      )
      .then((waitMs) => {
        running = null;
        schedule(waitMs);
      });
  };

  return {
    start: () => schedule(parts.everyMs),
    get trouble() {
      return trouble;
    },
    restart() {
      batch = { ...batch, samples: [], done: 0 };
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      // A receiver that stalls would hold the end up.
      client.close();
      await running;
    },
  };
}

function samplesOf(blocks: readonly JournalBlock[]): MirroredSample[] {
  const samples: MirroredSample[] = [];
  for (const block of blocks)
    eachRecord(block, ({ groups, endpoint }, offset) => {
      if (groups === null) return;
      eachSample(block, offset, (line, at, value) => {
        if (at > 0 && Number.isFinite(value)) samples.push({ endpoint, line, at, value });
      });
    });
  return samples;
}
