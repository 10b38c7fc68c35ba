/**
 * Satisfaction, first contact and volume on what a desk really did: tickets opened, answered, handed off, resolved,
 * reopened and rated through the rooms of the product; months that closed before these numbers existed, or too early.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { kpiDetail, kpisOf } from '../../../collector/kpi/answer.ts';
import { kpis } from '../../../collector/kpi/kpis/index.ts';
import { createMonths } from '../../../collector/kpi/months.ts';
import { stabilityOf } from '../../../collector/kpi/stability-answer.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { blankTicket } from '../../../collector/tickets/events.ts';
import { createTickets, type NewTicket, type Solution } from '../../../collector/tickets/tickets.ts';
import { instant, putAlerts, putEndpoint, putSignals } from '../../support/fleet-history.ts';
import { freshPlace } from '../../support/state.ts';

const test = suite('numbers of the desk');
const zone = 'Europe/Berlin';
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
/** Monday 5 October 2026, 09:00 in Berlin. */
const monday = instant('2026-10-05T07:00:00Z');
const november = instant('2026-10-31T23:00:00Z');
const opened: State[] = [];
test.after(async () => {
  for (const state of opened) await state.destroy();
});

async function desk() {
  const state = await openState(freshPlace());
  opened.push(state);
  let now = monday;
  const clock = { now: () => now, monotonic: () => now };
  const changeFeed = createChangeFeed();
  const tickets = createTickets({ state, clock, changeFeed, zone });
  const months = createMonths({ state, clock, changeFeed, zone });
  const query = (period: string, site?: string) => ({
    ...{ period, zone, now, scope: site === undefined ? {} : { site } },
    ruleNamed: (id: string) => ({ id, name: null, kind: null, metric: null }) as never,
  });
  return {
    ...{ state, tickets, months, query },
    at(time: number) {
      now = time;
    },
    /** A token of this name. */
    script: (name: string) =>
      state
        .insertInto('tokens')
        .values({
          ...{ id: name, name, hash: name, role: 'operator', created_at: 0, created_by: 'ada' },
          ...{ last_used_at: null, revoked_at: null },
        })
        .execute(),
    open: (more: Partial<NewTicket> = {}) =>
      tickets.create({
        ...{ title: 'It is slow', text: null, endpoint: null, impact: 3, urgency: 3, by: 'ada', requester: 'Mia' },
        ...{ channel: 'mail', category: 'incident', ...more },
      }),
    say: (id: number, more: object = {}) =>
      tickets.comment(id, 'ada', { text: 'so', isPublic: true, isFromRequester: false, ...more }),
    solve: (id: number, solution: Solution = {}) => tickets.resolve(id, 'ada', null, null, solution),
    async read(period: string, id: string) {
      const { items } = await kpisOf(state, months, kpis, query(period));
      const kpi = items.find((one) => one.id === id);
      if (!kpi) throw new Error(`no ${id}`);
      return { ...kpi, of: (code: string) => kpi.beside.find((one) => one.code === code)?.value };
    },
    async list(period: string, id: string) {
      const kpi = kpis.find((one) => one.id === id);
      if (!kpi) throw new Error(`no ${id}`);
      const { evidence } = await kpiDetail(state, months, kpi, query(period), { start: 0, limit: 1000 });
      return Object.fromEntries(
        evidence.map(({ ticket, why, part, whole }) => [ticket?.id, `${why} ${part}/${whole}`]),
      );
    },
  };
}

