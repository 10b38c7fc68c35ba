/** What the clock does: begins what is due, recognises what was observed, finishes what agents have proved. */
import { adopt, assignSome } from './assign.ts';
import { noteRestarts } from './observe.ts';
import { addTargets, monitor, noteChange, type StoredChange } from './rows.ts';
import type { ChangeTools } from './tools.ts';
import { openWindows } from './windows.ts';

export function createChangeClock({ state, clock, maintenance, save, publish, reached }: ChangeTools) {
  async function begin(row: StoredChange, by: string): Promise<void> {
    const now = clock.now();
    const scopes = await state
      .selectFrom('change_scopes')
      .select(['of', 'target'])
      .where('change', '=', row.id)
      .execute();
    const endpoints = reached(scopes);
    const emptied = await state.transaction().execute(async (db) => {
      await save(db, row.id, { state: 'in_progress' }, by);
      await addTargets(db, row.id, endpoints);
      await noteChange(db, row.id, now, monitor, 'began', { targets: endpoints.length });
      return adopt(db, row, now);
    });
    publish([row.id, ...emptied]);
  }

  /** Agents of all targets have reported the work within the window. */
  async function finishProved(row: StoredChange): Promise<void> {
    const targets = state.selectFrom('change_targets as t').where('t.change', '=', row.id);
    const missing = await targets
      .leftJoin('change_observations as o', (join) =>
        join.onRef('o.endpoint', '=', 't.endpoint').on('o.change', '=', row.id),
      )
      .select(({ fn }) => [fn.countAll<number | string>().as('n'), fn.count<number | string>('o.id').as('seen')])
      .executeTakeFirstOrThrow();
    if (Number(missing.n) === 0 || Number(missing.seen) < Number(missing.n)) return;
    await state.transaction().execute(async (db) => {
      await save(db, row.id, { state: 'done', implemented_at: row.end_at }, monitor);
      await noteChange(db, row.id, clock.now(), monitor, 'proved');
    });
    publish([row.id]);
  }

  async function passTime(): Promise<void> {
    const now = clock.now();
    const open = state.selectFrom('changes').selectAll().where('kind', '=', 'planned');
    for (const row of await open.where('state', '=', 'planned').where('start_at', '<=', now).orderBy('id').execute())
      await begin(row, monitor);
    while (await noteRestarts(state, now));
    for (let more = true; more; ) {
      const assigned = await state.transaction().execute((db) => assignSome(db, now));
      publish(assigned.changed);
      more = assigned.more;
    }
    const over = open.where('state', '=', 'in_progress').where('end_at', '<=', now).orderBy('id');
    for (const row of await over.execute()) await finishProved(row);
    // After an end in between: a change without its window.
    const bare = open
      .where('state', '=', 'planned')
      .where('id', 'in', (eb) => eb.selectFrom('change_scopes').select('change').where('maintenance', 'is', null));
    for (const row of await bare.execute()) await openWindows(state, maintenance(), row, row.updated_by, now);
  }

  return { begin, passTime };
}
