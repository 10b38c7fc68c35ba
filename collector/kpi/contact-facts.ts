/** What the requester and the desk said to each other until a ticket was resolved, and how it was solved. Pure. */
import type { Selectable } from 'kysely';
import type { Database } from '../state/database.ts';
import { monitor } from '../tickets/events.ts';
import {
  dataOf,
  isOfMerge,
  isOfRequester,
  requestersIn,
  type StateChange,
  type StoredEvent,
} from '../tickets/history.ts';
import type { ContactTicket } from './formulas/first-contact.ts';
import { resolutionsOf } from './formulas/ticket-history.ts';

export interface ContactFact extends Omit<ContactTicket, 'id' | 'openedAt' | 'touched' | 'calendar'> {
  /** Whose it was at its last resolution, or is now. */
  tier: number;
}
type ContactRow = Pick<Selectable<Database['tickets']>, 'kind' | 'channel' | 'requester' | 'tier'>;

/**
 * Who opened it: an automatic alert, a script through the interface, or a person by any way.
 * @param opener a token that has the name of a person stands for that person
 */
export const sourceOf = (
  { kind, channel }: Pick<ContactRow, 'kind' | 'channel'>,
  opener: string | undefined,
  scripts: ReadonlySet<string>,
): 'user' | 'monitor' | 'script' => {
  if (kind !== 'person') return 'monitor';
  return channel === 'api' && (opener === undefined || scripts.has(opener)) ? 'script' : 'user';
};

export const openerOf = (events: readonly StoredEvent[]): string | undefined =>
  events.find(({ kind }) => kind === 'opened')?.actor;

/** Both in their order. @param scripts names of actors that are no persons */
export function contactOf(
  row: ContactRow,
  states: readonly StateChange[],
  events: readonly StoredEvent[],
  scripts: ReadonlySet<string> = new Set(),
): ContactFact {
  const resolvedAt = resolutionsOf(states).at(-1) ?? null;
  const before = events.filter(({ at }) => resolvedAt === null || at <= resolvedAt);
  const handOffs = before.filter(({ kind }) => kind === 'handed_off').map(dataOf);
  const said = before.filter((event) => {
    const { kind, is_public, actor } = event;
    return kind === 'comment' && is_public === 1 && actor !== monitor && !scripts.has(actor) && !isOfMerge(event);
  });
  const requesters = requestersIn(row, events);
  const ofRequester = said.filter((event) => isOfRequester(event, requesters)).length;
  // What whoever resolved it said about it, the last time.
  const solved = dataOf(before.findLast(({ to_state }) => to_state === 'resolved') ?? { data: null });
  const last = states.at(-1);
  const tier = Number(handOffs.at(-1)?.toTier ?? row.tier);
  return {
    ...{ source: sourceOf(row, openerOf(events), scripts), channel: row.channel, resolvedAt },
    reopenedAt: events.find(({ kind }) => kind === 'reopened')?.at ?? null,
    cancelledReason: last?.state === 'cancelled' ? (last.reason ?? 'cancelled') : null,
    escalated: handOffs.some(({ fromTier, toTier }) => fromTier !== toTier),
    ...{ agentPublicReplies: said.length - ofRequester, requesterReplies: ofRequester },
    resolvedInContact: typeof solved.inContact === 'boolean' ? solved.inContact : null,
    firstContactPossible: solved.firstContactPossible !== false,
    ...{ tier, selfService: tier === 0 },
  };
}
