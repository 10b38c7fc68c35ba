/** Rows written without a query builder: order, numbers, clashes, and statements that stay prepared. */
import { sql } from 'kysely';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openState } from '../../../collector/state/open.ts';
import { insertRows, updateRow } from '../../../collector/state/rows.ts';

const event = (n: number) => ({
  ...{ alert: 'a', at: n, code: 'firing', rule: 'r', severity: 'info' as const, value: n / 3, actor: "o'hara\u0000?" },
  params: JSON.stringify({ n, text: '"$1", \ud83d\ude00' }),
});
const endpoint = (id: string) => ({
  ...{
    id,
    bucket: '01',
    name: id,
    kind: 'server' as const,
    kind_why: 'test',
    site: null,
    tags: '[]',
    platform: 'linux',
  },
  ...{ arch: 'x64', version: null, secret_hash: '00', enrolled_at: 0, retired_at: null, state: 'online' as const },
  ...{ state_reason: null, state_since: 0, session: null, boot_id: null, last_seen_at: null, interval_ms: null },
  clock_offset_ms: null,
});

const test = suite('rows');

test('rows of any number arrive whole and in order', async () => {
  const state = await openState(':memory:');
  for (const count of [0, 1, 24, 25, 26, 107]) {
    const rows = Array.from({ length: count }, (_, n) => event(n));
    const last = await state.transaction().execute((db) => insertRows(db, 'alert_events', rows, 'returning id'));
    const saved = await state.selectFrom('alert_events').selectAll().orderBy('id').execute();
    assert.equal(
      saved.map(({ id: _, ...row }) => row),
      rows,
      `${count} rows`,
    );
    assert.is(last, saved.at(-1)?.id ?? 0);
    await state.deleteFrom('alert_events').execute();
  }
  await state.destroy();
});

test('what is there already is changed or left, as was said', async () => {
  const state = await openState(':memory:');
  const put = (name: string, clash: string) =>
    state.transaction().execute((db) => insertRows(db, 'endpoints', [{ ...endpoint('e'), name }], clash));
  await put('one', '');
  await put('two', 'on conflict (id) do nothing');
  assert.is((await state.selectFrom('endpoints').select('name').executeTakeFirst())?.name, 'one');
  await put('three', 'on conflict (id) do update set name = excluded.name');
  assert.is((await state.selectFrom('endpoints').select('name').executeTakeFirst())?.name, 'three');
  await state.transaction().execute((db) => updateRow(db, 'endpoints', 'e', { name: "four'; --", site: 'x' }));
  const { name, site } = await state.selectFrom('endpoints').select(['name', 'site']).executeTakeFirstOrThrow();
  assert.equal([name, site], ["four'; --", 'x']);
  await state.destroy();
});

test('a statement that has failed works the next time, and the transaction has not happened', async () => {
  const state = await openState(':memory:');
  const put = (...ids: string[]) => state.transaction().execute((db) => insertRows(db, 'endpoints', ids.map(endpoint)));
  await put('a');
  for (let again = 0; again < 3; again++)
    await put('b', 'a').then(
      () => assert.unreachable('`a` is there already'),
      ({ message }: Error) => assert.match(message, /UNIQUE/),
    );
  await put('b', 'c');
  assert.equal(
    (await state.selectFrom('endpoints').select('id').orderBy('id').execute()).map(({ id }) => id),
    ['a', 'b', 'c'],
  );
  await state.destroy();
});

test('more texts than are kept prepared, and tables that change below them', async () => {
  const state = await openState(':memory:');
  for (let n = 0; n < 500; n++)
    assert.is((await sql<{ n: number }>`select ${sql.raw(String(n))} as n`.execute(state)).rows[0]?.n, n);
  await sql`create table later (a)`.execute(state);
  await sql`insert into later values (1)`.execute(state);
  const all = async () => (await sql<object>`select * from later`.execute(state)).rows.map((row) => ({ ...row }));
  assert.equal(await all(), [{ a: 1 }]);
  await sql`alter table later add column b default 2`.execute(state);
  assert.equal(await all(), [{ a: 1, b: 2 }]);
  await sql`drop table later`.execute(state);
  await all().then(
    () => assert.unreachable('it is gone'),
    ({ message }: Error) => assert.match(message, /no such table/),
  );
  await state.destroy();
});

test.run();
