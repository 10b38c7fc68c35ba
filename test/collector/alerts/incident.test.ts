/** Many machines of a site, one trouble: one message and one ticket for all of them. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Notification } from '../../../collector/notify/channel.ts';
import { alertmanagerJson } from '../../../collector/notify/channels/webhook.ts';
import type { Language } from '../../../shared/words/index.ts';
import { hour, minute, openScene, type Reading, recorder, type Scene, second } from './scene.ts';

const day = 86_400;
const site = 'EU/Berlin HQ';
const five = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((id) => [id, 'server' as const]));
const ids = Object.keys(five);
const patches = (days: number, manager = 'apt'): Reading => [
  'patches',
  { oldest_security_age_s: days * day, pending_security: days > 0 ? 3 : 0, scan_ok: 1 },
  { manager },
];
const overdue = patches(8);
const upToDate = patches(0);

interface Webhook {
  commonAnnotations: Record<string, string>;
  status: string;
  groupLabels: Record<string, string>;
  alerts: { labels: Record<string, string>; annotations: Record<string, string> }[];
}
const webhook = (notification: Notification | undefined, language: Language = 'en') =>
  alertmanagerJson(notification as Notification, 'ops', language) as Webhook;

/** One after the other, a minute apart. */
async function sayAll(s: Scene, ...readings: Reading[]): Promise<void> {
  for (const id of ids) {
    await s.say(id, ...readings);
    await s.wait(minute, 10 * second);
  }
}

async function begun(options: Parameters<typeof openScene>[0] = {}) {
  const s = await openScene({ endpoints: five, site, notify, ...options });
  for (const id of ids) await s.presence(id, 'online');
  return s;
}

/** Messages about several of them, and all that say how it ended. */
const grouped = (sent: Notification[], event: Notification['event']) =>
  sent.filter((notification) => notification.event === event && notification.members !== null);
/** As people set it up: the first message waits, and so does the one about more. */
const notify = { wait: 30 * second, interval: 5 * minute };

