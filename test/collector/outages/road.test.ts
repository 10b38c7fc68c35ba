/** Outages on the road from a verdict to people and tickets, on a clock moved by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Notification } from '../../../collector/notify/channel.ts';
import { alertmanagerJson } from '../../../collector/notify/channels/webhook.ts';
import { bodyText, headline } from '../../../collector/notify/notification-text.ts';
import { hour, minute, openScene, type Scene, second } from '../alerts/scene.ts';

const site = 'Berlin';
const servers = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`s${n}`, 'server' as const]));

async function begun(count: number, options: Parameters<typeof openScene>[0] = {}): Promise<Scene> {
  const s = await openScene({ endpoints: servers(count), site, ...options });
  for (let n = 0; n < count; n++) await s.presence(`s${n}`, 'online');
  return s;
}

const told = (s: Scene) => s.sent.map(({ event, rule }) => `${event} ${rule.id}`);
const codes = async (s: Scene, endpoint: string) =>
  (
    await s.state
      .selectFrom('alert_events')
      .innerJoin('alerts', 'alerts.id', 'alert_events.alert')
      .select('code')
      .where('endpoint', '=', endpoint)
      .orderBy('alert_events.id')
      .execute()
  ).map(({ code }) => code);
const openTickets = async (s: Scene) => (await s.ticketRows()).filter(({ open_key }) => open_key !== null);

async function lose(s: Scene, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    await s.presence(`s${n}`, 'lost', 'will');
    await s.wait(second);
  }
}
async function back(s: Scene, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    await s.presence(`s${n}`, 'online');
    await s.wait(second);
  }
}

test('a site of fifty goes dark: one message and one ticket; it returns: one message, and the ticket is resolved', async () => {
  const s = await begun(50);
  await s.wait(minute);
  await lose(s, 0, 50);
  await s.wait(20 * minute, 10 * second);
  assert.equal(told(s), ['firing site-down']);
  assert.is(s.sent[0]?.severity, 'critical');
  const tickets = await openTickets(s);
  assert.equal(
    tickets.map(({ kind, rule, site: of, fires }) => ({ kind, rule, of, fires })),
    [{ kind: 'incident', rule: 'site-down', of: site, fires: 50 }],
  );
  const alerts = await s.alertRows();
  assert.ok(
    alerts.every(({ ticket }) => ticket === tickets[0]?.id),
    'all of it hangs on that ticket',
  );
  assert.is(alerts.filter(({ suppressed_by }) => suppressed_by === 'site_incident').length, 50);
  assert.equal((await codes(s, 's7')).slice(0, 3), ['pending', 'firing', 'in_site_incident']);

  await back(s, 0, 50);
  await s.wait(20 * minute, 10 * second);
  assert.equal(told(s), ['firing site-down', 'resolved site-down']);
  assert.equal(await openTickets(s), []);
  assert.ok((await s.alertRows()).every(({ state }) => state === 'resolved'));
  const [incident, ...others] = await s.state.selectFrom('incidents').selectAll().execute();
  assert.equal(others, []);
  assert.type(incident?.ended_at, 'number');
  await s.close();
});

test('four of fifty are four alerts, and the ten that follow within five minutes make one outage of all', async () => {
  const s = await begun(50);
  await lose(s, 0, 4);
  await s.wait(2 * minute, 10 * second);
  // Of one group: what was not sent yet gave way to the message with all four, which is then the first.
  assert.equal(told(s), ['firing server-down']);
  assert.is(s.sent[0]?.members?.count, 4);
  await lose(s, 4, 14);
  await s.wait(10 * minute, 10 * second);
  assert.equal(told(s).slice(1), ['firing site-down']);
  const [ticket, ...others] = await openTickets(s);
  assert.equal([ticket?.rule, others.length], ['site-down', 0], 'a ticket that was opened before is part of it');
  await back(s, 0, 14);
  await s.wait(20 * minute, 10 * second);
  assert.equal(
    told(s)
      .filter((text) => text.startsWith('resolved'))
      .sort(),
    ['resolved server-down', 'resolved site-down'],
  );
  assert.equal(await openTickets(s), []);
  await s.close();
});

test('three of three are a site; a short outage leaves no ticket open', async () => {
  const s = await begun(3);
  await lose(s, 0, 3);
  await s.wait(20 * second);
  await back(s, 0, 3);
  await s.wait(30 * minute, 10 * second);
  assert.equal(told(s), ['firing site-down', 'resolved site-down']);
  assert.equal(await openTickets(s), []);
  await s.close();
});

const notify = { wait: 30 * second, interval: 5 * minute };
const allTold = (s: Scene) => s.sent.map(({ event, rule, members }) => `${event} ${rule.id} ${members?.count ?? 1}`);

test('those that stay away when the site is back go on alone, with a ticket of their own and no second message', async () => {
  const s = await begun(20, { notify });
  await lose(s, 0, 20);
  await s.wait(10 * minute, 10 * second);
  await back(s, 0, 18);
  await s.wait(4 * minute, 10 * second);
  assert.equal(allTold(s), ['firing site-down 20', 'resolved site-down 20']);
  assert.equal((await codes(s, 's19')).at(-1), 'site_incident_left');
  await s.wait(20 * minute, 10 * second);
  const rules = (await openTickets(s)).map(({ rule, endpoint }) => `${rule} ${endpoint}`);
  assert.equal(rules.sort(), ['server-down s18', 'server-down s19']);
  const later = await s.restart();
  await later.wait(20 * minute, 10 * second);
  await back(later, 18, 20);
  await later.wait(20 * minute, 10 * second);
  assert.equal(allTold(s).length, 2, 'nobody was called by those two');
  assert.equal(allTold(later), ['resolved server-down 2'], 'whoever heard of them hears of their end');
  await later.close();
});

test('the end of an outage names those that are still silent as such, in both languages, and in codes', async () => {
  const s = await begun(20, { notify });
  await lose(s, 0, 20);
  await s.wait(10 * minute, 10 * second);
  await back(s, 0, 18);
  await s.wait(4 * minute, 10 * second);
  const end = s.sent.at(-1) as Notification;
  assert.match(headline(end, 'en'), /^Resolved: Berlin – Site does not respond: 20 endpoints, 2 still silent$/);
  assert.match(bodyText(end, 'en'), /\nStill silent: s18-name, s19-name\n/);
  assert.match(headline(end, 'ja'), /20\s*台、応答がないまま\s*2\s*台$/);
  assert.match(bodyText(end, 'ja'), /\n応答がないまま: s18-name, s19-name\n/);
  const { commonAnnotations } = alertmanagerJson(end, 'ops', 'en') as { commonAnnotations: Record<string, string> };
  assert.is(commonAnnotations.still_silent, 's18-name, s19-name');
  await s.close();
});

test('of an outage that nobody heard of those that stay away are said, and so is one that goes again after it', async () => {
  const s = await begun(20, { notify });
  await s.alerts.silences.create({ matchers: ['rule="site-down"'], reason: 'Works', end: s.now() + hour }, 'ana');
  await lose(s, 0, 20);
  await s.wait(10 * minute, 10 * second);
  await back(s, 0, 18);
  await s.wait(4 * minute, 10 * second);
  assert.equal(allTold(s), ['firing server-down 2']);
  await s.presence('s0', 'lost', 'will');
  await s.wait(10 * minute, 10 * second);
  assert.equal(allTold(s).slice(1), ['update server-down 3']);
  await s.close();
});

test('an outage that begins again within fifteen minutes is said to be the same one', async () => {
  const s = await begun(20, { notify });
  for (const pause of [8 * minute, 30 * minute]) {
    await lose(s, 0, 20);
    await s.wait(4 * minute, 10 * second);
    await back(s, 0, 20);
    await s.wait(pause, 10 * second);
  }
  await lose(s, 0, 20);
  await s.wait(4 * minute, 10 * second);
  const begins = s.sent.filter(({ event, rule }) => event === 'firing' && rule.id === 'site-down');
  assert.equal(
    begins.map(({ why }) => why),
    [null, 'reopened', null],
  );
  const [, again] = begins as [Notification, Notification];
  assert.match(headline(again, 'en'), /^Critical · Reopened: Berlin – /);
  assert.match(bodyText(again, 'en'), /\nIt goes on: it had ended less than 15 minutes before\.\n/);
  assert.match(headline(again, 'ja'), /^重大 · 再発: Berlin – /);
  assert.match(bodyText(again, 'ja'), /\n終了から\s*15\s*分以内に再び起きたため、同じ障害の続きです。\n/);
  await s.close();
});

test('a goodbye, and what is in maintenance, is no part of it', async () => {
  const s = await begun(12);
  for (let n = 0; n < 3; n++) {
    const scope = { of: 'endpoint' as const, target: `s${n}` };
    await s.alerts.maintenance.create({ scope, reason: 'New disk', to: s.now() + hour }, 'ana');
  }
  await s.presence('s3', 'offline', 'stop');
  await lose(s, 0, 3);
  await lose(s, 4, 6);
  await s.wait(5 * minute, 10 * second);
  assert.not.ok(told(s).some((text) => text.includes('site-down')));
  await s.close();
});

test('after a restart in the middle its members are kept, nothing is said twice, and the stable time begins again', async () => {
  const first = await begun(10);
  await lose(first, 0, 10);
  await first.wait(5 * minute, 10 * second);
  assert.equal(told(first), ['firing site-down']);
  await back(first, 0, 10);
  await first.wait(minute);
  const second_ = await first.restart();
  for (let n = 0; n < 10; n++) await second_.presence(`s${n}`, 'online');
  await second_.wait(100 * second, second);
  assert.not.ok(told(first).includes('resolved site-down'));
  await second_.wait(30 * second, second);
  assert.equal(
    [...told(first), ...told(second_)].filter((text) => text.includes('site-down')),
    ['firing site-down', 'resolved site-down'],
  );
  await second_.wait(20 * minute, 10 * second);
  assert.equal(await openTickets(second_), []);
  await second_.close();
});

for (const [when, deadFor, how] of [
  ['after it', 0, 'silent'],
  ['while no collector ran', 20 * minute, 'silent'],
  ['after it, by their last will', 0, 'will'],
] as const)
  test(`a restart inside an incident, and members that go silent ${when}: they are of it, and nobody hears of them`, async () => {
    const first = await begun(10);
    await first.wait(minute);
    await lose(first, 0, 6);
    await first.wait(5 * minute, 10 * second);
    await back(first, 0, 2);
    assert.equal(told(first), ['firing site-down']);
    first.pass(deadFor);
    const next = await first.restart();
    // Two that were back, two that were never away; four are silent all the time.
    for (const n of [0, 1, 6, 7]) await next.presence(`s${n}`, 'lost', how);
    for (const n of [8, 9]) await next.presence(`s${n}`, 'online');
    await next.wait(20 * minute, 10 * second);
    assert.equal(told(next), [], 'nothing since');
    const active = (await next.alertRows()).filter(({ state, rule }) => state !== 'resolved' && rule === 'server-down');
    assert.equal(
      active.map(({ endpoint, suppressed_by }) => `${endpoint} ${suppressed_by}`).sort(),
      [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `s${n} site_incident`),
    );
    await back(next, 0, 8);
    await next.wait(10 * minute, 10 * second);
    assert.equal(told(next), ['resolved site-down']);
    await next.close();
  });

test('endpoints that were silent before a restart are no new outage', async () => {
  const first = await begun(8);
  for (let n = 0; n < 6; n++) {
    await first.presence(`s${n}`, 'lost', 'will');
    await first.wait(6 * minute, 30 * second);
  }
  assert.not.ok(told(first).includes('firing site-down'));
  const next = await first.restart();
  for (let n = 0; n < 6; n++) await next.presence(`s${n}`, 'lost', 'silent');
  await next.wait(5 * minute, 10 * second);
  assert.not.ok(told(next).includes('firing site-down'));
  await next.close();
});

test('two sites dark at once are a collector that is cut off: one alert for all', async () => {
  const s = await begun(12);
  for (let n = 0; n < 6; n++) await s.move(`s${n}`, 'Osaka');
  await s.wait(minute);
  for (let n = 0; n < 12; n++) await s.presence(`s${n}`, 'lost', 'will');
  await s.wait(10 * minute, 10 * second);
  const rows = await s.alertRows();
  const isolated = rows.filter(({ rule }) => rule === 'collector-isolated');
  assert.equal([isolated.length, isolated[0]?.suppressed_by], [1, '']);
  const others = rows.filter(({ rule }) => rule !== 'collector-isolated');
  assert.ok(
    others.every(({ suppressed_by }) => suppressed_by !== ''),
    'nothing else is notified',
  );
  await s.close();
});

const uplink = (s: Scene, ways: { parents?: string[]; groups?: string[][] }) =>
  s.alerts.dependencies.set('s2', { parents: [], groups: [], ...ways }, 'ana', s.now());

test('behind a parent that is down nobody hears of the child; two minutes after its return they do', async () => {
  const s = await begun(6);
  await uplink(s, { parents: ['s0'] });
  await lose(s, 0, 1);
  await s.wait(2 * minute, 10 * second);
  await lose(s, 2, 3);
  await s.wait(10 * minute, 10 * second);
  assert.equal(told(s), ['firing server-down']);
  assert.equal(
    (await openTickets(s)).map(({ endpoint }) => endpoint),
    ['s0'],
  );
  const child = (await s.alertRows()).find(({ endpoint }) => endpoint === 's2');
  assert.is(child?.suppressed_by, 'inhibition');
  await back(s, 0, 1);
  await s.wait(2 * minute, second);
  assert.equal(
    s.sent.filter(({ endpoint }) => endpoint.id === 's2').map(({ event }) => event),
    [],
  );
  await s.wait(2 * minute + 5 * second, second);
  assert.equal(
    s.sent.filter(({ endpoint }) => endpoint.id === 's2').map(({ event }) => event),
    ['firing'],
  );
  await s.wait(3 * minute, 10 * second);
  assert.equal((await openTickets(s)).map(({ endpoint }) => endpoint).sort(), ['s0', 's2']);
  assert.equal(
    (await codes(s, 's2')).filter((code) => code.startsWith('inhibit')),
    ['inhibited', 'inhibition_ended'],
  );
  await s.close();
});

test('the message of a parent counts those behind it, also behind these; one that was told before is named', async () => {
  const s = await begun(8, { notify: { wait: 30 * second } });
  await uplink(s, { parents: ['s0'] });
  await s.alerts.dependencies.set('s1', { parents: ['s0'], groups: [] }, 'ana', s.now());
  await s.alerts.dependencies.set('s3', { parents: ['s2'], groups: [] }, 'ana', s.now());
  await lose(s, 1, 2);
  await s.wait(2 * minute, 10 * second);
  assert.equal(
    s.sent.map(({ endpoint, behind }) => [endpoint.id, behind]),
    [['s1', undefined]],
  );
  await lose(s, 2, 4);
  await lose(s, 0, 1);
  await s.wait(6 * minute, 10 * second);
  const parent = s.sent.find(({ endpoint, members }) => endpoint.id === 's0' || members?.names.includes('s0-name'));
  assert.equal(parent?.behind, { endpoints: 3, names: ['s1-name', 's2-name', 's3-name'] });
  const message = parent as Notification;
  assert.match(headline(message, 'en'), /, and 3 endpoints behind it$/);
  assert.match(bodyText(message, 'en'), /\nBehind it: s1-name, s2-name, s3-name\n/);
  assert.match(headline(message, 'ja'), /その先のエンドポイント\s*3\s*台$/);
  await s.close();
});

test('a parent that is only pending holds the child back, and takes it in when it fires', async () => {
  const s = await begun(6);
  await uplink(s, { parents: ['s0'] });
  // Both at once: the child is judged first.
  await s.presence('s2', 'lost', 'will');
  await s.presence('s0', 'lost', 'will');
  await s.wait(5 * minute, second);
  assert.equal(
    s.sent.map(({ endpoint, event }) => `${event} ${endpoint.id}`),
    ['firing s0'],
  );
  assert.equal(
    (await codes(s, 's2')).filter((code) => /^(held|hold_over|inhibited)$/.test(code)),
    ['held', 'inhibited', 'hold_over'],
  );
  await s.close();
});

test('of a redundant group all have to be down', async () => {
  const s = await begun(8);
  await uplink(s, { groups: [['s0', 's1']] });
  await lose(s, 0, 1);
  await s.wait(6 * minute, 10 * second);
  await lose(s, 2, 3);
  await s.wait(6 * minute, 10 * second);
  assert.equal(
    s.sent.map(({ event, members, endpoint }) => [event, members?.names ?? endpoint.id]),
    [
      ['firing', 's0'],
      ['update', ['s0-name', 's2-name']],
    ],
    'one of two is down: what is behind them is still said',
  );
  await back(s, 2, 3);
  await lose(s, 1, 2);
  await s.wait(6 * minute, 10 * second);
  await lose(s, 2, 3);
  await s.wait(6 * minute, 10 * second);
  const child = (await s.alertRows()).filter(({ endpoint, state }) => endpoint === 's2' && state === 'firing');
  assert.equal(
    child.map(({ suppressed_by }) => suppressed_by),
    ['inhibition'],
  );
  await s.close();
});

test('an inhibited alert stays so over a restart, and is released once', async () => {
  const first = await begun(6);
  await uplink(first, { parents: ['s0'] });
  await lose(first, 0, 1);
  await first.wait(2 * minute, 10 * second);
  await lose(first, 2, 3);
  await first.wait(3 * minute, 10 * second);
  const next = await first.restart();
  await next.wait(5 * minute, 10 * second);
  assert.equal(next.sent, []);
  assert.equal(
    (await openTickets(next)).map(({ endpoint }) => endpoint),
    ['s0'],
  );
  await back(next, 0, 1);
  await next.wait(5 * minute, second);
  assert.equal(
    next.sent.filter(({ endpoint }) => endpoint.id === 's2').map(({ event }) => event),
    ['firing'],
  );
  await next.close();
});

test('dependencies in a circle are refused with the chain, and nothing is saved', async () => {
  const s = await begun(4);
  const set = (child: string, parents: string[]) =>
    s.alerts.dependencies.set(child, { parents, groups: [] }, 'ana', s.now());
  await set('s1', ['s0']);
  await set('s2', ['s1']);
  const refusal = await set('s0', ['s3', 's2']).then(
    () => null,
    (thrown: Error) => thrown.message,
  );
  assert.match(refusal ?? '', /s0-name → s2-name → s1-name → s0-name/);
  assert.equal(s.alerts.dependencies.of('s0'), { parents: [], groups: [] });
  const itself = await set('s3', ['s3']).then(
    () => null,
    (thrown: Error) => thrown.message,
  );
  assert.match(itself ?? '', /circle: s3-name → s3-name/);
  const nobody = await set('s3', ['nowhere']).then(
    () => null,
    (thrown: Error) => thrown.message,
  );
  assert.match(nobody ?? '', /endpoint nowhere/);
  await s.close();
});

test.run();
