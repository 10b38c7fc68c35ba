/** Values of 5 minutes and an hour in InfluxDB: which buckets are due, and that computing one twice changes nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as assert from 'uvu/assert';
import { openInflux } from '../../../collector/series/influx/influx.ts';
import { createRollups, rangesOf } from '../../../collector/series/influx/rollups.ts';
import { cpu, minute, noon } from '../../contract/series.ts';
import { influxSuite } from '../../support/influx-store.ts';
import { forEver } from '../../support/influxdb.ts';

const { test, onServer, used } = influxSuite('influx: rollups');
const { open, again, rows, counted } = used;

onServer('rollups: computed once over, twice the same, and again for what comes late', async () => {
  const opened = await open();
  let seq = 0;
  for (let i = 1; i <= 120; i++) void opened.append(cpu('one', ++seq, i, noon - i * minute));
  await opened.append(cpu('two', 1, 7, noon - 3 * minute));
  const rolledUp = async () =>
    (await rows(`select count_usage_active from ${used.database}_5m..cpu`)).map(([, n]) => n);
  const sum = (numbers: unknown[]) => numbers.reduce((all: number, n) => all + Number(n), 0);
  await opened.compact();
  const first = await rolledUp();
  assert.is(sum(first), 121);
  const hours = await rows(
    `select sum_usage_active, max_usage_active from ${used.database}_1h..cpu where endpoint = 'one'`,
  );
  assert.equal(
    hours.map((row) => row.slice(1)),
    [
      [7260 - 1830, 120],
      [1830, 60],
    ],
  );
  await opened.append(cpu('one', ++seq, 1000, noon - 30 * minute - 1));
  // Before it is computed again the chart reads raw samples of that bucket.
  assert.is(await counted(opened), 121);
  assert.is(sum(await rolledUp()), 121);
  await opened.compact();
  assert.is(sum(await rolledUp()), 122);
  assert.is((await rolledUp()).length, first.length);
  assert.is(await counted(opened), 121);
  const next = await again();
  assert.is(await counted(next), 121);
});

onServer('buckets that wait for their rollup are known after a restart', async () => {
  const opened = await open();
  await opened.append(cpu('one', 1, 1, noon - 30 * minute));
  assert.is(await counted(opened), 1);
  const next = await again();
  assert.is(await counted(next), 1);
  await next.compact();
  assert.is((await rows(`select count_usage_active from ${used.database}_5m..cpu`)).length, 1);
});

onServer('of a large fleet: computed for each endpoint that reported here, and nothing is due afterwards', async () => {
  const opened = await open();
  for (let i = 1; i < 150; i++) void opened.append(cpu(`e${i}`, 1, i, noon - 30 * minute));
  await opened.append(cpu('e150', 1, 150, noon - 30 * minute));
  assert.is(await counted(opened, 'e150'), 1);
  await opened.compact();
  const found = await rows(`select count_usage_active from ${used.database}_5m..cpu`);
  assert.is(found.length, 150);
  assert.is(await counted(opened, 'e7'), 1);
  await opened.close();
  assert.equal(dueRows(), []);
});

/** In the journal of a store that is closed; `change` before. */
function dueRows(change?: string): unknown[] {
  const journal = new DatabaseSync(join(used.folder, 'journal.db'));
  if (change !== undefined) journal.exec(change);
  const found = journal.prepare('select endpoint from rollups_due').all();
  journal.close();
  return found.map(({ endpoint }) => endpoint);
}

onServer(
  'a bucket that an earlier version had due for all endpoints at once is computed for each of them',
  async () => {
    const opened = await open();
    for (const name of ['one', 'two']) await opened.append(cpu(name, 1, 1, noon - 30 * minute));
    assert.is(await counted(opened), 1);
    await opened.close();
    assert.equal(dueRows('update or replace rollups_due set endpoint = 0').length, 2);
    const next = await open();
    assert.is(await counted(next, 'two'), 1);
    await next.compact();
    assert.is((await rows(`select count_usage_active from ${used.database}_5m..cpu`)).length, 2);
    await next.close();
    assert.equal(dueRows(), []);
  },
);

