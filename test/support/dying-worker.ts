/** The worker of large messages, which dies of a message whose section is named after the way to do so. */
import { parentPort } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import type { ToRead } from '../../collector/intake/large/worker.ts';

const deaths: Record<string, () => void> = {
  ends: () => process.exit(7),
  throws: () => {
    Object.assign(parentPort as object, {
      postMessage() {
        throw new Error('it broke');
      },
    });
  },
  fills: () => {
    const kept: unknown[] = [];
    for (;;) kept.push(Array.from({ length: 1000 }, (_, n) => ({ n })));
  },
  hangs: () => {
    for (;;);
  },
};

parentPort?.on('message', ({ bytes }: ToRead) => {
  const way = /"section":"(\w+)"/.exec(gunzipSync(bytes).toString('latin1'))?.[1] ?? '';
  if (Object.hasOwn(deaths, way)) deaths[way]?.();
});
await import('../../collector/intake/large/worker.ts');
