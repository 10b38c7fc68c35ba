/** The worker thread's entry: one message after the other, each answered. */
import { parentPort } from 'node:worker_threads';
import type { UpLeaf } from '../../../shared/topics.ts';
import { type Reading, read } from './read.ts';

export interface ToRead {
  leaf: UpLeaf;
  bytes: Uint8Array;
}
/** @param ms of this thread */
export type Answer = Reading & { ms: number };

const port = parentPort;
if (!port) throw new Error('The worker that reads large messages is started by the intake only.');
port.on('message', ({ leaf, bytes }: ToRead) => {
  const since = performance.now();
  const reading = read(leaf, bytes);
  port.postMessage({ ...reading, ms: performance.now() - since } satisfies Answer);
});
