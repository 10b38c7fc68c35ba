/** What the machine has left: files that mostly wait leave room for one more beside them. */
import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

interface Spent {
  idle: number;
  all: number;
}

/** Of all processors since the machine's start, ms. */
export function spent(): Spent {
  const sums = { idle: 0, all: 0 };
  for (const { times } of cpus()) {
    sums.idle += times.idle;
    sums.all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return sums;
}

/** @returns from 0 to 1 */
export const idleSince = (from: Spent, to: Spent): number =>
  to.all === from.all ? 0 : (to.idle - from.idle) / (to.all - from.all);

/** Looks of half a second each. */
const looks = 6;
/** Of all processors: less is what two busy files leave each other for a moment. */
const isRoom = 0.4;
/** A browser with its collector, and as much again. */
const leastBytes = 2e9;

/** Waits until the machine has room for one more file, or until `isOver`. */
export async function untilIdle(isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const from = spent();
    for (let n = 0; n < looks && !isOver(); n++) await wait(500);
    if (idleSince(from, spent()) >= isRoom && process.availableMemory() >= leastBytes) return;
  }
}
