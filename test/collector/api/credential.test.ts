/** The credential of an endpoint is replaced: real collector, real agent, over the real interfaces. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointDetail, EndpointRow, NewEnrollment } from '../../../shared/api.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import { openWire } from '../../simulate/wire.ts';
import { startAgent } from '../../support/agent.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { runCollector, temporaryFolder, until } from '../../support/processes.ts';
import { stateEnv } from '../../support/state.ts';

const test = suite('credential');
const folder = temporaryFolder();
let collector: InProcess;
let ahead = 0;
const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() };

test.before(async () => {
  collector = await openCollector({ clock });
});
test.after(async () => {
  await collector.close();
  folder.remove();
});

interface Kept {
  endpoint: string;
  name: string;
  secret: string;
}
const home = (name: string) => join(folder.path, name);
const kept = (name: string) => JSON.parse(readFileSync(join(home(name), 'agent.json'), 'utf8')) as Kept;

async function makeCode(body: object): Promise<NewEnrollment> {
  const answer = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body });
  assert.is(answer.status, 201, answer.text);
  return answer.body as NewEnrollment;
}

async function enrol(name: string, body: object, ...more: string[]): Promise<Kept> {
  const { code } = await makeCode(body);
  const done = await startAgent(['enroll', '-', '--data', home(name), '--name', name, ...more], code).finished;
  assert.is(done.code, 0, done.stderr);
  writeFileSync(join(home(name), 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: 1 }));
  return kept(name);
}
const replace = (name: string) => enrol(name, { replaces: kept(name).endpoint }, '--again');

/** The return code of a CONNECT with this credential. */
async function answerTo({ endpoint, secret }: Kept): Promise<number> {
  const { hostname: host, port } = new URL(collector.started.addresses.mqtt);
  const wire = openWire({ host, port: Number(port), clientId: endpoint, password: secret });
  const code = await wire.connected;
  wire.cut();
  return code;
}

test('the endpoint stays what it is, and its old credential ends when the new one is used', async () => {
  const before = await enrol('stays', {});
  const detail = async () =>
    (await collector.call(`/api/v1/endpoints/${before.endpoint}`, { as: 'viewer' })).body as EndpointDetail;
  const agent = startAgent(['run', '--data', home('stays')]);
  await until(async () => (await detail()).row.state === 'online', 30_000, 'the first sign-on');
  const { enrolledAt } = await detail();

  const after = await replace('stays');
  assert.equal([after.endpoint, after.name], [before.endpoint, before.name]);
  assert.is.not(after.secret, before.secret);
  assert.is(await answerTo(before), 0, 'its agent, not yet started again, still comes in');

  agent.child.kill('SIGTERM');
  await agent.finished;
  const next = startAgent(['run', '--data', home('stays')]);
  await until(async () => (await answerTo(before)) === 4, 30_000, 'the old credential to end');
  await until(async () => (await detail()).row.state === 'online', 30_000, 'the sign-on with the new one');
  next.child.kill('SIGTERM');
  await next.finished;
  assert.is((await detail()).enrolledAt, enrolledAt);
  const { items } = (await collector.call('/api/v1/endpoints', { as: 'viewer' })).body as { items: EndpointRow[] };
  assert.is(items.length, 1);
});

test('unused, the old one ends after a day; a restart forgets neither', async () => {
  const before = await enrol('day', {});
  const after = await replace('day');
  await collector.stop();
  collector = await collector.again();
  assert.is(await answerTo(before), 0);
  ahead = 86_400_000 + 1000;
  assert.is(await answerTo(before), 4);
  assert.is(await answerTo(after), 0);
  ahead = 0;
  assert.is(await answerTo(before), 4, 'used is used, whatever the clock says');
});

test('what was handed out in between and never used is no credential; what the machine has still is', async () => {
  const first = await enrol('twice', {});
  const lost = await replace('twice');
  const last = await replace('twice');
  assert.equal([await answerTo(first), await answerTo(lost)], [0, 4]);
  assert.is(await answerTo(last), 0);
  assert.equal([await answerTo(first), await answerTo(lost), await answerTo(last)], [4, 4, 0]);
});

