/** A machine that was installed anew, and a cloned one: real collector, real agents, over the real interface. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointDetail, EndpointRow, Fingerprint, NewEnrollment, Series } from '../../../shared/api.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import { openWire } from '../../simulate/wire.ts';
import { type AgentProcess, startAgent } from '../../support/agent.ts';
import { type Answer, type InProcess, openCollector } from '../../support/collector.ts';
import { temporaryFolder, until } from '../../support/processes.ts';

const test = suite('replace');
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

const home = (name: string) => join(folder.path, name);
const pathOf = (id: string) => `/api/v1/endpoints/${id}`;
const detail = async (id: string) => (await collector.call(pathOf(id), { as: 'viewer' })).body as EndpointDetail;
const replaces = (moved: string, endpoint: string, as: 'operator' | 'admin' = 'admin') =>
  collector.call(`${pathOf(moved)}/replaces`, { method: 'POST', as, body: { endpoint } });

async function makeCode(maxUses = 1): Promise<string> {
  const answer = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body: { maxUses } });
  return (answer.body as NewEnrollment).code;
}

/** Enrols this machine with the real agent. @returns the credential */
async function enrol(name: string) {
  const done = await startAgent(['enroll', await makeCode(), '--name', 'gold', '--data', home(name)]).finished;
  assert.is(done.code, 0, done.stderr);
  writeFileSync(join(home(name), 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: 1 }));
  return credentialOf(name);
}

const credentialOf = (name: string) =>
  JSON.parse(readFileSync(join(home(name), 'agent.json'), 'utf8')) as {
    endpoint: string;
    name: string;
    secret: string;
  };

const start = (name: string): AgentProcess => startAgent(['run', '--data', home(name)]);
async function stop(agent: AgentProcess): Promise<void> {
  agent.child.kill('SIGTERM');
  await agent.finished;
}

async function samples(id: string): Promise<number> {
  const now = clock.now();
  const span = `from=${now - 1_200_000}&to=${now + 10_000}`;
  const answer = await collector.call(`${pathOf(id)}/series?metric=mem.used_percent&agg=count&step=1&${span}`, {
    as: 'viewer',
  });
  assert.is(answer.status, 200, answer.text);
  const { series } = answer.body as Series;
  return series.flatMap(({ points }) => points).reduce((sum, [, value]) => sum + (value ?? 0), 0);
}

test('the old endpoint goes on for both: history, tickets, restores and name; the old credential is no more', async () => {
  const old = await enrol('first');
  const first = start('first');
  await until(async () => (await samples(old.endpoint)) >= 4, 30_000, 'a history');
  const ticket = { title: 'noisy fan', endpoint: old.endpoint };
  await collector.call('/api/v1/tickets', { method: 'POST', as: 'operator', body: ticket });
  await collector.call(pathOf(old.endpoint), { method: 'PATCH', as: 'operator', body: { tags: ['gold'] } });
  await stop(first);
  const before = await samples(old.endpoint);

  // Installed anew: nothing of the old folder is left but what a thief would have.
  rmSync(home('first'), { recursive: true });
  const fresh = await enrol('second');
  assert.is(fresh.name, 'gold-2');
  const second = start('second');
  await until(async () => (await samples(fresh.endpoint)) >= 3, 30_000, 'a young history of its own');
  const tried = { ok: true, note: 'on the new system' };
  const verified = `${pathOf(fresh.endpoint)}/backups/nightly/verified`;
  assert.is((await collector.call(verified, { method: 'POST', as: 'operator', body: tried })).status, 201);

  assert.is((await replaces(fresh.endpoint, old.endpoint, 'operator')).status, 403);
  const early = await replaces(fresh.endpoint, old.endpoint);
  assert.is(early.status, 409, 'it was there a moment ago');
  assert.match((early.body as { message: string }).message, /"gold" still reports/);
  ahead += 180_000;
  const done = await replaces(fresh.endpoint, old.endpoint);
  assert.is(done.status, 200, done.text);
  assert.equal([(done.body as EndpointRow).id, (done.body as EndpointRow).name], [old.endpoint, 'gold']);

  await until(
    async () => (await detail(old.endpoint)).row.state === 'online',
    20_000,
    'the agent under the old identity',
  );
  assert.equal(
    [credentialOf('second').endpoint, credentialOf('second').name, credentialOf('second').secret],
    [old.endpoint, 'gold', fresh.secret],
  );
  const joined = await samples(old.endpoint);
  assert.ok(joined >= before + 3, `${joined} after ${before} and 3`);
  await until(async () => (await samples(old.endpoint)) > joined, 20_000, 'reports under the old identity');

  const now = await detail(old.endpoint);
  assert.equal(now.row.tags, ['gold']);
  assert.equal(
    now.replacements.map(({ by }) => by),
    ['a admin'],
  );
  assert.ok(now.signals.length >= 4, 'births of both');
  assert.ok(now.sections.some(({ section }) => section === 'host'));
  const restores = (await collector.call(`${pathOf(old.endpoint)}/backups/verified`, { as: 'viewer' })).body as Items;
  assert.is(restores.items.length, 1);
  const tickets = (await collector.call('/api/v1/tickets', { as: 'viewer' })).body as Items;
  assert.equal(
    (tickets.items as { endpoint: { id: string } | null }[]).map(({ endpoint }) => endpoint?.id),
    [old.endpoint],
  );
  // One endpoint is left, and links to the other lead to it.
  const list = (await collector.call('/api/v1/endpoints', { as: 'viewer' })).body as { items: EndpointRow[] };
  assert.equal(
    list.items.map(({ id }) => id),
    [old.endpoint],
  );
  assert.is((await detail(fresh.endpoint)).row.id, old.endpoint);
  // The old machine, should it still be somewhere, may not come in; the new one may, also by its first name.
  assert.is(await logIn(old.endpoint, old.secret), 4);
  assert.is(await logIn(fresh.endpoint, old.secret), 4);
  await stop(second);
  assert.is(await logIn(fresh.endpoint, fresh.secret), 0);
  assert.is((await replaces(fresh.endpoint, old.endpoint)).status, 404, 'it is done already');
});

