/** Settings by group over the real road: page, retained message, agent, answer, page again; and what the machine decides. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AgentSettingsSummary, EndpointSettings, SettingsVersion } from '../../shared/agent-layer.ts';
import type { EndpointRow } from '../../shared/api.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { temporaryFolder } from '../support/processes.ts';
import { until } from '../support/until.ts';

const test = suite('settings of agents');

const everywhere = { of: 'all', target: '' };

async function enrol(collector: InProcess, data: string, name: string): Promise<void> {
  const made = await collector.call('/api/v1/enrollments', { method: 'POST', body: {}, as: 'admin' });
  const { code } = made.body as { code: string };
  const done = await startAgent(['enroll', code, '--data', data, '--name', name, '--kind', 'server']).finished;
  assert.is(done.code, 0, done.stderr);
}

const run = (data: string): AgentProcess => startAgent(['run', '--data', data]);
const end = async (agent: AgentProcess) => {
  agent.child.kill('SIGTERM');
  await agent.finished;
};

async function idOf(collector: InProcess, name: string): Promise<string> {
  const { items } = (await collector.call('/api/v1/endpoints', { as: 'viewer' })).body as { items: EndpointRow[] };
  return items.find((one) => one.name === name)?.id as string;
}

const settingsOf = async (collector: InProcess, id: string) =>
  (await collector.call(`/api/v1/endpoints/${id}/agent-settings`, { as: 'viewer' })).body as EndpointSettings;
const summary = async (collector: InProcess) =>
  (await collector.call('/api/v1/agent-settings', { as: 'viewer' })).body as AgentSettingsSummary;
const save = (collector: InProcess, scope: object, settings: object | null, reason = 'test') =>
  collector.call('/api/v1/agent-settings/layers', { method: 'PUT', as: 'admin', body: { scope, settings, reason } });
const stateIs = async (collector: InProcess, id: string, state: string) => {
  try {
    await until(async () => (await settingsOf(collector, id)).state === state, 30_000, `${id} to be ${state}`);
  } catch (thrown) {
    throw new Error(`${String(thrown)}: ${JSON.stringify(await settingsOf(collector, id))}`);
  }
};
const kept = (data: string) => JSON.parse(readFileSync(join(data, 'remote.settings.json'), 'utf8')) as object;

test('from the page to the disk of the agent and back, rolled back, and taken again after the agent was away', async () => {
  const folder = temporaryFolder();
  const collector = await openCollector();
  const data = join(folder.path, 'agent');
  await enrol(collector, data, 'web-1');
  let agent = run(data);
  try {
    const id = await idOf(collector, 'web-1');
    await stateIs(collector, id, 'taken');
    const before = (await summary(collector)).version;

    const saved = await save(collector, everywhere, { interval_s: 7, services: ['nginx'], privacy: { users: false } });
    assert.is(saved.status, 200, saved.text);
    await stateIs(collector, id, 'taken');
    const own = await settingsOf(collector, id);
    assert.is(own.version, before + 1);
    assert.equal(
      own.values.map(({ key, part, value, from }) => [key, part, value, from.scope.of]),
      [
        ['interval_s', '', 7, 'all'],
        ['privacy', 'users', false, 'all'],
        ['services', 'nginx', 'nginx', 'all'],
      ],
    );
    assert.equal(kept(data), {
      ...{ v: 1, version: before + 1, interval_s: 7, services: ['nginx'], privacy: { users: false } },
    });

    // A value out of range: refused with the field and what is allowed.
    const wrong = await save(collector, everywhere, { interval_s: 7200 });
    assert.is(wrong.status, 400);
    assert.match(wrong.text, /settings\.interval_s 7200 must be .*5 .*3600/);

    for (const [settings, words] of [
      [{ services: ['../nginx'] }, /services\.0 "\.\.\/nginx" must be the name of a service/],
      [{ certificates: ['/root/key.pem'] }, /certificates\.0 .* is outside of the folders/],
      [{ certificates: ['/etc/../root/key.pem'] }, /certificates\.0 .* must be a path/],
      [{ checks: { patches: { every_s: 10 } } }, /checks\.patches\.every_s 10 must be .*900/],
      [{ checks: { smart: { enabled: true } } }, /has an unknown key "smart"/],
      [{ custom: ['rm -rf'] }, /custom\.0 "rm -rf" must be the name of an own check/],
      [{ command: ['/bin/sh'] }, /has an unknown key "command"/],
    ] as const) {
      const refused = await save(collector, everywhere, settings);
      assert.is(refused.status, 400, refused.text);
      assert.match((refused.body as { message: string }).message, words);
    }
    assert.is((await summary(collector)).version, before + 1);

    await end(agent);
    await stateIs(collector, id, 'taken');
    await save(
      collector,
      { of: 'kind', target: 'server' },
      { interval_s: 9, checks: { software: { enabled: false } } },
    );
    await stateIs(collector, id, 'offline');
    agent = run(data);
    await stateIs(collector, id, 'taken');
    assert.equal(kept(data), {
      ...{ v: 1, version: before + 2, interval_s: 9, checks: { software: { enabled: false } } },
      ...{ services: ['nginx'], privacy: { users: false } },
    });

    const back = await collector.call(`/api/v1/agent-settings/versions/${before}/restore`, {
      ...{ method: 'POST', as: 'admin', body: { reason: 'too long' } },
    });
    assert.is(back.status, 200, back.text);
    assert.equal((back.body as AgentSettingsSummary).layers, []);
    await stateIs(collector, id, 'taken');
    assert.equal(kept(data), { v: 1, version: before + 3, interval_s: 10 });
    const versions = (await collector.call('/api/v1/agent-settings/versions', { as: 'viewer' })).body as {
      items: SettingsVersion[];
    };
    assert.equal(
      versions.items.map(({ version, by, reason, changes }) => [version, by, reason, changes.length]),
      [
        [before + 3, 'a admin', 'too long', 2],
        [before + 2, 'a admin', 'test', 1],
        [before + 1, 'a admin', 'test', 1],
        [before, 'Evenkeel', '', 0],
      ],
    );
  } finally {
    await end(agent);
    await collector.close();
    folder.remove();
  }
});

test('what the machine itself locks stays, and the page says so', async () => {
  const folder = temporaryFolder();
  const collector = await openCollector();
  const data = join(folder.path, 'agent');
  await enrol(collector, data, 'db-1');
  const own = join(data, 'agent.settings.json');
  const settings = { interval_s: 30, checks: { cpu: { every_s: 20 }, software: { enabled: false } } };
  writeFileSync(own, JSON.stringify({ v: 1, remote: { lock: ['interval_s', 'checks.software'] } }), { mode: 0o600 });
  let agent = run(data);
  try {
    const id = await idOf(collector, 'db-1');
    // A lock of what nobody sets keeps nothing back.
    await until(async () => (await settingsOf(collector, id)).lock.length === 2, 30_000, 'the lock to be told');
    await stateIs(collector, id, 'taken');
    await save(collector, { of: 'endpoint', target: id }, settings);
    await stateIs(collector, id, 'locked');
    await until(async () => (await settingsOf(collector, id)).problems.length === 2, 30_000, 'both locks to be told');
    const locked = await settingsOf(collector, id);
    assert.equal(locked.lock, ['interval_s', 'checks.software']);
    assert.equal(
      locked.problems.map(({ code, params }) => [code, params?.key]),
      [
        ['setting_locked', 'interval_s'],
        ['setting_locked', 'checks.software'],
      ],
    );

    await end(agent);
    writeFileSync(own, JSON.stringify({ v: 1, remote: { settings: 'off' } }), { mode: 0o600 });
    agent = run(data);
    await until(async () => (await settingsOf(collector, id)).remote === 'off', 30_000, 'the lock of everything');
    assert.is((await settingsOf(collector, id)).state, 'locked');

    const removed = await collector.call(`/api/v1/endpoints/${id}`, { method: 'DELETE', as: 'admin' });
    assert.is(removed.status, 204, removed.text);
    // The message of before is taken back, so nothing of it is left here either.
    await until(() => !existsSync(join(data, 'remote.settings.json')), 30_000, 'the settings to be forgotten');
    assert.equal((await summary(collector)).layers, []);
  } finally {
    await end(agent);
    await collector.close();
    folder.remove();
  }
});

test.run();
