import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { createChannelHealth } from '../../../collector/notify/health.ts';
import { createOutbox, type OutboxParts, pauseAfter } from '../../../collector/notify/outbox.ts';
import { type ChannelRoute, createChannels } from '../../../collector/notify/route.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { type Log, silentLog } from '../../../shared/log.ts';
import { createOutgoing } from '../../../shared/outgoing.ts';
import { freshPlace } from '../../support/state.ts';
import { loopback, notification, openReceiver } from './receiver.ts';

const webhook = (url: string): ChannelRoute[] =>
  createChannels([{ name: 'ops', kind: 'webhook', settings: { url } }], loopback);

const opened: State[] = [];

/** What is logged, with its level. */
function logInto(lines: string[]): Log {
  const at = (level: string) => (values: unknown, text: unknown) =>
    void lines.push(`${level} ${text} ${JSON.stringify(values)}`);
  return { ...silentLog, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } as Log;
}

async function open(routes: ChannelRoute[], state?: State, log: Log = silentLog, more: Partial<OutboxParts> = {}) {
  const db = state ?? (await openState(freshPlace()));
  if (!state) opened.push(db);
  let now = 1_000_000;
  const clock = { now: () => now, monotonic: () => now };
  const outbox = createOutbox({
    state: db,
    clock,
    routes,
    publicUrl: () => 'https://ek.example',
    log,
    changeFeed: createChangeFeed(),
    mailOf: () => Promise.reject(new Error('no report here')),
    random: () => 0,
    timeoutMs: 1000,
    ...more,
  });
  return {
    state: db,
    clock,
    outbox,
    wait: (ms: number) => {
      now += ms;
    },
    async put(id: string, alert = 'a1', channel = 'ops', event = 'firing') {
      const facts = JSON.stringify(notification);
      const row = await db
        .insertInto('notifications')
        .values({ at: now, event: event as 'firing', severity: 'critical', alert, ticket: null, incident: null, facts })
        .returning('id')
        .executeTakeFirstOrThrow();
      await db
        .insertInto('deliveries')
        .values({
          id,
          notification: row.id,
          channel,
          dedupe_key: `${alert}/${event}/${id}/${channel}`,
          about: alert,
          state: 'queued',
          attempts: 0,
          next_at: now,
          last_error: null,
          created_at: now++,
          sent_at: null,
        })
        .execute();
    },
    rows: () => db.selectFrom('deliveries').selectAll().orderBy('created_at').execute(),
  };
}

test('sent once, marked, under its own key', async () => {
  await using receiver = await openReceiver(() => [200]);
  const o = await open(webhook(receiver.url));
  await o.put('id-1');
  assert.is(await o.outbox.runDue(), 1);
  assert.is(await o.outbox.runDue(), 0);
  assert.is(receiver.received.length, 1);
  assert.is(receiver.received[0]?.headers['idempotency-key'], 'id-1');
  const [row] = await o.rows();
  assert.is(row?.state, 'sent');
  assert.is(row?.attempts, 1);
});

test('500, then OK: tried again after a pause, and what comes later about the same alert waits its turn', async () => {
  await using receiver = await openReceiver((n) => [n < 2 ? 500 : 200]);
  const o = await open(webhook(receiver.url));
  await o.put('first', 'a1');
  await o.put('other', 'a2');
  await o.outbox.runDue();
  await o.put('second', 'a1', 'ops', 'resolved');
  assert.is(receiver.received.length, 2, 'the first and the other alert');
  assert.is((await o.rows())[0]?.last_error, 'The channel ops did not accept the notification: HTTP 500.');
  o.wait(200);
  assert.is(await o.outbox.runDue(), 0, 'the pause');
  o.wait(100);
  while ((await o.outbox.runDue()) > 0);
  assert.equal(
    (await o.rows()).map((row) => row.state),
    ['sent', 'sent', 'sent'],
  );
  const keys = receiver.received.map((got) => got.headers['idempotency-key']);
  assert.ok(keys.lastIndexOf('second') > keys.lastIndexOf('first'), keys.join());
});

