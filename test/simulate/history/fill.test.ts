/** A month that is known beforehand, through a real collector: what it shows afterwards is what the script says. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type {
  AlertDetail,
  Availability,
  ChangeRow,
  Impact,
  Incident,
  KpiDetail,
  Kpis,
  ProductRow,
  Stability,
  TicketDetail,
  TicketRow,
} from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { fillHistory } from './fill.ts';
import type { HistoryPlan } from './plan.ts';

const test = suite('a filled history');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const at = (text: string) => Date.parse(text);
const startAt = at('2026-11-01T00:00:00+09:00');
const until = at('2026-12-01T00:00:00+09:00');

const servers = { 'osa-db-1': 20, 'osa-erp-1': 60, 'osa-files-1': 80, 'osa-mail-1': 110, 'osa-web-1': 5 };
/** It has a line and a generator of its own. */
const apart = { 'osa-vpn-1': 3 };
/** A Wednesday beyond noon, and a night that ends in working hours. */
const hung = { from: at('2026-11-04T13:05:00+09:00'), to: at('2026-11-04T15:50:00+09:00') };
const overnight = { from: at('2026-11-10T23:10:00+09:00'), to: at('2026-11-11T10:45:00+09:00') };
/** A Wednesday afternoon, the night to Friday, and the holiday of 23 November. */
const dark = { from: at('2026-11-18T15:31:00+09:00'), to: at('2026-11-18T18:58:00+09:00') };
const crash = { from: at('2026-11-20T08:20:00+09:00'), to: at('2026-11-20T09:25:00+09:00') };
const onHoliday = { from: at('2026-11-23T10:00:00+09:00'), to: at('2026-11-23T11:10:00+09:00') };
const cut = { from: at('2026-11-19T10:00:00+09:00'), to: at('2026-11-19T12:30:00+09:00') };
const patched = { from: at('2026-11-21T22:10:00+09:00'), to: at('2026-11-21T22:50:00+09:00') };
const announced = { from: at('2026-11-21T22:00:00+09:00'), to: at('2026-11-21T23:00:00+09:00') };
const filling = { from: at('2026-11-19T20:00:00+09:00'), to: at('2026-11-20T14:00:00+09:00') };

const outages = [hung, overnight, dark, cut, crash, onHoliday] as const;

const plan: HistoryPlan = {
  ...{ seed: 5, startAt },
  sites: [
    {
      ...{
        name: 'Osaka',
        zone: 'Asia/Tokyo',
        region: 'JP',
        people: 113,
        servers: { ...servers, ...apart },
        laptops: ['osa-amber'],
      },
      desk: ['Kenji Mori', 'Yuki Tanaka'],
    },
  ],
  outages: [
    { hosts: ['osa-mail-1'], ...hung, how: 'crash' },
    { hosts: ['osa-files-1'], ...overnight, how: 'power_loss' },
    { hosts: [...Object.keys(servers), 'osa-amber'], ...dark, how: 'power_loss' },
    { hosts: ['osa-web-1'], ...cut, how: 'cut' },
    { hosts: ['osa-erp-1'], ...crash, how: 'crash' },
    { hosts: ['osa-db-1'], ...patched, how: 'restart' },
    { hosts: ['osa-db-1'], ...onHoliday, how: 'power_loss' },
  ],
  troubles: [{ host: 'osa-files-1', kind: 'disk-filling', ...filling }],
  works: [{ site: 'Osaka', reason: 'Patches', enteredAt: at('2026-11-20T12:00:00+09:00'), when: announced }],
  changes: [
    {
      ...{ site: 'Osaka', hosts: ['osa-db-1'], title: 'New kernel', description: 'With a restart.' },
      ...{ enteredAt: at('2026-11-19T09:00:00+09:00'), ...announced },
      end: { at: announced.to + 10 * minute, outcome: 'with_issues', reason: 'took longer' },
    },
  ],
};