test('first contact: answers, hand-offs, calls and reopenings as they were entered', async () => {
  const d = await desk();
  const make = async (more: Partial<NewTicket> = {}) => d.open(more);
  const silent = await make();
  const once = await make();
  const twice = await make();
  const asked = await make();
  const given = await make();
  const sameTier = await make();
  const inCall = await make({ channel: 'phone' });
  const later = await make({ channel: 'chat' });
  const unstated = await make({ channel: 'phone' });
  const broken = await make();
  await d.script('robot');
  const script = await make({ channel: 'api', by: 'robot' });
  const back = await make();
  const selfService = await make();
  d.at(monday + 10 * minute);
  await d.say(once);
  await d.say(twice);
  await d.say(twice);
  await d.say(twice, { isPublic: false });
  await d.say(asked, { isFromRequester: true });
  await d.tickets.handOff(given, 'ada', { tier: 2, assignee: null, reason: 'the array', tried: 'another slot' });
  await d.tickets.handOff(sameTier, 'ada', { tier: 1, assignee: 'bo', reason: 'holiday', tried: 'x' });
  await d.tickets.handOff(selfService, 'ada', { tier: 0, assignee: null, reason: 'the portal', tried: 'x' });
  d.at(monday + 30 * minute);
  for (const id of [silent, once, twice, asked, given, sameTier, unstated, script, back, selfService])
    await d.solve(id);
  await d.solve(inCall, { inContact: true });
  await d.solve(later, { inContact: false });
  d.at(monday + 3 * hour);
  await d.solve(broken, { firstContactPossible: false });
  await d.tickets.reopen(back, 'ada', 'again');
  d.at(monday + 4 * hour);
  await d.solve(back);
  d.at(monday + 5 * hour);
  const early = await d.read('2026-10', 'first_contact');
  assert.equal([early.provisional, early.of('provisional')], [true, 10]);
  d.at(november + 9 * day);
  assert.equal(await d.list('2026-10', 'first_contact'), {
    ...{ [silent]: 'first 1/1', [once]: 'first 1/1', [twice]: 'several_replies 0/1', [asked]: 'requester_replied 0/1' },
    ...{ [given]: 'escalated 0/1', [sameTier]: 'first 1/1', [inCall]: 'first 1/1', [later]: 'not_in_contact 0/1' },
    ...{ [unstated]: 'not_stated 0/0', [broken]: 'first 1/1', [back]: 'reopened 0/1' },
  });
  const found = await d.read('2026-10', 'first_contact');
  assert.equal([found.value, found.n, found.state, found.provisional], [50, 10, 'low_n', false]);
  assert.ok(Math.abs((found.of('net') as number) - 100 * (4 / 9)) < 1e-9, 'without what could not be');
  assert.is(found.of('within_hour'), 40, 'the broken one took three hours');
  assert.equal([found.of('not_stated'), found.of('self_service')], [1, 1]);
  const { n, of } = await d.read('2026-10', 'time_to_resolve');
  assert.equal(
    [0, 1, 2].map((tier) => of(`tier_${tier}_n`)),
    [1, 11, 1],
  );
  const half = 30 * 60;
  const ofDesk = (9 * half + 3 * 3600 + 4 * 3600) / 11;
  assert.equal(
    [0, 1, 2].map((tier) => of(`tier_${tier}`)),
    [half, ofDesk, half],
  );
  assert.equal([n, of('no_hand_off')], [13, 11]);
});

test('satisfaction: the last answer counts, in its month; with few answers nobody is named', async () => {
  const d = await desk();
  const links: string[] = [];
  for (let n = 0; n < 6; n++) links.push((await d.solve(await d.open())).ratingToken as string);
  assert.is((await d.read('2026-10', 'csat')).value, null);
  const rate = (n: number, rating: number) => d.tickets.rate(links[n] as string, { rating, comment: null });
  d.at(monday + hour);
  for (const [n, rating] of [2, 5, 4, 1].entries()) await rate(n, rating);
  d.at(monday + 2 * hour);
  const few = await d.read('2026-10', 'csat');
  assert.equal([few.state, few.n, few.of('sent')], ['insufficient', 4, 6]);
  assert.equal(
    few.few.map(({ why, ticket, at }) => [why, ticket, at]),
    ['rating_2', 'rating_1', 'rating_5', 'rating_4'].map((why) => [why, null, null]),
  );
  assert.equal(Object.keys(await d.list('2026-10', 'csat')), ['undefined']);
  await rate(0, 5);
  await rate(4, 3);
  d.at(november + hour);
  await rate(5, 5);
  d.at(november + 2 * hour);
  const october = await d.read('2026-10', 'csat');
  assert.equal([october.value, october.n, october.state], [60, 5, 'low_n']);
  assert.equal(
    [october.of('neutral'), october.of('dissatisfied'), Math.round(october.of('response_rate') as number)],
    [1, 1, 83],
  );
  assert.is(Object.keys(await d.list('2026-10', 'csat')).length, 5);
  const next = await d.read('2026-11', 'csat');
  assert.equal([next.n, next.state, next.of('sent'), next.of('response_rate')], [1, 'insufficient', 0, null]);
  await rate(1, 1);
  d.at(november + 3 * hour);
  assert.equal(
    [(await d.read('2026-10', 'csat')).n, (await d.read('2026-11', 'csat')).n],
    [4, 2],
    'it is in one month',
  );
});

