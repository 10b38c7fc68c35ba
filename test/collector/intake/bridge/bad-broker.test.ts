/** A broker that is away, wrong or set up wrongly: said in words, tried again, and nothing is passed on that should not be. */
import { Registry } from 'prom-client';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { verifierOf } from '../../../../collector/accounts/verifier.ts';
import { aclFile, dynamicPassword } from '../../../../collector/broker-users/mosquitto-files.ts';
import { type BridgeSettings, bridgeTo } from '../../../../collector/intake/bridge/bridge.ts';
import { createIntakeCounters } from '../../../../collector/intake/counters.ts';
import type { HeldBuckets, IntakeSource, Publication, SourceParts } from '../../../../collector/intake/source.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { silentLog } from '../../../../shared/log.ts';
import { bucketOf, topicOf } from '../../../../shared/topics.ts';
import { openWire } from '../../../simulate/wire.ts';
import {
  collectorUser,
  type MosquittoOptions,
  type MosquittoServer,
  mosquittoMissing,
  startMosquitto,
} from '../../../support/mosquitto.ts';

import { until } from '../../../support/until.ts';

const one = 'eoneoneoneoneone';
const two = 'etwotwotwotwotwo';
const users: Readonly<Record<string, string>> = { [one]: 'secret one', [two]: 'secret two' };
const topic = (endpoint: string, leaf: 'report' | 'presence' | 'ack') =>
  topicOf({ endpoint, bucket: bucketOf(endpoint) }, leaf);

interface Bridge {
  source: IntakeSource;
  messages: Publication[];
  /** What was said last. */
  trouble(): string | null;
  said: (string | null)[];
}

