/**
 * Who is told of what happens to a ticket: those who watch it, and once whoever is named in a comment. What is to be told waits
 * a minute, so that several changes are one message for each person and ticket: see tell-news.ts.
 */
import type { StateTransaction } from '../state/database.ts';
import { insertRows } from '../state/rows.ts';
import { mentionsIn } from './mentions.ts';

/** Events of which nobody is told: an alert that fires again and again, and what has messages of its own. */
const untold: ReadonlySet<string> = new Set([
  ...(['opened', 'fired', 'cleared', 'flapping', 'sla', 'reminder', 'swarm', 'tried', 'rated'] as const),
]);
interface NewsEvent {
  id: number;
  ticket: number;
  at: number;
  actor: string;
  kind: string;
  text: string | null;
}

/** In the transaction that notes the event. */
export async function queueNews(db: StateTransaction, event: NewsEvent): Promise<void> {
  const { id, ticket, at, actor, kind, text } = event;
  if (untold.has(kind)) return;
  const watchers = await db.selectFrom('ticket_watchers').select('person').where('ticket', '=', ticket).execute();
  const told = new Map<string, 'watch' | 'mention'>();
  for (const { person } of watchers) told.set(person, 'watch');
  if (kind === 'comment' && text?.includes('@'))
    for (const person of await mentionsIn(db, ticket, text)) told.set(person, 'mention');
  told.delete(actor);
  const rows = [...told].map(([person, why]) => ({ ticket, person, event: id, why, at }));
  if (rows.length > 0) await insertRows(db, 'ticket_news', rows);
}
