/** Every table says what ends its rows, and the nightly chore does what the list says. */
import { existsSync } from 'node:fs';
import { type Kysely, sql } from 'kysely';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { closeMonths, recomputeMonth } from '../../../collector/kpi/closed-months.ts';
import { computeMonth } from '../../../collector/kpi/month.ts';
import { startingDefinition } from '../../../collector/kpi/stability.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { dropAged, retention } from '../../../collector/state/retention.ts';
import { blankTicket } from '../../../collector/tickets/events.ts';
import { rowsOf } from '../../contract/state.ts';
import { openHistory, putAlerts, putEndpoint, putSignals } from '../../support/fleet-history.ts';
import { freshPlace } from '../../support/state.ts';

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
  if (rule.rows !== 'aged' || rule.ms === 'evidence' || rowsAt[table] === undefined) continue;
  const { ms } = rule;
  test(`rows of ${table} go when they are old, and not before`, async () => {
    const state = await openState(':memory:');
    const add = rowsAt[table];
    assert.ok(add);
    await sql`pragma foreign_keys = off`.execute(state);
    await add(state, now - ms - 2 * day, 1);
    await add(state, now - ms - day, 2);
    await add(state, now - ms + day, 3);
    const before = await count(state, table);
    await dropAged(state, now);
    assert.is(await count(state, table), before - 2);
    await dropAged(state, now + 10 * ms);
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

test('past every end no row of a table that ages or is chained is left', async () => {
  const state = await openState(freshPlace());
  const of: Record<string, object> = {
    tickets: { state: 'closed', updated_at: now },
    alert_events: { alert: 'x' },
    maintenance_members: { occurrence: 'x' },
    alerts: { state: 'resolved', resolved_at: now, ticket: 1 },
    incidents: { ended_at: now },
    change_observations: { change: null },
    script_orders: { open_key: null },
    software_titles: { product: null },
  };
  const any = state as unknown as Kysely<Record<string, Record<string, unknown>>>;
  for (const [table, row] of await rowsOf(state))
    if (table !== 'installs')
      await any
        .insertInto(table)
        .values({ ...row, ...of[table] })
        .execute();
  const ages = Object.entries(retention).flatMap(([table, { rows }]) =>
    ['aged', 'chained'].includes(rows) ? table : [],
  );
  assert.ok(ages.length > 20);
  for (const table of ages) assert.is(await count(state, table), 1, table);
  await dropAged(state, Date.UTC(2200, 0));
  for (const table of ages) assert.is(await count(state, table), 0, table);
  await state.destroy();
});

const years = 5 * 366 * day;
const event = { kind: 'comment', actor: 'a', from_state: null, to_state: null, text: null, data: null } as const;

test('a ticket goes with its alerts once all of it has ended; what is open keeps its chain', async () => {
  const state = await openState(freshPlace());
  const [old, young] = [now - years - day, now - years + day];
  const tickets = [
    ['gone', 'closed', old],
    ['open', 'on_hold', old],
    ['young', 'closed', young],
    ['its alert goes on', 'closed', old],
    ['its alert is young', 'cancelled', old],
    ['its incident goes on', 'closed', old],
  ] as const;
  for (const [key, is, at] of tickets)
    await state
      .insertInto('tickets')
      .values({
        ...blankTicket(key, at),
        kind: 'person',
        title: key,
        state: is,
        priority: 3,
        updated_at: at,
        open_key: null,
      })
      .execute();
  for (const n of [1, 2, 3, 4, 5, 6])
    await state
      .insertInto('ticket_events')
      .values({ ...event, ticket: n, at: old })
      .execute();
  await state.updateTable('tickets').set({ follows: 1 }).where('id', '=', 2).execute();
  const resolvedAt = { a1: old, a2: old, a3: old, a4: null, a5: young, a6: old, alone: old, fires: null } as const;
  await putAlerts(
    state,
    Object.entries(resolvedAt).map(([id, resolved]) => ({
      ...{ id, endpoint: 'e', resolvedAt: resolved, events: [['firing', old]] as [string, number][] },
    })),
  );
  for (const n of [1, 2, 3, 4, 5, 6])
    await state.updateTable('alerts').set({ ticket: n }).where('id', '=', `a${n}`).execute();
  const incident = { kind: 'site' as const, key: 'k', site: null, rule: null, opened_at: old };
  await state
    .insertInto('incidents')
    .values([
      { ...incident, ticket: 1, ended_at: old },
      { ...incident, ticket: 6, ended_at: null },
    ])
    .execute();
  await dropAged(state, now);
  const left = await state.selectFrom('tickets').select(['key', 'follows']).orderBy('id').execute();
  assert.equal(
    left.map(({ key, follows }) => [key, follows]),
    tickets.slice(1).map(([key]) => [key, null]),
  );
  const alerts = await state.selectFrom('alerts').select('id').orderBy('id').execute();
  assert.equal(
    alerts.map(({ id }) => id),
    ['a2', 'a3', 'a4', 'a5', 'a6', 'fires'],
  );
  assert.equal([await count(state, 'alert_events'), await count(state, 'ticket_events')], [6, 5]);
  assert.is(await count(state, 'incidents'), 1);
  await state.destroy();
});

test('of presence the newest before the end stays for an endpoint that is in the fleet', async () => {
  const state = await openState(freshPlace());
  const [endpoint, retired] = [await putEndpoint(state, 1), await putEndpoint(state, 2)];
  await state.updateTable('endpoints').set({ retired_at: 10 }).where('id', '=', retired).execute();
  const end = now - years;
  await putSignals(state, [
    { endpoint, at: end - 3 * day, kind: 'online' },
    { endpoint, at: end - 2 * day, kind: 'lost' },
    { endpoint, at: end + day, kind: 'online' },
    { endpoint: retired, at: 9, kind: 'online' },
  ]);
  await dropAged(state, now);
  const left = await state.selectFrom('signals').select(['endpoint', 'at']).orderBy('id').execute();
  assert.equal(
    left.map((row) => [row.endpoint, row.at]),
    [
      [endpoint, end - 2 * day],
      [endpoint, end + day],
    ],
  );
  await state.destroy();
});

test('a month whose facts have ended is not computed again', async () => {
  const month = { from: Date.parse('2022-11-01T00:00:00Z'), to: Date.parse('2022-12-01T00:00:00Z') };
  const state = await openHistory({ endpoints: 2, ...month, absences: 1 });
  const close = month.to + 20 * day;
  assert.ok((await closeMonths(state, 'UTC', close)) > 0);
  const asked = { zone: 'UTC', evidenceMs: 430 * day, apply: null };
  assert.equal((await recomputeMonth(state, '2022-11', { ...asked, now: close })).differences, []);
  const refusal = await recomputeMonth(state, '2022-11', { ...asked, now: close + 430 * day }).then(String, String);
  assert.match(refusal, /2022-11 cannot be computed again: .* are kept for .*retention\.evidence/);
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
