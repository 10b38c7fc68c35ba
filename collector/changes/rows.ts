/** Rows of changes: targets, history, and a recognised change as its observations make it. */
import type { Selectable } from 'kysely';
import type { Database, StateTransaction } from '../state/database.ts';
import { packagesOf } from './rollout.ts';

export type StoredChange = Selectable<Database['changes']>;

export const monitor = 'monitor';

export async function noteChange(
  db: StateTransaction,
  change: number,
  at: number,
  actor: string,
  code: string,
  data: object = {},
): Promise<void> {
  await db
    .insertInto('change_events')
    .values({ change, at, actor, code, data: JSON.stringify(data) })
    .execute();
}

export async function addTargets(db: StateTransaction, change: number, endpoints: Iterable<string>): Promise<void> {
  for (const endpoint of endpoints)
    await db
      .insertInto('change_targets')
      .values({ change, endpoint, result: null, note: null })
      .onConflict((clash) => clash.columns(['change', 'endpoint']).doNothing())
      .execute();
}

/** Times, packages and targets of a recognised change, from its observations. Without any it was part of another one. */
export async function fitToObservations(db: StateTransaction, change: number, now: number, into?: number) {
  const rows = await db
    .selectFrom('change_observations')
    .select(['endpoint', 'at', 'packages'])
    .where('change', '=', change)
    .orderBy('at')
    .execute();
  const endpoints = [...new Set(rows.map(({ endpoint }) => endpoint))];
  let gone = db.deleteFrom('change_targets').where('change', '=', change).where('result', 'is', null);
  if (endpoints.length > 0) gone = gone.where('endpoint', 'not in', endpoints);
  await gone.execute();
  await addTargets(db, change, endpoints);
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) {
    const ended = { state: 'cancelled' as const, implemented_at: null, updated_at: now, updated_by: monitor };
    await db.updateTable('changes').set(ended).where('id', '=', change).execute();
    return noteChange(db, change, now, monitor, 'merged', into === undefined ? {} : { into });
  }
  const packages = JSON.stringify(packagesOf(rows.map((row) => JSON.parse(row.packages) as string[])));
  const times = { start_at: first.at, end_at: last.at, implemented_at: last.at };
  await db
    .updateTable('changes')
    .set({ ...times, packages, updated_at: now })
    .where('id', '=', change)
    .execute();
}