test('five servers of a site cross a warning rule within five minutes: the first, and then all in one warning, whole and true', async () => {
  const s = await begun();
  await sayAll(s, overdue);
  await s.wait(hour, minute);
  assert.equal(
    s.sent.map(({ event, members }) => [event, members?.count ?? 1]),
    [
      ['firing', 1],
      ['update', 5],
    ],
  );
  const [, notification] = s.sent;
  assert.is(notification?.severity, 'warning');
  assert.is(
    s.sent.some(({ severity }) => severity === 'critical'),
    false,
  );
  assert.equal(
    notification?.members?.names,
    ids.map((id) => `${id}-name`),
  );
  assert.equal(notification?.endpoint, { id: '', name: site, kind: 'site', site });
  assert.is(notification?.rule.id, 'security-updates');
  assert.is(notification?.url, `https://ek.example/tickets/${notification?.ticket}`);

  const { labels, annotations } = webhook(notification).alerts[0] ?? { labels: {}, annotations: {} };
  assert.equal([labels.site, labels.alertname, labels.severity], [site, 'security-updates', 'warning']);
  assert.equal(
    webhook(notification).alerts.map((alert) => alert.labels.instance),
    ids.map((id) => `${id}-name`),
  );
  // Of all of them beside the list, and of each its own.
  assert.match(annotations.summary ?? '', /^Warning: a-name – /);
  assert.match(
    webhook(notification).commonAnnotations.summary ?? '',
    /^Warning · Update: EU\/Berlin HQ – .*: 5 endpoints \(a-name, b-name, .*e-name\)$/,
  );
  assert.match(webhook(notification, 'ja').commonAnnotations.summary ?? '', /5\s台 \(a-name/);

  const [ticket, ...others] = (await s.ticketRows()).filter(({ open_key }) => open_key !== null);
  assert.equal(others, []);
  assert.equal(
    [ticket?.kind, ticket?.site, ticket?.rule, ticket?.id],
    ['incident', site, 'security-updates', notification?.ticket],
  );
  const [incident] = await s.state.selectFrom('incidents').selectAll().execute();
  assert.equal(
    [incident?.kind, incident?.site, incident?.rule, incident?.ended_at],
    ['site', site, 'security-updates', null],
  );
  await s.close();
});

test('its end is notified to the channels that were notified, and to no other; it names them, too', async () => {
  const heard: Notification[] = [];
  const onlyCritical: Notification[] = [];
  const routes = [recorder(heard, 'ops'), { ...recorder(onlyCritical, 'pager'), severities: ['critical' as const] }];
  const s = await begun({ routes });
  await sayAll(s, overdue);
  await s.wait(10 * minute, minute);
  await sayAll(s, upToDate);
  await s.wait(15 * minute, minute);
  assert.equal(onlyCritical, []);
  const [end, ...more] = grouped(heard, 'resolved');
  assert.equal(more, []);
  assert.is(end?.key, heard[0]?.key);
  assert.equal(
    end?.members?.names,
    ids.map((id) => `${id}-name`),
  );
  assert.is(end?.severity, 'warning');
  assert.type(end?.endedAt, 'number');
  assert.match(webhook(end).commonAnnotations.summary ?? '', /^Resolved: EU\/Berlin HQ – .*: 5 endpoints/);
  assert.equal(
    heard.map(({ event }) => event),
    ['firing', 'update', 'resolved'],
  );
  assert.equal(
    (await s.ticketRows()).filter(({ kind }) => kind === 'incident').map(({ state }) => state),
    ['resolved'],
  );
  assert.type((await s.state.selectFrom('incidents').selectAll().execute())[0]?.ended_at, 'number');
  await s.close();
});

test('a server with two package managers is one endpoint of five', async () => {
  const s = await begun();
  for (const id of ids) {
    await s.say(id, overdue, ...(id === 'a' ? [patches(9, 'snap')] : []));
    await s.wait(30 * second, second);
  }
  await s.wait(10 * minute, 10 * second);
  assert.equal(
    grouped(s.sent, 'update').map(({ members }) => [members?.count, members?.endpoints]),
    [[6, 5]],
  );
  await s.close();
});

test('one that is critical makes the message critical', async () => {
  const s = await begun();
  for (const id of ids) await s.say(id, id === 'c' ? patches(15) : overdue);
  await s.wait(10 * minute, minute);
  const [notification] = grouped(s.sent, 'firing');
  assert.equal([notification?.severity, notification?.rule.id], ['critical', 'security-updates']);
  await s.close();
});

test('four are no incident, nor are five in an hour: tickets of their own, though one message for all', async () => {
  const s = await begun();
  for (const id of ids.slice(0, 4)) await s.say(id, overdue);
  await s.wait(hour, minute);
  await s.say('e', overdue);
  await s.wait(hour, minute);
  assert.equal(
    s.sent.map(({ event, members }) => [event, members?.count]),
    [
      ['firing', 4],
      ['update', 5],
    ],
  );
  assert.is((await s.ticketRows()).length, 5);
  await s.close();
});

test('machines without a site are no incident: a ticket each', async () => {
  const s = await begun({ site: null });
  await sayAll(s, overdue);
  await s.wait(hour, minute);
  assert.equal(
    s.sent.map(({ event, endpoint, members }) => [event, endpoint.name, members?.count]),
    [
      ['firing', 'a-name', undefined],
      ['update', '', 5],
    ],
  );
  assert.equal(
    (await s.ticketRows()).map(({ kind, site: at }) => [kind, at]),
    ids.map(() => ['alert', null]),
  );
  await s.close();
});

test('over a restart its end is notified, once, and still says of how many', async () => {
  const heard: Notification[] = [];
  let s = await begun({ routes: [recorder(heard)] });
  await sayAll(s, overdue);
  await s.wait(10 * minute, minute);
  s = await s.restart();
  for (const id of ids) await s.presence(id, 'online');
  await sayAll(s, upToDate);
  s = await s.restart();
  await s.wait(15 * minute, minute);
  assert.is(grouped(heard, 'update').length, 1);
  const ends = grouped(heard, 'resolved');
  assert.equal(
    ends.map(({ members, endpoint }) => [members?.count, endpoint.site]),
    [[5, site]],
  );
  await s.close();
});

/** Reports once a minute. */
async function keepSayingAll(s: Scene, ms: number, ...readings: Reading[]): Promise<void> {
  for (const end = s.now() + ms; s.now() < end; await s.wait(minute, 10 * second))
    for (const id of ids) await s.say(id, ...readings);
}
const incidentOf = async (s: Scene) => {
  const all = await s.ticketRows();
  assert.is(all.filter(({ kind }) => kind !== 'incident').length, 0, 'tickets of their own');
  return all.at(-1);
};
const endedAt = async (s: Scene) =>
  (await s.state.selectFrom('incidents').select('ended_at').execute()).map(({ ended_at }) => ended_at !== null);

for (const [how, closes] of Object.entries({
  'resolved by hand': (s: Scene, id: number) => s.tickets.resolve(id, 'ada', 'done'),
  'cancelled by hand': (s: Scene, id: number) => s.tickets.setState(id, 'ada', { to: 'cancelled', text: 'known' }),
  'resolved, won’t fix for an hour': (s: Scene, id: number) => s.tickets.resolve(id, 'ada', null, s.now() + hour),
}))
  for (const restarts of [false, true])
    test(`an incident’s ticket ${how}${restarts ? ', restart' : ''}: notified once that it fires, once that it ended`, async () => {
      let s = await begun();
      await keepSayingAll(s, hour, overdue);
      const { sent } = s;
      await closes(s, (await incidentOf(s))?.id ?? 0);
      if (restarts) {
        s = await s.restart({ routes: [recorder(sent)] });
        for (const id of ids) await s.presence(id, 'online');
      }
      await keepSayingAll(s, 90 * minute, overdue);
      const ticket = await incidentOf(s);
      assert.equal([ticket?.rule, ticket?.site, ticket?.open_key === null], ['security-updates', site, false]);
      await keepSayingAll(s, hour, upToDate);
      assert.equal(
        sent.map(({ event, members }) => [event, members?.count]),
        [
          ['firing', 5],
          ['resolved', 5],
        ],
      );
      assert.ok((await endedAt(s)).at(-1), 'the outage has its end');
      await s.close();
    });

test('good again before its ticket is opened again: its end is notified, and the ticket stays closed', async () => {
  const s = await begun();
  await keepSayingAll(s, hour, overdue);
  await s.tickets.resolve((await incidentOf(s))?.id ?? 0, 'ada', 'done');
  await keepSayingAll(s, 30 * minute, upToDate);
  assert.is((await incidentOf(s))?.state, 'resolved');
  assert.equal(
    grouped(s.sent, 'resolved').map(({ members }) => members?.count),
    [5],
  );
  assert.equal(await endedAt(s), [true]);
  await s.close();
});

test('a person has its ticket: its end is notified, once, and a new outbreak is notified again', async () => {
  const s = await begun();
  await keepSayingAll(s, hour, overdue);
  const id = (await incidentOf(s))?.id ?? 0;
  await s.tickets.comment(id, 'ada', { text: 'I am on it', isPublic: false, isFromRequester: false });
  await keepSayingAll(s, 2 * hour, upToDate);
  assert.is((await incidentOf(s))?.state, 'new', 'only a person resolves it');
  assert.is(grouped(s.sent, 'resolved').length, 1);
  assert.equal(await endedAt(s), [true]);
  await keepSayingAll(s, hour, overdue);
  assert.equal(
    grouped(s.sent, 'firing').map(({ members }) => members?.count),
    [5, 5],
  );
  assert.equal(await endedAt(s), [false]);
  await s.tickets.resolve(id, 'ada', 'done');
  await keepSayingAll(s, hour, upToDate);
  assert.is(grouped(s.sent, 'resolved').length, 2);
  await s.close();
});

test.run();
