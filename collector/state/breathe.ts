/** Work on the state is synchronous below its promises: without this, a long transaction is one pause of the event loop. */
import { setImmediate } from 'node:timers/promises';

/** Reports and pings of thousands of endpoints wait meanwhile. */
const holdAtMostMs = 10;
let turnedAt = 0;

/** To be called between pieces of long work, in a transaction too: lets the event loop turn when it is time. */
export async function breathe(): Promise<void> {
  if (performance.now() - turnedAt < holdAtMostMs) return;
  await setImmediate();
  turnedAt = performance.now();
}
