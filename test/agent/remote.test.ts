/** Settings from afar on the machine: what is taken, kept and refused; and that no document starts a program or writes elsewhere. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkNames } from '../../agent/agent.ts';
import { withNamed } from '../../agent/checks/health/named-services.ts';
import type { Remote } from '../../agent/orders.ts';
import { withoutPersonal } from '../../agent/personal.ts';
import { createRemoteSettings, namedHere } from '../../agent/remote.ts';
import { digestOfSettings, settableChecks } from '../../shared/agent-settings.ts';
import { silentLog } from '../../shared/log.ts';
import { temporaryFolder } from '../support/agent.ts';

const test = suite('settings from afar');
const open: Remote = { settings: 'on', lock: [], updates: 'off' };
const machine = (data: string, remote = open, config: object | null = null) =>
  createRemoteSettings({
    ...{ data, checks: checkNames, log: silentLog },
    local: { config: config && { v: 1, ...config }, remote, way: 'auto', allow: [], faults: [] },
  });

function inFolder(work: (data: string) => void): void {
  const folder = temporaryFolder();
  try {
    work(folder.path);
  } finally {
    folder.remove();
  }
}

test('the checks that people may set are those that agents have', () => {
  assert.equal(Object.keys(settableChecks).sort(), [...checkNames].sort());
});

test('what was taken last holds after a start, and what is refused changes nothing', () =>
  inFolder((data) => {
    const first = machine(data);
    assert.equal([first.current(), first.applied().version], [null, 0]);
    const config = { v: 1 as const, version: 5, interval_s: 20, services: ['nginx'], privacy: { users: false } };
    first.take({ ...config, watch: [], may_ask: ['maintenance'] });
    const { version, digest, result, problems } = first.applied();
    assert.equal([version, digest, result, problems], [5, digestOfSettings(config), 'ok', []]);
    first.refuse(6, 'message.interval_s must be 0.5 to 3600');
    assert.equal([first.applied().version, first.applied().result, first.applied().digest], [6, 'refused', digest]);
    assert.is(first.current()?.interval_s, 20);

    const again = machine(data);
    assert.equal(again.current(), { v: 1, interval_s: 20, services: ['nginx'], privacy: { users: false } });
    assert.equal([again.applied().version, again.applied().result], [5, 'ok']);
    assert.equal(namedHere(data).services, ['nginx']);
    // Nothing but settings is kept: orders for targets hold secrets.
    assert.equal(JSON.parse(readFileSync(join(data, 'remote.settings.json'), 'utf8')), config);
    again.take(null);
    assert.equal([machine(data).current(), namedHere(data).services], [null, undefined]);
  }));

test('the machine’s own file wins: locked keys, own values, places beyond those allowed', () =>
  inFolder((data) => {
    const given = {
      ...{ v: 1 as const, version: 2, interval_s: 20, privacy: { users: false, serials: false } },
      checks: { cpu: { every_s: 30 }, quantum: { enabled: false }, health_slow: { enabled: false } },
      certificates: ['/etc/ssl/keel.pem', '/home/mia/key.pem'],
    };
    const lock = ['checks.health_slow', 'privacy.users'];
    const mine = machine(data, { settings: 'on', lock, updates: 'off' }, { interval_s: 60 });
    assert.equal(mine.take(given), {
      ...{ v: 1, interval_s: 20, privacy: { serials: false } },
      checks: { cpu: { every_s: 30 }, quantum: { enabled: false } },
      certificates: ['/etc/ssl/keel.pem'],
    });
    const { result, problems, lock: said } = mine.applied();
    assert.equal([result, said], ['partly', lock]);
    assert.equal(
      problems.map(({ code, params }) => [code, ...Object.values(params ?? {})]),
      [
        ['setting_own', 'interval_s'],
        ['setting_check_unknown', 'quantum'],
        ['setting_locked', 'checks.health_slow'],
        ['setting_place_refused', '/home/mia/key.pem'],
        ['setting_locked', 'privacy.users'],
      ],
    );
    const off = machine(data, { settings: 'off', lock: [], updates: 'off' });
    assert.equal(off.take(given), { v: 1 });
    assert.equal([off.applied().result, off.applied().remote], ['refused', 'off']);
  }));

test('a planted link is not followed, and a damaged file is not used', () =>
  inFolder((data) => {
    const file = join(data, 'remote.settings.json');
    const other = join(data, 'other');
    writeFileSync(other, 'as it was', { mode: 0o600 });
    symlinkSync(other, file);
    machine(data).take({ v: 1, version: 1, interval_s: 20 });
    assert.is(readFileSync(other, 'utf8'), 'as it was');
    assert.equal(machine(data).current(), { v: 1, interval_s: 20 });
    rmSync(file);
    writeFileSync(file, '{"v":1,"version":1,"command":["/bin/sh"]}', { mode: 0o600 });
    assert.is(machine(data).current(), null);
  }));

test('what is about people is held back, and never looks like "none"', () => {
  const user = {
    kind: 'users',
    name: 'logged in',
    status: 'ok',
    summary: 'mia',
    details: { users: 'mia', sessions: 1 },
  };
  const disk = { kind: 'disk', name: 'a', status: 'ok', summary: '', details: {} };
  assert.equal(withoutPersonal('health', [user, disk], { users: false }), [
    { ...user, summary: [{ code: 'users_held_back' }], details: { sessions: 1 } },
    disk,
  ]);
  const hardware = {
    ...{ serial: 'S1', disks: [{ name: 'a', serial: 'D1' }] },
    interfaces: [{ name: 'eth0', mac: '00:11', addresses: ['10.0.0.1'] }],
  };
  assert.equal(withoutPersonal('hardware', hardware, { serials: false, addresses: false }), {
    ...{ serial: null, disks: [{ name: 'a', serial: null }] },
    interfaces: [{ name: 'eth0', mac: null, addresses: [] }],
  });
  const software = [{ name: 'vim', version: '9', publisher: null, installed: null, lastUsed: 5 }];
  assert.equal(withoutPersonal('software', software, { usage: false }), [{ ...software[0], lastUsed: null }]);
  assert.equal(withoutPersonal('software', software, { software: false }), []);
  assert.is(withoutPersonal('software', software, { users: false }), software);
});

test('a service that is named is to run, whatever the system says of it', () => {
  const states = { nginx: 'running', cups: 'stopped' } as const;
  const found = withNamed([], ['nginx', 'cups', 'gone'], (name) => states[name as 'nginx'] ?? 'absent');
  assert.equal(
    found.map(({ name, status, why }) => [name, status, why.code]),
    [
      ['cups', 'critical', 'service_named_stopped'],
      ['gone', 'critical', 'service_named_absent'],
    ],
  );
  assert.is(withNamed([], ['nginx'], null)[0]?.status, 'unknown');
});

test('3,000 fuzzed documents start no program and write nothing outside of the folder', () =>
  inFolder((folder) => {
    const data = join(folder, 'data');
    mkdirSync(data, { mode: 0o700 });
    const fuzzer = fileURLToPath(new URL('../support/remote-fuzz.ts', import.meta.url));
    const words = ['--permission', '--allow-fs-read=*', `--allow-fs-write=${data}/*`];
    const done = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', ...words, fuzzer, data, '3000'],
      {
        encoding: 'utf8',
        timeout: 120_000,
      },
    );
    assert.is(done.status, 0, done.stderr);
    const { taken, refused, denied } = JSON.parse(done.stdout) as Record<string, number>;
    assert.ok(Number(taken) > 100 && Number(refused) > 100, done.stdout);
    assert.is(denied, 0, 'the system refused something that a document had tried');
    assert.equal(readdirSync(folder), ['data']);
    assert.equal(
      readdirSync(data).filter((name) => name !== 'remote.settings.json'),
      [],
    );
  }));

test.run();
