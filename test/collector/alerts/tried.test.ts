import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tried, tried } from '../../../collector/alerts/tried.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { booksOf } from '../../../collector/evaluate/merge.ts';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';
import type { SeriesQuery } from '../../../collector/series/series.ts';

const now = Date.parse('2026-11-28T12:00:00Z');
const step = 300_000;
const hot = (value: number) => ({
  ...{ id: 'hot', name: 'Hot', for_s: 600 },
  when: { kind: 'threshold', measurement: 'temp', all: [{ field: 'temp', op: '>', value }] },
});
const endpoint = (id: string): Endpoint => ({
  ...{ id, bucket: '01', name: id, kind: 'server', kindWhy: [], site: null, tags: [], platform: 'linux', arch: 'x64' },
  ...{
    version: null,
    enrolledAt: 0,
    retiredAt: null,
    session: null,
    bootId: null,
    lastSeenAt: now,
    intervalMs: 10_000,
  },
  ...{ clockOffsetMs: 0, people: null, stateSince: 0, state: 'online', stateReason: null },
});

/** Two days; 85 degrees for an hour each day, 65 for another. */
async function query({ from, to }: SeriesQuery) {
  const points: [number, number | null][] = [];
  for (let at = from; at < to; at += step) {
    const hour = new Date(at).getUTCHours();
    points.push([at, now - at > 2 * 86_400_000 ? null : hour === 3 ? 85 : hour === 9 ? 65 : 40]);
  }
  const series = [{ metric: 'temp.temp', tags: { sensor: 'cpu' }, agg: 'max' as const, points }];
  return { from, to, step, resolution: '5m' as const, series };
}

/** One of them measures no temperature. */
const latest = (id: string) =>
  [{ metric: 'cpu.usage_active' }, ...(id === 'without' ? [] : [{ metric: 'temp.temp' }])].map((line) => {
    return { ...line, tags: {}, at: now, value: 0 };
  });
const noHistory = {
  usualThen: async () => () => undefined,
  viewOf: (id: string) => ({ endpoint: () => ({ name: id }), inventory: () => ({}), latest: () => undefined }),
};

const run = async (from: number, to: number, withinMs = 60_000) => {
  const [before, after] = [booksOf(defaultRules, [hot(from)]), booksOf(defaultRules, [hot(to)])];
  const rules = [before, after].flatMap((books) => books.rule('hot') ?? []);
  const families = new Set(['hot']);
  const endpoints = [endpoint('without'), endpoint('a'), endpoint('b')];
  return tried({
    ...noHistory,
    withinMs,
    series: { query, latest },
    endpoints,
    groupsOf: () => [],
    books: [before, after],
    families,
    rules,
    now,
  });
};

test('a limit that is milder or stricter: how often, where and for how long', async () => {
  const since = now - 2 * 86_400_000;
  const { times, ...counts } = (await run(60, 80)) as Tried;
  assert.equal(counts, { since, having: 2, looked: 2, before: 8, after: 4, endpoints: 2, seconds: 4 * 50 * 60 });
  const first = Date.parse('2026-11-28T03:10:00Z');
  const newest = { endpoint: { id: 'a', name: 'a' }, tags: { sensor: 'cpu' }, from: first, to: first + 50 * 60_000 };
  assert.equal([times.length, times[0]], [4, newest]);
  const none = { before: 4, after: 0, endpoints: 0, seconds: 0, times: [] };
  assert.equal(await run(80, 90), { since, having: 2, looked: 2, ...none });
});

test('what was not looked at in time counts as nothing, and is no endpoint that was looked at', async () => {
  const { having, looked, after } = (await run(60, 80, 0)) as Tried;
  assert.equal([having, looked, after], [2, 1, 2]);
});

test('an expression is judged by the values of then and by the endpoint as it is', async () => {
  const when = { kind: 'expression', expr: 'temp.temp > 60.0 && endpoint.name == "b"' };
  const books = booksOf(defaultRules, [{ id: 'hot', name: 'Hot', for_s: 600, when }]);
  const rules = [books.rule('hot')].flatMap((rule) => rule ?? []);
  const found = await tried({
    ...{ ...noHistory, series: { query, latest }, endpoints: [endpoint('a'), endpoint('b')], groupsOf: () => [] },
    ...{ books: [booksOf(defaultRules, []), books] as const, families: new Set(['hot']), rules, now },
  });
  assert.equal([found?.looked, found?.after, found?.endpoints], [2, 4, 1]);
});

test('what history cannot say is not said', async () => {
  const books = booksOf(defaultRules, []);
  const rules = defaultRules.filter(({ id }) => id === 'server-down');
  const families = new Set(['server-down']);
  const asked = {
    series: { query, latest },
    endpoints: [endpoint('a')],
    groupsOf: () => [],
    books: [books, books] as const,
  };
  assert.is(await tried({ ...noHistory, ...asked, families, rules, now }), null);
});

test('outside of what was usual: the means of each five minutes, by the weeks before', async () => {
  const unusual = { id: 'odd', name: 'Odd', for_s: 1800, notify: true };
  const books = booksOf(defaultRules, [
    { ...unusual, when: { kind: 'baseline', measurement: 'temp', field: 'temp', side: 'above' } },
  ]);
  const rules = [books.rule('odd')].flatMap((rule) => rule ?? []);
  const aggs: unknown[] = [];
  const asked = {
    ...noHistory,
    series: {
      latest,
      query(wanted: SeriesQuery) {
        aggs.push(wanted.agg);
        return query(wanted);
      },
    },
    ...{ endpoints: [endpoint('a')], groupsOf: () => [], books: [booksOf(defaultRules, []), books] as const },
    usualThen: async () => () => ({ low: 20, high: 60, since: null }),
  };
  // 85 and 65 degrees for an hour each day: one alert a day.
  const found = await tried({ ...asked, families: new Set(['odd']), rules, now });
  assert.equal([found?.before, found?.after, found?.endpoints], [0, 2, 1]);
  assert.equal(aggs, ['mean']);
});

test.run();
