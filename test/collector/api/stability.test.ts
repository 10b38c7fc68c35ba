/** A month as the Stability page gets it: the index comes apart into incidents, months close, and revisions are seen. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blankTicket } from '../../../collector/tickets/events.ts';
import type {
  IndexLine,
  KpiDetail,
  Kpis,
  KpiWhy,
  PeriodReport,
  Recomputed,
  SiteRow,
  Stability,
} from '../../../shared/api.ts';
import { closeMonths } from '../../support/close-months.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { endpointId, instant, putAlerts, putEndpoint, putSignals } from '../../support/fleet-history.ts';

const test = suite('stability');
const zone = 'Europe/Berlin';
const from = instant('2026-09-30T22:00:00Z');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const now = instant('2026-11-10T12:00:00Z');
const clock = { now: () => now, monotonic: () => performance.now() };
/** Friday 9 October, 13:14 to 16:41 in Berlin. */
const outage = { start: instant('2026-10-09T11:14:00Z'), end: instant('2026-10-09T14:41:00Z') };
let collector: InProcess;
let site: SiteRow;

test.before(async () => {
  collector = await openCollector({ settings: `zone: ${zone}\n`, clock });
  const { state } = collector;
  site = await post<SiteRow>('sites', { name: 'Berlin', zone, people: 140 });
  await state
    .insertInto('watches')
    .values({ from_at: from - day, to_at: now, clean: 0 })
    .execute();
  for (let n = 0; n < 10; n++) {
    const endpoint = await putEndpoint(state, n, { kind: n < 6 ? 'server' : 'workstation', site: 'Berlin' });
    await putSignals(state, [{ endpoint, at: from - day, kind: 'online' }]);
    if (n < 2)
      await putSignals(state, [
        { endpoint, at: outage.start + minute, kind: 'lost', lastSeen: outage.start },
        {
          endpoint,
          at: outage.end,
          kind: 'online',
          birth: { previous_shutdown: 'unclean', uptime_s: 30 },
          bootId: 'b',
        },
      ]);
  }
  await state
    .insertInto('tickets')
    .values({
      ...blankTicket('incident/berlin', outage.start + 3 * minute),
      ...{ kind: 'incident', site: 'Berlin', rule: 'server-down', priority: 1, impact: 1, urgency: 1 },
      ...{ state: 'resolved', open_key: null, touched_at: outage.start + 5 * minute, resolved_at: outage.end },
      updated_at: outage.end,
    })
    .execute();
  const event = { ticket: 1, kind: 'state' as const, text: null, data: null };
  await state
    .insertInto('ticket_events')
    .values([
      { ...event, at: outage.start + 3 * minute, actor: 'monitor', kind: 'opened', from_state: null, to_state: 'new' },
      { ...event, at: outage.start + 5 * minute, actor: 'ana', from_state: 'new', to_state: 'in_progress' },
      { ...event, at: outage.end, actor: 'ana', from_state: 'in_progress', to_state: 'resolved' },
    ])
    .execute();
  await putAlerts(
    state,
    [0, 1].map((n) => ({
      ...{ id: `silent${n}`, endpoint: endpointId(n), resolvedAt: outage.end + minute },
      events: [['firing', outage.start + 2 * minute]] as [string, number][],
    })),
  );
  await state
    .updateTable('alerts')
    .set({ metric: 'endpoint.silent', ticket: 1, pending_at: outage.start + minute })
    .execute();
});
test.after(() => collector.close());

async function call<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const options = { method, as: 'manager' as const, ...(body === undefined ? {} : { body }) };
  const answer = await collector.call(`/api/v1/${path}`, options);
  assert.ok(answer.status < 300, `${path}: ${answer.text}`);
  return answer.body as T;
}
const post = <T>(path: string, body: unknown) => call<T>(path, 'POST', body);
const october = () => call<Stability>('stability?period=2026-10');
const near = (a: number | null | undefined, b: number, what = '') =>
  assert.ok(a !== null && a !== undefined && Math.abs(a - b) < 1e-6, `${what}: ${a}, expected ${b}`);

const lostHours = (140 * (outage.end - outage.start)) / hour;

