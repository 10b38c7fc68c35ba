/** What one person reported, as they may see it: its state in plain words, and what was said in public. Nobody of the desk is named. */
import type { Selectable } from 'kysely';
import { fail } from '../../shared/errors.ts';
import type { Database, State } from '../state/database.ts';
import { monitor } from '../tickets/events.ts';
import { dataOf, isOfMerge, isOfRequester, requestersIn } from '../tickets/history.ts';
import { continuedAs, mergedOf } from '../tickets/merge.ts';

/** What they are told of it. */
export type RequestState = 'received' | 'working' | 'asked' | 'waiting' | 'solved' | 'closed' | 'joined' | 'ended';

export interface RequestView {
  ticket: number;
  title: string;
  state: RequestState;
  /** State of what it is worked on as part of; null: it is one of its own. */
  joined: RequestState | null;
  /** What is sent along for them, newest last. */
  files: { id: number; name: string; size: number; at: number }[];
  openedAt: number;
  /** What was reported, then what was said in public; oldest first. */
  said: { at: number; isOwn: boolean; text: string }[];
  mayAnswer: boolean;
  mayReopen: boolean;
  mayRate: boolean;
  rating: number | null;
}

const entriesAtMost = 100;

type RequestRow = Pick<Selectable<Database['tickets']>, 'state' | 'hold_reason' | 'assignee'>;

function requestState({ state, hold_reason, assignee }: RequestRow, isMerged: boolean): RequestState {
  switch (state) {
    case 'new':
    case 'in_progress':
      // What was opened again, too, waits for somebody to take it.
      return assignee === null ? 'received' : 'working';
    case 'on_hold':
      return hold_reason === 'awaiting_requester' ? 'asked' : 'waiting';
    case 'resolved':
      return 'solved';
    case 'closed':
      return 'closed';
    case 'cancelled':
      return isMerged ? 'joined' : 'ended';
  }
}

const saidIn = (state: State, ticket: number) =>
  state.selectFrom('ticket_events').selectAll().where('ticket', '=', ticket).orderBy('id');

/**
 * What the desk said in public where it goes on, and what was answered from here. Of its other requesters nothing: not what they
 * wrote, nor what was said to them alone.
 */
async function saidElsewhere(
  state: State,
  ticket: number,
  { ticket: other, since }: { ticket: number; since: number },
): Promise<RequestView['said']> {
  const row = await state.selectFrom('tickets').select('requester').where('id', '=', other).executeTakeFirst();
  const events = await saidIn(state, other).where('kind', '=', 'comment').execute();
  const requesters = requestersIn({ requester: row?.requester ?? null }, events);
  return events.flatMap((event) => {
    const isOwn = dataOf(event).ofTicket === ticket;
    const isOfDesk = event.is_public === 1 && !isOfRequester(event, requesters) && !isOfMerge(event);
    const isShown = isOwn || (isOfDesk && event.at >= since);
    return isShown && event.text ? [{ at: event.at, isOwn, text: event.text }] : [];
  });
}

/** @throws EvenkeelError REPORT_LINK_UNKNOWN where the ticket is gone */
export async function readRequest(state: State, ticket: number): Promise<RequestView> {
  const rowOf = (id: number) => state.selectFrom('tickets').selectAll().where('id', '=', id).executeTakeFirst();
  const row = await rowOf(ticket);
  if (!row) throw fail('REPORT_LINK_UNKNOWN');
  const events = await saidIn(state, ticket)
    .where((is) => is.or([is('kind', '=', 'opened'), is.and([is('kind', '=', 'comment'), is('is_public', '=', 1)])]))
    .execute();
  const requesters = requestersIn(row, events);
  const own = events.flatMap((event) => {
    const isOwn = event.kind === 'opened' || isOfRequester(event, requesters);
    return event.text === null || event.text === '' ? [] : [{ at: event.at, isOwn, text: event.text }];
  });
  const last = await state
    .selectFrom('ratings')
    .select('rating')
    .where('ticket', '=', ticket)
    .where('rating', 'is not', null)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const target = await continuedAs(state, ticket);
  const other = target === null ? undefined : await rowOf(target.ticket);
  const now = other ?? row;
  const isResolved = now.state === 'resolved';
  const said = target === null ? own : [...own, ...(await saidElsewhere(state, ticket, target))];
  return {
    ...{ ticket, title: row.title ?? '', openedAt: row.opened_at },
    state: requestState(row, target !== null),
    joined: other ? requestState(other, false) : null,
    files: await publicFilesOf(state, ticket),
    said: [...said.slice(0, 1), ...said.slice(1).slice(-entriesAtMost)],
    mayAnswer: ['new', 'in_progress', 'on_hold'].includes(now.state),
    mayReopen: isResolved,
    mayRate:
      target === null &&
      (isResolved || row.state === 'closed') &&
      row.resolved_by !== null &&
      row.resolved_by !== monitor,
    rating: last?.rating ?? null,
  };
}

const publicFilesOf = (state: State, ticket: number) =>
  state
    .selectFrom('attachments')
    .select(['id', 'name', 'size', 'at'])
    .where('ticket', '=', ticket)
    .where('is_public', '=', 1)
    .orderBy('id')
    .execute();

/** @throws EvenkeelError REPORT_LINK_UNKNOWN where it is not there, or not for the requester */
export async function requireFile(state: State, ticket: number, id: number): Promise<void> {
  if (!(await publicFilesOf(state, ticket)).some((file) => file.id === id)) throw fail('REPORT_LINK_UNKNOWN');
}

/** Of one browser, newest first. */
export async function titlesOf(state: State, tickets: readonly number[]) {
  if (tickets.length === 0) return new Map<number, { title: string; state: RequestState }>();
  const rows = await state
    .selectFrom('tickets')
    .select(['id', 'title', 'state', 'hold_reason', 'assignee'])
    .where('id', 'in', [...tickets])
    .execute();
  const merged = await mergedOf(state, tickets);
  return new Map(
    rows.map((row) => {
      const told = requestState(row, merged.has(row.id));
      return [row.id, { title: row.title ?? '', state: told }];
    }),
  );
}
