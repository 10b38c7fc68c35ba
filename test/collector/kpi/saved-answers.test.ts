/** Numbers of an open month that took long to compute: what a start of the collector shows of them, and what never. */
import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { kpiDetail, kpisOf } from '../../../collector/kpi/answer.ts';
import { changeDefinition } from '../../../collector/kpi/definition.ts';
import { serverAvailability } from '../../../collector/kpi/kpis/availability.ts';
import { kpis } from '../../../collector/kpi/kpis/index.ts';
import { createMonths } from '../../../collector/kpi/months.ts';
import { startingDefinition } from '../../../collector/kpi/stability.ts';
import type { State } from '../../../collector/state/open.ts';
import { endpointId, instant, openHistory, putSignals } from '../../support/fleet-history.ts';
import { until } from '../../support/until.ts';

const test = suite('saved answers');
const [minute, hour] = [60_000, 3_600_000];
const from = instant('2026-11-01T00:00:00Z');
const noon = instant('2026-11-20T12:00:00Z');
const servers = 6;
const period = '2026-11';
/** The machine may be busy, ms. */
const patience = 60_000;
let state: State;

test.before.each(async () => {
  state = await openHistory({ endpoints: servers, from, to: noon, absences: 2 });
  // The collector was watching until the end of each test.
  await state
    .updateTable('watches')
    .set({ from_at: from, to_at: noon + 24 * hour })
    .execute();
});
test.after.each(() => state.destroy());

/** A start of the collector at a time, on a machine where each computation takes two seconds. */
function started(at: number, version = '1.0.0') {
  let [now, passed] = [at, 0];
  const clock = {
    now: () => now,
    monotonic: () => {
      passed += 2000;
      return passed;
    },
  };
  const months = createMonths({ state, clock, zone: 'UTC', changeFeed: createChangeFeed(), version });
  return {
    months,
    async read(scope = {}) {
      const { month } = await months.of(period, scope);
      return { asOf: month.asOf, servers: month.figures.availability_server?.value };
    },
    pass(ms: number) {
      now += ms;
    },
  };
}

const saved = async () => (await state.selectFrom('kept_months').select(['key', 'at']).execute()).length;

async function computedAt(at: number, scope = {}) {
  const first = await started(at).read(scope);
  assert.is(first.asOf, at);
  await until(async () => (await saved()) > 0, patience, 'the answer is saved');
  return first;
}

test('after a start: the last answer at once, as of its time, and the late facts soon after', async () => {
  const before = await computedAt(noon);
  const down = { endpoint: endpointId(0), at: noon - hour, kind: 'offline', reason: 'shutdown' } as const;
  await putSignals(state, [down]);
  const collector = started(noon + 10 * minute);
  assert.equal(await collector.read(), before);
  await until(async () => (await collector.read()).asOf === noon + 10 * minute, patience, 'computed anew');
  const after = await collector.read();
  assert.ok((after.servers as number) < (before.servers as number), 'with the fact that came late');
  assert.equal(await started(noon + 11 * minute).read(), after, 'the newer one is saved in its place');
  assert.is(await saved(), 1);
});

test('an answer of over an hour ago, or of the future, is not shown', async () => {
  await computedAt(noon);
  assert.is((await started(noon + 61 * minute).read()).asOf, noon + 61 * minute);
  await until(async () => (await saved()) === 1, patience, 'the old one is deleted');
  assert.is((await started(noon - 3 * hour).read()).asOf, noon - 3 * hour, 'the clock was set back');
});

