/** The history of tickets. Every change is one event; the state of a ticket at any instant follows from them (history.ts). */
import { bucketOf } from '../../shared/topics.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import { insertRows } from '../state/rows.ts';
import { queueNews } from './news.ts';

/** The actor of what the collector does by itself. */
export const monitor = 'monitor';
/** The actor of a button in a message that was for no person by name. */
export const messageLink = 'message link';

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
  const event = { ticket, at, actor, kind, ...none, ...columns };
  const id = await insertRows(db, 'ticket_events', [event], 'returning id');
  await queueNews(db, { ...event, id });
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