interface Items {
  items: unknown[];
}

async function logIn(clientId: string, password: string): Promise<number> {
  const { hostname: host, port } = new URL(collector.started.addresses.mqtt);
  const wire = openWire({ host, port: Number(port), clientId, password });
  const code = await wire.connected;
  wire.end();
  return code;
}

/** Enrols as an agent does that could read these parts of its machine. */
async function enrolAs(code: string, fingerprint: Fingerprint, more: object = {}): Promise<Answer> {
  const { secret } = decodeJoinCode(code);
  const machine = {
    hostname: 'pc',
    platform: 'linux',
    arch: 'x64',
    kind: 'server',
    kind_why: 'test',
    version: '0.1.0',
  };
  return collector.call('/api/v1/enroll', { method: 'POST', body: { code: secret, ...machine, fingerprint, ...more } });
}
const hash = (text: string) => Buffer.from(text).toString('hex').padEnd(16, '0').slice(0, 16);

test('what looks like a known machine: the same, perhaps, a copy; and what everybody has says nothing', async () => {
  const code = await makeCode(99);
  const likeness = async (a: Fingerprint, b: Fingerprint) => {
    const one = (await enrolAs(code, a)).body as { endpoint: string };
    ahead += 1000;
    const two = (await enrolAs(code, b)).body as { endpoint: string; looksLike: { likeness: string }[] };
    const { looksLike } = await detail(two.endpoint);
    const back = (await detail(one.endpoint)).looksLike.find(({ id }) => id === two.endpoint);
    const found = looksLike.find(({ id }) => id === one.endpoint);
    assert.is(found?.likeness, back?.likeness);
    assert.equal([found?.older ?? true, back?.older ?? false], [true, false]);
    assert.equal(
      two.looksLike.map((each) => each.likeness),
      looksLike.map((each) => each.likeness),
      'the agent hears the same',
    );
    return found?.likeness ?? null;
  };
  let n = 0;
  const own = (name: string) => hash(`${name}${++n}`);
  const [uuid, serial, machine, mac, board] = [own('u'), own('s'), own('m'), own('c'), own('b')];
  assert.is(await likeness({ uuid, serial, machine }, { uuid, serial, machine: own('m') }), 'same');
  const [repaired, system, card] = [own('s'), own('m'), own('c')];
  assert.is(await likeness({ uuid: own('u'), serial: repaired }, { uuid: own('u'), serial: repaired }), 'perhaps');
  assert.is(await likeness({ uuid: own('u'), machine: system }, { uuid: own('u'), machine: system }), 'copy');
  assert.is(await likeness({ machine, macs: [mac] }, { machine: own('m'), macs: [mac, own('c')] }), 'perhaps');
  const [template, boardOnly] = [own('m'), own('b')];
  assert.is(await likeness({ machine: template, macs: [own('c')] }, { machine: template, macs: [own('c')] }), 'copy');
  assert.is(await likeness({ board: boardOnly }, { board: boardOnly }), 'perhaps');
  assert.is(await likeness({ uuid: own('u'), macs: [card] }, { uuid: own('u'), macs: [card] }), null);
  assert.is(await likeness({ board }, { board: own('b') }), null);
  assert.is(await likeness({}, {}), null);
  // Three virtual machines with the serial number of their template.
  const common = own('u');
  await enrolAs(code, { uuid: common });
  assert.is(await likeness({ uuid: common }, { uuid: common }), null);
  assert.is((await enrolAs(code, { uuid: 'not a hash' })).status, 400);
});