test('what was computed otherwise is not shown: definition, calendar, site, group, version', async () => {
  const changes: Record<string, () => Promise<unknown>> = {
    definition: () => changeDefinition(state, startingDefinition, 'ada', 'as it was', noon),
    calendar: () =>
      state
        .insertInto('calendars')
        .values({
          ...{ id: 'c1', name: 'Night', name_key: 'night', zone: 'UTC', weekly: '{}', region: null, holidays: '[]' },
          ...{ overrides: '{}', version: 1, created_at: noon, created_by: 'ada', updated_at: noon, updated_by: 'ada' },
        })
        .execute(),
    calendarVersion: () => state.updateTable('calendars').set({ version: 2 }).execute(),
    site: () =>
      state
        .insertInto('sites')
        .values({
          ...{ id: 's1', name: 'Bern', name_key: 'bern', note: '', zone: null, people: 5 },
          ...{ service_calendar: 'c1', working_calendar: null, support_calendar: null },
          ...{ created_at: noon, created_by: 'ada', updated_at: noon, updated_by: 'ada' },
        })
        .execute(),
    people: () => state.updateTable('sites').set({ people: 6 }).execute(),
    group: async () => {
      const who = { created_at: noon, created_by: 'ada', updated_at: noon, updated_by: 'ada' };
      await state
        .insertInto('groups')
        .values({ id: 'g1', name: 'Tills', name_key: 'tills', note: '', ...who })
        .execute();
      const member = { group_id: 'g1', endpoint: endpointId(0), added_at: noon, added_by: 'ada' };
      await state.insertInto('group_members').values(member).execute();
    },
  };
  let at = noon;
  await computedAt(at);
  for (const [what, change] of Object.entries(changes)) {
    await change();
    at += minute;
    assert.is((await started(at).read()).asOf, at, what);
    await until(async () => (await started(at).read()).asOf === at, patience, `saved after ${what}`);
  }
  at += minute;
  assert.is((await started(at, '1.0.1').read()).asOf, at, 'another version of the program');
});

test('the KPIs of an open month and the list behind one are those of its page, as of when they were computed', async () => {
  const before = await computedAt(noon);
  const down = { endpoint: endpointId(0), at: noon - hour, kind: 'offline', reason: 'shutdown' } as const;
  await putSignals(state, [down]);
  const { months, read } = started(noon + 10 * minute);
  const named = { id: 'any', name: 'any' } as never;
  const query = { period, zone: 'UTC', now: noon + 10 * minute, scope: {}, ruleNamed: () => named };
  const all = await kpisOf(state, months, kpis, query);
  const list = await kpiDetail(state, months, serverAvailability, query, { start: 0, limit: 10 });
  const value = all.items.find(({ id }) => id === serverAvailability.id);
  assert.equal([all.asOf, value?.value], [before.asOf, before.servers]);
  assert.equal([list.asOf, list.kpi], [before.asOf, value]);
  await until(async () => (await read()).asOf === noon + 10 * minute, patience, 'computed anew');
  const later = await kpisOf(state, months, kpis, query);
  assert.is(later.asOf, noon + 10 * minute);
  assert.equal(later.items.find(({ id }) => id === serverAvailability.id)?.value, (await read()).servers);
});

test('each question has its own answer', async () => {
  const all = await computedAt(noon);
  const one = started(noon + minute);
  assert.is((await one.read({ endpoint: endpointId(1) })).asOf, noon + minute);
  assert.equal(await started(noon + 2 * minute).read(), all);
});

test('what is computed at once is not saved', async () => {
  const clock = { now: () => noon, monotonic: () => 0 };
  const months = createMonths({ state, clock, zone: 'UTC', changeFeed: createChangeFeed() });
  await months.of(period, {});
  assert.is(await saved(), 0);
});

test('the open month is made ready a minute after a start, and every half hour, until it ends', async () => {
  const turns = async () => {
    for (let n = 0; n < 2000 && (await saved()) === 0; n++) await turn();
    const count = await saved();
    await state.deleteFrom('kept_months').execute();
    return count;
  };
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  try {
    const collector = started(noon);
    const stop = collector.months.stayReady();
    mock.timers.tick(minute - 1);
    assert.is(await turns(), 0);
    mock.timers.tick(1);
    assert.is(await turns(), 1);
    collector.pass(29 * minute);
    mock.timers.tick(29 * minute);
    assert.is(await turns(), 1);
    stop();
    collector.pass(hour);
    mock.timers.tick(hour);
    assert.is(await turns(), 0);
  } finally {
    mock.timers.reset();
  }
});

test('an answer that cannot be saved is given all the same, and the log says so', async () => {
  await state.schema.dropTable('kept_months').execute();
  await state.schema.createTable('kept_months').addColumn('key', 'text').execute();
  const lines: string[] = [];
  const log = { debug() {}, info() {}, warn: (_: object, text: string) => lines.push(text), error() {} };
  let passed = 0;
  const clock = { now: () => noon, monotonic: () => (passed += 2000) };
  const months = createMonths({ state, clock, zone: 'UTC', changeFeed: createChangeFeed(), log });
  assert.is((await months.of(period, {})).month.asOf, noon);
  await until(() => lines.length > 0, patience, 'a line');
  assert.equal(lines, ['The numbers of a month could not be kept']);
});

test.run();