test('what the site lost is estimated until somebody states it, and then it counts', async () => {
  const before = await october();
  const [incident] = before.incidents;
  near(incident?.unconfirmed, lostHours, 'unconfirmed');
  assert.is(before.kpis.find(({ id }) => id === 'lost_hours')?.value, 0);
  assert.is(before.actions.find(({ code }) => code === 'confirm_impact')?.ticket?.id, 1);
  const segment = { ...outage, factor: 1, affected: [{ site: site.id, people: 140 }] };
  await call('tickets/1/impact', 'PUT', { segments: [segment], reason: 'asked the team leads' });
  // The page keeps an open month for a moment; another scope is computed.
  const after = await call<Stability>('stability?period=2026-10&site=Berlin');
  near(after.incidents[0]?.lost, lostHours, 'lost');
  near(after.kpis.find(({ id }) => id === 'lost_hours')?.value, lostHours, 'value');
});

test('the index comes apart: parts, causes and the list behind each number sum to it', async () => {
  const answer = await call<Stability>('stability?period=2026-10&site=Berlin');
  const { index, parts, causes, otherCauses, weeks, sites } = answer;
  const lost = parts.reduce((sum, part) => sum + part.lost, 0);
  near(index.value, 100 - lost, 'index');
  near(
    causes.reduce((sum, { points }) => sum + points, otherCauses),
    lost,
    'causes',
  );
  // 2 of 6 servers down for 207 of the 44,700 minutes of a month that gained an hour.
  const servers = parts.find(({ part }) => part === 'servers');
  near(servers?.value, 100 * (1 - (2 * 207) / (6 * 44_700)), 'servers');
  assert.is(causes[0]?.ticket?.id, 1);
  assert.ok((causes[0]?.byPart.servers ?? 0) > 0 && (causes[0]?.byPart.lost_hours ?? 0) > 0);
  near(
    weeks.reduce((sum, week) => sum + week.lost, 0),
    lostHours,
    'weeks',
  );
  const [berlin] = sites;
  assert.is(berlin?.days.length, 31);
  near(berlin?.days[8]?.down, 2 * 207, 'the day');
  near(
    berlin?.days.reduce(
      (sum, { up, down, unknown, idle, maintenance }) => sum + up + down + unknown + idle + maintenance,
      0,
    ),
    10 * 44_700,
    'all minutes',
  );
});

test('a month closes once; late facts change it only by a revision with a reason', async () => {
  assert.ok((await closeMonths(collector, clock, zone)) >= 2);
  assert.is(await closeMonths(collector, clock, zone), 0);
  const closed = await october();
  assert.equal([closed.closed?.revision, closed.closed?.by, closed.provisional], [0, 'monitor', false]);
  const late = { endpoint: endpointId(5), at: from + 3 * day, kind: 'lost', lastSeen: from + 3 * day } as const;
  await putSignals(collector.state, [
    late,
    { endpoint: endpointId(5), at: from + 4 * day, kind: 'online', bootId: 'c' },
  ]);
  assert.equal(await october(), closed);
  const preview = await post<Recomputed>('stability/recompute', { month: '2026-10' });
  assert.is(preview.applied, false);
  const servers = preview.differences.find(({ kpi, site: where }) => kpi === 'availability_server' && where === null);
  assert.ok(servers && (servers.after as number) < (servers.before as number));
  assert.equal(servers.lines, { added: 0, removed: 0, changed: 1 }, 'one endpoint was less there');
  assert.is(preview.differences.find(({ kpi }) => kpi === 'index')?.lines, null);
  assert.equal(await october(), closed);
  await post<Recomputed>('stability/recompute', { month: '2026-10', reason: 'the log of box-0005 came late' });
  const revised = await october();
  assert.equal([revised.closed?.revision, revised.closed?.reason], [1, 'the log of box-0005 came late']);
  near(revised.parts.find(({ part }) => part === 'servers')?.value, servers.after as number);
  const detail = await call<KpiDetail>('kpis/availability_server?period=2026-10&limit=1000');
  near((100 * detail.total.part) / detail.total.whole, servers.after as number, 'its list');
});

test('another definition holds for open months only, and is refused where it cannot be meant', async () => {
  const before = await october();
  const [{ parts }] = await call<[{ parts: Record<string, object> }]>('stability/definition');
  const wrong = { ...parts, servers: { weight: 31, target: 99.9, floor: 99 } };
  const refused = await collector.call('/api/v1/stability/definition', {
    ...{ method: 'PUT', as: 'manager', body: { parts: wrong, reason: 'x' } },
  });
  assert.equal([refused.status, (refused.body as { code: string }).code], [400, 'BAD_DEFINITION']);
  const other = { ...parts, servers: { weight: 30, target: 99.99, floor: 99 } };
  const [first] = await call<[{ version: number; reason: string }]>('stability/definition', 'PUT', {
    ...{ parts: other, reason: 'we promise more' },
  });
  assert.equal([first.version, first.reason], [1, 'we promise more']);
  assert.equal((await october()).index, before.index);
  assert.is((await call<Stability>('stability?period=2026-11')).index.definition, 1);
});

