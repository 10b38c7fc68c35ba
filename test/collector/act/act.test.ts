/** Links in messages: opening one changes nothing, its button acts once, and it says why where it cannot. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeSecret } from '../../../collector/accounts/secret.ts';
import { createActLinks } from '../../../collector/act/links.ts';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import type { Notification } from '../../../collector/notify/channel.ts';
import { factsOf, wayBy } from '../../../collector/notify/notification.ts';
import { createOutbox } from '../../../collector/notify/outbox.ts';
import { saveNotification } from '../../../collector/notify/save.ts';
import type { Alert } from '../../../shared/api.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLog } from '../../../shared/log.ts';
import { time } from '../../../shared/words/format.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { until } from '../../support/processes.ts';
import { type WiredMachine, wiredMachine } from '../../support/wired-machine.ts';

const test = suite('links in messages');
let collector: InProcess;
const machines: WiredMachine[] = [];

test.before(async () => {
  collector = await openCollector({
    settings:
      'rules:\n  - { id: disk-space, for_s: 0, clear_for_s: 0 }\n  - { id: disk-space-critical, for_s: 0, clear_for_s: 0, summary: "Clean <up> {host}" }\n',
  });
});
test.after(async () => {
  for (const machine of machines) machine.end();
  await collector.close();
});

const alertsOf = async (endpoint: string) =>
  ((await collector.call(`/api/v1/alerts?endpoint=${endpoint}`, { as: 'viewer' })).body as { items: Alert[] }).items;

async function firing(name: string): Promise<{ machine: WiredMachine; alert: Alert }> {
  const machine = await wiredMachine(collector, 'box');
  // By hand: a name that no longer comes in.
  await collector.state.updateTable('endpoints').set({ name }).where('id', '=', machine.id).execute();
  machines.push(machine);
  await machine.disk(97);
  await until(async () => (await alertsOf(machine.id)).some(({ state }) => state === 'firing'), 10_000, 'an alert');
  return { machine, alert: (await alertsOf(machine.id))[0] as Alert };
}

const never = async (): Promise<never> => {
  throw new Error('the collector itself acts');
};
/** As the outbox makes them. */
const linksAt = (now: number) =>
  createActLinks({
    ...{ state: collector.state, zone: 'UTC', silence: never },
    clock: { now: () => now, monotonic: () => 0 } as never,
    ruleNamed: (id) => ({ id }),
    acknowledge: never,
  });
const link = async (alerts: string[], user: string | null = null, at = Date.now()) =>
  (await linksAt(at).make(alerts, user)).acknowledge as string;

const shown = (path: string, headers: Record<string, string> = {}) => collector.call(path, { headers });
/** As a browser sends the form of the page. */
const press = (path: string) =>
  fetch(collector.started.addresses.http + path, {
    ...{ method: 'POST', redirect: 'manual', body: '' },
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: collector.started.addresses.http,
      'sec-fetch-site': 'same-origin',
    },
  });
const ackOf = async ({ id }: Alert) => {
  const row = collector.state.selectFrom('alerts').select(['acknowledged_by', 'state']).where('id', '=', id);
  return (await row.executeTakeFirstOrThrow()).acknowledged_by;
};

