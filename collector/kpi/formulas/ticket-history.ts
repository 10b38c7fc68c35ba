/** The life of a ticket as its events give it: states are derived from them, whatever order they come in. */
import type { Calendar } from '../../../shared/calendar.ts';
import type { Span } from '../../../shared/intervals.ts';

export type TicketStage = 'new' | 'in_progress' | 'on_hold' | 'resolved' | 'closed' | 'cancelled';

export interface StageEvent {
  /** ms UTC */
  at: number;
  state: TicketStage;
  /** on_hold: `awaiting_requester`, `awaiting_vendor`, `awaiting_change`, `awaiting_problem`; cancelled: `duplicate` … */
  reason?: string | null;
  /** Order of events of the same millisecond; without it they go the usual way from new to closed. */
  seq?: number;
}

export interface TicketHistory {
  id: string;
  events: readonly StageEvent[];
  /** Without it: an incident. */
  kind?: 'incident' | 'request' | 'problem' | 'change';
  /** Whether a person ever worked on it; false only where it is known that no one did. */
  touched?: boolean;
  /** When the monitor saw that it works again, ms UTC; null where nothing says so. */
  restoredAt?: number | null;
  /** Support hours of its site, where it has any. */
  calendar?: Calendar;
}

export interface Stage extends Span {
  state: TicketStage;
  reason: string | null;
}

const order: readonly TicketStage[] = ['new', 'in_progress', 'on_hold', 'resolved', 'closed', 'cancelled'];

/** In order, each change once, those after `until` not known yet. */
export function changesOf(events: readonly StageEvent[], until = Number.POSITIVE_INFINITY): StageEvent[] {
  const sorted = events
    .filter(({ at }) => at <= until)
    .sort(
      (a, b) =>
        a.at - b.at ||
        (a.seq ?? 0) - (b.seq ?? 0) ||
        order.indexOf(a.state) - order.indexOf(b.state) ||
        (a.reason ?? '').localeCompare(b.reason ?? ''),
    );
  return sorted.filter(({ state, reason }, n) => {
    const before = sorted[n - 1];
    return !before || before.state !== state || (before.reason ?? null) !== (reason ?? null);
  });
}

/** The stretches between the changes, the last one until `end`. */
export function stagesOf(changes: readonly StageEvent[], end: number): Stage[] {
  return changes.map(({ at, state, reason = null }, n) => ({
    state,
    reason,
    start: at,
    end: Math.max(at, changes[n + 1]?.at ?? end),
  }));
}

export const isOpen = (state: TicketStage): boolean =>
  state === 'new' || state === 'in_progress' || state === 'on_hold';
export const isDone = (state: TicketStage): boolean => state === 'resolved' || state === 'closed';
export const awaitsRequester = ({ state, reason }: Pick<StageEvent, 'state' | 'reason'>): boolean =>
  state === 'on_hold' && reason === 'awaiting_requester';

/** When it was resolved, each time. Closing without resolving first is resolving. */
export const resolutionsOf = (changes: readonly StageEvent[]): number[] =>
  changes.filter(({ state }, n) => isDone(state) && !isDone(changes[n - 1]?.state ?? 'new')).map(({ at }) => at);
