/** The MQTT session against a real broker: birth, orderly end, will, live and backlog, messages of the collector, encryption. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { delayBefore, troubleOf } from '../../agent/backoff.ts';
import { createLink, type Link } from '../../agent/link.ts';
import { openSpool, type Spool } from '../../agent/spool.ts';
import type { SpoolEntry } from '../../agent/spool-entry.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import { check, Report } from '../../shared/report.ts';
import { topicOf } from '../../shared/topics.ts';
import { credentialFor, temporaryFolder } from '../support/agent.ts';
import { startBroker, type TestBroker, until } from '../support/broker.ts';

const credential = (port: number, scheme = 'mqtt', ca?: string) =>
  credentialFor(`${scheme}://127.0.0.1:${port}`, undefined, ca);

interface Scene {
  broker: TestBroker;
  spool: Spool;
  link: Link;
  configs: unknown[];
  put(at?: number): SpoolEntry;
  offer(at?: number): void;
}

async function withLink(work: (scene: Scene) => Promise<void>, tls?: { key: string; cert: string }): Promise<void> {
  const broker = await startBroker(tls);
  const spool = openSpool({ path: ':memory:', bootId: 'boot', log: silentLog });
  const configs: unknown[] = [];
  const link = createLink({
    credential: credential(broker.port, tls ? 'mqtts' : 'mqtt', tls?.cert),
    spool,
    clock: systemClock,
    log: silentLog,
    bootId: 'boot',
    startedAt: 1,
    previousShutdown: 'clean',
    intervalMs: () => 10_000,
    onConfig: (config) => configs.push(config),
    // Full jitter, of the shorter half: a test has better things to do than wait.
    random: () => Math.random() / 2,
  });
  const put = (at = Date.now()) =>
    spool.put('report', at, ({ epoch, seq, lost }) => ({
      v: 1,
      epoch,
      seq,
      at,
      metrics: [],
      ...(lost.length > 0 ? { lost } : {}),
    }));
  try {
    await work({ broker, spool, link, configs, put, offer: (at) => link.offer(put(at)) });
  } finally {
    await link.disconnect('stop');
    await broker.down();
    spool.close();
  }
}

const address = { bucket: credential(1).bucket, endpoint: credential(1).endpoint };

test('birth is retained; what is measured goes at once and leaves the spool by its ack; an orderly end has its reason', () =>
  withLink(async ({ broker, spool, link, offer }) => {
    link.start();
    await until('birth', () => broker.presences.length === 1);
    const [birth] = broker.presences;
    assert.is(birth?.retain, true);
    assert.is(birth?.presence.state, 'online');
    offer();
    await until('the report', () => broker.kept.length === 1);
    assert.is(broker.kept[0]?.leaf, 'report');
    const { leaf: _, endpoint: __, ...report } = broker.kept[0] as unknown as Record<string, unknown>;
    check(Report, report);
    await until('the ack', () => spool.state().entries === 0);
    await link.disconnect('shutdown');
    assert.equal(broker.presences.at(-1)?.presence, {
      state: 'offline',
      session: birth?.presence.session,
      reason: 'shutdown',
    });
    assert.is(broker.presences.length, 2, 'after an orderly end no will is published');
  }));

test('the present first, then the backlog, oldest first and each once', () =>
  withLink(async ({ broker, spool, link, put }) => {
    const hourAgo = Date.now() - 3_600_000;
    for (let i = 0; i < 40; i++) put(hourAgo + i * 1000);
    put();
    const started = performance.now();
    link.start();
    await until('all of them', () => broker.kept.length >= 41, 20_000);
    const order = broker.kept.map((message) => message.seq);
    assert.is(order[0], 41);
    assert.is(broker.kept[0]?.leaf, 'report');
    assert.equal(
      order.slice(1),
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    assert.ok(broker.kept.slice(1).every((message) => message.leaf === 'backlog'));
    assert.ok(performance.now() - started > 500, 'the backlog has a bounded rate');
    await until('the acks', () => spool.state().entries === 0);
    assert.is(broker.kept.length, 41);
  }));

test('an ack for what another machine sent trims nothing here', () =>
  withLink(async ({ broker, spool, link, put }) => {
    broker.acking = false;
    for (let i = 0; i < 60; i++) put(Date.now() - 3_600_000 + i);
    const newest = put();
    link.start();
    await until('the newest', () => broker.kept.length >= 1);
    // The collector has 1 to 50 from elsewhere, and the newest from here.
    const also = [[newest.seq, newest.seq]];
    await broker.publish(topicOf(address, 'ack'), JSON.stringify({ epoch: newest.epoch, through: 50, also }));
    await until('the newest to go', () => spool.state().entries < 61);
    const here = new Set(spool.after(null, 100).map(({ seq }) => seq));
    const sent = new Set(broker.kept.map(({ seq }) => seq));
    for (let seq = 1; seq <= 60; seq++) assert.ok(here.has(seq) || sent.has(seq), `${seq} was never sent and is gone`);
    assert.ok(here.size > 20);
  }));

test('numbers in use elsewhere: the agent goes on under a new epoch and sends all of it again', () =>
  withLink(async ({ broker, spool, link, put, offer }) => {
    broker.acking = false;
    const [old] = [1, 2, 3].map(() => put()) as [SpoolEntry];
    link.start();
    await until('all of them', () => broker.kept.length === 3);
    const conflict = { epoch: old.epoch, through: 0, also: [], conflict: 'content' };
    await broker.publish(topicOf(address, 'ack'), JSON.stringify(conflict));
    await until('the new epoch', () => spool.state().epoch !== old.epoch);
    broker.acking = true;
    offer();
    await until('the acks', () => spool.state().entries === 0);
    const fresh = broker.kept.filter(({ epoch }) => epoch !== old.epoch);
    assert.equal([...new Set(fresh.map(({ seq }) => seq))].sort(), [1, 2, 3, 4]);
    assert.is(link.state().sharedSince, null);
    await broker.publish(topicOf(address, 'ack'), JSON.stringify({ ...conflict, conflict: 'shared', more: 'later' }));
    await until('the word of the other machine', () => link.state().sharedSince !== null);
  }));

test('no more than 32 are on their way, and what is not acknowledged stays', () =>
  withLink(async ({ broker, spool, link, offer }) => {
    broker.acking = false;
    link.start();
    await until('birth', () => broker.presences.length === 1);
    for (let i = 0; i < 100; i++) offer();
    await until('all of them', () => new Set(broker.kept.map((message) => message.seq)).size === 100);
    assert.is(new Set(broker.kept.map((message) => message.seq)).size, 100);
    assert.is(broker.kept.length, 100, 'none goes twice in one session');
    assert.is(spool.state().entries, 100, 'the broker has them, the collector has not said so');
  }));

test('a collector that went away is found again, with a new session, and nothing is missing', () =>
  withLink(async ({ broker, spool, link, offer }) => {
    link.start();
    await until('birth', () => broker.presences.length === 1);
    const started = performance.now();
    for (let round = 1; round <= 3; round++) {
      await broker.down();
      offer();
      offer();
      await broker.up();
      await until(
        `birth after outage ${round}`,
        () => broker.presences.filter((one) => one.presence.state === 'online').length === round + 1,
        30_000,
      );
    }
    await until('all reports', () => new Set(broker.kept.map((message) => message.seq)).size === 6);
    await until('the acks', () => spool.state().entries === 0);
    const births = broker.presences.filter((one) => one.presence.state === 'online');
    const sessions = births.map((one) => one.presence.session);
    assert.is(new Set(sessions).size, sessions.length);
    console.log(`\nFIGURE link: back 3 times in ${Math.round((performance.now() - started) / 1000)} s`);
  }));

test('garbage from the collector changes nothing and does not cut the session', () =>
  withLink(async ({ broker, spool, link, configs, offer }) => {
    broker.acking = false;
    link.start();
    await until('birth', () => broker.presences.length === 1);
    offer();
    await until('the report', () => broker.kept.length === 1);
    const { epoch } = broker.kept[0] as { epoch: string };
    const [ack, config] = [topicOf(address, 'ack'), topicOf(address, 'config')];
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '{"epoch":1}',
      `{"epoch":"${epoch}","through":-1,"also":[]}`,
      `{"epoch":"${epoch}","through":1e99,"also":[[2,1]]}x`,
    ])
      await broker.publish(ack, text);
    for (const text of [
      '{',
      '{"v":2}',
      '{"v":1,"run":"rm"}',
      '{"v":1,"checks":{"cpu":{"every_s":0}}}',
      '{"v":1,"interval_s":1e9}',
    ])
      await broker.publish(config, text);
    await broker.publish(config, '{"v":1,"interval_s":5}');
    await until('the good one', () => configs.length > 0);
    assert.equal(configs, [{ v: 1, interval_s: 5 }]);
    assert.is(spool.state().entries, 1);
    assert.is(link.state().state, 'connected');
  }));

test('settings that were retained are heard at the next connection', () =>
  withLink(async ({ broker, link, configs }) => {
    await broker.publish(topicOf(address, 'config'), '{"v":1,"checks":{"disk":{"enabled":false}}}', true);
    link.start();
    await until('settings', () => configs.length === 1);
    assert.equal(configs[0], { v: 1, checks: { disk: { enabled: false } } });
  }));

test('sleep: says so and disconnects; wake: comes back by itself', () =>
  withLink(async ({ broker, link }) => {
    link.start();
    await until('birth', () => broker.presences.length === 1);
    await link.disconnect('sleep');
    assert.is(broker.presences.at(-1)?.presence.state, 'offline');
    assert.is(link.state().state, 'asleep');
    link.wake();
    await until('birth again', () => broker.presences.at(-1)?.presence.state === 'online');
    assert.is(broker.presences.length, 3);
  }));

test('a collector that refuses the credential is not asked again and again', () =>
  withLink(async ({ broker, link }) => {
    broker.refuseWith = 5;
    link.start();
    await until('the refusal', () => link.state().state === 'waiting');
    assert.match(String(link.state().trouble), /refused|authori/i);
    assert.is(broker.presences.length, 0);
  }));

test('encrypted, with the authority from the enrolment; without it, refused', async () => {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  try {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        cert,
        ...subject,
      ],
      { stdio: 'ignore' },
    );
  } catch {
    folder.remove();
    return console.log('\nSKIP openssl: not installed, no certificate to test with');
  }
  const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  folder.remove();
  await withLink(async ({ broker, spool, link, offer }) => {
    link.start();
    await until('birth', () => broker.presences.length === 1);
    offer();
    await until('the ack', () => broker.kept.length === 1 && spool.state().entries === 0);
    const untrusted = createLink({
      credential: credential(broker.port, 'mqtts'),
      spool,
      clock: systemClock,
      log: silentLog,
      bootId: 'boot',
      startedAt: 1,
      previousShutdown: 'clean',
      intervalMs: () => 10_000,
      onConfig: () => {},
    });
    untrusted.start();
    await until('the refusal', () => untrusted.state().trouble);
    assert.match(String(untrusted.state().trouble), /self.signed|certificate/i);
    await untrusted.disconnect('stop');
  }, tls);
});

test('waits: full jitter, short where somebody restarts, long where no one answers or we are not wanted', () => {
  assert.is(delayBefore(0, 'refused', 0), 0);
  assert.is(delayBefore(0, 'refused', 0.999), 999);
  for (const tries of [5, 50, 5000]) assert.ok(delayBefore(tries, 'refused', 0.999) <= 10_000);
  assert.ok(delayBefore(50, 'unreachable', 0.999) > 290_000);
  assert.ok(delayBefore(50, 'rejected', 0.999) <= 300_000);
  assert.is(troubleOf({ code: 'ECONNREFUSED' }), 'refused');
  assert.is(troubleOf({ code: 'ETIMEDOUT' }), 'unreachable');
  assert.is(troubleOf({ code: 5 }), 'rejected');
  assert.is(troubleOf({ code: 3 }), 'refused');
  assert.is(troubleOf(null), 'refused');
});

test('the client does not bring its timers for browsers along', () => {
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  assert.ok(loaded.some((file) => file.includes('mqtt-packet')));
  assert.equal(
    loaded.filter(
      (file) => /worker-timers|fast-unique-numbers/.test(file) && !file.endsWith('worker-timers/build/es5/bundle.js'),
    ),
    [],
  );
});

test.run();
