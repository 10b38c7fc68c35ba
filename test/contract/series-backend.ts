/** What every backend of the series answers. A backend's test is one call: `backendContract('name', open)`. */
import * as assert from 'uvu/assert';
import type { OpenedStore } from '../../collector/series/store.ts';
import { arrival, cpu, epochA, hour, metric, minute, noon, type OpenStore, suiteOf } from './series.ts';

export function backendContract(name: string, open: OpenStore): void {
  const { test, opened } = suiteOf(`series backend: ${name}`, open);

  test('an endpoint that goes on for another answers for both, also after a restart and when it is given up itself', async () => {
    await opened.store.append(cpu('new', 1, 20, noon - 2 * minute));
    await opened.store.append(cpu('one', 1, 40, noon - 30 * minute));
    const counts = () => opened.values('cpu.usage_active', 'count');
    assert.equal(await counts(), [[null, null, null, 1, null, null]]);
    opened.store.adopt('new', 'one');
    opened.store.adopt('new', 'one');
    assert.equal(await counts(), [[null, null, null, 1, null, 1]]);
    assert.is(opened.store.latest('one')[0]?.value, 20);
    await opened.again();
    assert.equal(await counts(), [[null, null, null, 1, null, 1]]);
    await opened.store.append(cpu('one', 2, 60, noon - minute));
    assert.equal(await opened.values('cpu.usage_active', 'max'), [[null, null, null, 40, null, 60]]);
    opened.store.adopt('one', 'last');
    await opened.again();
    const result = await opened.store.query({
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

  test('an erased endpoint has nothing left, nor do those that it went on for; the others have all of theirs', async () => {
    const disk = (endpoint: string, seq: number, at: number, path: string) =>
      arrival(endpoint, seq, [metric('disk', { used_percent: seq }, noon - at * minute, { path })]);
    const count = async (endpoint: string, name: string) => {
      const { series } = await opened.store.query({
        endpoint,
        metrics: [name],
        from: noon - hour,
        to: noon,
        agg: 'count',
      });
      return series.flatMap(({ points }) => points).reduce((sum, [, n]) => sum + (n ?? 0), 0);
    };
    // Older ones in files, the newest still in the journal.
    for (const [n, at] of [50, 40, 30, 20].entries()) {
      if (n === 2 || n === 3) await (opened.store as OpenedStore).compact();
      await opened.store.append(disk('earlier', n + 1, at, '/secret'));
      await opened.store.append(disk('one', n + 1, at, '/secret'));
      await opened.store.append(disk('two', n + 1, at, '/'));
      await opened.store.append(cpu('one', n + 11, 1, noon - at * minute));
      await opened.store.append(cpu('two', n + 11, 1, noon - at * minute));
    }
    opened.store.adopt('earlier', 'one');
    const counts = async () => [
      ...[await count('one', 'disk.used_percent'), await count('one', 'cpu.usage_active')],
      ...[await count('two', 'disk.used_percent'), await count('two', 'cpu.usage_active')],
    ];
    assert.equal(await counts(), [8, 4, 4, 4]);
    // In the order in which they come back, which may be another one after a restart.
    const latest = () => [...opened.store.latest('two')].sort((a, b) => a.metric.localeCompare(b.metric));
    const before = latest();
    for (let twice = 0; twice < 2; twice++) {
      await opened.store.erase('one');
      assert.equal(await counts(), [0, 0, 4, 4]);
      assert.equal(opened.store.latest('one'), []);
      assert.equal(latest(), before);
      assert.is(opened.store.hasEpoch('one', epochA), false);
      assert.is(opened.store.receipt('two', epochA).through, 4);
      await opened.again();
    }
    assert.equal(await counts(), [0, 0, 4, 4]);
    // Its names are free again, and mean the same.
    await opened.store.append(disk('two', 20, 10, '/secret'));
    assert.is(await count('two', 'disk.used_percent'), 5);
  });

  test('mean, least, greatest, last and count of a step; a step without data is null, never 0', async () => {
    let seq = 0;
    for (const [value, at] of [
      [4, 50],
      [8, 49],
      [0, 48],
      [7, 20],
    ] as const)
      await opened.store.append(cpu('one', ++seq, value, noon - at * minute));
    assert.equal(await opened.values('cpu.usage_active', 'mean'), [[null, 4, null, null, 7, null]]);
    assert.equal(await opened.values('cpu.usage_active', 'min'), [[null, 0, null, null, 7, null]]);
    assert.equal(await opened.values('cpu.usage_active', 'max'), [[null, 8, null, null, 7, null]]);
    assert.equal(await opened.values('cpu.usage_active', 'last'), [[null, 0, null, null, 7, null]]);
    assert.equal(await opened.values('cpu.usage_active', 'count'), [[null, 3, null, null, 1, null]]);
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
      await opened.store.append(
        arrival('one', ++seq, [metric('net', { bytes_recv: bytes }, noon - at * minute, { interface: 'e0' })]),
      );
    const result = await opened.store.query({
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
      await opened.store.append(
        arrival('one', ++seq, [metric('net', { bytes_recv: bytes }, noon - at * minute, { interface: 'e0' })]),
      );
    assert.equal((await opened.values('net.bytes_recv', 'rate'))[0]?.slice(0, 2), [null, null]);
  });

  test('the first step of a rate looks at what was before it', async () => {
    await opened.store.append(
      arrival('one', 1, [metric('net', { bytes_recv: 0 }, noon - 65 * minute, { interface: 'e0' })]),
    );
    await opened.store.append(
      arrival('one', 2, [metric('net', { bytes_recv: 6000 }, noon - 55 * minute, { interface: 'e0' })]),
    );
    assert.equal((await opened.values('net.bytes_recv', 'rate'))[0]?.[0], 10);
  });

  test('several metrics in one answer, only with the tags asked for, the span in whole steps', async () => {
    const disk = (path: string, used: number) =>
      metric('disk', { used_percent: used, free: 1 }, noon - minute, { path });
    await opened.store.append(
      arrival('one', 1, [disk('/', 10), disk('/home', 20), metric('mem', { used: 5 }, noon - minute)]),
    );
    await opened.store.append(arrival('two', 1, [disk('/', 99)]));
    const ask = {
      endpoint: 'one',
      metrics: ['disk.used_percent', 'mem.used'],
      from: noon - 90_000,
      to: noon,
      step: 60_000,
    };
    const all = await opened.store.query(ask);
    assert.equal(all.series.map((line) => [line.metric, line.tags.path]).sort(), [
      ['disk.used_percent', '/'],
      ['disk.used_percent', '/home'],
      ['mem.used', undefined],
    ]);
    assert.equal([all.from, all.to, all.step, all.resolution], [noon - 120_000, noon, 60_000, 'raw']);
    const one = await opened.store.query({ ...ask, tags: { path: '/' } });
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
    await opened.store.append(cpu('one', 1, 5, noon - minute));
    const ask = { metrics: ['cpu.usage_active'], from: noon - hour, to: noon };
    assert.equal((await opened.store.query({ ...ask, endpoint: 'nobody' })).series, []);
    assert.equal((await opened.store.query({ ...ask, endpoint: 'one', metrics: ['mem.used'] })).series, []);
    assert.equal((await opened.store.query({ ...ask, endpoint: 'one', to: noon - 30 * minute })).series, []);
    assert.equal((await opened.store.query({ ...ask, endpoint: 'one', to: ask.from })).series, []);
  });

  test('names from outside are data, whatever they contain', async () => {
    const tags = { path: "'; drop table frames; --", device: '\u0000"\\\n' };
    await opened.store.append(arrival("x' or 1=1", 1, [metric('disk', { used_percent: 1 }, noon - minute, tags)]));
    const ask = { endpoint: "x' or 1=1", metrics: ['disk.used_percent'], tags, from: noon - hour, to: noon };
    assert.equal(
      (await opened.store.query(ask)).series.map((line) => line.tags),
      [tags],
    );
    assert.equal((await opened.store.query({ ...ask, endpoint: "x' or 2=2" })).series, []);
  });

  test.run();
}