test('why: each difference comes apart into incidents, sites and machines that sum to it', async () => {
  for (const id of ['index', 'availability_server', 'lost_hours', 'response_in_target', 'major_incidents']) {
    const why = await call<KpiWhy>(`kpis/${id}/why?from=2026-11&to=2026-10`);
    assert.equal([why.from.period.name, why.to.period.name, why.to.closed], ['2026-11', '2026-10', true]);
    if (id === 'response_in_target') {
      assert.equal(
        [why.difference, why.incidents.lines, why.incidents.rest],
        [null, [], null],
        'no ticket in November',
      );
      continue;
    }
    near(why.difference, (why.to.value as number) - (why.from.value as number), id);
    assert.ok(why.difference !== 0, id);
    for (const list of [why.incidents, why.sites, why.machines])
      near(
        list.lines.reduce((sum, line) => sum + line.by, list.rest ?? 0),
        why.difference as number,
        id,
      );
    assert.ok(
      why.incidents.lines.slice(0, 2).some(({ ticket }) => ticket?.id === 1),
      id,
    );
    assert.is(why.sites.lines[0]?.site, 'Berlin', id);
  }
  const { machines } = await call<KpiWhy>('kpis/availability_server/why?from=2026-11&to=2026-10');
  assert.equal(new Set(machines.lines.map(({ endpoint }) => endpoint?.id)), new Set([0, 1, 5].map(endpointId)));
  const unknown = await collector.call('/api/v1/kpis/nothing/why?from=2026-11&to=2026-10', { as: 'viewer' });
  assert.is(unknown.status, 404);
});

test('a month stands beside any other one, and a site beside another; without significance nothing is better', async () => {
  const beside = await call<Stability>('stability?period=2026-10&compare=2026-11');
  assert.equal([beside.compared?.period.name, beside.compared?.provisional], ['2026-11', true]);
  const servers = beside.compared?.kpis.find(({ id }) => id === 'availability_server');
  assert.is(servers?.n, 6);
  assert.ok((servers?.change?.difference ?? 0) < 0);
  assert.is(servers?.change?.verdict, 'unclear', 'two of six servers, once');
  assert.is(beside.compared?.verdict, 'unclear');
  await post<SiteRow>('sites', { name: 'Osaka', zone: 'Asia/Tokyo', people: 4 });
  for (const n of [20, 21, 22, 23, 24]) {
    const endpoint = await putEndpoint(collector.state, n, { kind: 'server', site: 'Osaka' });
    await putSignals(collector.state, [{ endpoint, at: from - day, kind: 'online' }]);
  }
  const sites = await call<Stability>('stability?period=2026-10&site=Berlin&against=Osaka');
  assert.equal([sites.compared?.period.name, sites.compared?.site, sites.compared?.endpoints], ['2026-10', 'Osaka', 5]);
  assert.is(sites.compared?.kpis.find(({ id }) => id === 'availability_server')?.value, 100);
});

test('the line of months has closed and open ones, and a baseline once three are closed', async () => {
  const line = await call<IndexLine>('stability/line');
  const shown = (name: string) => line.months.find((month) => month.name === name);
  assert.equal(
    [shown('2026-10')?.closed, shown('2026-11')?.closed, shown('2026-11')?.provisional],
    [true, false, true],
  );
  near(shown('2026-10')?.index, (await october()).index.value as number, 'the same number as on the page');
  assert.is(line.baseline, null);
  // Closed by a version that kept no summary.
  const { content } = await collector.state
    .selectFrom('closed_months')
    .select('content')
    .where('month', '=', '2026-10')
    .where('site', '=', '')
    .where('revision', '=', 1)
    .executeTakeFirstOrThrow();
  const old = { site: '', revision: 0, closed_at: now, by_user: 'monitor', reason: '', summary: null, content };
  await collector.state
    .insertInto('closed_months')
    .values(['2026-07', '2026-08'].map((month) => ({ ...old, month })))
    .execute();
  assert.is(
    (await call<IndexLine>('stability/line')).months.find(({ name }) => name === '2026-08')?.index,
    shown('2026-10')?.index,
  );
  const kept = await collector.state
    .selectFrom('closed_months')
    .select('summary')
    .where('month', '=', '2026-08')
    .executeTakeFirst();
  assert.ok(kept?.summary, 'it is read as a whole once');
});