const test = suite('bridge: a broker that is away or wrong');
const ends: (() => Promise<unknown>)[] = [];
test.after.each(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function broker(options: MosquittoOptions = {}): Promise<MosquittoServer> {
  const server = await startMosquitto({ users, ...options });
  ends.push(server.close);
  return server;
}

async function bridge(
  { url }: Pick<MosquittoServer, 'url'>,
  settings: Partial<BridgeSettings> = {},
  parts: Partial<SourceParts> = {},
): Promise<Bridge> {
  const messages: Publication[] = [];
  const said: (string | null)[] = [];
  const open = bridgeTo({
    ...{ url: new URL(url), username: collectorUser.name, password: collectorUser.password, ca: null, agentsUrl: url },
    ...{ retryAtMostMs: 200, ...settings },
  });
  const source = await open({
    clock: systemClock,
    log: silentLog,
    counters: createIntakeCounters(new Registry()),
    authenticate: () => undefined,
    onMessage: (message) => void messages.push(message),
    onSubscribe: () => undefined,
    onTrouble: (problem) => void said.push(problem),
    ...parts,
  });
  ends.push(source.close);
  return { source, messages, said, trouble: () => said.at(-1) ?? null };
}

async function agent({ port }: MosquittoServer, id: string = one) {
  const wire = openWire({ host: '127.0.0.1', port, clientId: id, password: users[id] as string });
  ends.push(async () => wire.cut());
  assert.is(await wire.connected, 0);
  return wire;
}

const hears = ({ source }: Bridge) => until(() => source.hears?.() === true, 10_000, 'it hears');
const says = (made: Bridge, words: RegExp) =>
  until(() => words.test(made.trouble() ?? ''), 25_000, `${words}; said ${JSON.stringify(made.said)}`);

test('a wrong password is said as such, and the right one is taken without a start', async () => {
  const server = await broker({ users: { ...users, [collectorUser.name]: 'another' } });
  const made = await bridge(server);
  await says(made, /^the broker mqtt:\/\/127\.0\.0\.1:\d+ is not usable: it refuses the user name or the password/);
  assert.is(made.source.hears?.(), false);
  assert.is(made.source.send(one, 'ack', Buffer.from('x')), false);
});

test('a broker that accepts and stalls, then one that goes on', async () => {
  const server = await broker();
  server.freeze();
  const made = await bridge(server);
  await says(made, /does not answer/);
  server.thaw();
  await hears(made);
  await until(() => made.trouble() === null, 5000, 'all is well');
});

test('a broker that is away when the collector starts, and one that is restarted', async () => {
  const server = await broker();
  await server.stop();
  const made = await bridge(server);
  await says(made, /ECONNREFUSED/);
  await server.start();
  await hears(made);
  const wire = await agent(server);
  void wire.publish(topic(one, 'report'), 'first').catch(() => undefined);
  await until(() => made.messages.length === 1, 5000, 'the first');
  await server.stop('SIGKILL');
  await until(() => made.source.hears?.() === false, 5000, 'it is gone');
  // Of the session before: answers to it go nowhere.
  made.messages[0]?.acknowledge();
  await server.start();
  await hears(made);
  await (await agent(server)).publish(topic(one, 'report'), 'second');
  await until(() => made.messages.length === 2, 5000, 'the second');
});

test('a broker that ends in order publishes the wills of all: they are none of their endpoints', async () => {
  const server = await broker();
  const made = await bridge(server);
  await hears(made);
  const will = { topic: topic(one, 'presence'), payload: Buffer.from('{"state":"lost","session":"a"}') };
  const wire = openWire({
    ...{ host: '127.0.0.1', port: server.port, clientId: one, password: users[one] as string },
    will: { ...will, qos: 1, retain: true },
  });
  ends.push(async () => wire.cut());
  await wire.connected;
  await wire.publish(topic(one, 'presence'), '{"state":"online","session":"a"}', { retain: true });
  await until(() => made.messages.length === 1, 5000, 'the birth');
  await server.stop();
  await server.start();
  await hears(made);
  const other = await agent(server, two);
  await other.publish(topic(two, 'report'), 'x');
  await until(() => made.messages.some(({ endpoint }) => endpoint === two), 5000, 'what came after');
  assert.equal(
    made.messages.map(({ leaf, payload }) => `${leaf} ${payload}`).filter((text) => text.includes('lost')),
    [],
  );
});

test('a subscription that is refused is named, with the user', async () => {
  const dynamicSecurity = JSON.stringify({
    defaultACLAccess: { publishClientSend: false, publishClientReceive: true, subscribe: false, unsubscribe: true },
    clients: [{ username: collectorUser.name, ...dynamicPassword(verifierOf(collectorUser.password)) }],
  });
  const made = await bridge(await broker({ dynamicSecurity }));
  await says(made, /it does not let the user "collector" subscribe to ek\/v1\/\+\/\+\/report and 5 more; see its ACL/);
});

test('an ACL by which nothing comes is told, with what is expected; and is over when something comes', async () => {
  const server = await broker({ acl: aclFile([]) });
  const made = await bridge(server, { silentAfterMs: 100 }, { expected: () => 3 });
  await says(made, /takes the subscriptions of the user "collector", .* nothing has come of 3 endpoints/);
  const wire = await agent(server);
  await wire.publish(topic(one, 'report'), 'thrown away');
  server.write('acl', aclFile([collectorUser.name]));
  server.reload();
  const again = setInterval(() => void wire.publish(topic(one, 'report'), 'x').catch(() => undefined), 50);
  try {
    await until(() => made.trouble() === null, 10_000, 'all is well');
  } finally {
    clearInterval(again);
  }
  assert.ok(made.messages.length > 0);
  assert.ok(made.messages.every(({ payload }) => String(payload) === 'x'));
});

test('a retained report is not taken; a birth that was kept is news when a message follows it', async () => {
  const server = await broker();
  const wire = await agent(server);
  await wire.publish(topic(one, 'report'), 'old', { retain: true });
  await wire.publish(topic(one, 'presence'), '{"state":"online","session":"new"}', { retain: true });
  const sleeping = await agent(server, two);
  await sleeping.publish(topic(two, 'presence'), '{"state":"lost","session":"b"}', { retain: true });
  const made = await bridge(server, {}, { sessionOf: () => 'before' });
  await hears(made);
  await until(() => made.source.connected() === 1, 5000, 'the one that is online');
  assert.equal(made.messages, []);
  await wire.publish(topic(one, 'report'), 'fresh');
  await until(() => made.messages.length === 2, 5000, 'both');
  assert.equal(
    made.messages.map(({ payload }) => String(payload)),
    ['{"state":"online","session":"new"}', 'fresh'],
  );
});

test('what the broker lets in and is no endpoint of ours is not taken, nor one whose bucket is another', async () => {
  const server = await broker({ users: { ...users, eretiredretired1: 'x' } });
  const gone = 'eretiredretired1';
  const asked: string[] = [];
  const made = await bridge(
    server,
    {},
    {
      sessionOf: (id) => (id === gone ? undefined : null),
      onSubscribe: (id, leaf) => void asked.push(`${id} ${leaf}`),
    },
  );
  await hears(made);
  const wire = openWire({ host: '127.0.0.1', port: server.port, clientId: gone, password: 'x' });
  ends.push(async () => wire.cut());
  await wire.connected;
  await wire.publish(topic(gone, 'report'), 'x');
  await wire.publish(topic(gone, 'presence'), '{"state":"online","session":"a"}', { retain: true });
  const right = await agent(server);
  await right.publish(`ek/v1/${bucketOf(one) === '00' ? '01' : '00'}/${one}/report`, 'x');
  await right.publish(topic(one, 'report'), 'right');
  await until(() => made.messages.length > 0, 5000, 'the right one');
  assert.equal(
    made.messages.map(({ payload }) => String(payload)),
    ['right'],
  );
  // It may have been replaced by another endpoint, and is told.
  assert.equal(asked, [`${gone} ack`]);
});

test('of buckets only those that are held: gained ones are subscribed to, lost ones send nothing, and settings go to all', async () => {
  const server = await broker();
  let mine: string[] = [bucketOf(one)];
  let changed: Parameters<HeldBuckets['onChange']>[0] = () => undefined;
  const held: HeldBuckets = {
    holds: (bucket) => mine.includes(bucket),
    all: () => mine,
    onChange(listener) {
      changed = listener;
      return () => undefined;
    },
  };
  const made = await bridge(server, {}, { held });
  await hears(made);
  const [first, second] = [await agent(server), await agent(server, two)];
  await Promise.all([first.publish(topic(one, 'report'), '1'), second.publish(topic(two, 'report'), '2')]);
  await until(() => made.messages.length === 1, 5000, 'the first');
  assert.is(made.source.send(two, 'config', Buffer.from('x'), true), true);
  mine = [bucketOf(two)];
  changed({ gained: [bucketOf(two)], lost: [bucketOf(one)] });
  const again = setInterval(() => {
    void first.publish(topic(one, 'report'), '3').catch(() => undefined);
    void second.publish(topic(two, 'report'), '4').catch(() => undefined);
  }, 50);
  try {
    await until(() => made.messages.length >= 4, 10_000, 'messages of the second');
  } finally {
    clearInterval(again);
  }
  assert.equal(
    [...new Set(made.messages.map(({ endpoint, payload }) => `${endpoint} ${payload}`))].sort(),
    [`${one} 1`, `${two} 4`].sort(),
  );
});

test('an endpoint that floods is dropped beyond a number, and the other one goes on', async () => {
  const server = await broker();
  const made = await bridge(server, { rules: { messagesPerSecond: 1, messagesAtOnce: 5, heldAtMost: 3 } });
  await hears(made);
  const [noisy, calm] = [await agent(server), await agent(server, two)];
  await Promise.all(Array.from({ length: 200 }, (_, n) => noisy.publish(topic(one, 'report'), String(n))));
  await calm.publish(topic(two, 'report'), 'calm');
  await until(() => made.messages.some(({ endpoint }) => endpoint === two), 5000, 'the calm one');
  const taken = made.messages.filter(({ endpoint }) => endpoint === one);
  assert.ok(taken.length <= 10, `${taken.length} of 200`);
});

test('while the store waits, the window opens: what comes next is passed on, too', async () => {
  // So many unanswered ones does this broker let be under way.
  const server = await broker({ lines: ['max_inflight_messages 2'] });
  const made = await bridge(server);
  await hears(made);
  const wire = await agent(server);
  const all = Array.from({ length: 20 }, (_, n) => wire.publish(topic(one, 'report'), String(n)));
  await Promise.all(all);
  // Mosquitto lets one more through now and then.
  await until(() => made.messages.length >= 2, 5000, 'as many as the window has');
  for (const message of made.messages.slice(0, 2)) message.acknowledge();
  await until(() => made.messages.length >= 4, 5000, 'as many again');
  assert.ok(made.messages.length < all.length, 'the broker waits for PUBACKs');
  await until(() => made.messages.length === all.length, 10_000, 'the rest, though nothing more was stored');
});

const missing = mosquittoMissing();
if (missing !== null) console.log(`\nSKIP mosquitto: ${missing}`);
else test.run();
