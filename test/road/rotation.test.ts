/** Another credential for a running agent: real collector, real agent, and `kill -9` before each step of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Credential } from '../../agent/credential.ts';
import type { EndpointDetail, NewEnrollment } from '../../shared/api.ts';
import { openWire } from '../simulate/wire.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { type InProcess, openCollector } from '../support/collector.ts';
import { temporaryFolder, until } from '../support/processes.ts';

const test = suite('rotation');
const folder = temporaryFolder();
const killer = fileURLToPath(new URL('../support/kill-at-rotation.ts', import.meta.url));
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

const home = (name: string) => join(folder.path, name);
const kept = (name: string) => JSON.parse(readFileSync(join(home(name), 'agent.json'), 'utf8')) as Credential;

async function enrol(name: string): Promise<Credential> {
  const { body } = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body: {} });
  const { code } = body as NewEnrollment;
  const done = await startAgent(['enroll', '-', '--data', home(name), '--name', name], code).finished;
  assert.is(done.code, 0, done.stderr);
  writeFileSync(join(home(name), 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: 1 }));
  return kept(name);
}

const start = (name: string, killAt?: string) =>
  startAgent(
    ['run', '--data', home(name)],
    undefined,
    killAt === undefined ? {} : { NODE_OPTIONS: `--import ${killer}`, KILL_AT_ROTATION: killAt },
  );

async function stop(agent: AgentProcess): Promise<void> {
  agent.child.kill('SIGTERM');
  await agent.finished;
}

const detail = async (id: string) =>
  (await collector.call(`/api/v1/endpoints/${id}`, { as: 'viewer' })).body as EndpointDetail;
const isOnline = (id: string) => async () => (await detail(id)).row.state === 'online';
const rotate = (id: string) =>
  collector.call(`/api/v1/endpoints/${id}/credential/rotate`, { method: 'POST', as: 'admin' });

/** The return code of a CONNECT with this credential. */
async function answerTo({ endpoint, secret }: Pick<Credential, 'endpoint' | 'secret'>): Promise<number> {
  const { hostname: host, port } = new URL(collector.started.addresses.mqtt);
  const wire = openWire({ host, port: Number(port), clientId: endpoint, password: secret });
  const code = await wire.connected;
  wire.cut();
  return code;
}

test('a running agent has another credential within seconds, and the old one is over', async () => {
  const before = await enrol('runs');
  const agent = start('runs');
  await until(isOnline(before.endpoint), 30_000, 'the first sign-on');
  const began = performance.now();
  assert.equal((await rotate(before.endpoint)).body, { waits: null });
  await until(async () => kept('runs').generation === 1 && !kept('runs').previous, 30_000, 'the rotation');
  const seconds = (performance.now() - began) / 1000;
  const after = kept('runs');
  assert.is.not(after.secret, before.secret);
  assert.is(after.endpoint, before.endpoint);
  assert.is(await answerTo(before), 4);
  const { items } = (await collector.call('/api/v1/audit?object=endpoint', { as: 'admin' })).body as {
    items: { action: string }[];
  };
  for (const action of ['credential_rotate', 'credential'])
    assert.ok(
      items.some((one) => one.action === action),
      action,
    );
  assert.not.ok(JSON.stringify(items).includes(after.secret), 'no secret in the audit log');
  await stop(agent);
  console.log(`\nFIGURE rotation: ${seconds.toFixed(1)} s from the request until the old credential is over`);
});

test('one that was off is told when it comes back, and a restored or older collector is reached with the one of before', async () => {
  const before = await enrol('off');
  assert.equal((await rotate(before.endpoint)).body, { waits: 'offline' });
  ahead = 200 * 86_400_000;
  const agent = start('off');
  await until(async () => kept('off').generation === 1 && !kept('off').previous, 40_000, 'the rotation, months later');
  await stop(agent);
  ahead = 0;
  // As after a restore: the collector knows the one of before alone.
  const { secret, generation = 0, ...rest } = kept('off');
  const restored = { ...rest, secret: 'x'.repeat(43), generation: generation + 1, previous: { secret, generation } };
  writeFileSync(join(home('off'), 'agent.json'), JSON.stringify(restored));
  const again = start('off');
  await until(
    async () => kept('off').secret === secret && !kept('off').previous,
    40_000,
    'the one of before to be kept',
  );
  await stop(again);
});

const steps = [...[1, 2, 3, 4, 5, 6, 7].map((n) => `child ${n}`), ...[1, 2, 3, 4, 5].map((n) => `parent ${n}`)];

test('killed before each step of it, the next start connects, and ends with one credential', async () => {
  const first = await enrol('killed');
  let generation = 0;
  for (const at of steps) {
    const doomed = start('killed', at);
    await until(isOnline(first.endpoint), 30_000, `${at}: online before`);
    await rotate(first.endpoint);
    generation += 1;
    const ended = await doomed.finished;
    assert.is(ended.signal, 'SIGKILL', `${at}: there is such a step`);
    const agent = start('killed');
    const isDone = async () => kept('killed').generation === generation && !kept('killed').previous;
    await until(isDone, 40_000, `${at}: the next start ends it`);
    await until(isOnline(first.endpoint), 10_000, `${at}: online after`);
    await stop(agent);
    assert.is(await answerTo(kept('killed')), 0, at);
    assert.is(await answerTo(first), 4, at);
  }
  console.log(`\nFIGURE rotation: killed before ${steps.length} steps, connected after each`);
});

test('asked again, the machine is refused until it is enrolled again, and keeps what it measures', async () => {
  const before = await enrol('again');
  const agent = start('again');
  await until(isOnline(before.endpoint), 30_000, 'the first sign-on');
  const since = Date.now() - 3_600_000;
  const path = `/api/v1/endpoints/${before.endpoint}/credential/again`;
  const future = { method: 'POST', as: 'admin', body: { doubtfulSince: Date.now() + 3_600_000 } } as const;
  assert.match((await collector.call(path, future)).text, /future/);
  assert.is((await collector.call(path, { method: 'POST', as: 'operator', body: {} })).status, 403);
  assert.is((await collector.call(path, { method: 'POST', as: 'admin', body: { doubtfulSince: since } })).status, 204);
  assert.is(await answerTo(before), 5);
  assert.ok((await detail(before.endpoint)).againAt !== null);
  await until(() => agent.output().includes('enrolled again'), 30_000, 'the agent to say what to do');
  const fetching = { method: 'POST', body: { endpoint: before.endpoint, secret: before.secret } };
  assert.is((await collector.call('/api/v1/agent/credential', fetching)).status, 401);
  await stop(agent);
  const { identityEvents } = await detail(before.endpoint);
  assert.equal([identityEvents[0]?.kind, identityEvents[0]?.doubtfulSince], ['asked_again', since]);

  const made = await collector.call('/api/v1/enrollments', {
    ...{ method: 'POST', as: 'admin', body: { replaces: before.endpoint } },
  });
  const { code } = made.body as NewEnrollment;
  const done = await startAgent(['enroll', '-', '--again', '--data', home('again')], code).finished;
  assert.is(done.code, 0, done.stderr);
  const back = start('again');
  await until(isOnline(before.endpoint), 30_000, 'to be back');
  await stop(back);
});

test.run();
