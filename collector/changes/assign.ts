/** To which change an observation belongs: a planned one with this target and time, else a roll-out, else a new one. */
import type { Selectable } from 'kysely';
import type { Database, StateTransaction } from '../state/database.ts';
import { joins, rolloutMs } from './rollout.ts';
import { fitToObservations, monitor, noteChange, type StoredChange } from './rows.ts';

type StoredObservation = Selectable<Database['change_observations']>;

/** Observations per transaction. */
const atOnce = 200;

/** Assigns the oldest that belong nowhere yet. @returns the changes that they altered, and whether there may be more */
export async function assignSome(db: StateTransaction, now: number): Promise<{ changed: Set<number>; more: boolean }> {
  const rows = await db
    .selectFrom('change_observations')
    .selectAll()
    .where('change', 'is', null)
    .orderBy('at')
    .orderBy('id')
    .limit(atOnce)
    .execute();
  const changed = new Set<number>();
  for (const row of rows) for (const change of await assign(db, row, now)) changed.add(change);
  return { changed, more: rows.length === atOnce };
}

async function assign(db: StateTransaction, one: StoredObservation, now: number): Promise<number[]> {
  const planned = await plannedFor(db, one);
  const change = planned ?? (await rolloutFor(db, one)) ?? (await recognise(db, one, now));
  await db.updateTable('change_observations').set({ change }).where('id', '=', one.id).execute();
  if (planned !== null) return [planned];
  const taken = one.what === 'patch' ? await takeRestarts(db, one, change, now) : [];
  await fitToObservations(db, change, now);
  return [change, ...taken];
}

async function plannedFor(db: StateTransaction, { endpoint, at }: StoredObservation): Promise<number | null> {
  const row = await db
    .selectFrom('changes as c')
    .innerJoin('change_targets as t', 't.change', 'c.id')
    .select('c.id')
    .where('t.endpoint', '=', endpoint)
    .where('c.kind', '=', 'planned')
    .where('c.state', 'in', ['in_progress', 'done'])
    .where('c.start_at', '<=', at)
    .where('c.end_at', '>', at)
    .orderBy('c.id')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** A restart within a day of an installation on the same machine is its end, not a change of its own. */
async function rolloutFor(db: StateTransaction, one: StoredObservation): Promise<number | null> {
  const observation = { ...one, packages: JSON.parse(one.packages) as string[] };
  if (one.what === 'restart') {
    const install = await db
      .selectFrom('change_observations as o')
      .innerJoin('changes as c', 'c.id', 'o.change')
      .select('c.id')
      .where('o.endpoint', '=', one.endpoint)
      .where('o.what', '=', 'patch')
      .where('o.at', '<=', one.at)
      .where('o.at', '>', one.at - rolloutMs)
      .where('c.kind', '=', 'recognised')
      .orderBy('o.at', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (install) return install.id;
  }
  const near = await db
    .selectFrom('changes')
    .selectAll()
    .where('kind', '=', 'recognised')
    .where('state', '=', 'done')
    .where('what', '=', one.what)
    .where('start_at', '>=', one.at - rolloutMs)
    .where('start_at', '<=', one.at + rolloutMs)
    .orderBy('id')
    .execute();
  const site = await siteOf(db, one.endpoint);
  return near.find((row) => joins(rolloutOf(row), observation, site))?.id ?? null;
}

const rolloutOf = (row: StoredChange) => ({
  ...{ what: row.what as 'patch' | 'restart', manager: row.manager, site: row.site },
  ...{ packages: JSON.parse(row.packages ?? '[]') as string[], start: row.start_at, end: row.end_at },
});

async function siteOf(db: StateTransaction, endpoint: string): Promise<string | null> {
  const row = await db.selectFrom('endpoints').select('site').where('id', '=', endpoint).executeTakeFirst();
  return row?.site ?? null;
}

async function recognise(db: StateTransaction, one: StoredObservation, now: number): Promise<number> {
  const site = one.what === 'restart' ? await siteOf(db, one.endpoint) : null;
  const made = { created_at: now, created_by: monitor, updated_at: now, updated_by: monitor };
  const { id } = await db
    .insertInto('changes')
    .values({
      ...{ kind: 'recognised', title: '', description: '', state: 'done', outcome: null, outcome_reason: null },
      ...{ start_at: one.at, end_at: one.at, implemented_at: one.at, objective_met: null, repair_of: null },
      ...{ what: one.what, manager: one.manager, site, packages: one.packages, ...made },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await noteChange(db, id, now, monitor, 'recognised');
  return id;
}

/** The section with the updates may come hours after the restart. @returns the changes that lost a restart to this one */
async function takeRestarts(
  db: StateTransaction,
  one: StoredObservation,
  into: number,
  now: number,
): Promise<number[]> {
  const rows = await db
    .selectFrom('change_observations as o')
    .innerJoin('changes as c', 'c.id', 'o.change')
    .select(['o.id', 'o.change'])
    .where('o.endpoint', '=', one.endpoint)
    .where('o.what', '=', 'restart')
    .where('o.at', '>=', one.at)
    .where('o.at', '<', one.at + rolloutMs)
    .where('c.kind', '=', 'recognised')
    .where('c.what', '=', 'restart')
    .execute();
  return move(db, rows, into, now);
}

/**
 * A planned change begins, or is entered afterwards: what was observed on its targets in its window is part of it.
 * @returns the recognised changes that lost something to it
 */
export async function adopt(
  db: StateTransaction,
  { id, start_at, end_at }: Pick<StoredChange, 'id' | 'start_at' | 'end_at'>,
  now: number,
): Promise<number[]> {
  const rows = await db
    .selectFrom('change_observations as o')
    .innerJoin('changes as c', 'c.id', 'o.change')
    .innerJoin('change_targets as t', (join) => join.onRef('t.endpoint', '=', 'o.endpoint').on('t.change', '=', id))
    .select(['o.id', 'o.change'])
    .where('c.kind', '=', 'recognised')
    .where('o.at', '>=', start_at)
    .where('o.at', '<', end_at)
    .execute();
  return move(db, rows, id, now);
}

async function move(
  db: StateTransaction,
  rows: readonly { id: number; change: number | null }[],
  into: number,
  now: number,
): Promise<number[]> {
  for (const { id } of rows)
    await db.updateTable('change_observations').set({ change: into }).where('id', '=', id).execute();
  const emptied = [...new Set(rows.flatMap(({ change }) => change ?? []))].filter((change) => change !== into);
  for (const change of emptied) await fitToObservations(db, change, now, into);
  return emptied;
}
