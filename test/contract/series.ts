/**
 * What every series store must do. A driver's test is one call: `seriesContract('name', open)`, where `open` gives a
 * store over a folder, again and again over the same one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Arrival, SeriesStore } from '../../collector/series/series.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Metric, Report } from '../../shared/report.ts';

export type OpenStore = (folder: string, clock: Clock) => Promise<SeriesStore>;

export const noon = Date.parse('2026-11-20T12:00:00Z');
export const clockAt = (time: number): Clock => ({ now: () => time, monotonic: () => 0 });
export const epochA = 'a'.repeat(32);
export const epochB = 'b'.repeat(32);

export function metric(name: string, fields: Record<string, number>, at: number, tags: Record<string, string> = {}) {
  return { name, tags, fields, timestamp: at } satisfies Metric;
}

export function arrival(endpoint: string, seq: number, metrics: Metric[], more: Partial<Report> = {}): Arrival {
  const report: Report = { v: 1, epoch: epochA, seq, at: noon, metrics, ...more };
  return { endpoint, receivedAt: noon, report, digest: crc32(JSON.stringify(report)) || 1 };
}

/** One `cpu.usage_active` at `at`. */
export const cpu = (endpoint: string, seq: number, value: number, at: number) =>
  arrival(endpoint, seq, [metric('cpu', { usage_active: value }, at, { cpu: 'cpu-total' })]);

const minute = 60_000;
const hour = 60 * minute;

