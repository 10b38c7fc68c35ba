/** The history of tickets. Every change is one event; the state of a ticket at any instant follows from them (history.ts). */
import { bucketOf } from '../../shared/topics.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import { insertRows } from '../state/rows.ts';

/** The actor of what the collector does by itself. */
export const monitor = 'monitor';

type EventColumns = Partial<Pick<Database['ticket_events'], 'from_state' | 'to_state' | 'text' | 'data'>>;

/** One row in the history of a ticket. */
export async function note(
  db: StateTransaction,
  ticket: number,
  at: number,
  actor: string,
  kind: Database['ticket_events']['kind'],
  columns: EventColumns & { is_public?: 0 | 1 } = {},
): Promise<void> {
  const none = { from_state: null, to_state: null, text: null, data: null, is_public: 0 };
  await insertRows(db, 'ticket_events', [{ ticket, at, actor, kind, ...none, ...columns }]);
}

/** Beside the first event: the helpers of P1 and P2 are called at once. */
export async function noteOpening(
  db: StateTransaction,
  ticket: number,
  at: number,
  actor: string,
  opened: { priority: number; text?: string | null; facts?: object },
): Promise<void> {
  const { priority, text = null, facts } = opened;
  const data = JSON.stringify({ ...facts, priority });
  await note(db, ticket, at, actor, 'opened', { to_state: 'new', text, data });
  await callSwarm(db, ticket, at, 5, priority);
}

/** Nothing where it stays the same, unless a person has said why. */
export async function notePriority(
  db: StateTransaction,
  ticket: number,
  at: number,
  actor: string,
  change: { from: number; to: number; text?: string; facts?: object },
): Promise<void> {
  const { from, to, text = null, facts } = change;
  if (from === to && text === null) return;
  const data = facts ? JSON.stringify(facts) : null;
  await note(db, ticket, at, actor, 'priority', { from_state: `P${from}`, to_state: `P${to}`, text, data });
  await callSwarm(db, ticket, at, from, to);
}

/** At and above this priority several people work on it from the start. */
const swarmFrom = 2;

async function callSwarm(db: StateTransaction, ticket: number, at: number, from: number, to: number): Promise<void> {
  if (to > swarmFrom || from <= swarmFrom) return;
  await note(db, ticket, at, monitor, 'swarm', { data: JSON.stringify({ kind: 'severity' }) });
}

export const noHold = { hold_reason: null, hold_until: null };

/** A new ticket without any facts yet. */
export function blankTicket(key: string, now: number) {
  return {
    key,
    bucket: bucketOf(key),
    open_key: key,
    kind: 'alert' as const,
    title: null,
    state: 'new' as const,
    priority: 5,
    impact: 3,
    urgency: 3,
    tier: 1,
    endpoint: null,
    site: null,
    rule: null,
    instance: '',
    alert: null,
    assignee: null,
    touched_at: null,
    opened_at: now,
    resolved_at: null,
    resolved_by: null,
    restored_at: null,
    closed_at: null,
    fires: 0,
    flapping_since: null,
    muted_until: null,
    follows: null,
    updated_at: now,
  };
}
