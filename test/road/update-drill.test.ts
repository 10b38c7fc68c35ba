/**
 * The update drill: 20 real agents in the layout of the tar.gz, each with its guard and root's part, at one real collector that
 * rolls releases out by rings. A good version, one that crashes, one that never connects, bad signatures, a download that is cut
 * off, and a collector that offers an older version again. The fleet ends on a working version each time, and nothing is lost.
 * Times are shortened by settings.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointUpdate, UpdateSummary } from '../../shared/agent-update.ts';
import type { Alert } from '../../shared/api.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import { bucketOf } from '../../shared/topics.ts';
import { usualUpdateNumbers } from '../../shared/update-choices.ts';
import { temporaryFolder } from '../support/agent.ts';
import {
  type AgentVersions,
  buildAgentVersions,
  type Flaw,
  makeRelease,
  releaseTool,
} from '../support/agent-versions.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { type Cutter, openCutter } from '../support/cutter.ts';
import { keptOf, numbered, openStored } from '../support/stored.ts';
import { until } from '../support/until.ts';
import { openMachine, type UpdateMachine } from '../support/update-machine.ts';

const test = suite('update drill');
const fleetSize = 20;
const folder = temporaryFolder();
const keys = join(folder.path, 'keys');
const machines: UpdateMachine[] = [];
const ids: string[] = [];
let collector: InProcess;
let cutter: Cutter;
let versions: AgentVersions;
let releases: string;

const send = async <T>(method: string, path: string, body?: object): Promise<T> => {
  const answer = await collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body && { body }) });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body as T;
};
const summary = () => send<UpdateSummary>('GET', 'agent-updates');
const places = async () => (await send<{ items: EndpointUpdate[] }>('GET', 'agent-updates/endpoints')).items;
const running = () => machines.map((machine) => machine.version());
const allRun = (version: string) => running().every((one) => one === version);

async function release(version: string, flaw?: Flaw) {
  const made = makeRelease(versions, { folder: releases, keys, version, ...(flaw && { flaw }) });
  copyFileSync(join(keys, 'keys.json'), join(releases, 'keys.json'));
  return made;
}

async function start(version: string, sequence: number): Promise<number> {
  await send('POST', 'agent-updates/start', { version, sequence, reason: `the drill: ${version}` });
  return performance.now();
}

/** Ends with the fleet on this version, each of them connected, with a report of its own that was confirmed. */
async function fleetWorks(version: string, ms = 120_000): Promise<void> {
  await until(() => allRun(version), ms, `all to run ${version}`).catch((thrown) => {
    const other = machines.find((machine) => machine.version() !== version);
    throw new Error(`${String(thrown)}: ${running().join(' ')}\n${other?.log().slice(-3000)}`);
  });
  for (const machine of machines)
    await until(
      async () => {
        const status = await machine.status();
        return status?.version === version && status.link.state === 'connected' && status.link.ownAck !== null;
      },
      60_000,
      `${version} to report`,
    );
}

async function stopped(ms = 120_000): Promise<NonNullable<UpdateSummary['rollout']>> {
  await until(async () => (await summary()).rollout?.state === 'stopped', ms, 'the roll-out to stop').catch(
    async (thrown) => {
      throw new Error(
        `${String(thrown)}\n${JSON.stringify((await summary()).counts)}\n${machines.map((one) => one.log().slice(-300)).join('\n')}`,
      );
    },
  );
  const { rollout } = await summary();
  assert.ok(rollout);
  const alerts = async () => (await send<{ items: Alert[] }>('GET', 'alerts')).items;
  const isRaised = async () =>
    (await alerts()).some(
      ({ rule, state, tags }) => rule.id === 'update-stopped' && state === 'firing' && tags.version === rollout.version,
    );
  await until(isRaised, 20_000, 'the alert');
  return rollout;
}

const touched = async () => (await places()).filter(({ toldAt }) => toldAt !== null);