test('opened any number of times it changes nothing; its button acknowledges', async () => {
  const { alert } = await firing('<img src=x onerror=alert(1)>');
  const path = await link([alert.id]);
  for (const headers of [{}, { 'accept-language': 'ja-JP,ja;q=0.9,en;q=0.8' }, { 'sec-fetch-site': 'cross-site' }]) {
    const page = await shown(path, headers);
    assert.is(page.status, 200, page.text);
    assert.match(page.text, headers['accept-language'] ? '確認する</button>' : 'Acknowledge</button>');
    assert.match(page.text, '&lt;img src=x onerror=alert(1)&gt;');
    assert.not.match(page.text, '<img src=x');
    assert.not.match(page.text, '<script');
    assert.match(String(page.headers.get('content-security-policy')), "default-src 'none'");
    assert.not.match(String(page.headers.get('content-security-policy')), 'script-src');
    assert.is(page.headers.get('referrer-policy'), 'same-origin');
    assert.is(page.headers.get('cache-control'), 'no-store');
  }
  assert.is((await fetch(collector.started.addresses.http + path, { method: 'HEAD' })).status >= 400, true);
  assert.is(await ackOf(alert), null, 'only looked at');
  const foreign = await collector.call(path, { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } });
  assert.is(foreign.status, 403, 'a page of another site cannot press it');
  assert.is(await ackOf(alert), null);
  const pressed = await press(path);
  assert.equal([pressed.status, pressed.headers.get('location')], [303, path]);
  assert.is(await ackOf(alert), 'message link');
  const after = await shown(path);
  assert.not.match(after.text, '<button');
  assert.match(after.text, 'acknowledged by Link in a message');
  assert.match(after.text, /Acknowledged until .* \(/);
  assert.is((await press(path)).status, 303, 'again: nothing happens');
  const events = collector.state.selectFrom('alert_events').select('params').where('alert', '=', alert.id);
  const [said, ...more] = await events.where('code', '=', 'acknowledged').execute();
  assert.equal(more, []);
  assert.is(JSON.parse(String(said?.params)).via, 'link', 'and its history says by which way');
});

test('its silence is made once, for two hours, and only for what the message was about', async () => {
  const { alert } = await firing('loud');
  const other = await firing('other');
  const { silence } = await linksAt(Date.now()).make([alert.id], null);
  const page = await shown(String(silence));
  assert.match(page.text, 'Silence for 2 h</button>');
  assert.match(page.text, 'Nobody is notified');
  const silences = () => collector.state.selectFrom('silences').selectAll().execute();
  assert.is((await silences()).length, 0);
  await Promise.all([press(String(silence)), press(String(silence))]);
  await press(String(silence));
  const [made, ...more] = await silences();
  assert.equal(more, []);
  assert.ok(Math.abs(Number(made?.end_at) - Date.now() - 2 * 3_600_000) < 60_000, JSON.stringify(made));
  const suppressed = async (endpoint: string) => (await alertsOf(endpoint))[0]?.suppressedBy;
  assert.equal(await suppressed(alert.endpoint.id), ['silence']);
  assert.equal(await suppressed(other.alert.endpoint.id), []);
  const after = await shown(String(silence));
  assert.not.match(after.text, '<button');
  assert.match(after.text, /Silenced until/);
});

test('a link for a person acts in their name, and not once they are disabled', async () => {
  const people = { name: 'Mia Abe', password: 'a sentence of its own', role: 'operator' };
  const made = await collector.call('/api/v1/users', { method: 'POST', as: 'admin', body: people });
  assert.is(made.status, 201, made.text);
  const { alert } = await firing('mia-1');
  const path = await link([alert.id], 'Mia Abe');
  const asShown = await shown(path);
  assert.match(asShown.text, 'This link is for Mia Abe.');
  assert.match(asShown.text, 'Clean &lt;up&gt; mia-1', 'what the rule says');
  assert.match(asShown.text, 'Times are those of ');
  const ways = { ways: [], quiet: { zone: 'Asia/Tokyo', start: '22:00', end: '06:00' } };
  const url = '/api/v1/on-call/people/Mia%20Abe';
  const set = await collector.call(url, { method: 'PUT', as: 'admin', body: { content: ways } });
  assert.is(set.status, 200, set.text);
  const tokyo = (await shown(path)).text;
  assert.match(tokyo, 'Times are those of Asia/Tokyo.');
  const at = time(alert.firedAt, 'en', 'moment', 'Asia/Tokyo');
  assert.match(tokyo, `since ${at}`);
  await press(path);
  assert.is(await ackOf(alert), 'Mia Abe');
  const { alert: other } = await firing('mia-2');
  const later = await link([other.id], 'Mia Abe');
  await collector.state.updateTable('users').set({ disabled_at: 1 }).where('name', '=', 'Mia Abe').execute();
  assert.is((await shown(later)).status, 404);
  assert.is((await press(later)).status, 404);
  assert.is(await ackOf(other), null);
  assert.equal(await linksAt(Date.now()).make([other.id], 'Mia Abe'), {}, 'and gets no new one');
});