async function filled(end = until) {
  const folder = temporaryFolder();
  await fillHistory({ plan, data: join(folder.path, 'data'), until: () => end });
  const clock = { now: () => end, monotonic: () => end };
  return openCollector({ clock, settings: 'zone: Asia/Tokyo\n' }, folder);
}

const month = await filled();
test.after(() => month.close());

const get = async <T>(path: string, from = month) => (await from.call(path, { as: 'manager' })).body as T;
const inMinutes = ({ from, to }: { from: number; to: number }) => [Math.round(from / minute), Math.round(to / minute)];

/** Whether those who depend on the machine behind the cut line could not work at all, as the desk has stated. */
async function isCutStop(): Promise<boolean> {
  const ticket = (await ticketsOf()).find(({ name }) => name === 'osa-web-1');
  const { segments } = await get<Impact>(`/api/v1/tickets/${ticket?.id}/impact`);
  return segments[0]?.factor === 1;
}

test('outages of servers are the intervals that availability shows, to the minute', async () => {
  const { endpoints } = await get<Availability>('/api/v1/kpis/availability?period=2026-11&class=server');
  const shown = Object.fromEntries(
    endpoints.map(({ name, intervals, figures }) => [
      name,
      {
        down: intervals.filter(({ state }) => state === 'down').map(({ from, to }) => inMinutes({ from, to })),
        minutes: Math.round(figures.down_minutes),
        unknown: Math.round(figures.unknown_minutes),
        maintenance: Math.round(figures.maintenance_minutes),
      },
    ]),
  );
  const expected = (...outages: { from: number; to: number }[]) => ({
    down: outages.map(inMinutes),
    minutes: outages.reduce((sum, { from, to }) => sum + (to - from) / minute, 0),
    unknown: 0,
    // A restart in it was announced, and is no outage.
    maintenance: 60,
  });
  const cutStopped = await isCutStop();
  assert.equal(shown, {
    'osa-db-1': expected(dark, onHoliday),
    'osa-erp-1': expected(dark, crash),
    'osa-files-1': expected(overnight, dark),
    'osa-mail-1': expected(hung, dark),
    // The cut line was no outage of the machine, whose reports came afterwards; those who could not work say it was one.
    'osa-web-1': expected(dark, ...(cutStopped ? [cut] : [])),
    'osa-vpn-1': expected(),
  });
});

test('a laptop sleeps outside the hours of its office and is never down for it', async () => {
  const { endpoints } = await get<Availability>('/api/v1/kpis/availability?period=2026-11&class=workstation');
  const [laptop] = endpoints;
  const of = (wanted: string) => (laptop?.intervals ?? []).filter(({ state }) => state === wanted);
  const nights = of('idle').filter(({ from, to }) => to - from > 6 * hour);
  assert.ok(nights.length >= 4, `${nights.length} nights`);
  assert.ok(of('down').every(({ from, to }) => from >= dark.from && to <= dark.to));
});

const ticketsOf = () =>
  month.state
    .selectFrom('tickets as t')
    .leftJoin('endpoints as e', 'e.id', 't.endpoint')
    .selectAll('t')
    .select('e.name')
    .where('t.kind', '!=', 'person')
    .orderBy('t.opened_at')
    .execute();

test('each outage and trouble has one ticket, which a person has handled', async () => {
  const tickets = await ticketsOf();
  const lines = tickets.map(({ kind, name, rule }) => `${kind} ${name ?? 'all'} ${rule}`);
  assert.equal(lines, [
    'alert osa-mail-1 server-down',
    'alert osa-files-1 server-down',
    'incident all site-down',
    'alert osa-web-1 server-down',
    'alert osa-erp-1 server-down',
    'alert osa-files-1 disk-space',
    'alert osa-db-1 server-down',
  ]);
  const down = tickets.filter(({ rule }) => rule === 'server-down' || rule === 'site-down');
  // A broker notices after 90 s; the rule of one server waits for a minute, and a ticket for two more.
  const delays = down.map(({ opened_at }, n) => Math.round((opened_at - (outages[n]?.from ?? 0)) / 1000));
  assert.equal(
    delays,
    down.map(({ rule }) => (rule === 'site-down' ? 210 : 270)),
  );
  for (const { id, touched_at, restored_at, resolved_by } of tickets)
    assert.ok(touched_at && restored_at && resolved_by !== 'monitor', `ticket ${id}`);
});

