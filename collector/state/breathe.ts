/** Work on the state is synchronous below its promises: without this, a long transaction blocks the event loop. */
import { setImmediate } from 'node:timers/promises';

/** Reports and pings of thousands of endpoints wait for this long at most. */
const holdAtMostMs = 10;
let turnedAt = 0;

/** Call between pieces of long work, in a transaction too: yields to the event loop when it is time. */
export async function breathe(): Promise<void> {
  if (performance.now() - turnedAt < holdAtMostMs) return;
  await setImmediate();
  turnedAt = performance.now();
}
