/** From stored values to what is usual: a real series store and a real state. */
import { setTimeout } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { usualBands } from '../../../collector/baseline/bands.ts';
import { createBaselines } from '../../../collector/baseline/baselines.ts';
import { hoursAt, learnLines } from '../../../collector/baseline/learning.ts';
import { notLearned } from '../../../collector/baseline/not-learned.ts';
import { unusualAt } from '../../../collector/baseline/unusual.ts';
import type { BaselineWhen } from '../../../collector/evaluate/kinds/baseline.ts';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import type { OpenedStore } from '../../../collector/series/store.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import type { Metric } from '../../../shared/report.ts';
import { arrival, metric } from '../../contract/series.ts';
import { endpointId, instant, putEndpoint } from '../../support/fleet-history.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { freshPlace } from '../../support/state.ts';

const test = suite('what is usual, from stored values');
const [slot, hour, day] = [300_000, 3_600_000, 86_400_000];
/** A Monday. */
const now = instant('2026-11-23T10:00:00Z');
const clock = { now: () => now, monotonic: () => performance.now() };
const folder = temporaryFolder();
let state: State;
let series: OpenedStore;
let sent = 0;

const rule = (name: string): BaselineWhen => {
  const [measurement = '', field = ''] = name.split('.');
  return { kind: 'baseline', measurement, field };
};
const rules = ['cpu.usage_active', 'mem.used_percent', 'net.bytes_recv'].map(rule);
const endpoint = (n: number) => ({ id: endpointId(n), site: null }) as Endpoint;
const parts = () => ({ state, series, zone: 'UTC' });

async function fill(n: number, weeks: number, metricsAt: (at: number) => Metric[]): Promise<void> {
  for (let from = now - weeks * 7 * day; from < now; from += day) {
    const times = Array.from({ length: day / slot }, (_, i) => from + i * slot);
    await series.append({ ...arrival(endpointId(n), ++sent, times.flatMap(metricsAt)), receivedAt: now });
  }
}

const cpu = (at: number, value: number) => metric('cpu', { usage_active: value }, at, { cpu: 'cpu-total' });
const mem = (at: number, value: number) => metric('mem', { used_percent: value }, at);
const cores = (at: number, value: number) => metric('system', { n_cpus: value }, at);
/** 200 kB a second. */
const net = (at: number) => metric('net', { bytes_recv: (at - now + 9 * 7 * day) * 200 }, at, { interface: 'eth0' });
const isWork = (at: number) => new Date(at).getUTCHours() >= 8 && new Date(at).getUTCHours() < 18;

test.before(async () => {
  state = await openState(freshPlace());
  series = await openEmbedded({ folder: folder.path, clock, log: silentLog, commitEveryMs: 1 });
  for (let n = 0; n < 4; n++) await putEndpoint(state, n, {});
  // Busy by day; in the last forty minutes much busier. What is received never changes.
  await fill(0, 5, (at) => [
    cpu(at, at >= now - 40 * 60_000 ? 95 : isWork(at) ? 40 : 5),
    mem(at, 50),
    net(at),
    cores(at, 4),
  ]);
  await fill(1, 2, (at) => [cpu(at, 20), mem(at, 50)]);
  // More memory is used since ten days; a machine of other size since twenty.
  await fill(2, 5, (at) => [mem(at, at < now - 10 * day ? 30 : 80)]);
  await fill(3, 5, (at) => [cpu(at, 20), cores(at, at < now - 20 * day ? 4 : 8)]);
  await series.compact();
});
test.after(async () => {
  await series.close();
  await state.destroy();
  folder.remove();
});

test('a band for each hour of a span, learned before it; none where too little is known', async () => {
  const span = { from: now - 3 * hour, to: now };
  const { lines } = await usualBands(parts(), endpoint(0), ['cpu.usage_active'], span);
  const bands = [
    { from: span.from, to: span.from + hour, low: 0, high: 15 },
    { from: span.from + hour, to: now, low: 30, high: 50 },
  ];
  assert.equal(lines, [{ metric: 'cpu.usage_active', tags: { cpu: 'cpu-total' }, bands }]);
  assert.equal((await usualBands(parts(), endpoint(1), ['cpu.usage_active'], span)).lines, []);
});

test('what left its range around an alert, with the range that was expected', async () => {
  const found = await unusualAt(parts(), endpoint(0), rules, now - 10 * 60_000);
  assert.is(found.compared, 3);
  assert.equal(found.short, []);
  const [line, ...others] = found.lines;
  assert.equal(others, []);
  if (!line) throw new Error('the CPU was outside');
  const { outside, usual, ...rest } = line;
  assert.equal(rest, { metric: 'cpu.usage_active', tags: { cpu: 'cpu-total' }, goesOn: true });
  assert.equal([outside.from, outside.to, outside.value], [now - 40 * 60_000, now, 95]);
  assert.equal(outside.range, { low: 30, high: 50, middle: 40 });
  assert.is(outside.score, 5.5);
  assert.is(usual.weeks, 5);
});

