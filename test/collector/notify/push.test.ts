/** Messages in browsers: what a device decrypts, what its service checks, devices that are gone, and whom they are of. */
import { createECDH } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Notification } from '../../../collector/notify/channel.ts';
import { createDevices, devicesAtMost } from '../../../collector/notify/devices.ts';
import { createChannels } from '../../../collector/notify/route.ts';
import { encrypted } from '../../../collector/notify/web-push.ts';
import { systemClock } from '../../../shared/clock.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { createOutgoing } from '../../../shared/outgoing.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { decrypted, deviceAt, deviceKeys, received, vapidFault } from './push-receiver.ts';
import { loopback, notification, openReceiver } from './receiver.ts';

const test = suite('push');
let collector: InProcess;
test.before(async () => {
  collector = await openCollector();
});
test.after(() => collector.close());
test.before.each(async () => {
  await collector.state.deleteFrom('push_subscriptions').execute();
  await collector.state.deleteFrom('users').execute();
});

const addUser = (name: string, role: string, disabled: number | null = null) =>
  collector.state
    .insertInto('users')
    .values({ id: name, name, role, password_hash: 'x', created_at: 0, disabled_at: disabled })
    .execute();
const addDevice = (url: string, more: Partial<ReturnType<typeof deviceAt>> = {}) =>
  collector.state.insertInto('push_subscriptions').values(deviceAt(url, more)).execute();
const all = () => collector.state.selectFrom('push_subscriptions').selectAll().orderBy('id').execute();
const devices = () => createDevices(collector.state, systemClock, loopback);

const send = (one: Notification, outgoing = loopback, signal = AbortSignal.timeout(5000)) =>
  createChannels(
    [{ name: 'push', kind: 'push', settings: { subject: 'it@example.org' } }],
    outgoing,
    devices(),
  )[0]?.channel.send(one, signal) ?? Promise.reject(new Error('no channel'));
async function refusal(work: Promise<unknown>): Promise<EvenkeelError> {
  const thrown = await work.then(
    () => assert.unreachable('it was taken'),
    (error: unknown) => error,
  );
  assert.instance(thrown, EvenkeelError, String(thrown));
  return thrown as EvenkeelError;
}

test('the example of RFC 8291, appendix A, byte for byte', () => {
  const b = (text: string) => Buffer.from(text, 'base64url');
  const made = {
    privateKey: b('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'),
    salt: b('DGv6ra1nlYgDCS1FRnbzlw'),
  };
  const keys = {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  };
  const body = encrypted(Buffer.from('When I grow up, I want to be a watermelon'), keys, made);
  assert.is(
    body.toString('base64url'),
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  );
  const browser = createECDH('prime256v1');
  browser.setPrivateKey(b('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94'));
  assert.is(decrypted(body, browser, b(keys.auth)), 'When I grow up, I want to be a watermelon');
});

test('headline, severity, the page of the alert, one link that acknowledges; signed, with TTL and urgency', async () => {
  await using service = await openReceiver(() => [201]);
  await addUser('ann', 'operator');
  await addDevice(service.url);
  const acknowledge = 'https://ek.example/act/a-secret';
  const links = { acknowledge, silence: 'https://ek.example/act/another' };
  await send({ ...notification, ticket: null, alert: 'a1', links });
  await send({ ...notification, id: 'n2', severity: 'warning', event: 'update' });
  const [first, second] = service.received;
  assert.is(vapidFault(String(first?.headers.authorization), Date.now(), service.url), null);
  assert.equal([first?.headers.ttl, first?.headers.urgency, second?.headers.urgency], ['43200', 'high', 'normal']);
  assert.is(first?.headers.topic, second?.headers.topic, 'the second takes the place of the first');
  const said = JSON.parse(received(first?.body ?? '')) as Record<string, string>;
  assert.match(said.title ?? '', /^Critical: web-1 .*96\.2/);
  assert.equal([said.severity, said.url], ['critical', 'https://ek.example/alerts/a1']);
  assert.is(said.acknowledge, `${acknowledge}?language=en`);
  assert.not.match(JSON.stringify(said), /another|Köln-key|p256dh/);
  const { title, body } = JSON.parse(received(second?.body ?? '')) as { title: string; body: string };
  assert.match(`${title}\n${body}`, /^Warning/m);
});

test('a person has several devices, others their own; viewers and those who cannot log in have none', async () => {
  await using service = await openReceiver(() => [201]);
  await addUser('ann', 'operator');
  await addUser('bob', 'admin');
  await addUser('eve', 'viewer');
  await addUser('dan', 'operator', 1);
  for (const [n, user_name] of ['ann', 'ann', 'bob', 'eve', 'dan'].entries())
    await addDevice(service.url, { id: `d${n}`, user_name, endpoint: `${service.url}/${n}` });
  await send({ ...notification, recipient: 'ann' });
  const paths = () => service.received.map(({ path }) => path).sort();
  assert.equal(paths(), ['/0', '/1']);
  service.received.length = 0;
  await send({ ...notification, id: 'n2' });
  assert.equal(paths(), ['/0', '/1', '/2']);
  assert.match((await refusal(send({ ...notification, recipient: 'eve' }))).message, /eve has not switched/);
});