test('the code works once, for an endpoint that is there, and names the command to use', async () => {
  const { endpoint } = await enrol('once', {});
  const { code, lines, enrollment } = await makeCode({ replaces: endpoint, maxUses: 50 });
  assert.match(lines.source, / enroll - --again$/);
  assert.match(lines.linux, / \| sudo sh ek\.sh --again$/);
  assert.equal([enrollment.replaces, enrollment.maxUses], [endpoint, 1]);
  const use = (name: string) => startAgent(['enroll', '-', '--data', home(name)], code).finished;
  assert.is((await use('once-a')).code, 0);
  assert.match((await use('once-b')).stderr, /code/i);
  const unknown = { method: 'POST', as: 'admin', body: { replaces: 'enobodynobodynob' } } as const;
  assert.is((await collector.call('/api/v1/enrollments', unknown)).status, 404);
  const mine = { method: 'POST', as: 'operator', body: { replaces: endpoint } } as const;
  assert.is((await collector.call('/api/v1/enrollments', mine)).status, 403);

  const late = await makeCode({ replaces: endpoint });
  await collector.call(`/api/v1/endpoints/${endpoint}`, { method: 'DELETE', as: 'admin' });
  const done = await startAgent(['enroll', '-', '--data', home('once-c')], late.code).finished;
  assert.is.not(done.code, 0, 'a retired endpoint gets no credential');
});

test('the command prints one line that does it; that it was made and used stands in the audit log', async () => {
  const before = await enrol('command', {});
  const { port } = new URL(collector.started.addresses.http);
  const command = (...words: string[]) =>
    runCollector(['credential', 'replace', '--data', collector.data, ...words], stateEnv(collector.data)).ended;
  const made = await command('--endpoint', before.name, '--http-port', port);
  assert.is(made.code, 0, made.stderr);
  const code = /^echo (\S+) \| npm run agent -- enroll - --again\n$/.exec(made.stdout)?.[1];
  assert.ok(code, made.stdout);
  assert.match(made.stderr, /once|until the new one is used/);
  const done = await startAgent(['enroll', '-', '--data', home('command'), '--again'], code).finished;
  assert.is(done.code, 0, done.stderr);
  const after = kept('command');
  assert.is(after.endpoint, before.endpoint);
  assert.equal([await answerTo(after), await answerTo(before)], [0, 4]);

  const byPerson = await makeCode({ replaces: before.endpoint });
  const rows = await collector.state.selectFrom('audit_log').selectAll().orderBy('id').execute();
  const codes = rows.filter(({ object, after: to }) => object === 'join_code' && to?.includes(before.endpoint));
  assert.equal(
    codes.map(({ kind, action }) => [kind, action]),
    [
      ['cli', 'add'],
      ['token', 'add'],
    ],
  );
  assert.is(codes[1]?.object_id, byPerson.enrollment.id);
  const used = rows.filter(({ object, object_id }) => object === 'endpoint' && object_id === before.endpoint);
  assert.equal(
    used.map(({ kind, action }) => [kind, action]),
    [
      ['agent', 'enrol'],
      ['agent', 'enrol'],
    ],
    'enrolled, and enrolled again',
  );
  assert.not.ok(JSON.stringify(rows).includes(code), 'the code itself is nowhere');

  const found = await command('--endpoint', before.name);
  const line = /^echo (\S+) /.exec(found.stdout)?.[1] ?? '';
  assert.is(decodeJoinCode(line).url, collector.started.addresses.http, 'the collector that runs on this folder');

  const unknown = await command('--endpoint', 'nobody', '--http-port', port);
  assert.is(unknown.code, 1);
  assert.match(unknown.stderr, /"?nobody"?/);
  assert.is((await command('--http-port', port)).code, 2);
});

test.run();
