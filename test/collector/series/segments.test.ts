import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import type { OpenedStore } from '../../../collector/series/store.ts';
import { silentLog } from '../../../shared/log.ts';
import { arrival, cpu, metric, noon } from '../../contract/series.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const test = suite('segments');
let folder: string;
let now: number;
let store: OpenedStore;
const errors: string[] = [];
const log = { ...silentLog, error: (_: object, text: string) => void errors.push(text) };
const open = () =>
  openEmbedded({ folder, clock: { now: () => now, monotonic: () => 0 }, log, commitEveryMs: 1, compactEveryMs: day });

test.before.each(async () => {
  folder = mkdtempSync(join(tmpdir(), "evenkeel-series-[it's]*-"));
  now = noon;
  errors.length = 0;
  store = await open();
});
test.after.each(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});
const again = async () => {
  await store.close();
  store = await open();
};
const files = (part = '') => readdirSync(join(folder, 'segments')).filter((file) => file.startsWith(part));
const count = async (from = noon - day, to = noon + hour, step = hour) => {
  const result = await store.query({ endpoint: 'one', metrics: ['cpu.usage_active'], from, to, step, agg: 'count' });
  return result.series.flatMap(({ points }) => points).reduce((sum, [, value]) => sum + (value ?? 0), 0);
};

test('rollups answer as the raw samples would, however the samples are spread over commits, segments and merges', async () => {
  let run = 0;
  const sample = fc.record({
    at: fc.integer({ min: 0, max: 6 * 3600 }),
    value: fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 })),
    compact: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(sample, { minLength: 1, maxLength: 40 }), async (samples) => {
      const endpoint = `property-${++run}`;
      const start = noon - 6 * hour;
      for (const [i, { at, value, compact }] of samples.entries()) {
        await store.append(cpu(endpoint, i + 1, value, start + at * 1000));
        if (compact) await store.compact();
      }
      for (const step of [minute, 10 * minute, 2 * hour]) {
        for (const agg of ['min', 'max', 'mean', 'count', 'last'] as const) {
          const ask = { endpoint, metrics: ['cpu.usage_active'], from: start, to: noon + hour, step, agg };
          const got = (await store.query(ask)).series[0]?.points ?? [];
          for (const [from, value] of got) {
            const inside = samples
              .map((s) => ({ ...s, at: start + s.at * 1000 }))
              .filter(({ at }) => at >= from && at < from + step);
            same(value, expected(inside, agg), `${agg} of ${step} at ${from}`);
          }
          assert.is(got.length, Math.ceil((noon + hour - Math.floor(start / step) * step) / step));
        }
      }
    }),
    { numRuns: 12 },
  );
});

function expected(inside: { at: number; value: number }[], agg: string): number[] {
  if (inside.length === 0) return [];
  const all = inside.map(({ value }) => value);
  if (agg === 'min') return [Math.min(...all)];
  if (agg === 'max') return [Math.max(...all)];
  if (agg === 'count') return [all.length];
  if (agg === 'mean') return [all.reduce((sum, value) => sum + value, 0) / all.length];
  const last = Math.max(...inside.map(({ at }) => at));
  // Two samples at the same time: either is the last one.
  return inside.filter(({ at }) => at === last).map(({ value }) => value);
}

function same(got: number | null, any: number[], what: string): void {
  if (any.length === 0) assert.is(got, null, what);
  else
    assert.ok(got !== null && any.some((value) => Math.abs(value - got) <= 1e-6 * Math.max(1, Math.abs(value))), what);
}

test('many small segments become few, and nothing is lost or doubled on the way', async () => {
  for (let seq = 1; seq <= 40; seq++) {
    await store.append(cpu('one', seq, seq, noon - day + seq * minute));
    await store.compact();
  }
  const { segments, samples } = store.stats();
  assert.is(samples, 40);
  // Three resolutions; at most 7 runs wait at level 0 of each, and 4 or 5 merged ones above.
  assert.ok(segments <= 3 * 12, `${segments} segments`);
  assert.is(files().length, segments);
  assert.is(await count(), 40);
  assert.is(await count(noon - day, noon, minute), 40);
});