test('an alert of an incident fired at one moment: in its ticket, on its own page, in the list of the incident', async () => {
  const { items } = await get<{ items: TicketRow[] }>('/api/v1/tickets?limit=1000');
  const site = items.find(({ kind }) => kind === 'incident') as TicketRow;
  const { events } = await get<TicketDetail>(`/api/v1/tickets/${site.id}`);
  const { alerts } = await get<Incident>(`/api/v1/incidents/${site.id}`);
  const joined = events.filter(({ kind }) => kind === 'fired');
  assert.is(joined.length, 5);
  for (const { at, data } of joined) {
    const { alert: id } = data as { alert: string };
    const own = await get<AlertDetail>(`/api/v1/alerts/${id}`);
    const fired = own.events.find(({ code }) => code === 'firing')?.at;
    const listed = alerts.find((alert) => alert.id === id)?.firedAt;
    assert.equal([at, own.alert.firedAt, listed], [fired, fired, fired]);
    assert.ok(at <= site.openedAt, 'the ticket opened two minutes later');
  }
});

test('nothing was refused, and the log has no complaint', async () => {
  assert.equal(await month.state.selectFrom('quarantine').selectAll().execute(), []);
  assert.equal(await month.state.selectFrom('losses').selectAll().execute(), []);
});

test('instants are whole milliseconds, and the page of every ticket opens', async () => {
  const events = await month.state.selectFrom('ticket_events').select('at').execute();
  assert.equal(
    events.filter(({ at }) => !Number.isInteger(at)),
    [],
  );
  for (const { id } of await month.state.selectFrom('tickets').select('id').execute()) {
    const { status, text } = await month.call(`/api/v1/incidents/${id}`, { as: 'viewer' });
    assert.is(status, 200, `ticket ${id}: ${text}`);
  }
});

/** 9 to 17 on a day from Monday to Friday that is no holiday (of culture, of labour), by the wall clock of Osaka. */
function isAtWork(instant: number): boolean {
  const wall = new Date(instant + 9 * hour);
  const weekday = wall.getUTCDay();
  if (weekday === 0 || weekday === 6 || /^2026-11-(03|23)/.test(wall.toISOString())) return false;
  return wall.getUTCHours() >= 9 && wall.getUTCHours() < 17;
}

test('lost hours are those of an account minute by minute', async () => {
  const tickets = (await ticketsOf()).filter(({ rule }) => rule === 'server-down' || rule === 'site-down');
  let lost = 0;
  for (const [n, { from, to }] of outages.entries()) {
    const ticket = tickets[n];
    const { stated, segments } = await get<Impact>(`/api/v1/tickets/${ticket?.id}/impact`);
    assert.ok(stated, 'somebody has stated the impact');
    const people = ticket?.name ? servers[ticket.name as keyof typeof servers] : 113;
    for (let now = from; now < to; now += minute) if (isAtWork(now)) lost += (people * (segments[0]?.factor ?? 0)) / 60;
  }
  assert.ok(lost > 100, String(lost));
  const { items } = await get<Kpis>('/api/v1/kpis?period=2026-11');
  const value = items.find(({ id }) => id === 'lost_hours')?.value ?? 0;
  assert.ok(Math.abs(value - lost) < 0.01, `${value} shown, ${lost} by the minute`);
});

const figure = async (id: string) => {
  const { items } = await get<Kpis>('/api/v1/kpis?period=2026-11');
  return items.find((one) => one.id === id);
};

