/** Who watches a ticket: they are told of what others do with it, see news.ts. */
import type { Database, StateTransaction } from '../state/database.ts';
import { insertRows } from '../state/rows.ts';
import { conflict, type TicketChanges } from './change.ts';

export interface Watching {
  /** Each throws EvenkeelError NOT_FOUND, or CONFLICT where it is so already. */
  watch(id: number, by: string, person: string): Promise<void>;
  unwatch(id: number, by: string, person: string): Promise<void>;
}

export function createWatching({ change, done, now }: Pick<TicketChanges, 'change' | 'done' | 'now'>): Watching {
  return {
    async watch(id, by, person) {
      const row = await change(id, async (db) => {
        const own = db.selectFrom('ticket_watchers').select('person').where('ticket', '=', id);
        if (await own.where('person', '=', person).executeTakeFirst())
          throw conflict(`${person} watches ticket ${id} already`);
        await addWatcher(db, { ticket: id, person, at: now(), by_user: by });
      });
      done(row, null);
    },
    async unwatch(id, _by, person) {
      const row = await change(id, async (db) => {
        const own = db.deleteFrom('ticket_watchers').where('ticket', '=', id).where('person', '=', person);
        const { numDeletedRows } = await own.executeTakeFirst();
        if (numDeletedRows === 0n) throw conflict(`${person} does not watch ticket ${id}`);
        await db.deleteFrom('ticket_news').where('ticket', '=', id).where('person', '=', person).execute();
      });
      done(row, null);
    },
  };
}

export async function addWatcher(db: StateTransaction, row: Database['ticket_watchers']): Promise<void> {
  await insertRows(db, 'ticket_watchers', [row], 'on conflict (ticket, person) do nothing');
}
