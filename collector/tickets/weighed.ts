/** What is noted where a ticket gets a priority: P1 and P2 call helpers at once. */
import type { StateTransaction } from '../state/database.ts';
import { note } from './events.ts';
import { callForPriority, type SwarmNotifying } from './swarm.ts';

/** Below the least priority: nothing was called for yet. */
const none = 5;

/** The first event. */
export async function noteOpening(
  db: StateTransaction,
  notify: SwarmNotifying,
  { ticket, at, actor }: { ticket: number; at: number; actor: string },
  opened: { priority: number; text?: string | null; facts?: object },
): Promise<void> {
  const { priority, text = null, facts } = opened;
  const data = JSON.stringify({ ...facts, priority });
  await note(db, ticket, at, actor, 'opened', { to_state: 'new', text, data });
  await callForPriority(db, notify, { ticket, at, from: none, to: priority });
}

/** Nothing where it stays the same, unless a person has said why. */
export async function notePriority(
  db: StateTransaction,
  notify: SwarmNotifying,
  { ticket, at, actor }: { ticket: number; at: number; actor: string },
  change: { from: number; to: number; text?: string; facts?: object },
): Promise<void> {
  const { from, to, text = null, facts } = change;
  if (from === to && text === null) return;
  const data = facts ? JSON.stringify(facts) : null;
  await note(db, ticket, at, actor, 'priority', { from_state: `P${from}`, to_state: `P${to}`, text, data });
  await callForPriority(db, notify, { ticket, at, from, to });
}
