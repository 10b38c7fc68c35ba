/** No copy of a data folder opens anything: neither of a running, a stopped nor a killed collector. */
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startCollector, temporaryFolder } from '../../support/processes.ts';

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

test.run();
