/** No copy of a data folder opens anything: neither of a running, a stopped nor a killed collector. */
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runCollector, startCollector, temporaryFolder, until } from '../../support/processes.ts';

/** Whole texts of all files below, links not followed. */
function textsBelow(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path).isFile())
    .map((path) => readFileSync(path));
}

const holds = (folder: string, secret: string) => textsBelow(folder).some((text) => text.includes(secret));

test('the token for tools on this machine is in no file of the data folder, and dies with its process', async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const first = await startCollector(data);
  const secret = first.token;
  assert.match(secret, /^evk_/);
  const asks = (http: string, token: string) =>
    fetch(`${http}/api/v1/tokens`, { headers: { authorization: `Bearer ${token}` } });
  assert.is((await asks(first.http, secret)).status, 200);
  assert.equal(
    ((await (await asks(first.http, secret)).json()) as { items: unknown[] }).items,
    [],
    'it is no stored token',
  );
  assert.not.ok(holds(data, secret));
  cpSync(data, join(folder.path, 'copy'), { recursive: true, verbatimSymlinks: true });
  assert.not.ok(holds(join(folder.path, 'copy'), secret));
  const setup = first.setup?.split('#')[1] ?? '';
  assert.ok(setup.length > 20 && !holds(data, setup), 'the link for the set-up neither');

  first.child.kill('SIGKILL');
  await first.ended;
  assert.not.ok(holds(data, secret));
  const second = await startCollector(data);
  assert.is.not(second.token, secret);
  assert.is((await asks(second.http, secret)).status, 401);
  second.child.kill('SIGTERM');
  await second.ended;
  assert.not.ok(existsSync(join(data, 'local.token')));
  assert.not.ok(holds(data, second.token));
  folder.remove();
});

test('a collector on a copy of the data folder leaves the token of the other one alone', async () => {
  const folder = temporaryFolder();
  const [data, copy] = [join(folder.path, 'data'), join(folder.path, 'copy')];
  const first = await startCollector(data);
  cpSync(data, copy, { recursive: true, verbatimSymlinks: true });
  const second = await startCollector(copy);
  const read = (of: string) => readFileSync(join(of, 'local.token'), 'utf8').trim();
  assert.is(read(data), first.token);
  assert.is(read(copy), second.token);
  for (const { child, ended } of [second, first]) {
    child.kill('SIGTERM');
    await ended;
  }
  folder.remove();
});

test('it lies in the first folder that is there, ours and not open to all; without any, the collector runs without it', async () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  for (const name of ['ours', 'open', 'tmp']) mkdirSync(at(name));
  chmodSync(at('open'), 0o777);
  const env = { RUNTIME_DIRECTORY: '', XDG_RUNTIME_DIR: '', TMPDIR: at('tmp') };
  const cases: [string, Record<string, string>, string][] = [
    ['gone', { XDG_RUNTIME_DIR: at('gone') }, 'tmp'],
    ['empty', {}, 'tmp'],
    ['relative', { XDG_RUNTIME_DIR: '.' }, 'tmp'],
    ['open to all', { XDG_RUNTIME_DIR: at('open') }, 'tmp'],
    ['the service manager’s is gone', { RUNTIME_DIRECTORY: at('gone'), XDG_RUNTIME_DIR: at('ours') }, 'ours'],
  ];
  for (const [name, given, want] of cases) {
    const running = await startCollector(at(`data ${name}`), [], { ...env, ...given });
    assert.is(dirname(dirname(readlinkSync(join(running.data, 'local.token')))), at(want), name);
    running.child.kill('SIGTERM');
    await running.ended;
    assert.equal([readdirSync(at('ours')), readdirSync(at('open'))], [[], []], name);
  }

  const ports = ['--http-port', '0', '--mqtt-port', '0'];
  const none = { ...env, XDG_RUNTIME_DIR: at('gone'), TMPDIR: at('gone') };
  const without = runCollector(['start', '--data', at('data'), ...ports], none);
  let over = false;
  void without.ended.then(() => {
    over = true;
  });
  await until(() => over || without.stdout().includes('Stop it with'), 30_000, 'the start lines');
  assert.not.ok(over, without.stderr());
  assert.match(without.stderr(), /WARN {2}Could not write the token for tools on this machine.* set TMPDIR .*ENOENT/);
  assert.not.match(without.stderr(), /\n {4}at /);
  assert.not.ok(existsSync(join(at('data'), 'local.token')));
  without.child.kill('SIGTERM');
  await without.ended;
  folder.remove();
});

test.run();
