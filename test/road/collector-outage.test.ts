/**
 * What the time line says when the collector is killed for 40 s, with real processes: what agents deliver later leaves no
 * hole, what one of them has lost does.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startAgent } from '../support/agent.ts';
import { lengthOf, openRealFleet, type RealFleet } from '../support/real-fleet.ts';

const intervalMs = 5000;
const test = suite('time line over an outage of the collector');
let fleet: RealFleet;

test.before(async () => {
  fleet = await openRealFleet({ server: 'server', laptop: 'workstation', loser: 'server' }, intervalMs);
  await pause(3 * intervalMs);
});
test.after(() => fleet.close());

test('kill -9 of the collector for 40 s: what is delivered later is whole, what was lost is a hole', async () => {
  const from = Date.now();
  await fleet.killCollector();
  await pause(10_000);
  await fleet.kill('loser');
  // The spool of this one loses what it held.
  for (const file of ['spool.db', 'spool.db-wal', 'spool.db-shm', 'spool.db.mark'])
    rmSync(join(fleet.dataOf('loser'), file), { force: true });
  await pause(30_000);
  await fleet.startCollector();
  // At once, not after their own time: then the newest reports of the gap come in the live lane.
  for (const name of ['server', 'laptop']) await startAgent(['wake', '--data', fleet.dataOf(name)]).finished;
  fleet.run('loser');
  for (const name of ['server', 'laptop', 'loser']) await fleet.online(name);
  await pause(3 * intervalMs);
  for (const name of ['server', 'laptop']) {
    const line = await fleet.lineSince(name, from - intervalMs);
    const hole = lengthOf(line, 'unknown', 'down', 'idle');
    assert.ok(hole <= intervalMs, `${name}: ${hole} ms not watched: ${JSON.stringify(line)}`);
  }
  const lost = await fleet.lineSince('loser', from - intervalMs);
  assert.ok(lengthOf(lost, 'unknown') > 25_000, JSON.stringify(lost));
  assert.is(lengthOf(lost, 'down'), 0);
});

test.run();