test('a month that was frozen before a KPI existed stays readable, and says of the KPI what can still be known', async () => {
  const row = await collector.state
    .selectFrom('closed_months')
    .selectAll()
    .where('month', '=', '2026-08')
    .executeTakeFirstOrThrow();
  const month = JSON.parse(row.content);
  for (const id of ['incident_rate', 'backup_coverage', 'found_before_reported']) delete month.figures[id];
  delete month.rates;
  await collector.state
    .updateTable('closed_months')
    .set({ content: JSON.stringify(month) })
    .where('month', '=', '2026-08')
    .execute();
  const answer = await call<Stability>('stability?period=2026-08');
  assert.is(answer.rates, null);
  assert.is(answer.kpis.find(({ id }) => id === 'backup_coverage')?.state, 'no_data');
  assert.ok(answer.kpis.some(({ id }) => id === 'lost_hours'));
  const beside = await call<Stability>('stability?period=2026-10&compare=2026-08');
  assert.is(beside.compared?.kpis.find(({ id }) => id === 'backup_coverage')?.change, null);
  assert.is((await call<KpiDetail>('kpis/backup_coverage?period=2026-08')).kpi.state, 'no_data');
  const why = await call<KpiWhy>('kpis/backup_coverage/why?from=2026-08&to=2026-10');
  assert.equal([why.difference, why.incidents.lines], [null, []]);
});

test('a period that is none is refused in words, wherever it is asked for', async () => {
  const paths = ['stability?period=2026-13', 'stability?period=2026-10&compare=2026-13', 'kpis?period=2026-13'];
  paths.push(
    'kpis/lost_hours?period=last',
    'kpis/lost_hours/why?from=2026-13&to=2026-10',
    'kpis/availability?period=2026-13',
  );
  for (const path of paths) {
    const { status, body } = await collector.call(`/api/v1/${path}`, { as: 'viewer' });
    const { code, message } = body as { code: string; message: string };
    assert.equal([status, code], [400, 'BAD_REQUEST'], path);
    assert.match(message, /"(2026-13|last)" must be a month such as 2026-11/, path);
  }
  const options = { method: 'POST', as: 'manager', body: { month: '2026-W40' } } as const;
  const weekly = await collector.call('/api/v1/stability/recompute', options);
  assert.match((weekly.body as { message: string }).message, /"2026-W40" is not a month such as 2026-11/);
});

test('a period that has not begun has no numbers: it is refused wherever it is asked for, with the present one', async () => {
  const ask = (path: string) => collector.call(`/api/v1/${path}`, { as: 'viewer' });
  const answers = await Promise.all(
    [
      ...['stability?period=2031-01', 'stability?period=2026-W50', 'stability?period=2026-10&compare=2027-Q1'],
      ...['kpis?period=2031-01', 'kpis/lost_hours?period=2026-12', 'kpis/availability?period=2026-12'],
      ...['kpis/index/why?from=2026-10&to=2031-01', 'kpis/lost_hours/why?from=2031-01&to=2026-10'],
      'availability/budgets?kind=server&period=2026-12',
    ].map(ask),
  );
  answers.push(
    await collector.call('/api/v1/stability/recompute', { method: 'POST', as: 'manager', body: { month: '2031-01' } }),
  );
  for (const { status, text } of answers) {
    assert.is(status, 400, text);
    assert.match(text, /20\d\d-(W50|01|12|Q1) has not begun.*2026-11/);
  }
  assert.is((await ask('stability?period=2026-Q4')).status, 200, 'of which only a part has passed');
});

test('each period says since when it was monitored; where nothing was, nothing was lost is not known', async () => {
  const whole = await call<Stability>('stability?period=2026-10&compare=2026-09');
  assert.equal(whole.monitored, { from, days: 31, ofDays: 31 });
  assert.equal(whole.compared?.monitored, { from: from - day, days: 1, ofDays: 30 });
  assert.equal((await call<Kpis>('kpis?period=2026-11')).monitored, {
    from: from + 31 * day + hour,
    days: 10,
    ofDays: 10,
  });
  const { months: line } = await call<IndexLine>('stability/line');
  assert.equal(line.find(({ name }) => name === '2026-09')?.monitored, { from: from - day, days: 1, ofDays: 30 });
  const none = await call<Kpis>('kpis?period=2026-06');
  assert.is(none.monitored, null);
  // Endpoints that came later: the page says when, and offers no month before.
  const why = await call<KpiWhy>('kpis/index/why?from=2026-06&to=2026-10');
  assert.equal([why.difference, why.from.monitored, why.to.since], [null, null, whole.since]);
  assert.is(whole.since, from - day);
  const lost = none.items.find(({ id }) => id === 'lost_hours');
  assert.equal([lost?.value, lost?.state], [null, 'no_data']);
});

