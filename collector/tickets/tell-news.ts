/** Sends what waits to be told to whoever watches tickets, or was named in a comment. */
import { notifyOfNews, type TicketNotifying } from '../notify/of-ticket.ts';
import type { StateTransaction } from '../state/database.ts';

/** Changes in this time are one message. */
const groupedMs = 60_000;

/** Sends what has waited long enough. @returns when to look again; null: nothing waits */
export async function tellNews(db: StateTransaction, notify: TicketNotifying, now: number): Promise<number | null> {
  const waiting = await db.selectFrom('ticket_news').selectAll().orderBy('id').execute();
  const groups = Map.groupBy(waiting, ({ ticket, person }) => `${ticket} ${person}`);
  let next: number | null = null;
  for (const news of groups.values()) {
    const [first] = news;
    if (!first) continue;
    const dueAt = first.at + groupedMs;
    if (dueAt > now) {
      next = Math.min(next ?? dueAt, dueAt);
      continue;
    }
    const { ticket, person } = first;
    const isSent = await notifyOfNews(db, notify, {
      ...{ id: ticket, person, at: now },
      why: news.some(({ why }) => why === 'mention') ? 'mention' : 'watch',
      events: news.map(({ event }) => event),
    });
    // In their quiet hours they are told later; who cannot be reached at all is not.
    if (isSent === 'later') next = Math.min(next ?? Infinity, now + groupedMs);
    else
      await db
        .deleteFrom('ticket_news')
        .where(
          'id',
          'in',
          news.map(({ id }) => id),
        )
        .execute();
  }
  return next;
}
