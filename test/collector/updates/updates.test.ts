/** Updates of agents in the collector: off, started, told over the wire, stopped with an alert, and the same after a start. */

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { updateLevel } from '../../../shared/agent-level.ts';
import type { EndpointUpdate, UpdateSummary } from '../../../shared/agent-update.ts';
import type { Alert } from '../../../shared/api.ts';
import { bucketOf, topicOf } from '../../../shared/topics.ts';
import type { UpdateReport } from '../../../shared/update.ts';
import { usualUpdateNumbers } from '../../../shared/update-choices.ts';
import type { Wire } from '../../simulate/wire.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { makeReleaseKeys, writeRelease } from '../../support/release.ts';
import { until } from '../../support/until.ts';
import { wired } from '../../support/wired-machine.ts';
import { said } from './machine.ts';

const test = suite('updates of agents in the collector');

const send = (to: InProcess, method: string, path: string, body?: object) =>
  to.call(`/api/v1/${path}`, { method, as: 'admin', ...(body && { body }) });
const summary = async (to: InProcess) => (await send(to, 'GET', 'agent-updates')).body as UpdateSummary;
const places = async (to: InProcess) =>
  ((await send(to, 'GET', 'agent-updates/endpoints')).body as { items: EndpointUpdate[] }).items;
const settings = (on: boolean, numbers: object = {}) => ({ on, numbers: { ...usualUpdateNumbers, ...numbers } });

interface Told {
  id: string;
  wire: Wire;
  /** The newest message `config`. */
  config(): { update?: { allow: string; sequence: number } };
  birth(version: string, update: UpdateReport): Promise<void>;
}

async function agent(to: InProcess, name: string, level = updateLevel): Promise<Told> {
  let newest: { update?: { allow: string; sequence: number } } = {};
  const { id, wire } = await wired(to, name, {}, (topic, payload) => {
    if (topic.endsWith('/config') && payload.length > 0) newest = JSON.parse(String(payload)) as typeof newest;
  });
  const address = { bucket: bucketOf(id), endpoint: id };
  await wire.subscribe(topicOf(address, 'config'));
  const birth = async (version: string, update: UpdateReport) => {
    const about = {
      state: 'online',
      session: createHash('md5').update(id).digest('hex'),
      boot_id: 'b',
      version,
      level,
    };
    const born = { ...about, started_at: 1, previous_shutdown: 'clean', ...(level >= updateLevel && { update }) };
    await wire.publish(topicOf(address, 'presence'), JSON.stringify(born), { qos: 1, retain: true });
  };
  return { id, wire, config: () => newest, birth };
}

const soon = (check: () => Promise<boolean> | boolean, what: string) => until(check, 20_000, what);

test('off without an admin; a start needs a release that is whole, signed, and not older', async () => {
  const collector = await openCollector();
  const folder = join(collector.data, 'packages');
  try {
    const none = await summary(collector);
    assert.equal([none.settings.on, none.folder.release, none.rollout], [false, null, null]);
    assert.is(none.folder.problem?.code, 'update_no_manifest');
    const start = (sequence: number, version = '1.4.2') =>
      send(collector, 'POST', 'agent-updates/start', { version, sequence, reason: 'test' });
    const off = await start(1);
    assert.is(off.status, 409);
    assert.match(off.text, /updates of agents are off/);
    await send(collector, 'PUT', 'agent-updates/settings', settings(true));
    assert.match((await start(1)).text, /no release that may be rolled out/);

    const keys = makeReleaseKeys();
    writeRelease(folder, keys, { version: '1.4.2', sequence: 7, packages: { 'a-linux-x64.tar.gz': 'one' } });
    const there = await summary(collector);
    assert.equal([there.folder.release?.version, there.folder.release?.sequence], ['1.4.2', 7]);
    assert.equal(
      there.folder.release?.files.map(({ isThere }) => isThere),
      [true],
    );
    assert.match((await start(8)).text, /has 1\.4\.2 \(number 7\) by now/);
    writeFileSync(join(folder, 'a-linux-x64.tar.gz'), 'two');
    assert.match((await start(7)).text, /is not the file that the manifest of 1\.4\.2 was made for/);
    writeFileSync(join(folder, 'a-linux-x64.tar.gz'), 'another');
    assert.equal(
      (await summary(collector)).folder.release?.files.map(({ isThere, isOther }) => [isThere, isOther]),
      [[false, true]],
    );
    writeFileSync(join(folder, 'a-linux-x64.tar.gz'), 'one');
    assert.is((await start(7)).status, 200);

    // Served as it lies there, to whoever asks.
    const served = await collector.call('/releases/manifest.json');
    assert.is(served.status, 200);
    assert.is((await collector.call('/packages/a-linux-x64.tar.gz')).text, 'one');
    assert.is((await collector.call('/packages/keys.json')).status, 404);
    // Cut off, a download goes on where it was.
    const range = async (value: string) => {
      const part = await collector.call('/packages/a-linux-x64.tar.gz', { headers: { range: value } });
      return [part.status, part.text, part.headers.get('content-range')];
    };
    assert.equal(await range('bytes=1-'), [206, 'ne', 'bytes 1-2/3']);
    assert.equal(await range('bytes=7-'), [200, 'one', null]);
    assert.equal(await range('bytes=0-0'), [200, 'one', null]);

    writeRelease(folder, keys, { version: '1.4.1', sequence: 6, packages: { 'a-linux-x64.tar.gz': 'one' } });
    assert.is((await summary(collector)).isGone, true);
    assert.match((await start(6, '1.4.1')).text, /number 6 is older than 7/);
    const others = makeReleaseKeys();
    writeRelease(folder, others, { version: '1.5.0', sequence: 9, packages: {} }, keys);
    assert.is((await summary(collector)).folder.problem?.code, 'update_unsigned');
    writeRelease(folder, keys, { version: '1.5.0', sequence: 9, packages: {}, expires: '2020-01-01T00:00:00Z' });
    assert.is((await summary(collector)).folder.problem?.code, 'update_expired');

    const wrong = await send(collector, 'PUT', 'agent-updates/settings', settings(true, { at_once: 501 }));
    assert.is(wrong.status, 400);
    assert.match(wrong.text, /numbers\.at_once 501 must be .*1 .*500/);
  } finally {
    await collector.close();
  }
});

