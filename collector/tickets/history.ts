/** What the events of one ticket say about its past, in their order. Pure. */
import type { Selectable } from 'kysely';
import type { Database } from '../state/database.ts';
import { monitor } from './events.ts';

type HistoryTicket = Pick<Selectable<Database['tickets']>, 'opened_at' | 'priority' | 'requester'>;
export type StoredEvent = Pick<
  Selectable<Database['ticket_events']>,
  'id' | 'ticket' | 'at' | 'actor' | 'kind' | 'from_state' | 'to_state' | 'data' | 'is_public'
>;
/** The columns of a `StoredEvent`. */
export const eventColumns = [
  ...(['id', 'ticket', 'at', 'actor', 'kind', 'from_state', 'to_state', 'data', 'is_public'] as const),
];
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

export interface TicketPast {
  states: StateChange[];
  /** Each priority with the instant from which on it held. */
  priorities: { at: number; priority: number }[];
  /** The first answer of a person. */
  firstResponseAt: number | null;
}

/**
 * Of events up to any instant: what the ticket was then. The row fills in what older versions did not note.
 * @param scripts names of actors that are no persons
 */
export function pastOf(
  row: HistoryTicket,
  events: readonly StoredEvent[],
  scripts: ReadonlySet<string> = new Set(),
): TicketPast {
  return {
    states: statesIn(row, events),
    priorities: prioritiesIn(row, events),
    firstResponseAt: firstResponseIn(row, events, scripts),
  };
}

export const dataOf = ({ data }: Pick<StoredEvent, 'data'>) =>
  data === null ? {} : (JSON.parse(data) as Record<string, unknown>);

/** The other events that have a state name changes of another kind, such as of the priority. */
const changing: ReadonlySet<string> = new Set(['opened', 'state', 'reopened', 'acknowledged']);

function statesIn(row: HistoryTicket, events: readonly StoredEvent[]): StateChange[] {
  const changes = events.flatMap((event) => {
    const { at, id: seq, kind, to_state } = event;
    if (to_state === null || !changing.has(kind)) return [];
    const { reason, until, mergedInto } = dataOf(event);
    return {
      ...{ at, seq, state: to_state as TicketStateName },
      reason: typeof reason === 'string' ? reason : mergedInto === undefined ? null : 'merged',
      until: typeof until === 'number' ? until : null,
    };
  });
  const opened = { at: row.opened_at, seq: 0, state: 'new' as const, reason: null, until: null };
  return changes[0]?.state === 'new' ? changes : [opened, ...changes];
}

function prioritiesIn(row: HistoryTicket, events: readonly StoredEvent[]): TicketPast['priorities'] {
  const changes = events.filter(({ kind }) => kind === 'priority');
  const opened = events.find(({ kind }) => kind === 'opened');
  const numberIn = (text: string | null | undefined) => (text ? Number(text.slice(1)) : row.priority);
  const noted = opened && dataOf(opened).priority;
  return [
    { at: row.opened_at, priority: typeof noted === 'number' ? noted : numberIn(changes[0]?.from_state) },
    ...changes.map(({ at, to_state }) => ({ at, priority: numberIn(to_state) })),
  ];
}

/** By the requester, or written down for them by somebody of the desk. */
export const isOfRequester = (event: StoredEvent, requesters: ReadonlySet<string>): boolean =>
  requesters.has(event.actor) || dataOf(event).fromRequester === true;

/** Who asked: now, and before somebody corrected it. */
export function requestersIn({ requester }: Pick<HistoryTicket, 'requester'>, events: readonly StoredEvent[]) {
  const before = events.flatMap((event) => {
    const [from] = event.kind === 'corrected' ? ((dataOf(event).requester ?? []) as unknown[]) : [];
    return typeof from === 'string' ? from : [];
  });
  return new Set(requester === null ? before : [...before, requester]);
}

/** What belongs to a merge says where it went on, and is no answer. */
export const isOfMerge = (event: StoredEvent): boolean =>
  event.kind === 'comment' && dataOf(event).mergedInto !== undefined;

/** Done to every ticket, or by the requester: no answer of the desk. */
const noAction: ReadonlySet<string> = new Set(['opened', 'rated']);

/**
 * Whether a person worked on it: to open it is not to work on it, nor is what its requester says. Older versions did not
 * note all that was done: without an act of a script, what touched it was a person.
 */
export function isHandled(
  row: HistoryTicket & Pick<Selectable<Database['tickets']>, 'touched_at'>,
  events: readonly StoredEvent[],
  scripts: ReadonlySet<string>,
): boolean {
  const requesters = requestersIn(row, events);
  const isWork = (event: StoredEvent) =>
    event.actor !== monitor &&
    !scripts.has(event.actor) &&
    !noAction.has(event.kind) &&
    !(event.kind === 'comment' && isOfRequester(event, requesters));
  return row.touched_at !== null && (events.some(isWork) || !events.some(({ actor }) => scripts.has(actor)));
}

/**
 * The first answer: what the requester could read, written by a person. Nobody asked for a ticket of the monitor: there
 * it is the first action of a person.
 */
function firstResponseIn(
  row: HistoryTicket,
  events: readonly StoredEvent[],
  scripts: ReadonlySet<string>,
): number | null {
  const requesters = requestersIn(row, events);
  const isAnswer = (event: StoredEvent) =>
    event.actor !== monitor &&
    !scripts.has(event.actor) &&
    !isOfMerge(event) &&
    (row.requester === null
      ? !noAction.has(event.kind)
      : event.kind === 'comment' && event.is_public === 1 && !isOfRequester(event, requesters));
  return events.find(isAnswer)?.at ?? null;
}
