/** Every table says what ends its rows, and the nightly chore does what the list says. */
import { existsSync } from 'node:fs';
import { sql } from 'kysely';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { computeMonth } from '../../../collector/kpi/month.ts';
import { startingDefinition } from '../../../collector/kpi/stability.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { dropAged, retention } from '../../../collector/state/retention.ts';
import { openHistory } from '../../support/fleet-history.ts';

const test = suite('retention');
const day = 86_400_000;
const now = 5000 * day;

const count = async (state: State, table: string): Promise<number> =>
  Number((await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(state)).rows[0]?.n);

test('each table of the database is in the list', async () => {
  const state = await openState(':memory:');
  const found = await state.introspection.getTables();
  const names = found.map(({ name }) => name).filter((name) => !name.startsWith('kysely_'));
  assert.equal(names.filter((name) => !Object.hasOwn(retention, name)).sort(), []);
  await state.destroy();
});

test('what bounds a table is a file that is there', () => {
  for (const [table, rule] of Object.entries(retention))
    if (rule.rows === 'bounded')
      assert.ok(existsSync(new URL(`../../../collector/${rule.by}`, import.meta.url)), `${table}: ${rule.by}`);
});

/** A row of each table that ages, `at` ms UTC. */
const rowsAt: Record<string, (state: State, at: number, n: number) => Promise<unknown>> = {
  losses: (state, at, n) =>
    state
      .insertInto('losses')
      .values({ endpoint: 'e', epoch: 'a', from_seq: n, to_seq: n, reason: 'quota', count: 1, received_at: at })
      .execute(),
  audit_log: (state, at) =>
    state
      .insertInto('audit_log')
      .values({
        ...{ at, kind: 'cli', actor: 'a', address: null, object: 'site', object_id: null, name: null, action: 'add' },
        ...{ before: null, after: null, reason: null },
      })
      .execute(),
  quarantine: (state, at) =>
    state
      .insertInto('quarantine')
      .values({
        endpoint: 'e',
        topic: 't',
        received_at: at,
        code: 'NOT_JSON',
        message: '',
        size: 1,
        sample: '',
        parts: null,
      })
      .execute(),
  machines: (state, at, n) =>
    state
      .insertInto('machines')
      .values({
        endpoint: 'e',
        instance: `i${n}`,
        hostname: null,
        address: 'a',
        first_at: at,
        last_at: at,
        shared_at: null,
      })
      .execute(),
  backup_runs: (state, at) =>
    state
      .insertInto('backup_runs')
      .values({ endpoint: 'e', product: 'p', job: 'j', ended_at: at, bytes: 1, files: 1, duration: 1 })
      .execute(),
  change_observations: (state, at, n) =>
    state
      .insertInto('change_observations')
      .values({ endpoint: 'e', what: 'restart', fingerprint: `f${n}`, at, manager: null, packages: '[]', change: null })
      .execute(),
};

for (const [table, rule] of Object.entries(retention)) {
  if (rule.rows !== 'aged' || table === 'software_titles') continue;
  test(`rows of ${table} go when they are old, and not before`, async () => {
    const state = await openState(':memory:');
    const add = rowsAt[table];
    assert.ok(add, `no row of ${table} is known here`);
    await sql`pragma foreign_keys = off`.execute(state);
    await add(state, now - rule.ms - 2 * day, 1);
    await add(state, now - rule.ms - day, 2);
    await add(state, now - rule.ms + day, 3);
    const before = await count(state, table);
    await dropAged(state, now);
    assert.is(await count(state, table), before - 2);
    await dropAged(state, now + 10 * rule.ms);
    assert.is(await count(state, table), 0);
    await state.destroy();
  });
}

test('a month of years ago is computed again as it was: the facts of presence stay', async () => {
  const month = { from: Date.parse('2022-11-01T00:00:00Z'), to: Date.parse('2022-12-01T00:00:00Z') };
  const state = await openHistory({ endpoints: 6, ...month, absences: 3 });
  const today = month.to + 4 * 365 * day;
  const query = { period: '2022-11', zone: 'UTC', now: today, scope: {} };
  const read = () => computeMonth(state, query, { version: 0, parts: startingDefinition });
  const before = await read();
  assert.ok((before.figures.availability_server?.value ?? 0) < 100);
  await dropAged(state, today);
  assert.equal(await read(), before);
  await state.destroy();
});

test('names of software that is installed nowhere go, those of a product stay', async () => {
  const state = await openState(':memory:');
  await sql`pragma foreign_keys = off`.execute(state);
  const title = (name: string, product: string | null) => ({ name, name_key: name, publisher: null, product });
  await state
    .insertInto('software_titles')
    .values([title('a', null), title('b', null), title('c', 'p')])
    .execute();
  const { id } = await state
    .selectFrom('software_titles')
    .select('id')
    .where('name', '=', 'b')
    .executeTakeFirstOrThrow();
  await state.insertInto('installs').values({ endpoint: 'e', title: id, version: '', last_used: null }).execute();
  await dropAged(state, now);
  const left = await state.selectFrom('software_titles').select('name').orderBy('name').execute();
  assert.equal(
    left.map(({ name }) => name),
    ['b', 'c'],
  );
  await state.destroy();
});

test.run();
