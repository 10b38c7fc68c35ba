import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nextMerge, partitionOf, type Segment } from '../../../collector/series/embedded/plan.ts';
import { bucketMs, defaultRetention, spanFor, stepFor } from '../../../collector/series/span.ts';

const test = suite('plan of segments and queries');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.parse('2026-11-20T12:00:00Z');

let id = 0;
const segment = (more: Partial<Segment> = {}): Segment => {
  id += 1;
  const partition = more.partition ?? partitionOf('raw', now);
  return {
    id,
    resolution: 'raw',
    partition,
    level: 0,
    run: id,
    file: `${id}.parquet`,
    rows: 100,
    bytes: 1000,
    crc: 0,
    minEndpoint: 1,
    maxEndpoint: 1,
    minTime: partition,
    maxTime: partition + hour,
    createdAt: now - 2 * hour,
    ...more,
  };
};
const several = (count: number, more: Partial<Segment> = {}) => Array.from({ length: count }, () => segment(more));

test('eight runs of a level become one of the next, seven wait; of rollups three, two wait', () => {
  assert.is(nextMerge(several(7), now), null);
  const merge = nextMerge(several(8), now);
  assert.equal([merge?.level, merge?.inputs.length], [1, 8]);
  assert.is(nextMerge(several(2, { resolution: '1h' }), now), null);
  assert.is(nextMerge(several(3, { resolution: '1h' }), now)?.inputs.length, 3);
});

test('files that share out the endpoints of one run count once', () => {
  assert.is(nextMerge([...several(7), segment({ run: 5000 }), segment({ run: 5000 })], now)?.inputs.length, 9);
  assert.is(nextMerge([...several(6), segment({ run: 5001 }), segment({ run: 5001 })], now), null);
});

test('days and resolutions are never mixed', () => {
  const mixed = [
    ...several(7),
    ...several(7, { partition: partitionOf('raw', now - day) }),
    ...several(2, { resolution: '5m' }),
  ];
  const merge = nextMerge(mixed, now - 10 * day);
  assert.is(merge, null);
});

test('a day that is over and at rest becomes one run; a small straggler waits for others', () => {
  const partition = partitionOf('raw', now - 2 * day);
  assert.is(nextMerge(several(2, { partition }), now)?.inputs.length, 2);
  assert.is(nextMerge(several(2, { partition, createdAt: now }), now), null);
  const large = segment({ partition, level: 3, rows: 1_000_000 });
  assert.is(nextMerge([large, segment({ partition })], now), null);
  assert.is(nextMerge([large, ...several(3, { partition })], now)?.level, 4);
  assert.is(nextMerge([large], now), null);
});

test('merging ends, and leaves few runs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200 }), (count) => {
      let segments = several(count);
      for (let merges = 0; ; merges++) {
        const merge = nextMerge(segments, now);
        if (!merge) break;
        assert.ok(merges < 100, 'it ends');
        const rows = merge.inputs.reduce((sum, input) => sum + input.rows, 0);
        segments = [
          ...segments.filter((known) => !merge.inputs.includes(known)),
          segment({ level: merge.level, rows }),
        ];
      }
      assert.ok(segments.length <= 7 * 4);
      assert.is(
        segments.reduce((sum, { rows }) => sum + rows, 0),
        count * 100,
      );
    }),
  );
});

test('the step is the next one there is, and rollups answer what they can', () => {
  assert.equal([1, 1000, 11_000, 299_000, 301_000, 2 * day + 1].map(stepFor), [
    1000,
    1000,
    15_000,
    5 * minute,
    10 * minute,
    3 * day,
  ]);
  const of = (width: number, step?: number) => spanFor(now - width, now, step, defaultRetention, now);
  assert.equal([of(hour).resolution, of(hour).step], ['raw', 15_000]);
  assert.equal([of(day).resolution, of(day).step], ['5m', 5 * minute]);
  assert.equal([of(7 * day).resolution, of(7 * day).step], ['5m', 30 * minute]);
  assert.equal([of(30 * day).resolution, of(30 * day).step], ['1h', 3 * hour]);
  assert.equal([of(30 * day, minute).resolution, of(30 * day, minute).step], ['5m', 5 * minute]);
  assert.equal([of(200 * day, minute).resolution, of(200 * day, minute).step], ['1h', hour]);
});

test('a span is whole steps around what was asked, of whole buckets, and bounded', () => {
  const time = fc.integer({ min: now - 1000 * day, max: now });
  fc.assert(
    fc.property(time, time, fc.option(fc.integer({ min: 1, max: 10 * day })), (a, b, step) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const span = spanFor(from, to, step ?? undefined, defaultRetention, now);
      assert.is(span.step % bucketMs[span.resolution], 0);
      assert.is(Math.abs(span.from % span.step), 0);
      assert.ok(span.from <= from && from - span.from < span.step);
      assert.ok(from === to || (span.to >= to && span.to - to < span.step));
      assert.ok((span.to - span.from) / span.step <= 11_002);
    }),
  );
});

test.run();