test('uptime of servers is that of an account minute by minute', async () => {
  const endpoints = await month.state
    .selectFrom('endpoints')
    .select(['id', 'name'])
    .where('kind', '=', 'server')
    .execute();
  const cutStopped = await isCutStop();
  const isDown = (name: string, now: number) =>
    plan.outages.some(
      ({ hosts, from, to, how }) =>
        (how !== 'cut' || cutStopped) && how !== 'restart' && hosts.includes(name) && now >= from && now < to,
    );
  let [up, down] = [0, 0];
  for (const { id, name } of endpoints) {
    const first = await month.state
      .selectFrom('signals')
      .select(({ fn }) => fn.min('at').as('at'))
      .where('endpoint', '=', id)
      .executeTakeFirstOrThrow();
    // The part of a minute at its first sign of life counts as that part.
    const begins = first.at as number;
    for (let now = Math.floor(begins / minute) * minute; now < until; now += minute) {
      const share = (now + minute - Math.max(now, begins)) / minute;
      if (now >= announced.from && now < announced.to) continue;
      if (isDown(name, now)) down += share;
      else up += share;
    }
  }
  assert.is(endpoints.length, 6);
  const shown = await figure('availability_server');
  const wanted = (100 * up) / (up + down);
  // A minute of downtime is 0.0004 % of the 259,000 minutes of six servers.
  assert.ok(Math.abs((shown?.value ?? 0) - wanted) < 0.0004, `${shown?.value} shown, ${wanted} by the minute`);
});

test('time to acknowledge and time to resolve are those of an account by the second', async () => {
  const events = await month.state.selectFrom('alert_events').select(['alert', 'code', 'at']).orderBy('id').execute();
  const waits: number[] = [];
  const spans: [from: number, to: number][] = [];
  const inSupport = (of: (from: number, to: number) => number) => spans.map(([from, to]) => of(from, to));
  for (const own of Map.groupBy(events, ({ alert }) => alert).values()) {
    const fired = own.find(({ code }) => code === 'firing');
    const acknowledged = own.find(({ code }) => code === 'acknowledged');
    if (!fired || !acknowledged) continue;
    waits.push((acknowledged.at - fired.at) / 1000);
    spans.push([fired.at, acknowledged.at]);
  }
  assert.ok(waits.length >= 4, `${waits.length} acknowledged`);
  const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length;
  const acknowledge = await figure('time_to_acknowledge');
  const besideOf = (kpi: typeof acknowledge, code: string) => kpi?.beside.find((one) => one.code === code)?.value ?? -1;
  const atWork = (from: number, to: number) => {
    let seconds = 0;
    for (let now = from; now < to; now += 1000) if (isAtWork(now)) seconds += 1;
    return seconds;
  };
  assert.is(acknowledge?.n, waits.length);
  const shownInSupport = besideOf(acknowledge, 'support_mean');
  assert.ok(Math.abs(shownInSupport - mean(inSupport(atWork))) < 1, `${shownInSupport} in support hours`);
  assert.ok(Math.abs((acknowledge?.value ?? 0) - mean(waits)) < 0.001, `${acknowledge?.value}, by hand ${mean(waits)}`);

  const moves = await month.state
    .selectFrom('ticket_events as e')
    .innerJoin('tickets as t', 't.id', 'e.ticket')
    .select(['e.ticket', 'e.at', 'e.to_state', 't.category', 't.touched_at', 't.restored_at'])
    .where('e.to_state', 'is not', null)
    .orderBy('e.id')
    .execute();
  const durations: number[] = [];
  const restored: number[] = [];
  for (const own of Map.groupBy(moves, ({ ticket }) => ticket).values()) {
    const last = own.findLast(({ to_state }) => to_state === 'resolved');
    const [first] = own;
    if (!first || !last || first.touched_at === null || first.category !== 'incident') continue;
    durations.push(atWork(first.at, last.at));
    if (first.restored_at !== null) restored.push(atWork(first.at, first.restored_at));
  }
  assert.ok(durations.length >= 5 && mean(durations) > 600, durations.join());
  const resolve = await figure('time_to_resolve');
  assert.is(resolve?.n, durations.length);
  assert.ok(Math.abs((resolve?.value ?? 0) - mean(durations)) < 60, `${resolve?.value}, by hand ${mean(durations)}`);
  assert.ok(restored.length >= 3, `${restored.length} restored`);
  assert.is(besideOf(resolve, 'restore_n'), restored.length);
  const restore = besideOf(resolve, 'restore');
  assert.ok(Math.abs(restore - mean(restored)) < 60, `${restore} to restore, by hand ${mean(restored)}`);
});