async function enrol(name: string): Promise<void> {
  const { code } = await send<{ code: string }>('POST', 'enrollments', {});
  const about = {
    platform: process.platform,
    arch: process.arch,
    kind: 'server',
    kind_why: 'It is a test.',
    version: '0.1.0',
  };
  const body = { code: decodeJoinCode(code).secret, hostname: name, ...about };
  const { endpoint, secret, mqtt } = await send<{ endpoint: string; secret: string; mqtt: { url: string } }>(
    'POST',
    'enroll',
    body,
  );
  ids.push(endpoint);
  const credential = {
    ...{ endpoint, bucket: bucketOf(endpoint), name, secret, mqtt: { url: mqtt.url } },
    ...{ collector: `http://127.0.0.1:${cutter.port}`, kind: 'server' as const, kind_why: 'It is a test.' },
  };
  machines.push(
    openMachine({
      ...{ folder: join(folder.path, name), credential, version: '0.1.0', program: versions.program('0.1.0') },
      ...{ keys: readFileSync(join(keys, 'keys.json'), 'utf8'), intervalS: 2, trialS: 25, steadyS: 2 },
    }),
  );
}

test.before(async () => {
  versions = await buildAgentVersions(join(folder.path, 'work'));
  releaseTool(['keys', 'make', keys]);
  collector = await openCollector();
  releases = join(collector.data, 'packages');
  mkdirSync(releases, { recursive: true });
  cutter = await openCutter(Number(new URL(collector.started.addresses.http).port));
  for (let n = 0; n < fleetSize; n++) await enrol(`drill-${String(n).padStart(2, '0')}`);
  const numbers = {
    ...usualUpdateNumbers,
    ...{ canary_s: 10, second_s: 10, silent_s: 90, at_once: fleetSize, at_once_percent: 100 },
  };
  await send('PUT', 'agent-updates/settings', { on: true, numbers });
  await fleetWorks('0.1.0');
});
test.after(async () => {
  for (const machine of machines) await machine.stop();
  await cutter?.close();
  await collector?.close();
  folder.remove();
});

test('a good version reaches all 20: one canary first, then a tenth, then all', async () => {
  const made = await release('0.2.0');
  writeFileSync(join(folder.path, 'of-then.json'), JSON.stringify({ version: made.version, sequence: made.sequence }));
  copyFileSync(join(releases, 'manifest.json'), join(folder.path, 'manifest-of-then.json'));
  const startedAt = Date.now();
  const began = await start('0.2.0', made.sequence);
  await fleetWorks('0.2.0', 240_000);
  await until(async () => (await summary()).counts.has === fleetSize, 60_000, 'the collector to know');
  const isProven = async () => (await places()).every(({ said }) => said?.state === 'proven');
  await until(isProven, 60_000, 'each agent to say so');
  const told = await touched();
  const of = (ring: string) => told.filter((one) => one.ring === ring);
  assert.equal([of('canary').length, of('second').length, of('all').length], [1, 2, 17]);
  const first = (ring: string) => Math.min(...of(ring).map(({ toldAt }) => toldAt as number));
  // The time of a ring counts from its begin; one of it may be told a moment later than the others.
  assert.ok(first('second') - startedAt >= 10_000 && first('all') - startedAt >= 20_000, 'each ring has its time');
  console.log(
    `\nFIGURE drill: ${fleetSize} agents from 0.1.0 to 0.2.0 in ${Math.round((performance.now() - began) / 1000)} s`,
  );
});

for (const [flaw, version] of [
  ['crashes', '0.3.0'],
  ['silent', '0.4.0'],
] as const)
  test(`a version that ${flaw === 'silent' ? 'never connects' : flaw}: the canary falls back, it stops, nobody else is touched`, async () => {
    const made = await release(version, flaw);
    const began = await start(version, made.sequence);
    const rollout = await stopped();
    assert.equal([rollout.stop?.why, rollout.stop?.ring, rollout.stop?.found], ['failed', 'canary', 1]);
    assert.equal(
      (await touched()).map(({ place }) => place),
      ['fell_back'],
    );
    await fleetWorks('0.2.0');
    console.log(
      `\nFIGURE drill: ${version} (${flaw}) stopped after ${Math.round((performance.now() - began) / 1000)} s, 1 of ${fleetSize} touched`,
    );
    await send('POST', 'agent-updates/withdraw', { reason: 'it is broken' });
  });

