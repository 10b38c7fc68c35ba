/** A writer that is going to be killed: appends as fast as it is answered, and prints each answer. */
import { writeSync } from 'node:fs';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLog } from '../../../shared/log.ts';
import { cpu, epochA, noon } from '../../contract/series.ts';

const [folder = '', endpoints = '4'] = process.argv.slice(2);
/** Compaction runs nearly all the time, so that most kills hit one. */
const store = await openEmbedded({
  folder,
  clock: systemClock,
  log: silentLog,
  commitEveryMs: 5,
  compactEveryMs: 20,
  gatherMs: 0,
});

async function send(endpoint: string, seq: number): Promise<void> {
  const answer = await store.append(cpu(endpoint, seq, seq, noon - 86_400_000 + seq * 1000));
  writeSync(1, `${endpoint} ${seq} ${answer}\n`);
}

async function stream(endpoint: string): Promise<void> {
  // A few again that are stored already, as an agent does whose acks were lost.
  for (let seq = Math.max(1, store.receipt(endpoint, epochA).through - 5); ; seq += 4) {
    await Promise.all([0, 1, 2, 3].map((more) => send(endpoint, seq + more)));
  }
}

await Promise.all(Array.from({ length: Number(endpoints) }, (_, i) => stream(`e${i}`)));