test('a group: those that fired then; later ones are others', async () => {
  const first = await firing('group-1');
  const second = await firing('group-2');
  const path = await link([first.alert.id, second.alert.id]);
  const third = await firing('group-3');
  const page = await shown(path);
  assert.match(page.text, 'Alerts of this message: 2');
  assert.match(page.text, 'group-2');
  await press(path);
  assert.equal(await Promise.all([first, second, third].map(({ alert }) => ackOf(alert))), [
    'message link',
    'message link',
    null,
  ]);
});

test('unknown, expired and resolved meanwhile: a page says so in words, and nothing is done', async () => {
  const { alert, machine } = await firing('late');
  for (const path of [`/act/${makeSecret()}`, `${await link([alert.id])}x`]) {
    const page = await shown(path, { 'accept-language': 'ja' });
    assert.is(page.status, 404);
    assert.match(page.text, '<html lang="ja">');
    assert.match(page.text, 'このリンクは見つからないか');
    assert.is((await press(path)).status, 404);
  }
  const old = await link([alert.id], null, Date.now() - 24 * 3_600_000);
  assert.is((await shown(old)).status, 410);
  assert.match((await shown(old)).text, /This link expired at \d/);
  assert.is((await press(old)).status, 410);
  assert.is(await ackOf(alert), null);

  const path = await link([alert.id]);
  await machine.disk(20);
  await until(async () => (await alertsOf(machine.id))[0]?.state === 'resolved', 10_000, 'its end');
  const page = await shown(path);
  assert.match(page.text, 'Resolved meanwhile');
  assert.not.match(page.text, '<button');
  assert.is((await press(path)).status, 303);
  assert.is(await ackOf(alert), null);
});

test('messages bring them: whoever gets one acknowledges without a log-in', async () => {
  const got: { url: string; acknowledge?: string }[] = [];
  const { alert } = await firing('told');
  const channel = {
    kind: 'test',
    send: async ({ url, links }: Notification) => void got.push({ url, ...links }),
  };
  const outbox = createOutbox({
    ...{ state: collector.state, clock: systemClock, log: silentLog, changeFeed: createChangeFeed() },
    routes: [{ name: 'pager', channel, severities: ['critical'] }],
    publicUrl: () => 'https://keel.example',
    mailOf: never,
    act: linksAt(Date.now()),
  });
  const facts = factsOf(
    { endpointOf: (id) => ({ id, name: id, kind: 'server', site: null }), ruleNamed: (id) => ({ id }) },
    {
      ...alert,
      key: 'k',
      family: 'disk-space',
      endpoint: alert.endpoint.id,
      rule: { id: 'disk-space', severity: 'critical' } as never,
    },
    'firing',
  );
  const about = { about: alert.id, alert: alert.id, incident: null, ticketKey: 'k', ticket: null };
  const say = (event: 'firing' | 'resolved', at: number) =>
    collector.state
      .transaction()
      .execute((db) =>
        saveNotification(
          db,
          { ...about, at, receiver: null, alerts: [], ways: [wayBy('pager')], facts: { ...facts, event } },
          null,
        ),
      );
  await say('firing', Date.now() - 2);
  await outbox.runDue();
  await say('resolved', Date.now() - 1);
  await outbox.runDue();
  const [first, last] = got;
  assert.match(String(first?.acknowledge), /^https:\/\/keel\.example\/act\/[\w-]{43}$/);
  assert.is(last?.acknowledge, undefined, 'of what has ended nothing is acknowledged');
  await press(new URL(String(first?.acknowledge)).pathname);
  assert.is(await ackOf(alert), 'message link');
});

test('the state holds no secret, and guessing is slowed down', async () => {
  const path = await link(['no such alert']);
  const rows = JSON.stringify(await collector.state.selectFrom('act_links').selectAll().execute());
  assert.not.match(rows, path.slice('/act/'.length));
  assert.match((await shown(path)).text, 'These alerts are no longer kept');
  const statuses = [];
  for (let n = 0; n < 30; n++) statuses.push((await shown(`/act/${makeSecret()}`)).status);
  assert.ok(statuses.includes(429), String(statuses));
});

test.run();
