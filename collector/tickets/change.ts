/** How a person changes a ticket: read, changed and noted in one transaction, then published and passed to the policy. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Selectable, Updateable } from 'kysely';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';

export type StoredTicket = Selectable<Database['tickets']>;

/** An action of a person on a ticket of the monitor; an event of the policy. */
export type PersonAction = { key: string; at: number } & (
  | { type: 'touch' | 'reopen' }
  | { type: 'close'; mutedUntil: number | null }
);

export type TicketChanges = ReturnType<typeof createChanges>;

const versions = new AsyncLocalStorage<{ id: number; updatedAt: number }>();
/**
 * Refuses the work where the ticket has changed since it was shown. Read with the ticket itself, in its transaction: a check
 * before it would miss what comes in between.
 */
export const atVersion = <T>(version: { id: number; updatedAt: number }, work: () => T): T =>
  versions.run(version, work);

export const conflict = (problem: string) => fail('CONFLICT', { problem });

export function createChanges(parts: { state: State; clock: Clock; changeFeed: ChangeFeed }) {
  const { state, clock, changeFeed } = parts;
  const listeners: ((action: PersonAction) => void)[] = [];

  function done(row: Pick<StoredTicket, 'id' | 'kind'>, action: PersonAction | null): void {
    changeFeed.publish({ kind: 'ticket', ticket: row.id });
    if (action && row.kind !== 'person') for (const listener of listeners) listener(action);
  }

  /** @returns the ticket as it was before */
  function change(
    id: number,
    work: (db: StateTransaction, row: StoredTicket, now: number) => Promise<void>,
  ): Promise<StoredTicket> {
    return state.transaction().execute(async (db) => {
      const row = await db.selectFrom('tickets').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) throw fail('NOT_FOUND', { what: 'ticket', id });
      const shown = versions.getStore();
      if (shown?.id === id && shown.updatedAt !== row.updated_at)
        throw conflict(
          `ticket ${id} has changed since it was shown; look at it again, and repeat what is still wanted`,
        );
      await work(db, row, clock.now());
      return row;
    });
  }

  /** Work on it, such as a comment or an owner: from now on only a person resolves the ticket. */
  async function touch(
    id: number,
    work: (db: StateTransaction, row: StoredTicket, now: number) => Promise<Updateable<Database['tickets']>>,
  ): Promise<void> {
    const row = await change(id, async (db, row, now) => {
      if (row.state === 'closed' || row.state === 'cancelled')
        throw conflict(`ticket ${id} is ${row.state}; open a new one that refers to it`);
      await save(db, row, { touched_at: row.touched_at ?? now, updated_at: now, ...(await work(db, row, now)) });
    });
    done(row, { type: 'touch', key: row.key, at: clock.now() });
  }

  return {
    done,
    change,
    touch,
    now: () => clock.now(),
    /** The listener is called after the change was saved. */
    onPerson: (listener: (action: PersonAction) => void) => void listeners.push(listener),
  };
}

/** Changes the ticket if it is still in the state that it was read in. */
export async function save(
  db: StateTransaction,
  row: StoredTicket,
  set: Updateable<Database['tickets']>,
): Promise<void> {
  const result = await db
    .updateTable('tickets')
    .set(set)
    .where('id', '=', row.id)
    .where('state', '=', row.state)
    .executeTakeFirst();
  if (result.numUpdatedRows === 1n) return;
  const now = await db.selectFrom('tickets').select('state').where('id', '=', row.id).executeTakeFirst();
  throw conflict(
    `ticket ${row.id} became ${now?.state ?? 'unknown'} while this was sent, and was ${row.state}; look at it again, and repeat what is still wanted`,
  );
}
