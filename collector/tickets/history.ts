/** What the events of one ticket say about its past, in their order. Pure. */
import type { Selectable } from 'kysely';
import type { Database } from '../state/database.ts';
import { monitor } from './events.ts';

export type StoredEvent = Pick<
  Selectable<Database['ticket_events']>,
  'id' | 'at' | 'actor' | 'kind' | 'from_state' | 'to_state' | 'data' | 'is_public'
>;
export type TicketStateName = Database['tickets']['state'];

export interface StateChange {
  at: number;
  seq: number;
  state: TicketStateName;
  /** Why it waits, or was cancelled. */
  reason: string | null;
  /** Until when it waits, ms UTC. */
  until: number | null;
}

const dataOf = ({ data }: StoredEvent) => (data === null ? {} : (JSON.parse(data) as Record<string, unknown>));

/** The other events that have a state name changes of another kind, such as of the priority. */
const changing: ReadonlySet<string> = new Set(['opened', 'state', 'reopened', 'acknowledged']);

export function stateChangesIn(events: readonly StoredEvent[]): StateChange[] {
  return events.flatMap((event) => {
    const { at, id: seq, kind, to_state } = event;
    if (to_state === null || !changing.has(kind)) return [];
    const { reason, until, mergedInto } = dataOf(event);
    return {
      ...{ at, seq, state: to_state as TicketStateName },
      reason: typeof reason === 'string' ? reason : mergedInto === undefined ? null : 'merged',
      until: typeof until === 'number' ? until : null,
    };
  });
}

/** Each priority with the instant from which on it held. @param present of tickets whose events do not tell the first */
export function prioritiesIn(events: readonly StoredEvent[], present: number): { at: number; priority: number }[] {
  const changes = events.filter(({ kind }) => kind === 'priority');
  const opened = events.find(({ kind }) => kind === 'opened');
  const numberOf = (text: string | null | undefined) => (text ? Number(text.slice(1)) : present);
  const told = opened && dataOf(opened).priority;
  const first = typeof told === 'number' ? told : numberOf(changes[0]?.from_state);
  return [
    ...(opened ? [{ at: opened.at, priority: first }] : []),
    ...changes.map(({ at, to_state }) => ({ at, priority: numberOf(to_state) })),
  ];
}

/** By the requester, or written down for them by somebody of the desk. */
export const isOfRequester = (event: StoredEvent, requester: string | null): boolean =>
  event.actor === requester || dataOf(event).fromRequester === true;

/** Done to every ticket, or by the requester: no answer of the desk. */
const noAction: ReadonlySet<string> = new Set(['opened', 'rated']);

/**
 * The first answer: what the requester could read, written by a person. Nobody asked for a ticket of the monitor: there
 * it is the first action of a person.
 */
export function firstResponseIn(events: readonly StoredEvent[], requester: string | null): number | null {
  const isAnswer = (event: StoredEvent) =>
    event.actor !== monitor &&
    (requester === null
      ? !noAction.has(event.kind)
      : event.kind === 'comment' && event.is_public === 1 && !isOfRequester(event, requester));
  return events.find(isAnswer)?.at ?? null;
}
