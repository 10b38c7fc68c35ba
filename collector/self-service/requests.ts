/** What one person reported, as they may see it: its state in plain words, and what was said in public. Nobody of the desk is named. */
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/database.ts';
import { monitor } from '../tickets/events.ts';
import { dataOf, isOfRequester, requestersIn, type TicketStateName } from '../tickets/history.ts';

/** What they are told of it. */
export type RequestState = 'received' | 'working' | 'asked' | 'waiting' | 'solved' | 'closed' | 'joined' | 'ended';

export interface RequestView {
  ticket: number;
  title: string;
  state: RequestState;
  openedAt: number;
  /** What was reported, then what was said in public; oldest first. */
  said: { at: number; isOwn: boolean; text: string }[];
  mayAnswer: boolean;
  mayReopen: boolean;
  mayRate: boolean;
  rating: number | null;
}

const entriesAtMost = 100;

function requestState(state: TicketStateName, hold: string | null, isMerged: boolean): RequestState {
  switch (state) {
    case 'new':
      return 'received';
    case 'in_progress':
      return 'working';
    case 'on_hold':
      return hold === 'awaiting_requester' ? 'asked' : 'waiting';
    case 'resolved':
      return 'solved';
    case 'closed':
      return 'closed';
    case 'cancelled':
      return isMerged ? 'joined' : 'ended';
  }
}

/** Which of them are worked on as part of another one. */
async function mergedOf(state: State, tickets: readonly number[]): Promise<ReadonlySet<number>> {
  const ends = await state
    .selectFrom('ticket_events')
    .select(['ticket', 'data'])
    .where('ticket', 'in', [...tickets])
    .where('to_state', '=', 'cancelled')
    .orderBy('id')
    .execute();
  const last = new Map(ends.map((event) => [event.ticket, dataOf(event).reason]));
  return new Set([...last].flatMap(([ticket, reason]) => (reason === 'merged' ? [ticket] : [])));
}

/** @throws EvenkeelError REPORT_LINK_UNKNOWN where the ticket is gone */
export async function readRequest(state: State, ticket: number): Promise<RequestView> {
  const row = await state.selectFrom('tickets').selectAll().where('id', '=', ticket).executeTakeFirst();
  if (!row) throw fail('REPORT_LINK_UNKNOWN');
  const events = await state
    .selectFrom('ticket_events')
    .selectAll()
    .where('ticket', '=', ticket)
    .where((is) => is.or([is('kind', '=', 'opened'), is.and([is('kind', '=', 'comment'), is('is_public', '=', 1)])]))
    .orderBy('id')
    .execute();
  const requesters = requestersIn(row, events);
  const said = events.flatMap((event) => {
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
  const isResolved = row.state === 'resolved';
  return {
    ...{ ticket, title: row.title ?? '', openedAt: row.opened_at },
    state: requestState(row.state, row.hold_reason, (await mergedOf(state, [ticket])).has(ticket)),
    said: [...said.slice(0, 1), ...said.slice(1).slice(-entriesAtMost)],
    mayAnswer: ['new', 'in_progress', 'on_hold'].includes(row.state),
    mayReopen: isResolved,
    mayRate: (isResolved || row.state === 'closed') && row.resolved_by !== null && row.resolved_by !== monitor,
    rating: last?.rating ?? null,
  };
}

/** Of one browser, newest first. */
export async function titlesOf(state: State, tickets: readonly number[]) {
  if (tickets.length === 0) return new Map<number, { title: string; state: RequestState }>();
  const rows = await state
    .selectFrom('tickets')
    .select(['id', 'title', 'state', 'hold_reason'])
    .where('id', 'in', [...tickets])
    .execute();
  const merged = await mergedOf(state, tickets);
  return new Map(
    rows.map((row) => {
      const told = requestState(row.state, row.hold_reason, merged.has(row.id));
      return [row.id, { title: row.title ?? '', state: told }];
    }),
  );
}
