/** What people do to planned changes before they are over. */
import { reason } from '../../shared/reason.ts';
import type { MaintenanceScope } from '../maintenance/window.ts';
import type { StateTransaction } from '../state/database.ts';
import { badChange, type ChangeWish, checkedWish } from './plan.ts';
import { noteChange, type StoredChange } from './rows.ts';
import { type ChangeTools, conflict } from './tools.ts';
import { closeWindows, moveWindows, openWindows } from './windows.ts';

type Begin = (row: StoredChange, by: string) => Promise<void>;

export function createChangePeople(tools: ChangeTools, begin: Begin) {
  const { state, clock, zone, maintenance, stored, planned, save, publish } = tools;

  /** @throws EvenkeelError BAD_CHANGE */
  async function checkRepair(repairOf: number | null, own: number | null): Promise<void> {
    // Up from the repaired one: none may be the repair of itself.
    const seen = new Set<number>();
    for (let at = repairOf; at !== null && !seen.has(at); ) {
      if (at === own) throw badChange('repair_of', reason('change_repairs_itself', { change: `C-${own}` }));
      seen.add(at);
      const row = await state.selectFrom('changes').select('repair_of').where('id', '=', at).executeTakeFirst();
      if (!row) throw badChange('repair_of', reason('change_no_repaired', { change: `C-${at}` }));
      at = row.repair_of;
    }
  }

  const insertScopes = async (db: StateTransaction, change: number, scopes: readonly MaintenanceScope[]) => {
    for (const scope of scopes)
      await db
        .insertInto('change_scopes')
        .values({ change, ...scope, maintenance: null })
        .onConflict((clash) => clash.columns(['change', 'of', 'target']).doNothing())
        .execute();
  };

  /** Saved, and begun where its start is over; without its windows. */
  async function enter(wish: ChangeWish, by: string): Promise<StoredChange> {
    const now = clock.now();
    const { title, description, scopes, from, to, repairOf } = checkedWish(wish, { now, zone });
    await checkRepair(repairOf, null);
    const made = { created_at: now, created_by: by, updated_at: now, updated_by: by };
    const row = await state.transaction().execute(async (db) => {
      const { id } = await db
        .insertInto('changes')
        .values({
          ...{
            kind: 'planned',
            title,
            description,
            state: 'planned',
            start_at: from,
            end_at: to,
            implemented_at: null,
          },
          ...{ outcome: null, outcome_reason: null, objective_met: null, repair_of: repairOf },
          ...{ what: null, manager: null, site: null, packages: null, ...made },
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      await insertScopes(db, id, scopes);
      await noteChange(db, id, now, by, 'created', { title, scopes, from, to });
      return stored(id, db);
    });
    if (from <= now) await begin(row, by);
    publish([row.id]);
    return row;
  }

  async function create(wish: ChangeWish, by: string): Promise<number> {
    const now = clock.now();
    if (wish.to > now) maintenance().requireRoom(wish.scopes.length);
    const { id } = await enter(wish, by);
    await openWindows(state, maintenance(), await stored(id), by, now);
    return id;
  }

  async function edit(id: number, given: Partial<ChangeWish>, by: string): Promise<void> {
    const now = clock.now();
    const row = await planned(id);
    const rows = await state.selectFrom('change_scopes').select(['of', 'target']).where('change', '=', id).execute();
    const was: ChangeWish = {
      ...{ title: row.title, description: row.description, scopes: rows },
      ...{ from: row.start_at, to: row.end_at, repairOf: row.repair_of },
    };
    const wish = checkedWish({ ...was, ...given }, { now, zone });
    const key = ({ of, target }: MaintenanceScope) => `${of} ${target}`;
    const gone = rows.filter((scope) => !wish.scopes.some((one) => key(one) === key(scope)));
    const moves = wish.from !== was.from || wish.to !== was.to;
    const rescoped = gone.length > 0 || wish.scopes.length !== rows.length;
    if ((moves || rescoped) && row.state !== 'planned') throw conflict(reason('change_begun', { change: `C-${id}` }));
    await checkRepair(wish.repairOf, id);
    const after = await state.transaction().execute(async (db) => {
      const columns = { title: wish.title, description: wish.description, repair_of: wish.repairOf };
      await save(db, id, { ...columns, start_at: wish.from, end_at: wish.to }, by);
      await insertScopes(db, id, wish.scopes);
      await noteChange(db, id, now, by, 'changed', { from: was, to: wish });
      return stored(id, db);
    });
    const port = maintenance();
    if (gone.length > 0) await closeWindows(state, port, id, by, gone);
    for (const { of, target } of gone)
      await state
        .deleteFrom('change_scopes')
        .where('change', '=', id)
        .where('of', '=', of)
        .where('target', '=', target)
        .execute();
    if (moves || wish.title !== was.title) await moveWindows(state, port, after, by);
    await openWindows(state, port, after, by, now);
    if (row.state === 'planned' && wish.from <= now) await begin(after, by);
    publish([id]);
  }

  async function cancel(id: number, by: string, why: string): Promise<void> {
    const row = await planned(id);
    if (row.state === 'done' || row.state === 'cancelled')
      throw conflict(reason(row.state === 'done' ? 'change_done' : 'change_cancelled_already', { change: `C-${id}` }));
    await state.transaction().execute(async (db) => {
      await save(db, id, { state: 'cancelled' }, by);
      await noteChange(db, id, clock.now(), by, 'cancelled', { reason: why });
    });
    await closeWindows(state, maintenance(), id, by);
    publish([id]);
  }

  return { enter, create, edit, cancel };
}
