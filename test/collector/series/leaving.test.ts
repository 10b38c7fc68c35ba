/** Series that have not come for days leave memory, their history stays, and their names go when retention has ended it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import type { OpenedStore } from '../../../collector/series/store.ts';
import { silentLog } from '../../../shared/log.ts';
import type { Metric } from '../../../shared/report.ts';
import { arrival, hour, metric, minute, noon } from '../../contract/series.ts';

const test = suite('series that do not come');
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const day = 24 * hour;
const reports = 20;
const perReport = 500;

let folder: string;
let now: number;
let store: OpenedStore;
let seq = 0;

const open = async () => {
  const clock = { now: () => now, monotonic: () => 0 };
  store = await openEmbedded({ folder, clock, log: silentLog, commitEveryMs: 1, compactEveryMs: 20 * day });
};
const restart = async () => {
  await store.close();
  await open();
};
const heapMb = async (): Promise<number> => {
  await new Promise((resolve) => setTimeout(resolve, 100));
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
};
const rows = async (table: string): Promise<number> => {
  await store.close();
  const database = new DatabaseSync(join(folder, 'journal.db'));
  const count = Number(database.prepare(`select count(*) as n from ${table}`).get()?.n);
  database.close();
  await open();
  return count;
};

test.before.each(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evenkeel-series-'));
  now = noon;
  seq = 0;
  await open();
});
test.after.each(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const send = (endpoint: string, metrics: Metric[]) =>
  store.append({ ...arrival(endpoint, ++seq, metrics, { at: now }), receivedAt: now });
const disk = (path: string, value = 1) => metric('disk', { used_percent: value }, now, { path });
const usual = () => send('good', [disk('/'), disk('/var'), metric('cpu', { usage_active: 5 }, now)]);

async function flood(): Promise<void> {
  for (let n = 0; n < reports; n++)
    await send(
      'bad',
      Array.from({ length: perReport }, (_, k) => disk(`/${n}/${k}/${'x'.repeat(200)}`)),
    );
}

const pathsOf = async (endpoint: string, from: number, to: number) => {
  const { series } = await store.query({ endpoint, metrics: ['disk.used_percent'], from, to });
  return series.map(({ tags }) => tags.path);
};

test('a folder swollen by a flood opens with what is live, and answers what was', async () => {
  await usual();
  await store.compact();
  const slim = await heapMb();
  await flood();
  await usual();
  await store.compact();
  assert.is(store.stats().series, 3 + reports * perReport);
  const swollen = (await heapMb()) - slim;
  assert.ok(swollen > 4, `the flood takes memory: ${swollen.toFixed(1)} MB`);
  now += 4 * day;
  await usual();
  await store.compact();
  assert.is(store.stats().series, 3, 'gone without a restart');
  assert.is(store.latest('bad').length, 0);
  const settled = (await heapMb()) - slim;
  assert.ok(settled < swollen / 4, `${settled.toFixed(1)} of ${swollen.toFixed(1)} MB are left`);
  await restart();
  assert.is(store.stats().series, 3);
  const reopened = (await heapMb()) - slim;
  assert.ok(reopened < swollen / 4, `${reopened.toFixed(1)} of ${swollen.toFixed(1)} MB come back`);

  const from = noon - hour;
  assert.is((await pathsOf('bad', from, now)).length, reports * perReport);
  assert.equal((await pathsOf('good', from, now)).sort(), ['/', '/var'], 'its neighbour is asked about its own alone');
});

test('a series that comes again is the one that it was', async () => {
  await send('one', [disk('/usb', 10)]);
  now += 5 * day;
  await send('one', [disk('/', 1)]);
  await store.compact();
  assert.equal(
    store.latest('one').map(({ tags }) => tags.path),
    ['/'],
  );
  await restart();
  await send('one', [disk('/', 1), disk('/usb', 20)]);
  now += minute;
  assert.equal(await pathsOf('one', noon - hour, now + hour), ['/usb', '/']);
  const { series } = await store.query({
    endpoint: 'one',
    metrics: ['disk.used_percent'],
    tags: { path: '/usb' },
    from: noon - hour,
    to: now + hour,
    agg: 'last',
  });
  const values = series.map(({ points }) => points.map(([, value]) => value).filter((value) => value !== null));
  assert.equal(values, [[10, 20]]);
  assert.is(await rows('lines'), 2);
});

test('names stay as long as samples may, and go then; what comes stays', async () => {
  await flood();
  await usual();
  const all = 3 + reports * perReport;
  now += 4 * day;
  await usual();
  await store.compact();
  assert.equal([await rows('lines'), await rows('series')], [all, all]);
  now += 3 * 366 * day;
  await usual();
  await store.compact();
  assert.equal([await rows('lines'), await rows('series')], [3, 3]);
  assert.is(store.latest('good').length, 3);
});

test('series that ended while the collector was off are marked, too', async () => {
  await flood();
  await usual();
  await store.compact();
  now += 10 * day;
  await restart();
  assert.is(store.stats().series, 0);
  await usual();
  await store.compact();
  assert.is(await rows('series where left_at is null'), 3);
  now += 3 * 366 * day;
  await usual();
  await store.compact();
  assert.equal([await rows('lines'), await rows('series')], [3, 3]);
});

test('a folder of the version before answers as it did, and knows then what is whose', async () => {
  await send('old', [disk('/gone', 3)]);
  await store.compact();
  now += 5 * day;
  await usual();
  await store.compact();
  await store.close();
  const database = new DatabaseSync(join(folder, 'journal.db'));
  database.exec(`
    create table before (id integer primary key, metric text not null, tags text not null);
    insert into before select id, metric, tags from lines;
    drop table lines; drop table series; drop table series_filled;
    alter table before rename to lines;
    pragma user_version = 3;`);
  database.close();
  await open();
  assert.equal(
    store
      .latest('good')
      .map(({ tags }) => tags.path)
      .sort(),
    ['/', '/var', undefined],
  );
  assert.equal(await pathsOf('good', noon, now + hour), ['/', '/var']);
  assert.equal(await pathsOf('old', noon - hour, now), ['/gone']);
  assert.equal(store.latest('old'), []);
  await usual();
  assert.is(await rows('lines'), 4, 'no line twice');
  assert.is(await rows('series where left_at is null'), 3);
  assert.is(await rows('series'), 4);
});

test.run();
