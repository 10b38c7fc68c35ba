/**
 * Large messages are read by a worker: inflated, weighed, parsed and checked, one would hold up everybody's reports and
 * pages for 20 to 80 ms. One thread for all, fair by endpoint: of each one message, then the next endpoint's. What kills it,
 * by its memory or its time, costs that message alone.
 */
import { Worker } from 'node:worker_threads';
import { EvenkeelError, fail, reasonOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { UpLeaf } from '../../../shared/topics.ts';
import { partOf } from '../../package/places.ts';
import { identityAtHead, type MessageIdentity } from '../identity.ts';
import type { MessageContent, Problem } from './read.ts';
import type { Answer, ToRead } from './worker.ts';

const defaultLimits = {
  /**
   * Inflated bytes up to which a message is read where it came: every report of up to 500 metrics. There both ways take the
   * main thread half a millisecond. To read 2,000 metrics (1.6 MB) takes 20 ms, and to receive them from the worker 3.
   */
  smallBytes: 64 * 1024,
  /** A message at the limits of shared/wire.ts takes 0.1 s and 40 MB. */
  ms: 30_000,
  memoryMB: 128,
  /** Without work the thread ends: most collectors need it a few times a day. */
  idleMs: 60_000,
  /** The only reference to the worker's file. */
  entry: partOf(new URL('./worker.ts', import.meta.url), 'large-worker.mjs'),
};

/** A message that was read: what it says, or why it is refused. */
export interface LargeMessage {
  size?: number;
  digest?: number;
  content: MessageContent | null;
  problem: EvenkeelError | null;
  identity?: MessageIdentity | undefined;
  /** How long the worker took. */
  ms: number;
}

export interface LargeMessages {
  /** What is not larger, inflated, need not be given to `read`. */
  readonly smallBytes: number;
  /** @throws EvenkeelError CONFLICT when the collector stops before: it is resent */
  read(endpoint: string, leaf: UpLeaf, payload: Uint8Array): Promise<LargeMessage>;
  close(): Promise<void>;
}

interface ReadingJob {
  leaf: UpLeaf;
  payload: Uint8Array;
  resolve(message: LargeMessage): void;
  reject(reason: EvenkeelError): void;
}

export type LargeMessageLimits = Partial<typeof defaultLimits>;

export function createLargeMessages(parts: { log: Log; limits?: LargeMessageLimits | undefined }): LargeMessages {
  const { log } = parts;
  const limits = { ...defaultLimits, ...parts.limits };
  /** By endpoint, the next in turn first. */
  const waiting = new Map<string, ReadingJob[]>();
  let current: { job: ReadingJob; since: number } | undefined;
  let worker: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function next(): void {
    const [first] = waiting;
    if (current || !first) return;
    const [endpoint, [job, ...later]] = first as [string, [ReadingJob, ...ReadingJob[]]];
    waiting.delete(endpoint);
    if (later.length > 0) waiting.set(endpoint, later);
    current = { job, since: performance.now() };
    clearTimeout(timer);
    worker ??= begin();
    timer = setTimeout(fell, limits.ms, worker, `it took longer than ${limits.ms / 1000} s`);
    // A copy: other messages lie in the same piece of memory, which is handed over.
    const bytes = new Uint8Array(job.payload);
    worker.postMessage({ leaf: job.leaf, bytes } satisfies ToRead, [bytes.buffer]);
  }

  function begin(): Worker {
    const begun = new Worker(limits.entry, { resourceLimits: { maxOldGenerationSizeMb: limits.memoryMB } });
    begun.unref();
    begun.on('message', (answer: Answer) => {
      if (begun === worker) settle({ ...answer, problem: answer.problem ? errorOf(answer.problem) : null });
    });
    begun.on('error', (thrown) => fell(begun, reasonOf(thrown)));
    begun.on('exit', (code) => fell(begun, `its thread ended with code ${code}`));
    return begun;
  }

  function settle(message: LargeMessage): void {
    clearTimeout(timer);
    current?.job.resolve(message);
    current = undefined;
    next();
    if (current) return;
    timer = setTimeout(() => void end(), limits.idleMs).unref();
  }

  /** The next message gets a new thread. */
  function fell(which: Worker, reason: string): void {
    if (which !== worker) return;
    void end();
    if (!current) return;
    const { job, since } = current;
    const { payload } = job;
    log.warn({ reason, bytes: payload.length }, 'A large message could not be read');
    const problem = fail('MESSAGE_UNREADABLE', { size: payload.length, reason });
    settle({ content: null, problem, identity: identityAtHead(payload), ms: performance.now() - since });
  }

  async function end(): Promise<void> {
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
  }

  return {
    smallBytes: limits.smallBytes,
    read: (endpoint, leaf, payload) =>
      new Promise((resolve, reject) => {
        if (closed) throw stopping();
        const job = { leaf, payload, resolve, reject };
        const before = waiting.get(endpoint);
        if (before) before.push(job);
        else waiting.set(endpoint, [job]);
        next();
      }),
    async close() {
      closed = true;
      clearTimeout(timer);
      for (const { reject } of [...(current ? [current.job] : []), ...[...waiting.values()].flat()]) reject(stopping());
      waiting.clear();
      current = undefined;
      await end();
    },
  };
}

const stopping = () => fail('CONFLICT', { problem: 'the collector is stopping' });

const errorOf = ({ code, ...texts }: Problem): EvenkeelError => Object.assign(new EvenkeelError(code), texts);
