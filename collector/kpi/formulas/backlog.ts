/** Tickets open at an instant, how old they are and for whom they wait; and what came in and went out in a period. */
import type { Span } from '../../../shared/intervals.ts';
import { ascending, distinct } from './numbers.ts';
import { awaitsRequester, changesOf, isDone, isOpen, type StageEvent, type TicketHistory } from './ticket-history.ts';

export interface BacklogInput {
  /** ms UTC */
  at: number;
  /** Problems and planned changes among them are left out. */
  tickets: readonly TicketHistory[];
  /** For the flow, which counts what happened in [start, end). */
  period?: Span;
  /** Tickets resolved in the last 28 days, and the business days in them. */
  pace?: { resolved: number; businessDays: number };
}

export type Waiting = 'us' | 'requester' | 'third_party';

export interface BacklogTicket {
  id: string;
  openedAt: number;
  /** Elapsed, since it was first opened. */
  ageDays: number;
  waiting: Waiting;
}

export interface FlowEvent {
  id: string;
  at: number;
  what: 'opened' | 'reopened' | 'resolved' | 'cancelled';
}

/** end = start + opened + reopened − resolved − cancelled. Start and end are just before the period's own. */
export interface BacklogFlow extends Record<FlowEvent['what'], number> {
  start: number;
  end: number;
  events: FlowEvent[];
}

export interface Backlog {
  count: number;
  waiting: Record<Waiting, number>;
  age: { under10Days: number; upTo30Days: number; over30Days: number };
  /** How many business days the backlog takes at the pace of the last 28 days. */
  daysOfWork: number | null;
  /** Oldest first. */
  tickets: BacklogTicket[];
  flow: BacklogFlow | null;
}

const dayMs = 86_400_000;

export function backlog({ at, tickets: all, period, pace }: BacklogInput): Backlog {
  const own = distinct(all)
    .filter(({ kind = 'incident' }) => kind === 'incident' || kind === 'request')
    .map(({ id, events }) => ({ id, changes: changesOf(events) }));
  const tickets = own
    .flatMap(({ id, changes }): BacklogTicket[] => {
      const now = changes.findLast((change) => change.at <= at);
      const openedAt = changes[0]?.at ?? at;
      if (!now || !isOpen(now.state)) return [];
      return [{ id, openedAt, ageDays: (at - openedAt) / dayMs, waiting: waitingOf(now) }];
    })
    .sort((a, b) => ascending(a.openedAt, b.openedAt));
  const count = (has: (ticket: BacklogTicket) => boolean) => tickets.filter(has).length;
  return {
    count: tickets.length,
    waiting: {
      us: count(({ waiting }) => waiting === 'us'),
      requester: count(({ waiting }) => waiting === 'requester'),
      third_party: count(({ waiting }) => waiting === 'third_party'),
    },
    age: {
      under10Days: count(({ ageDays }) => ageDays < 10),
      upTo30Days: count(({ ageDays }) => ageDays >= 10 && ageDays <= 30),
      over30Days: count(({ ageDays }) => ageDays > 30),
    },
    daysOfWork: pace && pace.resolved > 0 && pace.businessDays > 0 ? daysOfWork(tickets.length, pace) : null,
    tickets,
    flow: period ? flowOf(own, period) : null,
  };
}

const daysOfWork = (count: number, { resolved, businessDays }: { resolved: number; businessDays: number }) =>
  count / (resolved / businessDays);

/** A change or a problem that a ticket waits for is work of our own. */
function waitingOf(change: StageEvent): Waiting {
  if (awaitsRequester(change)) return 'requester';
  return change.state === 'on_hold' && change.reason === 'awaiting_vendor' ? 'third_party' : 'us';
}

function flowOf(tickets: readonly { id: string; changes: StageEvent[] }[], period: Span): BacklogFlow {
  const flow: BacklogFlow = { start: 0, opened: 0, reopened: 0, resolved: 0, cancelled: 0, end: 0, events: [] };
  for (const { id, changes } of tickets) {
    let wasOpen = false;
    changes.forEach(({ at, state }, n) => {
      if (at >= period.end) return;
      const add = (what: FlowEvent['what']) => {
        if (at < period.start) return;
        flow[what]++;
        flow.events.push({ id, at, what });
      };
      if (n === 0) add('opened');
      else if (!wasOpen && isOpen(state)) add('reopened');
      // What is entered when it is already done was opened and resolved at once.
      if ((wasOpen || n === 0) && !isOpen(state)) add(isDone(state) ? 'resolved' : 'cancelled');
      wasOpen = isOpen(state);
    });
    const openBefore = (end: number) => isOpen(changes.findLast(({ at }) => at < end)?.state ?? 'closed');
    if (openBefore(period.start)) flow.start++;
    if (openBefore(period.end)) flow.end++;
  }
  flow.events.sort((a, b) => ascending(a.at, b.at));
  return flow;
}