test('told in turn, stopped by one that fell back, an alert, resumed, withdrawn; a start in between changes nothing', async () => {
  let collector = await openCollector();
  const folder = join(collector.data, 'packages');
  writeRelease(folder, makeReleaseKeys(), { version: '1.4.2', sequence: 7, packages: { 'a-linux-x64.tar.gz': 'one' } });
  const agents: Told[] = [];
  try {
    for (const name of ['web-1', 'web-2', 'web-3']) agents.push(await agent(collector, name));
    const old = await agent(collector, 'old', 3);
    const told = await agent(collector, 'deb');
    for (const one of [...agents, old]) await one.birth('1.4.1', said({ version: '1.4.1' }));
    await told.birth('1.4.1', said({ form: 'deb' }));
    await soon(async () => (await places(collector)).filter(({ place }) => place === 'waiting').length === 3, 'births');
    assert.equal(
      Object.entries((await summary(collector)).counts).filter(([, n]) => n > 0),
      [
        ['waiting', 3],
        ['told', 1],
        ['old', 1],
      ],
    );
    await send(collector, 'PUT', 'agent-updates/settings', settings(true, { canary_s: 10, at_once_percent: 100 }));
    await send(collector, 'POST', 'agent-updates/start', { version: '1.4.2', sequence: 7, reason: 'test' });
    await soon(() => agents.some((one) => one.config().update !== undefined), 'one to be told');
    const isTold = (one: Told) => one.config().update?.allow === '1.4.2' && one.config().update?.sequence === 7;
    const first = agents.find(isTold) as Told;
    assert.is(agents.filter(isTold).length, 1, 'the canary alone');
    assert.is(old.config().update, undefined);
    assert.is(told.config().update, undefined);

    // The same after a start: nobody is told twice, nobody else is told.
    const before = (await places(collector)).map(({ id, place, toldAt }) => [id, place, toldAt]);
    await first.birth('1.4.1', said({ state: 'trial', at: Date.now() }));
    await first.birth(
      '1.4.1',
      said({ state: 'fell-back', at: Date.now(), reason: { code: 'said', params: { text: 'exit 1' } } }),
    );
    await soon(async () => (await summary(collector)).rollout?.state === 'stopped', 'the stop');
    const stopped = await summary(collector);
    assert.equal(stopped.rollout?.stop, { why: 'failed', ring: 'canary', found: 1, limit: 1 });
    await soon(() => first.config().update === undefined, 'update to leave its settings');
    const alerts = async () =>
      ((await send(collector, 'GET', 'alerts')).body as { items: Alert[] }).items.filter(
        ({ rule }) => rule.id === 'update-stopped',
      );
    await soon(async () => (await alerts()).some(({ state }) => state === 'firing'), 'the alert');
    assert.equal((await alerts())[0]?.tags, { version: '1.4.2' });
    assert.is(before.filter(([, place]) => place === 'turn').length, 1);
    const one = (await send(collector, 'GET', `endpoints/${first.id}/agent-update`)).body as EndpointUpdate;
    assert.equal([one.place, one.said?.reason?.code, one.version], ['fell_back', 'said', '1.4.1']);

    await collector.stop();
    collector = await collector.again();
    assert.is((await summary(collector)).rollout?.state, 'stopped');
    assert.is((await send(collector, 'POST', 'agent-updates/stop', { reason: 'x' })).status, 409);
    assert.is((await send(collector, 'POST', 'agent-updates/resume', { reason: 'one bad disk' })).status, 200);
    await soon(async () => (await alerts()).every(({ state }) => state !== 'firing'), 'the alert to end');
    assert.is((await places(collector)).find(({ id }) => id === first.id)?.place, 'fell_back', 'it stays as it ended');
    assert.is((await send(collector, 'POST', 'agent-updates/withdraw', { reason: 'enough' })).status, 200);
    const last = await summary(collector);
    assert.equal([last.rollout, last.past.map(({ state }) => state)], [null, ['withdrawn']]);
  } finally {
    for (const one of agents) one.wire.end();
    await collector.close();
  }
});

test.run();