test('404 and 410 remove a device; where none is left that is said', async () => {
  for (const status of [404, 410]) {
    await using service = await openReceiver(() => [status]);
    await addUser(`u${status}`, 'operator');
    await addDevice(service.url, { user_name: `u${status}` });
    const { code, message } = await refusal(send(notification));
    assert.is(code, 'CHANNEL_REFUSED');
    assert.match(message, /takes none any more/);
    assert.equal(await all(), []);
  }
});

test('a service that fails is tried again, and who was reached is not sent it twice', async () => {
  let fails = true;
  await using service = await openReceiver((_, path) => (path === '/bob' && fails ? [503] : [201]));
  for (const name of ['ann', 'bob']) {
    await addUser(name, 'operator');
    await addDevice(service.url, { id: name, user_name: name, endpoint: `${service.url}/${name}` });
  }
  assert.is((await refusal(send(notification))).code, 'CHANNEL_FAILED');
  assert.match(String((await all())[1]?.last_error), /503/);
  fails = false;
  await send(notification);
  assert.equal(service.received.map(({ path }) => path).sort(), ['/ann', '/bob', '/bob']);
  assert.equal(
    (await all()).map(({ last_error, last_message }) => [last_error, last_message]),
    [
      [null, 'n1'],
      [null, 'n1'],
    ],
  );
});

test('a service that hangs costs the time limit; a redirect and a private address are refused', async () => {
  await using silent = await openReceiver(() => null);
  await addUser('ann', 'operator');
  await addDevice(silent.url);
  assert.is((await refusal(send(notification, loopback, AbortSignal.timeout(200)))).code, 'CHANNEL_FAILED');
  await using other = await openReceiver(() => [307, { location: `${silent.url}/inside` }]);
  await collector.state
    .updateTable('push_subscriptions')
    .set({ endpoint: `${other.url}/1` })
    .execute();
  assert.match((await refusal(send(notification))).message, /it redirects to http:\/\/127/);
  assert.is(silent.received.length, 1, 'the redirect was not followed');
  const inside = await refusal(send(notification, createOutgoing([])));
  assert.is(inside.code, 'CHANNEL_REFUSED');
});

test('what is no subscription is refused: http, a private address, keys that are none, more than 20', async () => {
  const { add } = createDevices(collector.state, systemClock, createOutgoing([]));
  const endpoint = 'https://192.0.3.1/send/1';
  const bad = async (subscription: Parameters<typeof add>[2], why: RegExp) =>
    assert.match((await refusal(add('ann', 'x', subscription))).message, why);
  await bad({ endpoint: 'http://192.0.3.1/1', keys: deviceKeys }, /no https address/);
  await bad({ endpoint: 'https://a:b@192.0.3.1/1', keys: deviceKeys }, /no https address/);
  await bad({ endpoint: 'https://10.1.1.1/1', keys: deviceKeys }, /10\.1\.1\.1/);
  await bad({ endpoint, keys: { ...deviceKeys, p256dh: `B${'A'.repeat(86)}` } }, /P-256/);
  await bad({ endpoint, keys: { ...deviceKeys, auth: 'AAAA' } }, /16 bytes/);
  for (let n = 0; n < devicesAtMost; n++) await add('ann', 'x', { endpoint: `${endpoint}/${n}`, keys: deviceKeys });
  await bad({ endpoint, keys: deviceKeys }, /20 devices already/);
  // The same browser again is none more; with another user it has moved.
  await add('ann', 'again', { endpoint: `${endpoint}/1`, keys: deviceKeys });
  await add('bob', 'again', { endpoint: `${endpoint}/1`, keys: deviceKeys });
  assert.is((await all()).filter(({ user_name }) => user_name === 'ann').length, devicesAtMost - 1);
});

test('the keys are made once; the private one, and what a device gave, leave by no answer and stand in no log', async () => {
  const [one, again] = [await devices().keys(), await devices().keys()];
  assert.equal(one, again);
  await using service = await openReceiver(() => [201]);
  await addUser('ann', 'operator');
  await addDevice(service.url);
  const shown = await collector.call('/api/v1/channels', { as: 'admin' });
  assert.not.match(shown.text, new RegExp(one.privateKey));
  const audit = JSON.stringify(await collector.state.selectFrom('audit_log').selectAll().execute());
  assert.not.match(audit, new RegExp(deviceKeys.auth));
});

test.run();
