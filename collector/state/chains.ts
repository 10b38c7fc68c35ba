/**
 * The end of evidence: a ticket goes with its alerts, its incident and all that was said on it, once all of that has ended; an
 * alert without a ticket with its events. What is open, or belongs to something that is, stays.
 */
import { sql } from 'kysely';
import { breathe } from './breathe.ts';
import type { State, StateTransaction } from './database.ts';

/** Chains per commit: each may have thousands of events. */
const atOnce = 100;
const ofTicket = [
  'ticket_events',
  'ticket_links',
  'desk_links',
  'ticket_participants',
  'ticket_watchers',
  'ticket_evidence',
  'ticket_news',
  'ratings',
  'attachments',
  'request_links',
  'impacts',
  'incidents',
] as const;

/** @param end ms UTC: what ended before it goes. @returns how many tickets and alerts went */
export async function dropChains(state: State, end: number): Promise<number> {
  let gone = 0;
  for (const some of [endedTickets, endedAlerts])
    for (;;) {
      const n = await state.transaction().execute((db) => some(db, end));
      gone += n;
      await breathe();
      if (n < atOnce) break;
    }
  return gone;
}

async function endedTickets(db: StateTransaction, end: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`select t.id from tickets t
    where t.state in ('closed', 'cancelled') and t.updated_at < ${end}
      and not exists (select 1 from alerts a where a.ticket = t.id and coalesce(a.resolved_at, ${end}) >= ${end})
      and not exists (select 1 from incidents i where i.ticket = t.id and coalesce(i.ended_at, ${end}) >= ${end})
    order by t.id limit ${atOnce}`.execute(db);
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  await dropAlerts(
    db,
    (await db.selectFrom('alerts').select('id').where('ticket', 'in', ids).execute()).map(({ id }) => id),
  );
  for (const table of ofTicket)
    await db
      .deleteFrom(table as 'ticket_events')
      .where('ticket', 'in', ids)
      .execute();
  await db.updateTable('tickets').set({ follows: null }).where('follows', 'in', ids).execute();
  await db.deleteFrom('tickets').where('id', 'in', ids).execute();
  return ids.length;
}

async function endedAlerts(db: StateTransaction, end: number): Promise<number> {
  const rows = await db
    .selectFrom('alerts')
    .select('id')
    .where('resolved_at', '<', end)
    .where(({ or, eb, not, exists, selectFrom }) =>
      or([
        eb('ticket', 'is', null),
        not(exists(selectFrom('tickets as t').select('t.id').whereRef('t.id', '=', 'alerts.ticket'))),
      ]),
    )
    .orderBy('id')
    .limit(atOnce)
    .execute();
  await dropAlerts(
    db,
    rows.map(({ id }) => id),
  );
  return rows.length;
}

async function dropAlerts(db: StateTransaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.deleteFrom('alert_events').where('alert', 'in', ids).execute();
  await db.deleteFrom('alerts').where('id', 'in', ids).execute();
}