test('other weights alone: the preview says what they would make of the index, and they can be applied', async () => {
  await post<Recomputed>('stability/recompute', { month: '2026-10', reason: 'up to now' });
  assert.equal((await post<Recomputed>('stability/recompute', { month: '2026-10' })).differences, []);
  const [{ parts }] = await call<[{ parts: Record<string, { weight: number }> }]>('stability/definition');
  const weighed = (servers: number, lost: number) => ({
    ...parts,
    servers: { ...parts.servers, weight: servers },
    lost_hours: { ...parts.lost_hours, weight: lost },
  });
  const before = (await october()).index;
  await call('stability/definition', 'PUT', { parts: weighed(45, 5), reason: 'servers first' });
  const { differences } = await post<Recomputed>('stability/recompute', { month: '2026-10' });
  assert.equal(
    differences.map(({ site, kpi }) => [site, kpi]),
    [null, 'Berlin'].flatMap((one) => ['index', 'definition'].map((kpi) => [one, kpi])),
    'no figure moves',
  );
  assert.is(differences[0]?.before, before.value);
  assert.equal([differences[1]?.before, differences[1]?.after], [before.definition, before.definition + 1]);
  assert.equal((await october()).index, before, 'a preview changes nothing');
  await post<Recomputed>('stability/recompute', { month: '2026-10', reason: 'servers first' });
  const { index } = await october();
  assert.equal([index.value, index.definition], [differences[0]?.after, before.definition + 1]);
  assert.ok(index.value !== before.value);
  const berlin = await call<Stability>('stability?period=2026-10&site=Berlin');
  assert.is(berlin.index.value, differences[2]?.after);
  assert.equal((await post<Recomputed>('stability/recompute', { month: '2026-10' })).differences, []);
});

test('a closed month says what it was made with, whatever holds today; one from before that was kept says so', async () => {
  const { state } = collector;
  const calendar = await post<{ id: string }>('calendars', {
    ...{
      name: 'Office',
      zone,
      weekly: { mon: [['09:00', '17:00']] },
      region: null,
      holidays: [],
      overrides: {},
      reason: 'opening',
    },
  });
  await call(`sites/${site.id}`, 'PATCH', { calendars: { support: calendar.id } });
  await call(`stability/definition`, 'PUT', {
    ...{ parts: (await call<[{ parts: object }]>('stability/definition'))[0].parts, reason: 'the same' },
  });
  await post<Recomputed>('stability/recompute', { month: '2026-10', reason: 'with the calendar' });
  const kept = await october();
  assert.equal(kept.madeWith?.calendars, [
    { site: 'Berlin', use: 'support', id: calendar.id, name: 'Office', version: 1 },
  ]);
  assert.is(kept.madeWith?.tz, process.versions.tz);
  await call(`calendars/${calendar.id}`, 'PATCH', { name: 'Works', reason: 'renamed' });
  const row = state.selectFrom('closed_months').selectAll().where('month', '=', '2026-10').where('site', '=', '');
  const { content, revision } = await row.orderBy('revision', 'desc').executeTakeFirstOrThrow();
  const month = JSON.parse(content);
  const put = (to: object) =>
    state
      .updateTable('closed_months')
      .set({ content: JSON.stringify(to) })
      .where('month', '=', '2026-10')
      .where('site', '=', '')
      .where('revision', '=', revision)
      .execute();
  assert.equal((await october()).madeWith, kept.madeWith, 'another version holds today');
  assert.is((await call<Stability>('stability?period=2026-11')).madeWith?.calendars?.[0]?.version, 2);
  // By an older program, with other time zones and another formula.
  const formulas = { ...month.madeWith.formulas, lost_hours: 'lost_hours/0: of old' };
  await put({ ...month, tz: '2019a', madeWith: { ...month.madeWith, formulas } });
  const report = await post<{ id: string }>('reports', { period: '2026-10', language: 'en', reason: 'again' });
  const { content: reported } = await call<PeriodReport>(`reports/${report.id}`);
  assert.equal([reported.tz, reported.calendars], ['2019a', kept.madeWith?.calendars]);
  assert.is(reported.stability.kpis.find(({ id }) => id === 'lost_hours')?.formula, 'lost_hours/0: of old');
  assert.is((await call<KpiDetail>('kpis/lost_hours?period=2026-10')).kpi.formula, 'lost_hours/0: of old');
  assert.match((await call<KpiDetail>('kpis/lost_hours?period=2026-11')).kpi.formula ?? '', /^lost_hours\/[1-9]/);
  const { madeWith: _, ...old } = month;
  await put(old);
  const before = await october();
  assert.equal([before.madeWith?.calendars, before.kpis[0]?.formula], [null, null]);
  assert.equal(before.madeWith?.exclusions, []);
});