test('two that both report are two, however alike', async () => {
  const code = await makeCode(2);
  const uuid = hash('twin');
  const one = (await enrolAs(code, { uuid })).body as { endpoint: string; secret: string };
  ahead += 1000;
  const two = (await enrolAs(code, { uuid })).body as { endpoint: string };
  assert.is((await detail(two.endpoint)).looksLike[0]?.likeness, 'same');
  const { hostname: host, port } = new URL(collector.started.addresses.mqtt);
  const wire = openWire({ host, port: Number(port), clientId: one.endpoint, password: one.secret });
  await wire.connected;
  const { bucket } = credentialFrom(one);
  const birth = { state: 'online', session: 'a'.repeat(16), boot_id: 'b', started_at: 1, previous_shutdown: 'clean' };
  const topic = `ek/v1/${bucket}/${one.endpoint}/presence`;
  await wire.publish(topic, JSON.stringify({ ...birth, version: '0.1.0' }), { retain: true });
  assert.is((await detail(two.endpoint)).looksLike[0]?.likeness, 'copy');
  assert.is((await replaces(two.endpoint, one.endpoint)).status, 409);
  assert.is((await replaces(two.endpoint, two.endpoint)).status, 409);
  wire.end();
});

const credentialFrom = (enrolled: object) => enrolled as { bucket: string };

interface Given {
  endpoint: string;
  secret: string;
  bucket: string;
}
const enrolled = async (code: string, print: Fingerprint, more: object = {}) => {
  const answer = await enrolAs(code, print, more);
  assert.is(answer.status, 201, answer.text);
  return answer.body as Given;
};
const asBefore = ({ endpoint, secret }: Given) => ({ before: { endpoint, secret } });

/** Signs on as it, and off again. */
async function report(one: Given): Promise<void> {
  const { hostname: host, port } = new URL(collector.started.addresses.mqtt);
  const wire = openWire({ host, port: Number(port), clientId: one.endpoint, password: one.secret });
  assert.is(await wire.connected, 0);
  const session = 'c'.repeat(16);
  const birth = { state: 'online', session, boot_id: 'b', started_at: 1, previous_shutdown: 'clean', version: '0.1.0' };
  const topic = `ek/v1/${one.bucket}/${one.endpoint}/presence`;
  await wire.publish(topic, JSON.stringify(birth), { retain: true });
  await wire.publish(topic, JSON.stringify({ state: 'offline', session, reason: 'shutdown' }), { retain: true });
  wire.end();
  await until(async () => (await detail(one.endpoint)).row.state === 'offline', 10_000, 'its goodbye');
}

test('whoever still has the credential goes on as that endpoint, without a person, once it is silent', async () => {
  const code = await makeCode(20);
  const print = { uuid: hash('kept-u'), machine: hash('kept-m') };
  const anew = { uuid: hash('kept-u'), machine: hash('kept-n') };
  const old = await enrolled(code, print);
  await report(old);
  const early = await enrolled(code, anew, asBefore(old));
  assert.is.not(early.endpoint, old.endpoint, 'it was there a moment ago: two that report are two');
  ahead += 180_000;
  const wrong = await enrolled(code, anew, { before: { endpoint: old.endpoint, secret: 'guessed' } });
  assert.is.not(wrong.endpoint, old.endpoint, 'a serial number is no proof');
  const other = await enrolled(code, { uuid: hash('other-u') }, asBefore(old));
  assert.is.not(other.endpoint, old.endpoint, 'a copy of the folder on other hardware');
  const on = await enrolled(code, anew, asBefore(old));
  assert.is(on.endpoint, old.endpoint);
  assert.is(await logIn(old.endpoint, on.secret), 0);
  assert.is(await logIn(old.endpoint, old.secret), 4, 'the old one is over');
  const { identityEvents } = await detail(old.endpoint);
  assert.equal([identityEvents[0]?.kind, identityEvents[0]?.by], ['continued', null]);
  ahead += 180_000;
  const again = `${pathOf(old.endpoint)}/credential/again`;
  assert.is((await collector.call(again, { method: 'POST', as: 'admin', body: {} })).status, 204);
  assert.is.not((await enrolled(code, anew, asBefore(on))).endpoint, old.endpoint, 'a stolen one is no proof either');
  assert.is((await enrolAs(code, anew, { before: { endpoint: old.endpoint } })).status, 400);
});

test('a code for machines that were installed anew: equal serial numbers are enough, where that endpoint is silent', async () => {
  const body = { maxUses: 9, replaces: 'auto' };
  const made = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body });
  assert.is(made.status, 201, made.text);
  const { code, lines } = made.body as NewEnrollment;
  assert.not(lines.source.includes('--again'));
  const print = (name: string, system: string) => ({ serial: hash(name), machine: hash(system) });
  const old = await enrolled(await makeCode(), print('auto-s', 'auto-1'));
  await report(old);
  assert.is.not((await enrolled(await makeCode(), print('auto-s', 'auto-2'))).endpoint, old.endpoint, 'another code');
  ahead += 180_000;
  const two = await enrolled(code, print('auto-s', 'auto-3'));
  assert.is.not(two.endpoint, old.endpoint, 'two look like it: a person decides');
  const alone = await enrolled(await makeCode(), print('auto-t', 'auto-4'));
  await report(alone);
  assert.is.not((await enrolled(code, print('auto-x', 'auto-4'))).endpoint, alone.endpoint, 'a copy of it');
  ahead += 180_000;
  const on = await enrolled(code, print('auto-t', 'auto-6'));
  assert.is(on.endpoint, alone.endpoint);
  assert.is((await detail(alone.endpoint)).identityEvents[0]?.kind, 'continued');
});

test.run();