test('refused: dead at once, with the reason, and the next one goes', async () => {
  await using receiver = await openReceiver((n) => [n === 0 ? 400 : 200]);
  const o = await open(webhook(receiver.url));
  await o.put('first');
  await o.outbox.runDue();
  await o.put('second', 'a1', 'ops', 'resolved');
  while ((await o.outbox.runDue()) > 0);
  const rows = await o.rows();
  assert.equal(
    rows.map((row) => row.state),
    ['dead', 'sent'],
  );
  assert.match(rows[0]?.last_error ?? '', /HTTP 400/);
});

test('a receiver that never takes it: dead after the last attempt', async () => {
  await using receiver = await openReceiver(() => [503]);
  const o = await open(webhook(receiver.url));
  await o.put('first');
  for (let i = 0; i < 40; i++) {
    await o.outbox.runDue();
    o.wait(1_300_000);
  }
  const [row] = await o.rows();
  assert.is(row?.state, 'dead');
  assert.is(row?.attempts, 30);
  assert.is(receiver.received.length, 30);
});

test('a channel that fails is logged once for each cause, then counted, and once more when it works again', async () => {
  await using receiver = await openReceiver((n) => [n < 30 ? 400 : 200]);
  const lines: string[] = [];
  const o = await open(webhook(receiver.url), undefined, logInto(lines));
  for (let n = 0; n < 30; n++) await o.put(`n${n}`, `a${n}`);
  while ((await o.outbox.runDue()) > 0);
  assert.is(lines.length, 1, lines.join('\n'));
  assert.match(lines[0] ?? '', /^warn A notification was given up .*HTTP 400/);
  await o.put('good', 'b');
  while ((await o.outbox.runDue()) > 0);
  assert.match(lines[1] ?? '', /^info A channel works again .*"failed":30/);
  assert.is(lines.length, 2);
  assert.ok(
    (await o.rows()).filter(({ state }) => state === 'dead').every(({ last_error }) => last_error?.includes('400')),
  );
});

test('one that is not allowed to be reached goes on being counted, hourly', async () => {
  const lines: string[] = [];
  const settings = { url: 'http://127.0.0.1:9/hook' };
  const routes = createChannels([{ name: 'ops', kind: 'webhook', settings }], createOutgoing([]));
  const o = await open(routes, undefined, logInto(lines));
  for (let n = 0; n < 5; n++) {
    await o.put(`n${n}`, `a${n}`);
    await o.outbox.runDue();
  }
  assert.is(lines.length, 1, lines.join('\n'));
  o.wait(3_700_000);
  await o.put('later', 'b');
  await o.outbox.runDue();
  assert.match(lines[1] ?? '', '"further":4');
});

test('the address of a webhook, which may be all that its receiver asks for, is told to nobody', async () => {
  const path = '/services/T0/B0/a-token-of-24-characters';
  await using receiver = await openReceiver((n) => [[400, 500, 302][n % 3] as number]);
  const lines: string[] = [];
  const places = [
    `${new URL(receiver.url).origin}${path}`,
    `http://127.0.0.1:9${path}`,
    `http://no-such-host.invalid${path}?key=abc`,
  ];
  const routes = places.flatMap((url, n) =>
    createChannels([{ name: `c${n}`, kind: 'webhook', settings: { url } }], n === 1 ? createOutgoing([]) : loopback),
  );
  const o = await open(routes, undefined, logInto(lines));
  for (let n = 0; n < 9; n++) await o.put(`n${n}`, `a${n}`, `c${n % 3}`);
  await o.outbox.runDue();
  const told = JSON.stringify([lines, await o.rows()]);
  assert.ok(lines.length >= 4, lines.join('\n'));
  assert.not.match(told, /a-token-of|key=abc|services/);
});