test('what can no longer be known stays as it was closed: computing again says so, and loses nothing', async () => {
  const { state } = collector;
  const newest = state.selectFrom('closed_months').selectAll().where('month', '=', '2026-08').where('site', '=', '');
  const row = await newest.orderBy('revision', 'desc').executeTakeFirstOrThrow();
  const month = JSON.parse(row.content);
  // Inventories of August are not kept until November.
  const software = { ...month.figures.software_utilisation, value: 62.5, state: 'ok', n: 40 };
  const formulas = { software_utilisation: 'software_utilisation/0: of old' };
  const figures = { ...month.figures, software_utilisation: software };
  const content = JSON.stringify({ ...month, figures, madeWith: { ...month.madeWith, formulas } });
  await state.updateTable('closed_months').set({ content }).where('month', '=', '2026-08').execute();
  const shown = async () =>
    (await call<Stability>('stability?period=2026-08')).kpis.find(({ id }) => id === 'software_utilisation');
  assert.is((await shown())?.value, 62.5);
  const again = await post<Recomputed>('stability/recompute', { month: '2026-08' });
  assert.equal(again.kept, [{ site: null, kpi: 'software_utilisation' }]);
  assert.ok(!again.differences.some(({ kpi }) => kpi === 'software_utilisation'));
  assert.ok(again.differences.length > 0);
  await post<Recomputed>('stability/recompute', { month: '2026-08', reason: 'other facts came late' });
  assert.is((await call<Stability>('stability?period=2026-08')).closed?.revision, row.revision + 1);
  const after = await shown();
  assert.equal([after?.value, after?.n, after?.formula], [62.5, 40, 'software_utilisation/0: of old']);
});

test('what an incident stopped is down for that time; a corrected end corrects availability and its causes', async () => {
  const { state } = collector;
  // A machine that reported all the time, in a week of the open month.
  const stop = { start: instant('2026-11-04T10:00:00Z'), end: instant('2026-11-04T12:00:00Z') };
  const opened = blankTicket('person/3', stop.start + 5 * minute);
  const values = { ...opened, kind: 'person' as const, site: 'Berlin', endpoint: endpointId(3) };
  const { id } = await state.insertInto('tickets').values(values).returning('id').executeTakeFirstOrThrow();
  const servers = async () => {
    const answer = await call<Stability>('stability?period=2026-W45&site=Berlin');
    const down = answer.kpis.find(({ id }) => id === 'availability_server')?.beside.find(({ code }) => code === 'down');
    const cause = answer.causes.find(({ ticket }) => ticket?.id === id);
    return { down: (down?.value ?? Number.NaN) / 60, points: cause?.byPart.servers ?? 0 };
  };
  const stateImpact = async (end: number, factor: number, people = 140) =>
    call(`tickets/${id}/impact`, 'PUT', {
      segments: [{ ...stop, end, factor, affected: [{ site: site.id, people }] }],
      reason: 'asked',
    });
  const before = await servers();
  await stateImpact(stop.end, 0.5);
  assert.equal(await servers(), before, 'hindered, and not stopped');
  await stateImpact(stop.end, 1);
  const stopped = await servers();
  near(stopped.down - before.down, 120, 'minutes down');
  assert.ok(stopped.points > 0 && before.points === 0, 'the ticket is its cause');
  await stateImpact(stop.start + 30 * minute, 1);
  near((await servers()).down - before.down, 30, 'minutes down until the corrected end');
  await state.updateTable('tickets').set({ state: 'cancelled' }).where('id', '=', id).execute();
  await call(`sites/${site.id}`, 'PATCH', { people: 140 });
  assert.equal(await servers(), before, 'it was none');
});

test.run();
