/** What the actions of people and of the clock on changes share: reading, saving, publishing. */
import type { Updateable } from 'kysely';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { MaintenanceScope } from '../maintenance/window.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { StoredChange } from './rows.ts';
import type { MaintenancePort } from './windows.ts';

export interface ChangeParts {
  state: State;
  clock: Clock;
  log: Log;
  changeFeed: ChangeFeed;
  /** Report zone, IANA. */
  zone: string;
  /** The room is there only after this one. */
  maintenance(): MaintenancePort;
  /** Ids of the endpoints that a scope reaches now. */
  endpointsIn(scope: MaintenanceScope): string[];
}

export const conflict = (why: Reason) => refusal('CONFLICT', why);

export type ChangeTools = ReturnType<typeof createChangeTools>;

export function createChangeTools(parts: ChangeParts) {
  const { state, clock, changeFeed } = parts;

  async function stored(id: number, db: State = state): Promise<StoredChange> {
    const row = await db.selectFrom('changes').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'change', id: `C-${id}` });
    return row;
  }

  async function planned(id: number): Promise<StoredChange> {
    const row = await stored(id);
    if (row.kind !== 'planned') throw conflict(reason('change_recognised', { change: `C-${id}` }));
    return row;
  }

  async function save(db: StateTransaction, id: number, columns: Updateable<Database['changes']>, by: string) {
    const updated = { updated_at: clock.now(), updated_by: by };
    await db
      .updateTable('changes')
      .set({ ...columns, ...updated })
      .where('id', '=', id)
      .execute();
  }

  return {
    ...parts,
    stored,
    planned,
    save,
    publish(changes: Iterable<number>) {
      for (const change of changes) changeFeed.publish({ kind: 'change', change });
    },
    /** Each once. */
    reached: (scopes: readonly MaintenanceScope[]) => [...new Set(scopes.flatMap(parts.endpointsIn))].sort(),
  };
}