test('a receiver that says nothing costs its own time limit, not that of others', async () => {
  await using slow = await openReceiver(() => null);
  await using quick = await openReceiver(() => [200]);
  const routes = createChannels(
    [
      { name: 'slow', kind: 'webhook', settings: { url: slow.url } },
      { name: 'ops', kind: 'webhook', settings: { url: quick.url } },
    ],
    loopback,
  );
  const o = await open(routes);
  await o.put('first', 'a1', 'slow');
  await o.put('second', 'a1', 'ops');
  const started = performance.now();
  await o.outbox.runDue();
  const ms = performance.now() - started;
  assert.ok(ms > 900 && ms < 4000, `${ms} ms`);
  assert.equal(
    (await o.rows()).map((row) => row.state),
    ['queued', 'sent'],
  );
});

test('killed between sending and marking: one repeat, after a pause, under the same key', async () => {
  await using receiver = await openReceiver(() => [200]);
  const routes = webhook(receiver.url);
  const dying: ChannelRoute[] = routes.map((route) => ({
    ...route,
    channel: {
      kind: 'webhook',
      async send(one, signal) {
        await route.channel.send(one, signal);
        // As if the process had ended here: nothing after the send is ever written.
        await new Promise(() => undefined);
      },
    },
  }));
  const first = await open(dying);
  await first.put('id-1');
  void first.outbox.runDue();
  while (receiver.received.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  const second = await open(routes, first.state);
  assert.is(await second.outbox.runDue(), 0, 'the attempt was counted before it was made');
  second.wait(10_000);
  await second.outbox.runDue();
  await second.outbox.runDue();
  assert.equal(
    receiver.received.map((got) => got.headers['idempotency-key']),
    ['id-1', 'id-1'],
  );
  assert.is((await second.rows())[0]?.state, 'sent');
});

test('a channel that is no longer in the settings: dead, by name', async () => {
  const o = await open([]);
  await o.put('first');
  await o.outbox.runDue();
  assert.match((await o.rows())[0]?.last_error ?? '', /ops.*no longer in the settings/);
});

test('woken, it sends by itself; stopped, it has finished what it was sending', async () => {
  await using receiver = await openReceiver(() => [200]);
  const o = await open(webhook(receiver.url));
  o.outbox.start();
  for (let i = 0; i < 20; i++) await o.put(`n${i}`, `a${i}`);
  o.outbox.wake();
  while (receiver.received.length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
  await o.outbox.stop();
  assert.ok((await o.rows()).every((row) => row.state === 'sent'));
  assert.is(receiver.received.length, 20);
});

test('what was sent or given up long ago is forgotten, what waits is not', async () => {
  const o = await open([]);
  for (const id of ['sent', 'dead', 'queued', 'fresh']) await o.put(id, id);
  for (const id of ['sent', 'dead'] as const)
    await o.state.updateTable('deliveries').set({ state: id }).where('id', '=', id).execute();
  o.wait(89 * 86_400_000);
  assert.is(await o.outbox.prune(), 0);
  o.wait(2 * 86_400_000);
  await o.state
    .updateTable('deliveries')
    .set({ state: 'sent', created_at: 90 * 86_400_000 })
    .where('id', '=', 'fresh')
    .execute();
  assert.is(await o.outbox.prune(), 2);
  assert.equal((await o.rows()).map((row) => row.id).sort(), ['fresh', 'queued']);
});

test('Retry-After replaces the pause and holds the whole channel, and no other', async () => {
  await using busy = await openReceiver((n) => (n === 0 ? [429, { 'retry-after': '120' }] : [200]));
  await using quick = await openReceiver(() => [200]);
  const routes = [
    ...webhook(busy.url),
    ...createChannels([{ name: 'quick', kind: 'webhook', settings: { url: quick.url } }], loopback),
  ];
  const o = await open(routes);
  await o.put('first', 'a1');
  await o.outbox.runDue();
  await o.put('other', 'a2');
  await o.put('elsewhere', 'a2', 'quick');
  assert.is(await o.outbox.runDue(), 1, 'only the other channel');
  assert.is(quick.received.length, 1);
  o.wait(110_000);
  assert.is(await o.outbox.runDue(), 0);
  o.wait(10_100);
  assert.is(await o.outbox.runDue(), 2);
  assert.equal(busy.received.map((got) => got.headers['idempotency-key']).sort(), ['first', 'first', 'other']);
  for (const [asked, held] of [
    ['0', 1000],
    ['9999999', 6 * 3_600_000],
  ] as const) {
    await using one = await openReceiver(() => [503, { 'retry-after': asked }]);
    const p = await open(webhook(one.url));
    await p.put('x');
    const before = p.clock.now();
    await p.outbox.runDue();
    assert.is(((await p.rows())[0]?.next_at ?? 0) - before, held, asked);
  }
});

test('a pause that was asked for holds over a restart of the collector', async () => {
  await using busy = await openReceiver((n) => (n === 0 ? [429, { 'retry-after': '120' }] : [200]));
  const o = await open(webhook(busy.url));
  await o.put('first', 'a1');
  await o.outbox.runDue();
  await o.put('other', 'a2');
  const asked = busy.received.length;
  const again = await open(webhook(busy.url), o.state);
  again.wait(60_000);
  assert.is(await again.outbox.runDue(), 0, 'nothing of that channel before its time');
  assert.is(busy.received.length, asked);
  again.wait(65_000);
  while ((await again.outbox.runDue()) > 0);
  assert.ok((await again.rows()).every(({ state }) => state === 'sent'));
});

test('500 that wait for another try do not hold up what comes later', async () => {
  await using receiver = await openReceiver(() => [200]);
  const o = await open(webhook(receiver.url));
  for (let n = 0; n < 501; n++) await o.put(`waits-${n}`, `a${n}`);
  await o.state.updateTable('deliveries').set({ attempts: 1, next_at: 9_000_000_000 }).execute();
  await o.put('behind', 'a3');
  await o.put('later', 'b');
  await o.outbox.runDue();
  assert.equal(
    receiver.received.map((got) => got.headers['idempotency-key']),
    ['later'],
    'and what is about the same as one that waits goes after it',
  );
});

test('a later state replaces an unsent one; of a begin and its end, both unsent, neither is sent', async () => {
  await using receiver = await openReceiver(() => [200]);
  const o = await open(webhook(receiver.url));
  for (const event of ['firing', 'update', 'repeat']) await o.put(`a-${event}`, 'a', 'ops', event);
  for (const event of ['firing', 'resolved']) await o.put(`b-${event}`, 'b', 'ops', event);
  await o.put('c-sla', 'c', 'ops', 'sla');
  await o.put('c-hold', 'c', 'ops', 'hold');
  while ((await o.outbox.runDue()) > 0);
  const sent = () => receiver.received.map((got) => got.headers['idempotency-key']).sort();
  assert.equal(sent(), ['a-repeat', 'c-hold', 'c-sla']);
  // Whoever was notified is notified of the end, once.
  await o.put('a-update2', 'a', 'ops', 'update');
  await o.put('a-resolved', 'a', 'ops', 'resolved');
  while ((await o.outbox.runDue()) > 0);
  assert.equal(sent(), ['a-repeat', 'a-resolved', 'c-hold', 'c-sla']);
  const states = Object.fromEntries((await o.rows()).map(({ id, state }) => [id, state]));
  assert.is(states['a-firing'], 'dropped');
  assert.is(states['b-resolved'], 'dropped');
});

test('a begin that may have arrived is followed by its end', async () => {
  await using receiver = await openReceiver((n) => [n === 0 ? 503 : 200]);
  const o = await open(webhook(receiver.url));
  await o.put('begin');
  await o.outbox.runDue();
  await o.put('end', 'a1', 'ops', 'resolved');
  o.wait(10_000);
  while ((await o.outbox.runDue()) > 0);
  assert.equal(
    receiver.received.map((got) => got.headers['idempotency-key']),
    ['begin', 'begin', 'end'],
  );
});

test('given up after twelve hours, however few attempts a receiver allows', async () => {
  await using receiver = await openReceiver(() => [503, { 'retry-after': '20000' }]);
  const o = await open(webhook(receiver.url));
  await o.put('first');
  for (let n = 0; n < 5; n++) {
    await o.outbox.runDue();
    o.wait(20_001_000);
  }
  assert.is((await o.rows())[0]?.state, 'dead');
  assert.ok(receiver.received.length <= 4, String(receiver.received.length));
});

test('a slow channel of a hundred messages delays no other, also while it is busy', async () => {
  await using slow = await openReceiver(() => null);
  await using quick = await openReceiver(() => [200]);
  const routes = [slow, quick].flatMap(({ url }, n) =>
    createChannels([{ name: `c${n}`, kind: 'webhook', settings: { url } }], loopback),
  );
  const o = await open(routes);
  for (let n = 0; n < 100; n++) await o.put(`s${n}`, `s${n}`, 'c0');
  o.outbox.start();
  while (slow.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const begun = performance.now();
  await o.put('now', 'q', 'c1');
  o.outbox.wake();
  while (quick.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const ms = performance.now() - begun;
  assert.ok(ms < 900, `${ms} ms`);
  await o.outbox.stop();
});

test('a channel that is added or changed while it runs is used at once', async () => {
  await using receiver = await openReceiver(() => [200]);
  const routes: ChannelRoute[] = [];
  const o = await open(routes);
  routes.push(...webhook(receiver.url));
  await o.put('first');
  assert.is(await o.outbox.runDue(), 1);
  assert.is(receiver.received.length, 1);
});

test('how a channel does: the alert begins when a message is given up or late, ends with the next that is taken, and survives a restart', async () => {
  await using receiver = await openReceiver((n) => [n === 0 ? 400 : 200]);
  const raised: string[] = [];
  const raise = async (channel: string, isBad: boolean) => void raised.push(`${channel} ${isBad}`);
  const routes = webhook(receiver.url);
  const first = await open(routes);
  const health = createChannelHealth({ state: first.state, clock: first.clock, routes, log: silentLog });
  const o = await open(routes, first.state, silentLog, { results: health, clock: first.clock });
  await o.put('refused');
  await o.outbox.runDue();
  await health.start(raise);
  await health.look();
  assert.ok(raised.includes('ops true'), raised.join());
  assert.equal([health.failing(), health.isMute()], [['ops'], true]);
  assert.match(health.lastOf('ops')?.error ?? '', /HTTP 400/);
  assert.equal((await health.counts()).get('ops'), { failed: 1, waiting: 0 });
  const again = createChannelHealth({ state: first.state, clock: first.clock, routes, log: silentLog });
  await again.start(async () => undefined);
  assert.equal(again.failing(), ['ops'], 'after a restart');
  again.stop();
  await o.put('taken', 'a2');
  first.wait(1000);
  await o.outbox.runDue();
  await health.look();
  assert.is(raised.at(-1), 'ops false');
  assert.is(health.lastOf('ops')?.error, null);
  // Late: tried, and older than five minutes.
  await first.state.updateTable('deliveries').set({ state: 'queued' }).where('id', '=', 'taken').execute();
  first.wait(5 * 60_000 + 1);
  await health.look();
  assert.is(raised.at(-1), 'ops true');
  health.stop();
});

test('the failure of a channel is reported by the others only', async () => {
  await using receiver = await openReceiver(() => [200]);
  const o = await open(webhook(receiver.url));
  await o.put('own');
  const facts = JSON.stringify({ ...notification, rule: { id: 'channel-failed' }, tags: { channel: 'ops' } });
  await o.state.updateTable('notifications').set({ facts }).execute();
  await o.put('other', 'a2');
  await o.state
    .updateTable('notifications')
    .set({ facts: facts.replace('"ops"', '"mail"') })
    .where('alert', '=', 'a2')
    .execute();
  while ((await o.outbox.runDue()) > 0);
  assert.equal(
    receiver.received.map((got) => got.headers['idempotency-key']),
    ['other'],
  );
});

test('pauses grow, are random, and have an end', () => {
  assert.is(
    pauseAfter(1, () => 0),
    250,
  );
  assert.is(
    pauseAfter(1, () => 0.999),
    250 + Math.floor(0.999 * 4000),
  );
  assert.ok(pauseAfter(30, () => 0.999) <= 3_600_250);
  assert.ok(pauseAfter(5, () => 0.5) > pauseAfter(2, () => 0.5));
});

test.after(async () => {
  for (const state of opened) await state.destroy();
});
test.run();