test('volume: who opened what, without duplicates; weeks without a ticket are zeros, unknown months are not', async () => {
  const d = await desk();
  for (let n = 0; n < 50; n++) await putEndpoint(d.state, n, { enrolledAt: monday });
  const first = await d.open();
  await d.script('robot');
  await d.open({ channel: 'api', by: 'robot' });
  const twin = await d.open();
  await d.tickets.link(twin, 'ada', 'duplicate', String(first));
  await d.state
    .insertInto('tickets')
    .values({ ...blankTicket('alert/1', monday), kind: 'alert', rule: 'cpu' })
    .execute();
  d.at(monday + 15 * day);
  for (let n = 0; n < 20; n++) await d.open();
  d.at(november);
  const october = await d.read('2026-10', 'ticket_volume');
  assert.equal([october.value, october.n, october.state], [23, 23, 'ok']);
  assert.equal(['user', 'monitor', 'script', 'excluded'].map(october.of), [21, 1, 1, 1]);
  assert.is(october.of('per_100_endpoints'), 46);
  assert.is(october.of('per_business_day'), 23 / 20, 'nothing is known of the first two business days');
  assert.equal(
    october.weeks.map(({ count }) => count),
    [0, 20],
    'the week in which it began is not known as a whole',
  );
  assert.equal([october.of('slope'), october.of('ratio')], [null, null], 'too few weeks; no month before');
  assert.is((await d.list('2026-10', 'ticket_volume'))[twin], 'duplicate 0/0');
  d.at(november + 14 * day);
  for (let n = 0; n < 30; n++) await d.open();
  d.at(november + 30 * day);
  const next = await d.read('2026-11', 'ticket_volume');
  assert.equal(
    next.weeks.map(({ count }) => count),
    [0, 20, 0, 0, 30, 0, 0],
  );
  assert.is(next.of('slope'), 0);
  assert.is(next.of('ratio'), null, 'October was not seen as a whole');
  d.at(november + 40 * day);
  for (let n = 0; n < 60; n++) await d.open();
  d.at(november + 44 * day);
  // 60 in 10 business days after 30 in 21.
  const december = (await d.read('2026-12', 'ticket_volume')).beside.find(({ code }) => code === 'ratio');
  assert.is(Math.round(december?.value ?? 0), 420);
  assert.ok((december?.low ?? 0) > 100 && (december?.high ?? 0) > 420, 'more than chance');
});

test('a script is no person: what it answers, resolves or acknowledges is not work of the desk', async () => {
  const d = await desk();
  await d.script('robot');
  await d.script('mia');
  await d.state
    .insertInto('users')
    .values({ id: 'u1', name: 'mia', role: 'operator', password_hash: '', created_at: 0, disabled_at: null })
    .execute();
  const endpoint = await putEndpoint(d.state, 0);
  await putSignals(d.state, [{ endpoint, at: monday - day, kind: 'online' }]);
  const answered: Record<string, number> = {};
  for (const who of ['robot', 'mia', 'ada']) {
    const id = await d.open({ by: who, channel: 'api', requester: 'Eve', impact: 2, urgency: 2 });
    answered[who] = id;
    await d.tickets.comment(id, who, { text: 'so', isPublic: true, isFromRequester: false });
    await d.tickets.resolve(id, who, null, null, {});
  }
  // Asked for by a person, done by a script.
  const alone = await d.open({ impact: 2, urgency: 2 });
  await d.tickets.resolve(alone, 'robot', null, null, {});
  await putAlerts(
    d.state,
    ['robot', 'mia'].map((who, n) => ({
      ...{ id: who, endpoint, resolvedAt: null },
      events: [
        ['firing', monday + n * hour],
        ['acknowledged', monday + (n + 1) * hour],
      ],
    })),
  );
  await d.state
    .updateTable('alert_events')
    .set(({ ref }) => ({ actor: ref('alert') }))
    .where('code', '=', 'acknowledged')
    .execute();
  const stamps = { version: 1, created_at: 0, created_by: 'ada', updated_at: 0, updated_by: 'ada' };
  const cost = { id: 'desk', name: 'Desk', name_key: 'desk', category: 'people', kind: 'monthly', cents: 310_000 };
  await d.state
    .insertInto('costs')
    .values({ ...cost, ...stamps, months: null, from_month: '2026-01', to_month: null } as never)
    .execute();
  d.at(november + day);
  const own = [answered.mia, answered.ada];
  assert.equal(
    Object.keys(await d.list('2026-10', 'first_contact')).map(Number),
    own,
    'neither what a script opened nor what it did alone',
  );
  const resolved = await d.read('2026-10', 'time_to_resolve');
  assert.equal([resolved.n, resolved.of('self_healed')], [2, 2]);
  const response = await d.list('2026-10', 'response_in_target');
  assert.equal(
    own.map((id) => response[id as number]),
    ['null 1/1', 'null 1/1'],
  );
  assert.is(response[alone], undefined, 'resolved by a script before anybody had to answer');
  const volume = await d.read('2026-10', 'ticket_volume');
  assert.equal(['user', 'script'].map(volume.of), [3, 1], 'a token of the name of a person stands for that person');
  assert.is((await d.read('2026-10', 'cost_per_ticket')).n, 3, 'what people opened or worked on');
  const acknowledged = await d.read('2026-10', 'time_to_acknowledge');
  assert.equal([acknowledged.n, acknowledged.of('waiting')], [1, 1]);
  assert.is((await d.read('2026-10', 'found_before_reported')).of('only_reported'), 3);
});

