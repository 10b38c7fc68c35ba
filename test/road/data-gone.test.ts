/**
 * The data folder is taken away under a running collector: it says so and what to do, acknowledges nothing that would be
 * lost, makes nothing anew at that path, goes on where the folder comes back, and ends when it is asked to.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encode } from '../../shared/report.ts';
import { topicOf } from '../../shared/topics.ts';
import { enroll, makeCode } from '../simulate/enroll.ts';
import { makeMachine } from '../simulate/machine.ts';
import { openWire } from '../simulate/wire.ts';
import { type RunningCollector, runCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { smallDisk } from '../support/small-disk.ts';
import { stateEnv } from '../support/state.ts';
import { epochOf, makeReport } from '../support/station.ts';

/** Of the ~2 s rhythm of looking, with room for a busy machine. */
const saidWithinMs = 10_000;
const stopsWithinMs = 8000;

/** One endpoint that reports four times a second, and how many of its reports were acknowledged. */
async function startReporting(collector: RunningCollector, n: number) {
  const credential = await enroll(await makeCode(collector.http, collector.token, 1), makeMachine(4, n));
  const { hostname: host, port } = new URL(credential.mqtt.url);
  const wire = openWire({ host, port: Number(port), clientId: credential.endpoint, password: credential.secret });
  assert.is(await wire.connected, 0);
  let sent = 0;
  let acked = 0;
  const timer = setInterval(() => {
    const report = encode(makeReport(epochOf(n + 1), ++sent));
    wire.publish(topicOf(credential, 'report'), report).then(
      () => acked++,
      () => undefined,
    );
  }, 250);
  await until(() => acked > 2, 10_000, 'reports to be acknowledged');
  return {
    wire,
    sent: () => sent,
    acked: () => acked,
    end() {
      clearInterval(timer);
      wire.cut();
    },
  };
}

type Reporting = Awaited<ReturnType<typeof startReporting>>;

const linesWith = (collector: RunningCollector, words: RegExp) =>
  collector
    .stderr()
    .split('\n')
    .filter((line) => words.test(line)).length;
const said = (collector: RunningCollector, words: RegExp) =>
  until(() => linesWith(collector, words) > 0, saidWithinMs, `${words} in:\n${collector.stderr()}`);

/** Whatever was on its way when the folder went is settled after a moment; from then on nothing is. */
async function acknowledgesNothing(reporting: Reporting) {
  const [acked, sent] = [reporting.acked(), reporting.sent()];
  await pause(1500);
  assert.is(reporting.acked(), acked, 'acknowledged what will be gone');
  assert.ok(reporting.sent() > sent);
}

async function stops(collector: RunningCollector) {
  const asked = performance.now();
  collector.child.kill('SIGTERM');
  const { code } = await collector.ended;
  const ms = Math.round(performance.now() - asked);
  assert.ok(ms < stopsWithinMs, `stopped after ${ms} ms`);
  assert.is(code, 0);
  return ms;
}

const readiness = async ({ http, token }: RunningCollector) =>
  (await fetch(`${http}/readyz`, { headers: { authorization: `Bearer ${token}` } })).text();

const started: RunningCollector[] = [];
async function start(data: string, env: Record<string, string> = {}): Promise<RunningCollector> {
  const collector = await startCollector(data, [], env);
  started.push(collector);
  return collector;
}

const test = suite('data folder gone');
test.after.each(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
});

test('deleted: said once with what to do, nothing acknowledged, nothing made anew, stops when asked', async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const collector = await start(data);
  const reporting = await startReporting(collector, 0);
  rmSync(data, { recursive: true });
  await said(collector, /no longer the one that was opened: it was deleted, moved or unmounted/);
  await said(collector, /hint="Nothing more is kept.*restart/);
  await acknowledgesNothing(reporting);
  assert.match(await readiness(collector), /no longer the one/);
  await pause(5000);
  const ms = await stops(collector);
  reporting.end();
  assert.is(linesWith(collector, /Compaction of the series failed/), 0, collector.stderr());
  assert.ok(linesWith(collector, / (WARN|ERROR) /) <= 6, collector.stderr());
  assert.not(existsSync(data), 'nothing was made anew');
  folder.remove();
  console.log(`\nFIGURE data folder deleted: stopped ${ms} ms after it was asked to`);
});

test('moved away, or its lock alone, or the series: said by name, and all goes on when it is back', async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const collector = await start(data);
  const reporting = await startReporting(collector, 1);
  const aside = join(folder.path, 'aside');
  for (const [path, words] of [
    [data, /it was deleted, moved or unmounted/],
    [join(data, 'collector.lock'), /collector\.lock is no longer there/],
    [join(data, 'series', 'journal.db'), /journal\.db is no longer there/],
  ] as const) {
    renameSync(path, aside);
    await said(collector, words);
    await acknowledgesNothing(reporting);
    const acked = reporting.acked();
    renameSync(aside, path);
    await until(() => reporting.acked() > acked + 4, 15_000, `reports to be taken again after ${path}`);
  }
  assert.is(linesWith(collector, /The data folder is in place again/), 3);
  await stops(collector);
  reporting.end();
  folder.remove();
});

test('replaced, with a second collector on the new one: the first takes nothing more', async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const collector = await start(data);
  const reporting = await startReporting(collector, 2);
  renameSync(data, join(folder.path, 'aside'));
  mkdirSync(data);
  await said(collector, /it was replaced|no longer there/);
  // Its state is its own: where tests keep it in a database, another one.
  const second = await start(data, stateEnv(join(folder.path, 'second')));
  await acknowledgesNothing(reporting);
  await stops(collector);
  reporting.end();
  assert.ok(existsSync(join(data, 'local.token')), 'the token of the second is its own');
  await second.get('/api/v1/endpoints');
  await stops(second);
  // The same folder twice is refused by name.
  const third = await start(join(folder.path, 'aside'));
  const { code, stderr } = await runCollector([
    'start',
    '--data',
    join(folder.path, 'aside'),
    '--http-port',
    '0',
    '--mqtt-port',
    '0',
  ]).ended;
  assert.is(code, 1);
  assert.match(stderr, /in use by another collector/);
  await stops(third);
  folder.remove();
});

test('its disk unmounted, and made read-only', async () => {
  const disk = smallDisk(200);
  if (typeof disk === 'string') return console.log(`SKIP tmpfs: ${disk}`);
  const data = join(disk.path, 'data');
  const collector = await start(data);
  const reporting = await startReporting(collector, 3);
  // A disk on which a file is open for writing cannot be made read-only; one that has failed can. So: by a bind mount.
  if (spawnSync('mount', ['--bind', disk.path, disk.path]).status === 0) {
    spawnSync('mount', ['-o', 'remount,ro,bind', disk.path]);
    await said(collector, /has become read-only/);
    await acknowledgesNothing(reporting);
    spawnSync('umount', ['-l', disk.path]);
    await said(collector, /The data folder is in place again/);
  }
  spawnSync('umount', ['-l', disk.path]);
  await said(collector, /it was deleted, moved or unmounted/);
  await acknowledgesNothing(reporting);
  await stops(collector);
  reporting.end();
  disk.remove();
});

test.run();
