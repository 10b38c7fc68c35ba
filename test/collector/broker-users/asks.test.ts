/** A broker that asks the collector, with requests in the form in which EMQX 5 documents them. EMQX itself is not to be had here. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bucketOf, topicOf } from '../../../shared/topics.ts';
import { enroll, makeCode } from '../../simulate/enroll.ts';
import { makeMachine } from '../../simulate/machine.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { freePort } from '../../support/port.ts';
import { runCollector, temporaryFolder } from '../../support/processes.ts';

const test = suite('a broker that asks');
const ends: (() => unknown)[] = [];
test.after.each(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const secret = 'the-secret-of-the-broker';

async function begin(users = '{ kind: http, secret_file: emqx.secret }') {
  const folder = temporaryFolder();
  writeFileSync(join(folder.path, 'broker.password'), 'of the collector', { mode: 0o600 });
  writeFileSync(join(folder.path, 'emqx.secret'), `${secret}\n`, { mode: 0o600 });
  const address = `mqtt://127.0.0.1:${await freePort()}`;
  const settings = `broker: { url: "${address}", password_file: broker.password${users && `, users: ${users}`} }\n`;
  const own = await openCollector({ settings }, folder);
  ends.push(own.close);
  return { own, folder };
}

async function enrolled(own: InProcess, seed: number) {
  const code = await makeCode(own.started.addresses.http, own.token('admin'), 1);
  return (await enroll(code, makeMachine(13, seed))) as unknown as { endpoint: string; secret: string };
}

const asking =
  (own: InProcess, what: 'auth' | 'acl') =>
  async (body: object, by = `Bearer ${secret}`) => {
    const { status, body: answer } = await own.call(`/api/v1/mqtt/${what}`, {
      ...{ method: 'POST', body },
      headers: { authorization: by },
    });
    return status === 200 ? (answer as { result: string; is_superuser: boolean }) : status;
  };
const allow = { result: 'allow', is_superuser: false };
const deny = { result: 'deny', is_superuser: false };
const ignore = { result: 'ignore', is_superuser: false };

test('log-ins: right, wrong, under another client id, retired, taken back, the collector’s own, and users of others', async () => {
  const { own } = await begin();
  const { endpoint, secret: password } = await enrolled(own, 1);
  const auth = asking(own, 'auth');
  const right = { username: endpoint, clientid: endpoint, password };
  assert.equal(await auth(right), allow);
  assert.equal(await auth({ ...right, password: 'wrong' }), deny);
  assert.equal(await auth({ ...right, clientid: 'another' }), deny);
  assert.equal(await auth({ ...right, username: 'eaaaabbbbccccddd', clientid: 'eaaaabbbbccccddd' }), deny);
  // What EMQX sends where a client gives none.
  assert.equal(await auth({ username: 'undefined', clientid: 'press', password: '' }), ignore);
  assert.equal(await auth({ username: 'collector', clientid: 'any', password: 'of the collector' }), allow);
  assert.equal(await auth({ username: 'collector', clientid: 'any', password: 'guessed' }), deny);
  await own.call(`/api/v1/endpoints/${endpoint}`, { method: 'DELETE', as: 'admin' });
  assert.equal(await auth(right), deny);
  await own.call(`/api/v1/endpoints/${endpoint}/take-back`, { method: 'POST', as: 'admin' });
  assert.equal(await auth(right), allow);
});

test('topics: each its own, the collector the reverse, nothing retained but presence and settings', async () => {
  const { own } = await begin();
  const [one, two] = [await enrolled(own, 1), await enrolled(own, 2)];
  const acl = asking(own, 'acl');
  const user = { username: one.endpoint, clientid: one.endpoint };
  const at = (id: string, leaf: 'report' | 'presence' | 'ack' | 'config') =>
    topicOf({ endpoint: id, bucket: bucketOf(id) }, leaf);
  const publish = { ...user, action: 'publish' };
  const subscribe = { ...user, action: 'subscribe' };
  assert.equal(await acl({ ...publish, topic: at(one.endpoint, 'report') }), allow);
  assert.equal(await acl({ ...publish, topic: at(one.endpoint, 'presence'), retain: 'true' }), allow);
  assert.equal(await acl({ ...publish, topic: at(one.endpoint, 'report'), retain: true }), deny);
  assert.equal(await acl({ ...publish, topic: at(one.endpoint, 'ack') }), deny);
  assert.equal(await acl({ ...publish, topic: at(two.endpoint, 'report') }), deny);
  assert.equal(await acl({ ...subscribe, topic: at(one.endpoint, 'ack') }), allow);
  assert.equal(await acl({ ...subscribe, topic: at(two.endpoint, 'config') }), deny);
  for (const topic of ['#', 'ek/v1/+/+/ack', `ek/v1/+/${one.endpoint}/ack`, '$SYS/#', ''])
    assert.equal(await acl({ ...subscribe, topic }), deny, topic);
  const collector = { username: 'collector', clientid: 'evenkeel-1' };
  for (const topic of ['ek/v1/+/+/report', 'ek/v1/3f/+/presence'])
    assert.equal(await acl({ ...collector, action: 'subscribe', topic }), allow, topic);
  assert.equal(await acl({ ...collector, action: 'subscribe', topic: '#' }), deny);
  assert.equal(
    await acl({ ...collector, action: 'publish', topic: at(one.endpoint, 'config'), retain: 'true' }),
    allow,
  );
  assert.equal(await acl({ ...collector, action: 'publish', topic: at(one.endpoint, 'report') }), deny);
  assert.equal(await acl({ username: 'press', clientid: 'press', action: 'publish', topic: 'press/1' }), ignore);
});

test('nobody else may ask: wrong secrets are refused before the body is read, and slowed down', async () => {
  const { own } = await begin();
  const auth = asking(own, 'auth');
  const asked = { username: 'collector', clientid: 'any', password: 'of the collector' };
  assert.is(await auth(asked, 'Bearer wrong'), 401);
  assert.is(await auth(asked, `Basic ${secret}`), 401);
  const admin = await own.call('/api/v1/mqtt/auth', { method: 'POST', body: asked, as: 'admin' });
  assert.is(admin.status, 401);
  let last: unknown;
  for (let n = 0; n < 30; n++) last = await auth(asked, 'Bearer wrong');
  assert.is(last, 429);
});

test('off unless it is set: and the secret has no default', async () => {
  const { own } = await begin('');
  assert.is(await asking(own, 'auth')({ username: 'collector', clientid: 'x', password: 'x' }), 404);
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const check = async (users: string) => {
    writeFileSync(join(folder.path, 'broker.password'), 'of the collector', { mode: 0o600 });
    writeFileSync(join(folder.path, 'short'), 'short', { mode: 0o600 });
    const file = join(folder.path, 'evenkeel.yaml');
    writeFileSync(file, `broker: { url: "mqtt://127.0.0.1:1", password_file: broker.password, users: ${users} }\n`);
    return (await runCollector(['check-config', '--config', file]).ended).stderr;
  };
  assert.match(
    await check('{ kind: http }'),
    /`kind: http` needs `secret_file`, which `broker-config emqx --out DIR` makes/,
  );
  assert.match(await check('{ kind: http, secret_file: short }'), /has a secret of 5 characters; it needs 20/);
  assert.match(
    await check('{ kind: dynamic-security, secret_file: short }'),
    /is of `kind: http`, and means nothing here/,
  );
});

test('`broker-config emqx` has the collector’s address and the secret of the settings, and makes one where there is none', async () => {
  const { own, folder } = await begin();
  const config = (...words: string[]) =>
    runCollector(['broker-config', 'emqx', '--data', own.data, ...words], {}, folder.path).ended;
  const printed = await config();
  assert.is(printed.code, 0, printed.stderr);
  assert.match(printed.stdout, /"authorization" = "Bearer the-secret-of-the-broker"/);
  assert.match(printed.stdout, /url = "http:\/\/127\.0\.0\.1:\d+\/api\/v1\/mqtt\/acl"/);
  assert.match(printed.stdout, /no_match = deny/);
  assert.match(printed.stderr, /emqx ctl clients kick ID/);
});

test.run();