test('the backlog in days of work: at the pace of four weeks, which began in the month before', async () => {
  const d = await desk();
  const endpoint = await putEndpoint(d.state, 0);
  await putSignals(d.state, [{ endpoint, at: monday - day, kind: 'online' }]);
  const open = await d.open();
  for (let n = 0; n < 7; n++) {
    d.at(monday + n * day);
    const id = await d.open();
    await d.solve(id);
    // Resolved twice is one ticket less.
    if (n === 2) await d.tickets.reopen(id, 'ada', 'again').then(() => d.solve(id));
  }
  await d.state
    .updateTable('tickets')
    .set({ restored_at: monday + hour })
    .where('id', '=', open + 1)
    .execute();
  d.at(november + 2 * hour);
  const backlog = await d.read('2026-11', 'backlog');
  // From 4 October 02:00 to 1 November 02:00: 20 business days.
  assert.equal([backlog.value, backlog.of('start'), backlog.of('days_of_work')], [1, 1, 1 / (7 / 20)]);
  const resolved = await d.read('2026-10', 'time_to_resolve');
  assert.equal([resolved.of('restore'), resolved.of('restore_n'), resolved.of('first')], [3600, 1, 0]);
  assert.is(resolved.of('open_median'), resolved.of('oldest'), 'one is open');
});

test('a fleet that joined on the 20th: costs, days and working time are those of the part that is known', async () => {
  const d = await desk();
  const joined = november + 19 * day;
  const end = november + 30 * day;
  await d.state
    .insertInto('sites')
    .values({
      id: 'berlin',
      name: 'Berlin',
      name_key: 'berlin',
      note: '',
      people: 10,
      created_at: joined,
      created_by: 'ada',
      updated_at: joined,
      updated_by: 'ada',
    } as never)
    .execute();
  for (let n = 0; n < 10; n++) {
    const endpoint = await putEndpoint(d.state, n, { enrolledAt: joined, site: 'Berlin' });
    await putSignals(d.state, [{ endpoint, at: joined, kind: 'online' }]);
  }
  const stamps = { version: 1, created_at: 0, created_by: 'ada', updated_at: 0, updated_by: 'ada' };
  const cost = { id: 'desk', name: 'Desk', name_key: 'desk', category: 'people', kind: 'monthly', cents: 300_000 };
  await d.state
    .insertInto('costs')
    .values({ ...cost, ...stamps, months: null, from_month: '2026-01', to_month: null } as never)
    .execute();
  d.at(joined + 2 * hour);
  for (let n = 0; n < 11; n++) await d.open(n === 0 ? { impact: 1, urgency: 1 } : {});
  d.at(end + day);
  const [price, count, major, lost] = [
    await d.read('2026-11', 'cost_per_ticket'),
    await d.read('2026-11', 'ticket_volume'),
    await d.read('2026-11', 'major_incidents'),
    await d.read('2026-11', 'lost_hours'),
  ];
  assert.equal([price.value, price.of('operating')], [10_000, 110_000], '11 of 30 days of 3000.00');
  assert.is(count.of('per_business_day'), 11 / 7);
  assert.is(major.value, 30 / 11);
  assert.is(lost.of('scheduled'), 10 * 8 * 7);
  for (const figure of [price, count, major, lost]) assert.is(figure.of('days'), 11, figure.id);
  d.at(end + 32 * day);
  const whole = await d.read('2026-12', 'ticket_volume');
  assert.is(whole.of('days'), undefined);
  // A quarter that began before: the same part of it, and the month that is whole.
  assert.is((await d.read('2026-Q4', 'cost_per_ticket')).of('operating'), 410_000);
});