test('what was open, came and went is what is open: of the month, and of each week of it', async () => {
  for (const period of ['2026-11', '2026-W45', '2026-W46', '2026-W47', '2026-W48']) {
    const { kpis } = await get<Stability>(`/api/v1/stability?period=${period}`);
    const backlog = kpis.find(({ id }) => id === 'backlog');
    const of = (code: string) => backlog?.beside.find((one) => one.code === code)?.value ?? Number.NaN;
    const end = of('start') + of('opened') + of('reopened') - of('resolved') - of('cancelled');
    assert.is(backlog?.value, end, period);
  }
});

test('the list behind each of these numbers adds up to it', async () => {
  for (const id of ['availability_server', 'lost_hours', 'time_to_acknowledge', 'time_to_resolve']) {
    const { kpi, total, evidence, next } = await get<KpiDetail>(`/api/v1/kpis/${id}?period=2026-11&limit=200`);
    assert.is(next, null);
    const counted = evidence.filter(({ whole }) => whole > 0);
    const sum = (of: 'part' | 'whole') => counted.reduce((all, line) => all + line[of], 0);
    const scale = kpi.unit === 'percent' ? 100 : 1;
    const value = total.how === 'sum' ? sum('part') : (scale * sum('part')) / sum('whole');
    assert.is(counted.length, kpi.n, id);
    assert.ok(Math.abs(value - (kpi.value ?? Number.NaN)) < 1e-9, `${id}: ${value}, shown ${kpi.value}`);
  }
});

test('an incident whose end is corrected changes what was lost by as much, and the change can be read', async () => {
  const [incident] = (await ticketsOf()).filter(({ kind }) => kind === 'incident');
  const path = `/api/v1/tickets/${incident?.id}/impact`;
  const before = (await figure('lost_hours'))?.value ?? 0;
  const others = (await get<Kpis>('/api/v1/kpis?period=2026-11')).items.filter(({ id }) => id !== 'lost_hours');
  const impact = await get<Impact>(path);
  const end = dark.from + 30 * minute;
  const segments = impact.segments.map((segment) => ({ ...segment, end }));
  const stated = await month.call(path, {
    method: 'PUT',
    as: 'manager',
    body: { segments, reason: 'back on the generator' },
  });
  assert.is(stated.status, 200, stated.text);
  let saved = 0;
  for (let now = end; now < dark.to; now += minute)
    if (isAtWork(now)) saved += (113 * (impact.segments[0]?.factor ?? 0)) / 60;
  assert.ok(saved > 50, String(saved));
  const after = (await figure('lost_hours'))?.value ?? 0;
  assert.ok(Math.abs(before - saved - after) < 0.01, `${before} − ${saved} is not ${after}`);
  assert.equal(
    (await get<Kpis>('/api/v1/kpis?period=2026-11')).items
      .filter(({ id }) => id !== 'lost_hours')
      .map(({ id, value }) => [id, value]),
    others.map(({ id, value }) => [id, value]),
  );
  const { versions } = await get<Impact>(path);
  assert.is(versions[0]?.reason, 'back on the generator');
});