test('before it began there was nothing unusual; nights are compared with nights', async () => {
  assert.equal((await unusualAt(parts(), endpoint(0), rules, now - 3 * hour)).lines, []);
  assert.equal((await unusualAt(parts(), endpoint(0), rules, now - 12 * hour)).lines, []);
});

test('too little is known: no verdict, and how much there is', async () => {
  const { lines, compared, short } = await unusualAt(parts(), endpoint(1), rules, now - hour);
  assert.equal([lines, compared], [[], 0]);
  assert.equal(
    short.map(({ metric: name, weeks }) => [name, weeks]),
    [
      ['cpu.usage_active', 2],
      ['mem.used_percent', 2],
    ],
  );
  for (const { values } of short) assert.ok(values > 0 && values <= 72, String(values));
});

test('a rule about one side, and a rule about some tags', async () => {
  const at = now - 10 * 60_000;
  const only = async (more: Partial<BaselineWhen>) =>
    (await unusualAt(parts(), endpoint(0), [{ ...rule('cpu.usage_active'), ...more }], at)).lines.length;
  assert.equal([await only({ side: 'above' }), await only({ side: 'below' })], [1, 0]);
  assert.equal([await only({ tags: { cpu: 'cpu-total' } }), await only({ tags: { cpu: 'cpu0' } })], [1, 0]);
  assert.equal((await unusualAt(parts(), endpoint(0), [], at)).compared, 0);
});

async function learned(n: number, metrics: string[]) {
  const hourOf = await hoursAt(parts(), null);
  const hours = new Set([hourOf(now - hour)]);
  const lines = await learnLines(parts(), endpoint(n), metrics, { until: now, hours, hourOf });
  return lines.map((line) => ({ ...line, usual: line.of(hourOf(now - hour)) }));
}

test('the new normal: what is older is not learned, and for two weeks too little is known', async () => {
  const [line] = await learned(2, ['mem.used_percent']);
  assert.is(line?.since, now - 10 * day);
  // This Monday and the one before.
  assert.equal([line?.usual.range, line?.usual.weeks], [null, 2]);
});

test('a machine with other cores is learned anew', async () => {
  const [line] = await learned(3, ['cpu.usage_active']);
  assert.is(line?.since, now - 20 * day);
  assert.is(line?.usual.weeks, 3, 'Mondays since then');
});

const signal = (n: number, at: number, kind: 'online' | 'lost', last_seen: number | null = null) =>
  state
    .insertInto('signals')
    .values({ endpoint: endpointId(n), at, kind, last_seen, session: null, boot_id: null, reason: null, birth: null })
    .execute();

test('what was measured while the endpoint was away, or without a collector, is not learned', async () => {
  const at = now - 7 * day;
  await signal(1, now - 14 * day, 'online');
  await signal(1, at - hour + 5000, 'lost', at - hour);
  await signal(1, at, 'online');
  const window = { start: now - 42 * day, end: now };
  assert.equal(await notLearned(state, endpointId(1), window), [{ start: at - hour, end: at }]);
  const watch = (from_at: number, to_at: number) =>
    state.insertInto('watches').values({ from_at, to_at, clean: 1 }).execute();
  await watch(now - 20 * day, now - 3 * day);
  await watch(now - 2 * day, now);
  assert.equal(await notLearned(state, endpointId(0), window), [{ start: now - 3 * day, end: now - 2 * day }]);
  await signal(1, now - hour, 'lost', now - hour);
  assert.equal((await notLearned(state, endpointId(1), window)).at(-1), { start: now - hour, end: now });
  await state.deleteFrom('watches').execute();
});

test('for judging: not known at first, then learned by itself; a metric that is not there is not asked for again', async () => {
  let asked = 0;
  const counted: typeof series.query = (query) => {
    asked++;
    return series.query(query);
  };
  const fleet = { get: (id: string) => (id === endpointId(0) ? endpoint(0) : undefined) };
  const baselines = createBaselines({ ...parts(), series: { query: counted }, fleet, clock, log: silentLog });
  const ask = () => [
    baselines.usual(endpointId(0), 'cpu.usage_active', { cpu: 'cpu-total' }, now),
    baselines.usual(endpointId(0), 'temp.temp', { sensor: 'x' }, now),
  ];
  assert.equal(ask(), [undefined, undefined]);
  for (let n = 0; n < 200 && ask()[0] === undefined; n++) await setTimeout(10);
  await setTimeout(50);
  const before = asked;
  assert.equal(ask(), [{ low: 30, high: 50, since: null }, undefined]);
  await setTimeout(50);
  assert.is(asked, before, 'nothing is learned twice a day');
  assert.is(baselines.usual('nobody', 'cpu.usage_active', {}, now), undefined);
  await baselines.stop();
});

test.run();