test('a quarter is longer than thirteen weeks: its first day counts, and so does the month before', async () => {
  const d = await desk();
  d.at(instant('2028-08-15T08:00:00Z'));
  await d.open();
  d.at(instant('2028-09-10T08:00:00Z'));
  for (let n = 0; n < 10; n++) await d.open();
  d.at(instant('2028-10-01T08:00:00Z'));
  for (let n = 0; n < 12; n++) await d.open();
  // Its last day is a Sunday, so that the thirteen weeks begin on its second day.
  d.at(instant('2029-01-05T08:00:00Z'));
  const quarter = await d.read('2028-Q4', 'ticket_volume');
  assert.is(quarter.value, 12);
  assert.is(quarter.weeks.length, 13);
  assert.is(Math.round(quarter.of('ratio') as number), Math.round((100 * (12 / 65)) / (10 / 21)));
});

test('a month that closed before these numbers existed is read as it was kept, and they are computed beside it', async () => {
  const d = await desk();
  const endpoint = await putEndpoint(d.state, 0);
  await putSignals(d.state, [{ endpoint, at: monday - 10 * day, kind: 'online' }]);
  const id = await d.open();
  await d.solve(id);
  d.at(november + 12 * day);
  await d.months.close();
  const before = (await kpisOf(d.state, d.months, kpis, d.query('2026-10'))).items;
  const rows = await d.state.selectFrom('closed_months').selectAll().where('month', '=', '2026-10').execute();
  for (const { month, site, content } of rows) {
    const kept = JSON.parse(content);
    for (const newer of ['csat', 'first_contact', 'ticket_volume']) delete kept.figures[newer];
    for (const figure of Object.values(kept.figures)) Object.assign(figure as object, { n: 7 });
    const older = d.state.updateTable('closed_months').set({ content: JSON.stringify(kept) });
    await older.where('month', '=', month).where('site', '=', site).execute();
  }
  const { items, asOf } = await kpisOf(d.state, d.months, kpis, d.query('2026-10'));
  assert.equal(
    items.map((item) => item.id),
    kpis.map((kpi) => kpi.id),
  );
  const isNew = ({ id: kpi }: { id: string }) => ['csat', 'first_contact', 'ticket_volume'].includes(kpi);
  assert.ok(
    items.every((item) => isNew(item) || item.n === 7),
    'kept, not computed again',
  );
  assert.equal(items.filter(isNew), before.filter(isNew));
  assert.is(asOf, november + 12 * day);
  const page = await stabilityOf(d.state, d.months, d.query('2026-10'));
  assert.equal(page.kpis.filter(isNew), before.filter(isNew));
});

test('closed while a ticket could still be reopened: set once it could not, and nothing else with it', async () => {
  const d = await desk();
  const endpoint = await putEndpoint(d.state, 0);
  await putSignals(d.state, [{ endpoint, at: monday - 10 * day, kind: 'online' }]);
  // Friday 30 October: five business days later it is 6 November.
  d.at(instant('2026-10-30T14:00:00Z'));
  const id = await d.open();
  await d.solve(id);
  d.at(november + 4 * day);
  assert.ok((await d.months.close()) > 0);
  assert.is((await d.read('2026-10', 'first_contact')).provisional, true);
  await d.tickets.reopen(id, 'ada', 'it is back');
  assert.is(await d.months.close(), 0);
  await d.state.insertInto('tickets').values(blankTicket('late/1', monday)).execute();
  d.at(november + 9 * day);
  assert.ok((await d.months.close()) > 0);
  const found = await d.read('2026-10', 'first_contact');
  assert.equal([found.provisional, found.few.map(({ why }) => why)], [false, ['reopened']]);
  assert.is((await d.read('2026-10', 'ticket_volume')).value, 1, 'a late fact is for a person to decide');
  const { closed } = await stabilityOf(d.state, d.months, d.query('2026-10'));
  assert.equal([closed?.revision, closed?.by], [1, 'monitor']);
  assert.is(await d.months.close(), 0);
});

test.run();
