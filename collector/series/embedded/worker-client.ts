/** Talks to the worker: requests and their answers, blocks, and a new worker after one has died. */
import { Worker } from 'node:worker_threads';
import { fail, reasonOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import { partOf } from '../../package/places.ts';
import type { Damage, FromWorker, RequestKind, Requests, Start, ToWorker } from './messages.ts';

/** The only reference to the worker's file. */
const workerFile = partOf(new URL('./worker.ts', import.meta.url), 'series-worker.mjs');

const restartMs = 2000;
/** What it works on lies outside of its heap; what V8 takes else for young objects stays resident. */
const youngMb = 8;
/** Blocks wait for the next request, up to so many bytes: waking the worker costs more than what it does with a small one. */
const waitingAtMost = 256 * 1024;

export interface WorkerClient {
  /** It knows every block given until then. */
  ask<K extends RequestKind>(kind: K, ask: Requests[K]['ask']): Promise<Requests[K]['answer']>;
  block(id: number, bytes: Uint8Array): void;
  close(): Promise<void>;
}

export interface WorkerClientParts {
  log: Log;
  /** What the worker is to start with, at this moment. */
  start(): Start;
  /** A new worker runs with empty memory: send it the present state. */
  began(client: WorkerClient): void;
  damaged(damage: Damage): void;
  /** A merge has ended: its plan can be fetched. */
  merged(): void;
}

/** A dead worker answers nothing; the next one is there within seconds. */
const gone = () => fail('INTERNAL', { reference: 'series worker' });

interface Open {
  resolve(answer: unknown): void;
  reject(reason: unknown): void;
}

export function createWorkerClient(parts: WorkerClientParts): WorkerClient {
  const open = new Map<number, Open>();
  let lastId = 0;
  let closing = false;
  let alive = true;
  let waiting: { id: number; bytes: Uint8Array }[] = [];
  let waitingBytes = 0;
  let worker = begin();

  function begin(): Worker {
    const begun = new Worker(workerFile, {
      workerData: parts.start(),
      resourceLimits: { maxYoungGenerationSizeMb: youngMb },
    });
    begun.on('message', receive);
    begun.on('error', (thrown) => parts.log.error({ reason: reasonOf(thrown) }, 'The series worker failed'));
    begun.on('exit', ended);
    return begun;
  }
  function receive(message: FromWorker): void {
    if (message.kind === 'damaged') parts.damaged(message.damage);
    else if (message.kind === 'merged') parts.merged();
    else settle(message);
  }
  function settle(message: Extract<FromWorker, { id: number }>): void {
    const asked = open.get(message.id);
    open.delete(message.id);
    if (message.kind === 'answer') asked?.resolve(message.answer);
    else asked?.reject(new Error(message.reason));
  }
  function ended(): void {
    alive = false;
    for (const asked of open.values()) asked.reject(gone());
    open.clear();
    takeWaiting();
    if (closing) return;
    setTimeout(() => {
      if (closing) return;
      worker = begin();
      alive = true;
      parts.began(client);
    }, restartMs).unref();
  }

  function takeWaiting() {
    const blocks = waiting;
    waiting = [];
    waitingBytes = 0;
    return blocks;
  }
  function sendWaiting(): void {
    if (waiting.length === 0) return;
    const blocks = takeWaiting();
    const message: ToWorker = { kind: 'blocks', blocks };
    worker.postMessage(
      message,
      blocks.map(({ bytes }) => bytes.buffer as ArrayBuffer),
    );
  }

  const client: WorkerClient = {
    ask: <K extends RequestKind>(kind: K, ask: Requests[K]['ask']) =>
      new Promise<Requests[K]['answer']>((resolve, reject) => {
        if (!alive) throw gone();
        sendWaiting();
        const id = ++lastId;
        open.set(id, { resolve: resolve as Open['resolve'], reject });
        worker.postMessage({ kind, id, ask } as ToWorker);
      }),
    block(id, bytes) {
      // The next worker gets it from the journal.
      if (!alive) return;
      waiting.push({ id, bytes });
      waitingBytes += bytes.length;
      if (waitingBytes >= waitingAtMost) sendWaiting();
    },
    async close() {
      closing = true;
      if (!alive) return;
      const exit = new Promise((resolve) => worker.once('exit', resolve));
      worker.postMessage({ kind: 'close', id: ++lastId, ask: null } satisfies ToWorker);
      await exit;
    },
  };
  return client;
}