test('a bad signature: the collector does not start it; a thief at the collector does, and it is refused', async () => {
  const made = await release('0.5.0');
  const path = join(releases, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as {
    signed: string;
    signatures: { key: string; sig: string }[];
  };
  const content = Buffer.from(manifest.signed, 'base64').toString().replace('"floor":"', '"floor": "');
  writeFileSync(path, JSON.stringify({ ...manifest, signed: Buffer.from(content).toString('base64') }));
  const body = { version: '0.5.0', sequence: made.sequence, reason: 'the drill' };
  const refused = await collector.call('/api/v1/agent-updates/start', { method: 'POST', as: 'admin', body });
  assert.is(refused.status, 409, refused.text);
  assert.match(refused.text, /update_unsigned/);
  assert.is((await summary()).folder.problem?.code, 'update_unsigned');

  // With the collector's folder in his hands he signs by keys of his own, and lays them beside it.
  const thief = join(folder.path, 'thief');
  releaseTool(['keys', 'make', thief]);
  const signed = makeRelease(
    versions,
    { folder: releases, keys: thief, version: '0.5.0' },
    '--sequence',
    String(made.sequence),
  );
  copyFileSync(join(thief, 'keys.json'), join(releases, 'keys.json'));
  await start('0.5.0', signed.sequence);
  const rollout = await stopped();
  assert.is(rollout.stop?.ring, 'canary');
  const [one, ...others] = await touched();
  assert.equal([one?.place, one?.said?.reason?.code, others.length], ['refused', 'update_unsigned', 0]);
  await fleetWorks('0.2.0');
  await send('POST', 'agent-updates/withdraw', { reason: 'a thief' });
});

test('cut off in the middle of the download, again and again: it goes on where it was, and all end on the new version', async () => {
  const made = await release('0.6.0');
  cutter.cutPackages(3);
  await start('0.6.0', made.sequence);
  await fleetWorks('0.6.0', 240_000);
  assert.is(cutter.left(), 0, 'it was cut off');
  assert.ok(cutter.resumed() >= 1, 'a download went on where it was');
});

test('an older version again: the collector refuses to start it, and agents do not take it from one that would', async () => {
  // A release of then, with its true signature.
  const old = JSON.parse(readFileSync(join(folder.path, 'of-then.json'), 'utf8')) as {
    version: string;
    sequence: number;
  };
  copyFileSync(join(folder.path, 'manifest-of-then.json'), join(releases, 'manifest.json'));
  const body = { ...old, reason: 'the drill' };
  const refused = await collector.call('/api/v1/agent-updates/start', { method: 'POST', as: 'admin', body });
  assert.match(refused.text, /is older than/);
  // A stolen collector does as it likes: all are told at once.
  const at = Date.now();
  const { id } = await collector.state
    .insertInto('update_rollouts')
    .values({
      ...{ version: old.version, sequence: old.sequence, state: 'running', stage: 'all', stage_at: at, started_at: at },
      ...{ by_user: 'thief', reason: '', stop: null, ended_at: null },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const endpoint of ids)
    await collector.state
      .insertInto('update_turns')
      .values({ rollout: id, endpoint, ring: 'all', at, from_version: '0.6.0', result: 'open', result_at: at })
      .execute();
  const starts = machines.map((machine) => machine.starts());
  // It reads its state again with the next act.
  await send('POST', 'agent-updates/withdraw', { reason: 'read again' });
  assert.is((await summary()).rollout?.version, old.version);
  await new Promise((done) => setTimeout(done, 15_000));
  await fleetWorks('0.6.0');
  assert.equal(
    machines.map((machine) => machine.starts()),
    starts,
    'nothing was restarted',
  );
});

test('nothing is lost: every number that an agent gave is stored, or waits in its spool', async () => {
  const losses = await collector.state.selectFrom('losses').selectAll().execute();
  assert.equal(losses, []);
  for (const machine of machines) await machine.stop();
  await collector.stop();
  const stored = await openStored(collector.data);
  let [all, kept, waiting] = [0, 0, 0];
  try {
    for (const [n, machine] of machines.entries()) {
      const spool = numbered(machine.data);
      waiting += spool.waiting;
      all += spool.epochs.reduce((sum, { seq }) => sum + seq, 0);
      kept += keptOf(stored, ids[n] as string, spool.epochs);
    }
  } finally {
    await stored.close();
  }
  console.log(`\nFIGURE drill: ${all} reports numbered by ${fleetSize} agents, ${kept} stored, ${waiting} waiting`);
  assert.ok(all > 0 && all - kept - waiting <= 0, `${all - kept - waiting} lost`);
});

test.run();
