/**
 * The collector's process is killed at random moments while a fleet reports: generated = stored, nothing lost, nothing
 * twice. Looked up afterwards in the store itself, not in what anybody says.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encode } from '../../shared/report.ts';
import { topicOf } from '../../shared/topics.ts';
import { enroll, makeCode } from '../simulate/enroll.ts';
import { type SimulatedFleet, startFleet } from '../simulate/fleet.ts';
import { makeMachine } from '../simulate/machine.ts';
import { createRandom } from '../simulate/random.ts';
import { openWire } from '../simulate/wire.ts';
import { freePort } from '../support/port.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { epochOf, makeReport } from '../support/station.ts';
import { openStored } from '../support/stored.ts';

const endpoints = 200;
const kills = 10;
const lastMs = 60_000;
const backWithinMs = 30_000;
const quietMs = 500;

const test = suite('kill -9 of the collector');

test('200 endpoints, a report a second for 60 s, 10 kills: generated = stored, 0 lost, 0 twice', async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const ports = ['--http-port', String(await freePort()), '--mqtt-port', String(await freePort())];
  const start = () => startCollector(data, ports);
  let collector = await start();
  const seed = Number(process.env.EVENKEEL_TEST_SEED ?? Date.now() % 1_000_000);
  const random = createRandom(seed);
  const moments = Array.from({ length: kills }, () => random() * lastMs).sort((a, b) => a - b);
  const from = Date.now();
  const code = await makeCode(collector.http, collector.token, endpoints);
  const fleet = await startFleet({ code, endpoints, seed: 1, intervalMs: 1000, steady: true });
  const started = performance.now();
  const starts: number[] = [];
  let back = Infinity;
  try {
    for (const moment of moments) {
      await pause(Math.max(0, moment - (performance.now() - started)));
      collector.child.kill('SIGKILL');
      await collector.ended;
      const killedAt = performance.now();
      collector = await start();
      starts.push(performance.now() - killedAt);
    }
    // The agents' own pace of coming back, from the start line of the last collector on.
    back = await allBack(fleet);
    await pause(Math.max(0, lastMs - (performance.now() - started)));
    fleet.quiet();
    assert.ok(await fleet.drain(60_000), `not acknowledged: ${JSON.stringify(fleet.totals())}`);
  } finally {
    await fleet.stop();
    await stop(collector);
  }
  const found = await compare(data, fleet, from);
  folder.remove();
  console.log(
    `\nFIGURE kill: ${kills} kills of the collector, ${found.generated} generated, ${found.stored} stored, ` +
      `${found.lost} lost, ${found.twice} twice (seed ${seed}); all ${endpoints} back ${seconds(back)} s after the last ` +
      `start, which took at most ${seconds(Math.max(...starts))} s`,
  );
  assert.is(found.stored, found.generated);
  assert.is(found.lost, 0);
  assert.is(found.twice, 0);
  assert.ok(back <= backWithinMs, `back after ${seconds(back)} s`);
});

const seconds = (ms: number) => (ms / 1000).toFixed(1);

test('every report with a PUBACK is there after kill -9', async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const collector = await startCollector(data);
  const code = await makeCode(collector.http, collector.token, 20);
  const acked = new Map<string, number>();
  const epoch = epochOf(3);
  for (let n = 0; n < 20; n++) {
    const credential = await enroll(code, makeMachine(2, n));
    const { hostname: host, port } = new URL(credential.mqtt.url);
    const wire = openWire({ host, port: Number(port), clientId: credential.endpoint, password: credential.secret });
    assert.is(await wire.connected, 0);
    const topic = topicOf(credential, 'report');
    const send = async () => {
      for (let seq = 1; ; seq++) {
        await wire.publish(topic, encode(makeReport(epoch, seq)));
        acked.set(credential.endpoint, seq);
      }
    };
    send().catch(() => undefined);
  }
  await pause(3000);
  collector.child.kill('SIGKILL');
  await collector.ended;
  const stored = await openStored(data);
  let total = 0;
  for (const [endpoint, seq] of acked) {
    total += seq;
    assert.ok(stored.receipt(endpoint, epoch).through >= seq, `${endpoint}: PUBACK of ${seq} was not durable`);
  }
  await stored.close();
  folder.remove();
  assert.is(acked.size, 20);
  console.log(`\nFIGURE kill: ${total} reports had a PUBACK at the moment of the kill, all of them are stored`);
});

/** @returns ms until the whole fleet was connected */
async function allBack(fleet: SimulatedFleet): Promise<number> {
  const started = performance.now();
  await until(() => fleet.totals().connected === endpoints, backWithinMs * 2, 'the whole fleet to be back');
  return performance.now() - started;
}

async function stop(collector: RunningCollector): Promise<void> {
  collector.child.kill('SIGTERM');
  await collector.ended;
}

async function compare(data: string, fleet: SimulatedFleet, from: number) {
  const stored = await openStored(data);
  const sum = { generated: 0, stored: 0, lost: 0, twice: 0 };
  for (const { credential, epoch, generated, reports } of fleet.endpoints) {
    const receipt = stored.receipt(credential.endpoint, epoch);
    const kept = receipt.through + receipt.also.reduce((all, [first, last]) => all + last - first + 1, 0);
    const samples = await stored.reports(credential.endpoint, from - quietMs, Date.now() + quietMs);
    sum.generated += generated;
    sum.stored += kept;
    sum.lost += generated - kept + Math.max(0, reports - samples);
    sum.twice += Math.max(0, samples - reports);
  }
  await stored.close();
  return sum;
}

test.run();