export function seriesContract(name: string, open: OpenStore): void {
  const test = suite(`series store: ${name}`);
  let folder: string;
  let store: SeriesStore;

  test.before.each(async () => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-series-'));
    store = await open(folder, clockAt(noon));
  });
  test.after.each(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const again = async () => {
    await store.close();
    store = await open(folder, clockAt(noon));
  };
  const values = async (
    metricName: string,
    agg: 'mean' | 'min' | 'max' | 'last' | 'count' | 'rate',
    from = noon - hour,
  ) => {
    const result = await store.query({
      endpoint: 'one',
      metrics: [metricName],
      from,
      to: noon,
      step: 10 * minute,
      agg,
    });
    return result.series.map(({ points }) => points.map(([, value]) => value));
  };

  test('a report is stored once, however often and however close together it comes', async () => {
    const same = () => store.append(cpu('one', 1, 5, noon - minute));
    const answers = await Promise.all([same(), same(), same()]);
    assert.equal(answers.sort(), ['duplicate', 'duplicate', 'stored']);
    assert.is(await same(), 'duplicate');
    assert.equal(await values('cpu.usage_active', 'count'), [[null, null, null, null, null, 1]]);
    assert.is(store.stats().duplicates, 3);
  });

  test('the same number with other content is no duplicate, while the first is on its way, later, and after a restart', async () => {
    const first = store.append(cpu('one', 1, 5, noon - minute));
    assert.is(await store.append(cpu('one', 1, 6, noon - minute)), 'conflict');
    assert.is(await first, 'stored');
    let settled = false;
    const other = cpu('one', 1, 7, noon - minute);
    assert.is(
      store.accept(other, () => {
        settled = true;
      }),
      'conflict',
    );
    await store.append(cpu('one', 2, 8, noon - minute));
    assert.not(settled, 'nobody is told that it is stored');
    await again();
    await again();
    assert.is(await store.append(other), 'conflict');
    assert.is(await store.append(cpu('one', 1, 5, noon - minute)), 'duplicate');
    assert.equal(await values('cpu.usage_active', 'count'), [[null, null, null, null, null, 2]]);
  });

  test('what is not remembered any more is not taken for the same', async () => {
    for (let seq = 1; seq <= 600; seq++) void store.append(cpu('one', seq, seq, noon - minute));
    await store.append(cpu('one', 601, 1, noon - minute));
    assert.is(await store.append(cpu('one', 3, 4, noon - minute)), 'conflict');
    assert.is(await store.append(cpu('one', 600, 1, noon - minute)), 'conflict');
    assert.is(await store.append(cpu('one', 600, 600, noon - minute)), 'duplicate');
  });

  test('the same number in another epoch or from another endpoint is another report', async () => {
    assert.is(await store.append(cpu('one', 1, 5, noon)), 'stored');
    assert.is(await store.append(cpu('two', 1, 5, noon)), 'stored');
    assert.is(await store.append(arrival('one', 1, [], { epoch: epochB })), 'stored');
  });

  test('a receipt says what is durable, and what was lost counts as received', async () => {
    for (const seq of [1, 2, 5, 6, 9]) await store.append(cpu('one', seq, 1, noon));
    assert.equal(store.receipt('one', epochA), {
      epoch: epochA,
      through: 2,
      also: [
        [5, 6],
        [9, 9],
      ],
    });
    const lost = [{ epoch: epochA, from: 3, to: 4, reason: 'quota' as const, count: 2 }];
    await store.append(arrival('one', 10, [], { lost }));
    assert.equal(store.receipt('one', epochA), { epoch: epochA, through: 6, also: [[9, 10]] });
    // Given up, and here all the same: it is not what was declared.
    assert.is(await store.append(cpu('one', 4, 1, noon)), 'conflict');
    assert.equal(store.receipt('nobody', epochA), { epoch: epochA, through: 0, also: [] });
  });

  test('everything is there after closing and opening again', async () => {
    await store.append(cpu('one', 1, 40, noon - minute));
    await store.append(cpu('one', 3, 60, noon - 2000));
    await again();
    assert.is(await store.append(cpu('one', 3, 60, noon - 2000)), 'duplicate');
    assert.equal(store.receipt('one', epochA), { epoch: epochA, through: 1, also: [[3, 3]] });
    assert.equal(await values('cpu.usage_active', 'mean'), [[null, null, null, null, null, 50]]);
    const tags = { cpu: 'cpu-total' };
    assert.equal(store.latest('one'), [{ metric: 'cpu.usage_active', tags, at: noon - 2000, value: 60 }]);
  });

  test('an endpoint that goes on for another answers for both, also after a restart and when it is given up itself', async () => {
    await store.append(cpu('new', 1, 20, noon - 2 * minute));
    await store.append(cpu('one', 1, 40, noon - 30 * minute));
    const counts = () => values('cpu.usage_active', 'count');
    assert.equal(await counts(), [[null, null, null, 1, null, null]]);
    store.adopt('new', 'one');
    store.adopt('new', 'one');
    assert.equal(await counts(), [[null, null, null, 1, null, 1]]);
    assert.is(store.latest('one')[0]?.value, 20);
    await again();
    assert.equal(await counts(), [[null, null, null, 1, null, 1]]);
    await store.append(cpu('one', 2, 60, noon - minute));
    assert.equal(await values('cpu.usage_active', 'max'), [[null, null, null, 40, null, 60]]);
    store.adopt('one', 'last');
    await again();
    const result = await store.query({
      endpoint: 'last',
      metrics: ['cpu.usage_active'],
      from: noon - hour,
      to: noon,
      agg: 'count',
    });
    assert.is(
      result.series.flatMap(({ points }) => points).reduce((sum, [, n]) => sum + (n ?? 0), 0),
      3,
    );
  });

  test('mean, least, greatest, last and count of a step; a step without data is null, never 0', async () => {
    let seq = 0;
    for (const [value, at] of [
      [4, 50],
      [8, 49],
      [0, 48],
      [7, 20],
    ] as const)
      await store.append(cpu('one', ++seq, value, noon - at * minute));
    assert.equal(await values('cpu.usage_active', 'mean'), [[null, 4, null, null, 7, null]]);
    assert.equal(await values('cpu.usage_active', 'min'), [[null, 0, null, null, 7, null]]);
    assert.equal(await values('cpu.usage_active', 'max'), [[null, 8, null, null, 7, null]]);
    assert.equal(await values('cpu.usage_active', 'last'), [[null, 0, null, null, 7, null]]);
    assert.equal(await values('cpu.usage_active', 'count'), [[null, 3, null, null, 1, null]]);
  });

  test('a counter shows its rate a second by itself, and null where it went back', async () => {
    let seq = 0;
    for (const [bytes, at] of [
      [1000, 60],
      [7000, 50],
      [13_000, 40],
      [500, 30],
      [6500, 20],
    ] as const)
      await store.append(
        arrival('one', ++seq, [metric('net', { bytes_recv: bytes }, noon - at * minute, { interface: 'e0' })]),
      );
    const result = await store.query({
      endpoint: 'one',
      metrics: ['net.bytes_recv'],
      from: noon - hour,
      to: noon,
      step: 600_000,
    });
    assert.is(result.series[0]?.agg, 'rate');
    assert.equal(
      result.series[0]?.points.map(([, value]) => value),
      [null, 10, 10, null, 10, null],
    );
  });

  test('a counter that went back and has passed its old value within one step is null too', async () => {
    let seq = 0;
    for (const [bytes, at] of [
      [1000, 55],
      [10, 49],
      [5000, 45],
    ] as const)
      await store.append(
        arrival('one', ++seq, [metric('net', { bytes_recv: bytes }, noon - at * minute, { interface: 'e0' })]),
      );
    assert.equal((await values('net.bytes_recv', 'rate'))[0]?.slice(0, 2), [null, null]);
  });

  test('the first step of a rate looks at what was before it', async () => {
    await store.append(arrival('one', 1, [metric('net', { bytes_recv: 0 }, noon - 65 * minute, { interface: 'e0' })]));
    await store.append(
      arrival('one', 2, [metric('net', { bytes_recv: 6000 }, noon - 55 * minute, { interface: 'e0' })]),
    );
    assert.equal((await values('net.bytes_recv', 'rate'))[0]?.[0], 10);
  });

  test('several metrics in one answer, only with the tags asked for, the span in whole steps', async () => {
    const disk = (path: string, used: number) =>
      metric('disk', { used_percent: used, free: 1 }, noon - minute, { path });
    await store.append(
      arrival('one', 1, [disk('/', 10), disk('/home', 20), metric('mem', { used: 5 }, noon - minute)]),
    );
    await store.append(arrival('two', 1, [disk('/', 99)]));
    const ask = {
      endpoint: 'one',
      metrics: ['disk.used_percent', 'mem.used'],
      from: noon - 90_000,
      to: noon,
      step: 60_000,
    };
    const all = await store.query(ask);
    assert.equal(all.series.map((line) => [line.metric, line.tags.path]).sort(), [
      ['disk.used_percent', '/'],
      ['disk.used_percent', '/home'],
      ['mem.used', undefined],
    ]);
    assert.equal([all.from, all.to, all.step, all.resolution], [noon - 120_000, noon, 60_000, 'raw']);
    const one = await store.query({ ...ask, tags: { path: '/' } });
    assert.equal(
      one.series.map(({ points }) => points),
      [
        [
          [noon - 120_000, null],
          [noon - 60_000, 10],
        ],
      ],
    );
  });

  test('who or what is not known, and what was before, has no lines', async () => {
    await store.append(cpu('one', 1, 5, noon - minute));
    const ask = { metrics: ['cpu.usage_active'], from: noon - hour, to: noon };
    assert.equal((await store.query({ ...ask, endpoint: 'nobody' })).series, []);
    assert.equal((await store.query({ ...ask, endpoint: 'one', metrics: ['mem.used'] })).series, []);
    assert.equal((await store.query({ ...ask, endpoint: 'one', to: noon - 30 * minute })).series, []);
    assert.equal((await store.query({ ...ask, endpoint: 'one', to: ask.from })).series, []);
  });

  test('names from outside are data, whatever they contain', async () => {
    const tags = { path: "'; drop table frames; --", device: '\u0000"\\\n' };
    await store.append(arrival("x' or 1=1", 1, [metric('disk', { used_percent: 1 }, noon - minute, tags)]));
    const ask = { endpoint: "x' or 1=1", metrics: ['disk.used_percent'], tags, from: noon - hour, to: noon };
    assert.equal(
      (await store.query(ask)).series.map((line) => line.tags),
      [tags],
    );
    assert.equal((await store.query({ ...ask, endpoint: "x' or 2=2" })).series, []);
  });

  test('the newest value wins, not the last to come; late data lies where it belongs', async () => {
    const day = 24 * hour;
    await store.append(cpu('one', 2, 90, noon - minute));
    await store.append(cpu('one', 1, 10, noon - 10 * day));
    assert.equal(
      store.latest('one').map(({ value }) => value),
      [90],
    );
    const from = noon - 10 * day - 5 * minute;
    const late = await store.query({
      endpoint: 'one',
      metrics: ['cpu.usage_active'],
      from,
      to: from + hour,
      step: 60_000,
    });
    assert.equal(
      late.series[0]?.points.filter(([, value]) => value !== null),
      [[noon - 10 * day, 10]],
    );
  });

  test('a forgotten endpoint has no newest values, also after a restart, and keeps its history', async () => {
    await store.append(cpu('one', 1, 5, noon - minute));
    store.forget('one');
    assert.equal(store.latest('one'), []);
    await again();
    assert.equal(store.latest('one'), []);
    assert.equal(await values('cpu.usage_active', 'max'), [[null, null, null, null, null, 5]]);
  });

  test('a report that can never be stored is refused, and its neighbours are not', async () => {
    const refused = store.append(cpu('one', 1, 5, noon + 40 * 24 * hour)).catch((thrown) => thrown.code);
    assert.is(await store.append(cpu('one', 2, 5, noon)), 'stored');
    assert.is(await refused, 'BAD_TIMESTAMP');
    assert.equal(store.receipt('one', epochA), { epoch: epochA, through: 0, also: [[2, 2]] });
  });

  test('after close nothing is taken any more', async () => {
    const last = store.append(cpu('one', 1, 5, noon));
    await store.close();
    assert.is(await last, 'stored');
    assert.is(await store.append(cpu('one', 2, 5, noon)).catch((thrown) => thrown.code), 'CONFLICT');
  });

  test.run();
}