test('of an incident of one machine the corrected end is also when it was down', async () => {
  const ticket = (await ticketsOf()).find(({ name }) => name === 'osa-web-1');
  const path = `/api/v1/tickets/${ticket?.id}/impact`;
  const { segments } = await get<Impact>(path);
  const downOf = async () => {
    const { endpoints } = await get<Availability>('/api/v1/kpis/availability?period=2026-11&class=server');
    return endpoints.find(({ name }) => name === 'osa-web-1')?.figures.down_minutes ?? Number.NaN;
  };
  const inDark = (dark.to - dark.from) / minute;
  for (const [minutes, factor, expected] of [
    [150, 1, inDark + 150],
    [30, 1, inDark + 30],
    [150, 0.8, inDark],
  ] as const) {
    const stated = segments.map((one) => ({ ...one, start: cut.from, end: cut.from + minutes * minute, factor }));
    const answer = await month.call(path, {
      method: 'PUT',
      as: 'manager',
      body: { segments: stated, reason: 'asked' },
    });
    assert.is(answer.status, 200, answer.text);
    assert.ok(Math.abs((await downOf()) - expected) < 0.1, `${await downOf()} minutes, expected ${expected}`);
  }
});

test('a ticket has a cost, and licences stand beside what is installed and used', async () => {
  const { items } = await get<Kpis>('/api/v1/kpis?period=2026-11');
  const cost = items.find(({ id }) => id === 'cost_per_ticket');
  assert.ok((cost?.value ?? 0) > 0 && cost?.currency === 'EUR', JSON.stringify(cost));
  const money = items.find(({ id }) => id === 'lost_hours')?.beside.find(({ code }) => code === 'money');
  assert.ok((money?.value ?? 0) > 0);
  const products = await get<{ items: ProductRow[] }>('/api/v1/software/products');
  const vault = products.items.find(({ name }) => name === 'Archive Vault')?.use;
  assert.ok(vault && vault.installed > 0 && vault.usageUnknown === vault.installed, JSON.stringify(vault));
  const ledger = products.items.find(({ name }) => name === 'Ledger Desk')?.use;
  assert.ok(ledger && ledger.used > 0 && ledger.usageUnknown === 0, JSON.stringify(ledger));
});

/** What was recorded until then, with the names of endpoints in the place of ids that are drawn anew. */
async function recordOf({ state }: InProcess, end: number) {
  const names = new Map<string, string>();
  for (const { id, name } of await state.selectFrom('endpoints').select(['id', 'name']).execute()) names.set(id, name);
  const signals = state.selectFrom('signals').select(['endpoint', 'at', 'kind', 'reason', 'last_seen']);
  const events = state.selectFrom('ticket_events').select(['ticket', 'at', 'actor', 'kind', 'to_state', 'text']);
  const named = (await signals.where('at', '<', end).execute()).map((row) => ({
    ...row,
    endpoint: names.get(row.endpoint),
  }));
  return [...named, ...(await events.where('at', '<', end).execute())].map((row) => JSON.stringify(row)).sort();
}

test('the same seed is the same history', async () => {
  const end = startAt + 5.5 * day;
  const again = await filled(end);
  try {
    const record = await recordOf(again, end);
    assert.ok(record.length > 40, `${record.length} signals and events`);
    assert.equal(record, await recordOf(month, end));
  } finally {
    await again.close();
  }
});

test('what is there already is left alone', async () => {
  const data = month.data;
  assert.ok(existsSync(join(data, 'state.db')));
  const refusal = await fillHistory({ plan, data, until: () => until }).then(
    () => '',
    (thrown: Error) => thrown.message,
  );
  assert.match(refusal, /is not empty/);
});

test('a restart that was planned is part of its change; what failed on that machine two days later is its outcome', async () => {
  const { items } = await get<{ items: ChangeRow[] }>('/api/v1/changes');
  const [kernel] = items.filter(({ kind }) => kind === 'planned');
  assert.equal(
    [
      kernel?.title,
      kernel?.state,
      kernel?.outcome?.value,
      kernel?.outcome?.reasons.includes('targets_failed'),
      kernel?.targets,
    ],
    ['New kernel', 'done', 'failed', true, { n: 1, done: 0, failed: 1, notSeen: 0 }],
  );
  assert.equal(
    items.filter(({ what }) => what === 'restart'),
    [],
  );
  const { items: windows } = await get<{ items: { reason: string }[] }>('/api/v1/maintenance?past=true');
  assert.ok(windows.some(({ reason }) => reason.endsWith(': New kernel')));
});

test.run();
