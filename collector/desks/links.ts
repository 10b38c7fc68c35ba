/** The rows of desks: which ticket there stands for which of ours, and what is still to be done. */
import { type Selectable, sql, type Updateable } from 'kysely';
import type { DeskLink } from '../../shared/desk.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { makeDeskMarker } from './marker.ts';
import type { OwnTicket } from './texts.ts';

export type StoredDesk = Selectable<Database['desks']>;
export type StoredLink = Selectable<Database['desk_links']>;

/** Of each look: others wait for the next. */
const atOnce = 50;

/** Its row; a desk that is new gets tickets from now on. */
export async function deskRow(state: State, id: string): Promise<StoredDesk> {
  const found = await state.selectFrom('desks').selectAll().where('id', '=', id).executeTakeFirst();
  if (found) return found;
  const last = await state
    .selectFrom('tickets')
    .select((of) => of.fn.max('id').as('id'))
    .executeTakeFirst();
  const row: StoredDesk = { id, marker: makeDeskMarker(), from_ticket: Number(last?.id ?? 0) + 1, cursor: null };
  await state.insertInto('desks').values(row).execute();
  return row;
}

/** Tickets of which one side has something that the other has not. */
const waiting = ({ id, from_ticket }: StoredDesk, kinds: readonly string[], now: number) => sql`from tickets t
    left join desk_links l on l.ticket = t.id and l.desk = ${id}
    where t.id >= ${from_ticket} and t.kind in (${sql.join([...kinds])}) and (
      (l.id is null and t.state <> 'cancelled')
      or (l.state in ('opening', 'linked') and l.next_at <= ${now} and (l.state = 'opening' or l.look > 0
        or l.last_error is not null
        or l.sent_event < (select max(e.id) from ticket_events e where e.ticket = t.id))))`;

/** Those that may be tried now, oldest first. */
export async function waitingTickets(
  state: State,
  desk: StoredDesk,
  kinds: readonly string[],
  now: number,
): Promise<number[]> {
  const found = sql<{ id: number }>`select t.id ${waiting(desk, kinds, now)} order by t.id limit ${atOnce}`;
  return (await found.execute(state)).rows.map(({ id }) => id);
}

export async function countWaiting(state: State, desk: StoredDesk, kinds: readonly string[]): Promise<number> {
  const found = sql<{ n: number }>`select count(*) as n ${waiting(desk, kinds, Number.MAX_SAFE_INTEGER)}`;
  return Number((await found.execute(state)).rows[0]?.n ?? 0);
}

/** What is done for good is not looked at any more. */
export async function forgetDone(
  state: State,
  { id, from_ticket }: StoredDesk,
  kinds: readonly string[],
): Promise<number> {
  const { rows } = await sql<{ first: number | null; last: number | null }>`select
    (select min(t.id) from tickets t left join desk_links l on l.ticket = t.id and l.desk = ${id}
      where t.id >= ${from_ticket} and t.kind in (${sql.join([...kinds])}) and not (
        coalesce(l.state in ('done', 'gone'), false) or (l.id is null and t.state = 'cancelled'))) as first,
    (select max(id) from tickets) as last`.execute(state);
  const { first = null, last = null } = rows[0] ?? {};
  const from = Math.max(from_ticket, Number(first ?? Number(last ?? 0) + 1));
  if (from > from_ticket) await state.updateTable('desks').set({ from_ticket: from }).where('id', '=', id).execute();
  return from;
}

export async function linkOf(state: State, desk: string, ticket: number): Promise<StoredLink> {
  const found = () =>
    state.selectFrom('desk_links').selectAll().where('desk', '=', desk).where('ticket', '=', ticket).executeTakeFirst();
  const link = await found();
  if (link) return link;
  const none = { remote: null, remote_name: null, remote_state: null, remote_assignee: null, url: null, seen: null };
  await state
    .insertInto('desk_links')
    .values({
      ...{ desk, ticket, state: 'opening', ...none, agreed_state: null, agreed_assignee: null },
      ...{ sent_event: 0, look: 0, attempts: 0, tried_at: null, next_at: 0, last_error: null },
    })
    .execute();
  return (await found()) as StoredLink;
}

export const setLink = async (
  state: State,
  link: StoredLink,
  set: Updateable<Database['desk_links']>,
): Promise<void> => {
  await state.updateTable('desk_links').set(set).where('id', '=', link.id).execute();
  Object.assign(link, set);
};

/** What a desk says that it changed is read again, unless it was read as it is now. @returns how many */
export async function markChanged(
  state: State,
  desk: string,
  changed: readonly { id: string; seen?: string }[],
): Promise<number> {
  let marked = 0;
  for (const { id, seen } of changed) {
    let change = state
      .updateTable('desk_links')
      .set({ look: 1, next_at: 0 })
      .where('desk', '=', desk)
      .where('remote', '=', id)
      .where('state', '=', 'linked');
    if (seen !== undefined) change = change.where((is) => is.or([is('seen', 'is', null), is('seen', '<>', seen)]));
    marked += Number((await change.executeTakeFirst()).numUpdatedRows);
  }
  return marked;
}

/** As it is now, with its history. */
export async function ownTicket(
  state: State,
  ruleNamed: (id: string) => NamedRule,
  id: number,
): Promise<OwnTicket | null> {
  const row = await state
    .selectFrom('tickets')
    .leftJoin('endpoints', 'endpoints.id', 'tickets.endpoint')
    .selectAll('tickets')
    .select(['endpoints.name as endpoint_name', 'endpoints.site as endpoint_site'])
    .where('tickets.id', '=', id)
    .executeTakeFirst();
  if (!row) return null;
  const events = await state
    .selectFrom('ticket_events')
    .select(['id', 'at', 'actor', 'kind', 'from_state', 'to_state', 'text', 'data', 'is_public'])
    .where('ticket', '=', id)
    .orderBy('id')
    .execute();
  const { title, kind, instance, priority, impact, urgency, assignee, requester, opened_at } = row;
  return {
    name: {
      ...{ id, title, kind, instance, priority, state: row.state, site: row.site ?? row.endpoint_site },
      endpoint: row.endpoint === null ? null : { id: row.endpoint, name: row.endpoint_name ?? row.endpoint },
      rule: row.rule === null ? null : ruleNamed(row.rule),
    },
    ...{ impact, urgency, assignee, requester, openedAt: opened_at, events },
    isFinal: row.state === 'closed' || row.state === 'cancelled',
  };
}

/** For the page of a ticket. */
export async function linksOf(state: State, ticket: number): Promise<DeskLink[]> {
  const rows = await state.selectFrom('desk_links').selectAll().where('ticket', '=', ticket).orderBy('desk').execute();
  return rows.map((row) => ({
    ...{ desk: row.desk, state: row.state, name: row.remote_name, url: row.url, word: row.remote_state },
    ...{ assignee: row.remote_assignee, error: row.last_error },
  }));
}
