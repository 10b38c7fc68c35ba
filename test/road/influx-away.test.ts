/**
 * InfluxDB is frozen, then killed, while a fleet reports to a real collector. Nothing is lost, people are notified in time.
 * INFLUX_AWAY_MS: how long it is away.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encode } from '../../shared/report.ts';
import { topicOf } from '../../shared/topics.ts';
import { openReceiver } from '../collector/notify/receiver.ts';
import { enroll, makeCode } from '../simulate/enroll.ts';
import { type SimulatedFleet, startFleet } from '../simulate/fleet.ts';
import { makeMachine } from '../simulate/machine.ts';
import { openWire } from '../simulate/wire.ts';
import { type InfluxServer, influxMissing, startInflux } from '../support/influxdb.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { epochOf, makeReport } from '../support/station.ts';

const awayMs = Number(process.env.INFLUX_AWAY_MS ?? 6000);
const endpoints = 50;
const notifiedWithinMs = 5000;

const test = suite('InfluxDB away');
const missing = influxMissing();
if (missing !== null) console.log(`\nSKIP influxdb: ${missing}`);
const onServer = missing === null ? test : test.skip;

async function numbersOf(collector: RunningCollector): Promise<Map<string, number>> {
  const answer = await fetch(`${collector.http}/metrics`, { headers: { authorization: `Bearer ${collector.token}` } });
  const lines = (await answer.text()).split('\n').filter((line) => !line.startsWith('#'));
  return new Map(lines.map((line) => [line.replace(/ .*/, ''), Number(line.replace(/.* /, ''))]));
}
const number = async (collector: RunningCollector, name: string) =>
  (await numbersOf(collector)).get(name) ?? Number.NaN;
const trouble = (collector: RunningCollector) => number(collector, 'evenkeel_series_trouble');

/** Reports by endpoint, counted in InfluxDB itself. */
async function storedIn(server: InfluxServer): Promise<Map<string, number>> {
  const from = "from away.evenkeel_raw.cpu where cpu = 'cpu-total' group by endpoint";
  const { results } = await server.ask(`select count(usage_active) ${from}`);
  return new Map((results[0]?.series ?? []).map(({ tags, values }) => [tags?.endpoint ?? '', Number(values[0]?.[1])]));
}

/** Reports a full disk as a machine of its own. @returns ms until people were notified of it */
async function breach(collector: RunningCollector, n: number, received: () => readonly { body: string }[]) {
  const machine = { ...makeMachine(3, n), kind: 'server' as const };
  const credential = await enroll(await makeCode(collector.http, collector.token, 1), machine);
  const { hostname: host, port } = new URL(credential.mqtt.url);
  const wire = openWire({ host, port: Number(port), clientId: credential.endpoint, password: credential.secret });
  assert.is(await wire.connected, 0);
  const report = makeReport(epochOf(n + 1), 1);
  const fields = { used_percent: 92, free: 1024 ** 3 };
  const metrics = [...report.metrics, { name: 'disk', tags: { path: '/' }, fields, timestamp: report.at }];
  const sentAt = performance.now();
  await wire.publish(topicOf(credential, 'report'), encode({ ...report, metrics }));
  await until(() => received().some(({ body }) => body.includes(machine.hostname)), 30_000, `the notification of ${n}`);
  wire.cut();
  return Math.round(performance.now() - sentAt);
}

onServer(`away for ${awayMs / 1000} s under load: generated = stored, alerts in time`, async () => {
  const server = await startInflux();
  const folder = temporaryFolder();
  const receiver = await openReceiver(() => [200]);
  const config = join(folder.path, 'evenkeel.yaml');
  writeFileSync(
    config,
    `agents: { interval: 1s }\ntickets: { openAfter: 0s }\nseries: { kind: influx, url: "${server.url}", database: away }\n` +
      `outgoing: { allow: [127.0.0.1] }\nnotify: { by: [rule, endpoint, path], wait: 0s, interval: 0s }\nchannels:\n  - { name: people, kind: webhook, url: "${receiver.url}" }\nrules:\n  - { id: disk-space, for_s: 0 }\n`,
  );
  const collector = await startCollector(join(folder.path, 'data'), ['--config', config]);
  assert.match(collector.stdout(), `  Series   InfluxDB ${server.url}, database away\n`);
  let fleet: SimulatedFleet | undefined;
  const notifiedMs: number[] = [];
  const memory: number[] = [];
  const note = async (n: number) => {
    notifiedMs.push(await breach(collector, n, () => receiver.received));
    memory.push((await number(collector, 'process_resident_memory_bytes')) / 2 ** 20);
  };
  let waiting = 0;
  let journal = 0;
  try {
    const code = await makeCode(collector.http, collector.token, endpoints);
    fleet = await startFleet({ code, endpoints, seed: 1, intervalMs: 1000, steady: true });
    await note(1);
    server.freeze();
    const halfway = performance.now() + awayMs / 2;
    await note(2);
    await until(async () => (await trouble(collector)) === 1, 20_000, 'the trouble of the frozen one');
    await pause(Math.max(0, halfway - performance.now()));
    await server.kill();
    const end = performance.now() + awayMs / 2;
    await note(3);
    const first = fleet.endpoints[0]?.credential.endpoint;
    const chart = await fetch(`${collector.http}/api/v1/endpoints/${first}/series?metric=cpu.usage_active`, {
      headers: { authorization: `Bearer ${collector.token}` },
    });
    assert.equal([chart.status, ((await chart.json()) as { code: string }).code], [503, 'SERIES_UNAVAILABLE']);
    await pause(Math.max(0, end - performance.now()));
    waiting = fleet.totals().waiting;
    journal = await number(collector, 'evenkeel_series_journal_rows');
    await note(4);
    await server.start();
    await pause(2000);
    fleet.quiet();
    assert.ok(await fleet.drain(30_000), `not acknowledged: ${JSON.stringify(fleet.totals())}`);
    const { endpoints: all } = fleet;
    const generated = all.reduce((sum, { reports }) => sum + reports, 0);
    let stored = new Map<string, number>();
    const there = () => all.reduce((sum, one) => sum + (stored.get(one.credential.endpoint) ?? 0), 0);
    const isAllThere = async () => {
      stored = await storedIn(server);
      return there() >= generated;
    };
    // What is not there by then is reported below, endpoint by endpoint.
    await until(isAllThere, 60_000, 'InfluxDB to hold all of it').catch(() => undefined);
    console.log(
      `\nFIGURE influx away ${awayMs / 1000} s, ${endpoints} endpoints: ${generated} reports generated, ${there()} stored; ` +
        `${journal} rows in the journal, inventory with them; notified after ${notifiedMs.join(', ')} ms; collector ` +
        `${memory.map((mb) => mb.toFixed(0)).join(', ')} MB`,
    );
    for (const { credential, reports } of all) assert.is(stored.get(credential.endpoint), reports);
    assert.is(await trouble(collector), 0);
    assert.ok(waiting <= 2 * endpoints, `${waiting} reports were not acknowledged`);
    for (const ms of notifiedMs) assert.ok(ms <= notifiedWithinMs, `notified after ${ms} ms`);
  } finally {
    await fleet?.stop();
    collector.child.kill('SIGTERM');
    await collector.ended;
    await receiver.close();
    await server.close();
    folder.remove();
  }
});

test.run();
