/** The one way to call a swarm: helpers beside the owner, noted in the history, who are notified in the same transaction. */
import type { SwarmKind } from '../../shared/api.ts';
import { notifyOfSwarm, type TicketNotifying } from '../notify/of-ticket.ts';
import type { StateTransaction } from '../state/database.ts';
import { monitor, note } from './events.ts';

/** Left out, nobody is notified. */
export type SwarmNotifying = Pick<TicketNotifying, 'routes' | 'ruleNamed'> | undefined;

export interface SwarmCall {
  ticket: number;
  at: number;
  by: string;
  kind: SwarmKind;
  /** Whom the caller wants, beside those who help already. */
  people?: readonly string[];
}

export async function callSwarm(
  db: StateTransaction,
  notify: SwarmNotifying,
  { ticket, at, by, kind, people = [] }: SwarmCall,
): Promise<void> {
  const helping = await db
    .selectFrom('ticket_participants')
    .select('person')
    .where('ticket', '=', ticket)
    .where('left_at', 'is', null)
    .execute();
  const called = new Set([...people, ...helping.map(({ person }) => person)]);
  called.delete(by);
  const call = { id: ticket, at, kind, people: called, by };
  const told = notify ? await notifyOfSwarm(db, notify, call) : { mailed: [], isInChannels: false };
  const { mailed } = told;
  const facts = {
    ...{ kind, ...(people.length > 0 ? { people } : {}), ...(mailed.length > 0 ? { mailed } : {}) },
    // Whoever called must know that nobody hears it.
    ...(by !== monitor && mailed.length === 0 && !told.isInChannels ? { isUntold: true } : {}),
  };
  await note(db, ticket, at, by, 'swarm', { data: JSON.stringify(facts) });
}

/** At and above this priority several people work on it from the start. */
const swarmFrom = 2;

/** Where a ticket has come to a priority at which helpers are called without a person. */
export async function callForPriority(
  db: StateTransaction,
  notify: SwarmNotifying,
  { ticket, at, from, to }: { ticket: number; at: number; from: number; to: number },
): Promise<void> {
  if (to <= swarmFrom && from > swarmFrom) await callSwarm(db, notify, { ticket, at, by: monitor, kind: 'severity' });
}