onServer(
  'two collectors on one database: each computes its own endpoints, and neither touches what the other made',
  async () => {
    const first = await open();
    await first.append(cpu('one', 1, 1, noon - 30 * minute));
    const folder = mkdtempSync(join(tmpdir(), 'evenkeel-influx-second-'));
    const second = await openInflux({ ...used.parts(), folder });
    try {
      await second.append(cpu('two', 1, 2, noon - 30 * minute));
      await Promise.all([first.compact(), second.compact()]);
      const sums = async () =>
        (await rows(`select sum_usage_active, endpoint from ${used.database}_5m..cpu`)).map(([, sum, name]) => [
          name,
          sum,
        ]);
      assert.equal((await sums()).sort(), [
        ['one', 1],
        ['two', 2],
      ]);
      // What the first one would make of the other's samples is seen by this.
      await second.append(cpu('two', 2, 40, noon - 31 * minute));
      assert.is(await counted(second, 'two'), 2);
      await first.append(cpu('one', 2, 5, noon - 31 * minute));
      await first.compact();
      assert.equal(
        (await sums()).filter(([name]) => name === 'two'),
        [['two', 2]],
      );
      await second.compact();
      assert.equal((await sums()).sort(), [
        ['one', 1],
        ['one', 5],
        ['two', 2],
        ['two', 40],
      ]);
      assert.is(await counted(first, 'two'), 2, 'a chart of what the other one stores');
    } finally {
      await second.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

onServer('a database of an earlier version, with rollups in policies of its own, goes on in these', async () => {
  await used.server.ask(`create database ${used.database}`);
  for (const name of ['raw', '5m', '1h'])
    await used.server.ask(
      `create retention policy evenkeel_${name} on ${used.database} duration 876000h replication 1`,
    );
  const opened = await open();
  await opened.append(cpu('one', 1, 1, noon - 30 * minute));
  await opened.compact();
  assert.is((await rows(`select count_usage_active from ${used.database}.evenkeel_5m.cpu`)).length, 1);
  assert.is(await counted(opened), 1);
  const names = (await rows('show databases')).map(([name]) => String(name));
  assert.equal(
    names.filter((name) => name.startsWith(`${used.database}_`)),
    [],
  );
});

onServer('while a bucket is being computed, and after that failed, charts read its raw samples', async () => {
  const opened = await open({ deadlineMs: 300 });
  await opened.append(cpu('one', 1, 1, noon - 30 * minute));
  assert.is(await counted(opened), 1);
  used.server.freeze();
  const computing = opened.compact();
  await new Promise((resolve) => setTimeout(resolve, 200));
  used.server.thaw();
  assert.is(await counted(opened), 1);
  await computing;
  assert.is(await counted(opened), 1);
});

test('what could not be made durable is written with the next commit', async () => {
  const database = new DatabaseSync(':memory:');
  const rollups = createRollups({
    isShared: false,
    journal: { database, advance: async () => undefined },
    dictionary: { endpointName: () => 'one', endpointIds: () => [] },
    client: { query: async () => [] },
    places: () => {
      throw new Error('nothing is asked');
    },
    write: async () => undefined,
    retention: forEver,
    now: () => noon,
  });
  const commit = (end: string) => {
    database.exec('begin');
    rollups.save();
    database.exec(end);
  };
  rollups.mark({ points: [], touched: new Map([[1, [noon]]]), left: 0 });
  commit('rollback');
  commit('commit');
  rollups.saved();
  assert.is(Number(database.prepare('select count(*) as n from rollups_due').get()?.n), 2);
});

test('buckets side by side are one range, up to a width', () => {
  assert.equal(rangesOf([0, 5, 10, 20], 5, 10), [
    { from: 0, to: 10 },
    { from: 10, to: 15 },
    { from: 20, to: 25 },
  ]);
});

test.run();
