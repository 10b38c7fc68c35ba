/** What a ticket belongs to: a parent, the ticket that it repeats or follows, a change, an alert. */
import type { LinkKind } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import type { StateTransaction } from '../state/database.ts';
import { conflict, type StoredTicket, save, type TicketChanges } from './change.ts';
import { noHold, note } from './events.ts';

/** Each throws EvenkeelError NOT_FOUND, BAD_REQUEST for a target that cannot be, or CONFLICT. */
export interface TicketLinks {
  /** A duplicate is cancelled. @param target the number of a ticket, the id of an alert, or `C-12` or `12` for a change */
  link(id: number, by: string, kind: LinkKind, target: string): Promise<void>;
  /** @param link its number */
  unlink(id: number, by: string, link: number): Promise<void>;
}

export function createTicketLinks({ change, touch, done }: TicketChanges): TicketLinks {
  return {
    async link(id, by, kind, called) {
      const target = kind === 'change' ? changeCalled(called) : called;
      const linkNow = async (db: StateTransaction, row: StoredTicket, now: number) => {
        await check(db, row, kind, target);
        await db.insertInto('ticket_links').values({ ticket: id, kind, target, at: now, by_user: by }).execute();
        await note(db, id, now, by, 'linked', { data: JSON.stringify({ kind, target }) });
      };
      if (kind !== 'duplicate')
        return touch(id, async (db, row, now) => {
          await linkNow(db, row, now);
          return {};
        });
      let at = 0;
      const row = await change(id, async (db, row, now) => {
        at = now;
        if (row.open_key === null) throw conflict(`ticket ${id} is ${row.state}; only an open one becomes a duplicate`);
        await linkNow(db, row, now);
        const ended = { state: 'cancelled' as const, open_key: null, closed_at: now, updated_at: now };
        await save(db, row, { ...ended, ...noHold, touched_at: row.touched_at ?? now });
        const data = JSON.stringify({ reason: 'duplicate', of: Number(target) });
        await note(db, id, now, by, 'state', { from_state: row.state, to_state: 'cancelled', data });
      });
      done(row, { type: 'close', key: row.key, at, mutedUntil: null });
    },
    unlink: (id, by, link) =>
      touch(id, async (db, _, now) => {
        const own = db.selectFrom('ticket_links').selectAll().where('ticket', '=', id).where('id', '=', link);
        const found = await own.executeTakeFirst();
        if (!found) throw fail('NOT_FOUND', { what: `link of ticket ${id}`, id: link });
        await db.deleteFrom('ticket_links').where('id', '=', link).execute();
        const { kind, target } = found;
        await note(db, id, now, by, 'unlinked', { data: JSON.stringify({ kind, target }) });
        return {};
      }),
  };
}

const changePrefix = 'C-';

/** `12` and `c-12` are `C-12`, so that a change is linked once, and found by its name. @throws EvenkeelError BAD_REQUEST */
function changeCalled(text: string): string {
  const [, number] = /^(?:c-)?([1-9]\d{0,14})$/i.exec(text) ?? [];
  if (number === undefined)
    throw fail('BAD_REQUEST', { problem: `"${text}" is not the number of a change; write it like C-12` });
  return `${changePrefix}${number}`;
}

async function check(db: StateTransaction, { id }: StoredTicket, kind: LinkKind, target: string): Promise<void> {
  const own = db.selectFrom('ticket_links').select('target').where('ticket', '=', id).where('kind', '=', kind);
  const [parent] = kind === 'parent' ? await own.execute() : [];
  if (parent) throw conflict(`ticket ${id} has the parent ${parent.target} already; remove that link first`);
  if (await own.where('target', '=', target).executeTakeFirst())
    throw conflict(`ticket ${id} is linked to ${target} as ${kind} already`);
  if (kind === 'change') {
    const number = Number(target.slice(changePrefix.length));
    const change = await db.selectFrom('changes').select('id').where('id', '=', number).executeTakeFirst();
    if (!change) throw fail('NOT_FOUND', { what: 'change', id: target });
    return;
  }
  if (kind === 'alert') {
    const alert = await db.selectFrom('alerts').select('id').where('id', '=', target).executeTakeFirst();
    if (!alert) throw fail('NOT_FOUND', { what: 'alert', id: target });
    return;
  }
  if (!/^[1-9]\d{0,14}$/.test(target))
    throw fail('BAD_REQUEST', { problem: `"${target}" is not the number of a ticket` });
  const other = await ticketNumbered(db, Number(target));
  if (other.id === id) throw conflict(`ticket ${id} cannot be linked to itself`);
  if (kind === 'duplicate' && other.state === 'cancelled')
    throw conflict(`ticket ${target} is cancelled; link to the one that is worked on`);
  if (kind === 'parent') await refuseCircle(db, id, other.id);
}

async function ticketNumbered(db: StateTransaction, id: number) {
  const row = await db.selectFrom('tickets').select(['id', 'state']).where('id', '=', id).executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'ticket', id });
  return row;
}

/** Up from the parent: the ticket must not be above itself. */
async function refuseCircle(db: StateTransaction, id: number, parent: number): Promise<void> {
  const seen = new Set<number>();
  for (let at: number | null = parent; at !== null && !seen.has(at); at = await parentOf(db, at)) {
    if (at === id) throw conflict(`ticket ${parent} is below ticket ${id}, so it cannot be its parent`);
    seen.add(at);
  }
}

export async function parentOf(db: StateTransaction, id: number): Promise<number | null> {
  const links = db.selectFrom('ticket_links').select('target').where('ticket', '=', id).where('kind', '=', 'parent');
  const row = await links.executeTakeFirst();
  return row ? Number(row.target) : null;
}