test('a day that is over becomes one file', async () => {
  for (let seq = 1; seq <= 3; seq++) {
    await store.append(cpu('one', seq, seq, noon - day));
    await store.compact();
  }
  now = noon + 3 * hour;
  await store.compact();
  assert.is(files('raw').length, 1);
  assert.is(await count(noon - 2 * day), 3);
});

test('retention removes whole files, raw before rollups, and coarser data answers from then on', async () => {
  await store.append(cpu('one', 1, 50, noon));
  await store.compact();
  assert.equal([files('raw').length, files('5m').length, files('1h').length], [1, 1, 1]);
  now = noon + 16 * day;
  await store.compact();
  assert.equal([files('raw').length, files('5m').length, files('1h').length], [0, 1, 1]);
  const ask = { endpoint: 'one', metrics: ['cpu.usage_active'], from: noon - hour, to: noon + hour, step: 10_000 };
  const result = await store.query(ask);
  assert.equal([result.resolution, result.step], ['5m', 5 * minute]);
  assert.equal(
    result.series[0]?.points.filter(([, value]) => value !== null),
    [[noon, 50]],
  );
  now = noon + 120 * day;
  await store.compact();
  assert.equal([files('5m').length, files('1h').length], [0, 1]);
  assert.is((await store.query(ask)).resolution, '1h');
  now = noon + 1200 * day;
  await store.compact();
  assert.is(files().length, 0);
});

test('what comes later than raw data is kept is found in the rollups', async () => {
  await store.append(cpu('one', 1, 50, noon - 20 * day));
  await store.compact();
  assert.equal([files('raw').length, files('5m').length], [0, 1]);
  assert.is(await count(noon - 21 * day, noon), 1);
});

test('newest values come back from segments alone', async () => {
  await store.append(arrival('one', 1, [metric('mem', { used: 7, free: 3 }, noon - hour)]));
  await store.append(arrival('one', 2, [metric('mem', { used: 8, free: 2 }, noon - minute)]));
  await store.compact();
  await again();
  assert.is(store.stats().journalRows, 0);
  assert.equal(
    store.latest('one').map(({ metric: name, at, value }) => [name, at, value]),
    [
      ['mem.used', noon - minute, 8],
      ['mem.free', noon - minute, 2],
    ],
  );
});

test('a damaged segment is moved aside, told, and the rest answers on', async () => {
  await store.append(cpu('one', 1, 1, noon - 2 * day));
  await store.append(cpu('one', 2, 2, noon));
  await store.compact();
  for (const file of files('raw')) if (file.includes(String(noon - 12 * hour))) damage(join(folder, 'segments', file));
  assert.is(await count(noon - 3 * day, noon + minute, minute), 1);
  assert.is(store.stats().quarantined, 1);
  assert.is(readdirSync(join(folder, 'quarantine')).length, 1);
  assert.equal(errors, ['Moved a damaged segment to quarantine']);
  await again();
  assert.is(await count(noon - 3 * day, noon + minute, minute), 1);
  assert.is(store.stats().quarantined, 0);
});

function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, 4, bytes.length - 8);
  writeFileSync(path, bytes);
}

