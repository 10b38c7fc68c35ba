/** A data folder that cannot be used: told by name, before anything is changed. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openDataFolder, prepareFolder, runningOn } from '../../collector/data/folder.ts';
import { defaultRules } from '../../collector/evaluate/defaults.ts';
import { familiesOf } from '../../dashboards/web/rules/family.ts';
import type { RuleEntry } from '../../shared/api.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { runCollector, startCollector, temporaryFolder } from '../support/processes.ts';

const test = suite('data folder');
const folder = temporaryFolder();
test.after(() => folder.remove());

const start = (data: string) => runCollector(['start', '--data', data, '--http-port', '0', '--mqtt-port', '0']).ended;

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    return thrown instanceof EvenkeelError ? thrown.code : String(thrown);
  }
  return 'taken';
}

test('one holder at a time, and free again after it', () => {
  const path = join(folder.path, 'one');
  const held = openDataFolder(path);
  assert.is(readFileSync(join(path, 'collector.pid'), 'utf8').trim(), String(process.pid));
  assert.is(
    codeOf(() => openDataFolder(path)),
    'DATA_IN_USE',
  );
  held.release();
  openDataFolder(path).release();
});

test('where it is found is known while it runs, and no longer when it was stopped or killed', async () => {
  const path = join(folder.path, 'found');
  assert.is(runningOn(path), null);
  const first = await startCollector(path);
  assert.is(runningOn(path)?.http, first.http);
  const copy = join(folder.path, 'copy');
  cpSync(path, copy, { recursive: true });
  assert.is(runningOn(copy), null, 'a copy of it is another folder');
  first.child.kill('SIGKILL');
  await first.ended;
  assert.is(runningOn(path), null, 'what it left is not believed');
  const second = await startCollector(path);
  assert.is(runningOn(path)?.http, second.http);
  second.child.kill('SIGTERM');
  await second.ended;
  assert.not.ok(existsSync(join(path, 'addresses.json')));
});

test('a lock and a pid left by a killed process block no one', () => {
  const path = join(folder.path, 'killed');
  const holder = `
    import { openDataFolder } from ${JSON.stringify(new URL('../../collector/data/folder.ts', import.meta.url).href)};
    openDataFolder(${JSON.stringify(path)});
    process.kill(process.pid, 'SIGKILL');`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', holder];
  assert.is(spawnSync(process.execPath, args).signal, 'SIGKILL');
  assert.match(readFileSync(join(path, 'collector.pid'), 'utf8'), /^\d+\n$/);
  openDataFolder(path).release();
});

test('where no folder can be', () => {
  const file = join(folder.path, 'file');
  writeFileSync(file, '');
  assert.is(
    codeOf(() => prepareFolder(join(file, 'data'))),
    'DATA_NOT_WRITABLE',
  );
  assert.is(
    codeOf(() => prepareFolder(file)),
    'DATA_NOT_WRITABLE',
  );
  if (process.platform === 'linux')
    assert.is(
      codeOf(() => prepareFolder('/proc/evenkeel')),
      'DATA_NOT_WRITABLE',
    );
});

test('a full disk is reported as full', () => {
  const path = join(folder.path, 'full');
  mkdirSync(path);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path]);
  if (mounted.status !== 0) {
    console.log('SKIP tmpfs: mounting one needs root');
    return;
  }
  try {
    assert.is(
      codeOf(() => prepareFolder(path)),
      'DISK_FULL',
    );
  } finally {
    spawnSync('umount', [path]);
  }
});

test('a state of a newer version, and a damaged one', async () => {
  const newer = join(folder.path, 'newer');
  mkdirSync(newer);
  const database = new DatabaseSync(join(newer, 'state.db'));
  database.exec(`create table kysely_migration (name text, timestamp text);
    insert into kysely_migration values ('999-future', '2030')`);
  database.close();
  const damaged = join(folder.path, 'damaged');
  mkdirSync(damaged);
  const rubbish = 'this is no database '.repeat(1000);
  writeFileSync(join(damaged, 'state.db'), rubbish);
  for (const [path, words] of [
    [newer, /written by a newer version \(schema 999-future/],
    [damaged, /state\.db is damaged/],
  ] as const) {
    const { code, stderr } = await start(path);
    assert.is(code, 1);
    assert.match(stderr, words);
  }
  assert.is(readFileSync(join(damaged, 'state.db'), 'utf8'), rubbish);
});

test('a token needs a collector that is there, and makes none', async () => {
  const data = join(folder.path, 'nothere');
  const { code, stderr } = await runCollector(['token', 'create', '--role', 'viewer', '--name', 'x', '--data', data])
    .ended;
  assert.is(code, 1);
  assert.match(stderr, /no data of a collector in .*nothere.*\n.*--data/);
  assert.not(existsSync(data));
});

test('commands and options that do not exist', async () => {
  for (const [words, message] of [
    [['strat'], /unknown command "strat" \(did you mean "start"\?\)\./],
    [['start', '--http-prot', '1'], /unknown option --http-prot \(did you mean --http-port\?\)\./],
    [['start', 'now'], /unexpected argument: "now"/],
    [['token', 'create', '--role', 'king', '--name', 'x'], /--role "king"; it is one of viewer/],
    [['token', 'create', '--role', 'viewer'], /no --name/],
    [['token', 'create', '--role', '', '--name', 'x'], /one of viewer, operator, manager, admin/],
    ...['0', '-1', '1.5', '3651', 'soon', ''].map(
      (days) =>
        [['token', 'create', '--role', 'viewer', '--name', 'x', `--days=${days}`], /1 to 3650, or never/] as const,
    ),
  ] as const) {
    const { code, stderr } = await runCollector([...words, '--data', join(folder.path, 'none')]).ended;
    assert.is(code, 2, stderr);
    assert.match(stderr, message);
  }
});

test('check-config says what the settings come to', async () => {
  const { code, stdout } = await runCollector(['check-config', '--data', 'd'], {}, folder.path).ended;
  assert.is(code, 0);
  assert.match(stdout, 'Web app    http://127.0.0.1:7460');
  assert.match(stdout, 'The settings are good.');
  // As on the page Rules: the levels of one rule are one.
  const counts = async (yaml: string) => {
    writeFileSync(join(folder.path, 'counted.yaml'), `rules:\n${yaml}`);
    const given = ['check-config', '--data', 'd', '--config', 'counted.yaml'];
    const checked = await runCollector(given, {}, folder.path).ended;
    return (/^Rules +(\d+) of (\d+) on;/m.exec(checked.stdout) ?? []).slice(1).map(Number);
  };
  const families = familiesOf(defaultRules.map((rule) => ({ rule }) as unknown as RuleEntry));
  const on = families.filter(({ entries }) => entries.some(({ rule }) => rule.enabled)).length;
  assert.equal(await counts('  - { id: disk-space, for_s: 1 }\n'), [on, families.length]);
  const off = '  - { id: load, enabled: false }\n';
  assert.equal(await counts(off), [on - 1, families.length]);
});

test('check-config names channels whose target is not allowed, and no longer once it is', async () => {
  const said = async (expected: number, more: string) => {
    const channel = '{ name: mail, kind: email, host: 127.0.0.1, from: a@example.org, to: b@example.org }';
    writeFileSync(join(folder.path, 'mail.yaml'), `channels: [${channel}]\n${more}`);
    const run = runCollector(['check-config', '--config', 'mail.yaml'], {}, folder.path);
    const { code, stdout, stderr } = await run.ended;
    assert.is(code, expected, stderr);
    return stderr + stdout;
  };
  const blocked = await said(1, '');
  assert.match(blocked, /^The channel mail: .*127\.0\.0\.1.*outgoing\.allow/m);
  assert.match(blocked, /^The settings can be read, but 1 channel cannot connect/m);
  assert.not.match(blocked, 'settings are good');
  assert.not.match(await said(0, 'outgoing: { allow: [127.0.0.1] }\n'), 'outgoing');
});

test.run();