test('a segment with one flipped bit is not merged into a sound one', async () => {
  for (let seq = 1; seq <= 7; seq++) {
    await store.append(cpu('one', seq, seq, noon));
    await store.compact();
  }
  const [victim] = files('raw');
  const path = join(folder, 'segments', victim ?? '');
  const bytes = readFileSync(path);
  bytes[12] = (bytes[12] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  await store.append(cpu('one', 8, 8, noon));
  await store.append(cpu('one', 9, 9, noon));
  await store.compact();
  await store.append(cpu('one', 10, 10, noon));
  await store.compact();
  assert.is(store.stats().quarantined, 1);
  assert.is(await count(noon, noon + minute, minute), 9);
});

test('a missing or cut segment is noticed at the start; an orphan of a crash is removed', async () => {
  await store.append(cpu('one', 1, 1, noon));
  await store.compact();
  const [raw] = files('raw');
  const [hourly] = files('1h');
  rmSync(join(folder, 'segments', raw ?? ''));
  truncateSync(join(folder, 'segments', hourly ?? ''), 20);
  writeFileSync(join(folder, 'segments', 'raw-0-99.parquet'), 'left by a crash');
  writeFileSync(join(folder, 'segments', 'raw-0-98.parquet.half'), 'left by a crash');
  await again();
  assert.is(store.stats().quarantined, 2);
  assert.equal(files().length, 1);
  assert.is(await count(noon, noon + hour, 5 * minute), 1);
});

test('a journal that is none, is damaged or is newer is refused with a code, and left as it is', async () => {
  await store.append(cpu('one', 1, 1, noon));
  await store.close();
  const file = join(folder, 'journal.db');
  const code = () =>
    open().then(
      () => 'opened',
      (thrown) => thrown.code,
    );
  const sound = readFileSync(file);
  const database = new DatabaseSync(file);
  database.exec('pragma user_version = 99');
  database.close();
  assert.is(await code(), 'DATA_NEWER');
  for (const bytes of [
    Buffer.from('this is no database at all. '.repeat(100)),
    Buffer.concat([sound.subarray(0, 5000), Buffer.alloc(5000, 7)]),
  ]) {
    writeFileSync(file, bytes);
    assert.is(await code(), 'DATA_CORRUPT');
    assert.is(statSync(file).size, bytes.length);
  }
  writeFileSync(file, sound);
  store = await open();
  assert.is(await count(), 1);
});

test('a damaged block of the journal costs its own reports only', async () => {
  await store.append(cpu('one', 1, 1, noon));
  await store.append(cpu('one', 2, 2, noon));
  await store.close();
  const database = new DatabaseSync(join(folder, 'journal.db'));
  database.exec('update frames set body = zeroblob(length(body)) where id = (select min(id) from frames)');
  database.close();
  store = await open();
  assert.is(store.stats().quarantined, 1);
  assert.equal(store.receipt('one', 'a'.repeat(32)).also, [[2, 2]]);
  assert.is(await store.append(cpu('one', 1, 1, noon)), 'stored');
});

test('a second store on the same folder is refused', async () => {
  const code = await open().then(
    () => 'opened',
    (thrown) => thrown.code,
  );
  assert.is(code, 'DATA_IN_USE');
});

test('a worker that dies is replaced, and knows everything again', async () => {
  await store.append(cpu('one', 1, 1, noon));
  await store.compact();
  await store.append(cpu('one', 2, 2, noon));
  const kill = lastWorker();
  await store.query({ endpoint: 'one', metrics: ['cpu.usage_active'], from: noon - hour, to: noon });
  await kill();
  await store.append(cpu('one', 3, 3, noon));
  const refused = await count().catch((thrown) => thrown.code);
  assert.is(refused, 'INTERNAL');
  for (let i = 0; i < 100 && (await count().catch(() => 0)) !== 3; i++) await new Promise((go) => setTimeout(go, 100));
  assert.is(await count(), 3);
  await store.compact();
  assert.is(await count(), 3);
  assert.is(store.stats().journalRows, 0);
});

/** @returns a function that ends the worker which is spoken to next, as running out of memory would */
function lastWorker(): () => Promise<unknown> {
  const post = Worker.prototype.postMessage;
  let worker: Worker | undefined;
  Worker.prototype.postMessage = function (...message: Parameters<typeof post>) {
    worker = this;
    Worker.prototype.postMessage = post;
    return post.apply(this, message);
  };
  return async () => worker?.terminate();
}

test.run();
