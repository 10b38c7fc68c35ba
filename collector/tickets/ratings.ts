/**
 * How satisfied people are: whoever asked is asked once a person has resolved the ticket. The link holds a secret, of
 * which only the hash is stored; it names nobody. The last answer of a ticket counts, and what it replaces stays in the
 * history of the ticket.
 */
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { shownInstant } from '../../shared/zone.ts';
import { hashSecret, makeSecret } from '../accounts/secret.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { conflict, type TicketChanges } from './change.ts';
import { monitor, note } from './events.ts';

/** What the page of a link shows. */
export interface RatingRequest {
  ticket: number;
  /** The last answer about the ticket and when it was given, by this link or an earlier one; null without any. */
  rating: number | null;
  at: number | null;
  /** The answer that this one has replaced; null where there was none. */
  replaced: number | null;
}

export interface Ratings {
  /** Another link, for the one that got lost: the old one ends. @throws EvenkeelError NOT_FOUND, CONFLICT */
  renew(id: number): Promise<string>;
  /** @throws EvenkeelError RATING_UNKNOWN, RATING_EXPIRED; so does `rate` */
  asked(token: string): Promise<RatingRequest>;
  rate(token: string, answer: { rating: number; comment: string | null }): Promise<RatingRequest>;
}

const lifeMs = 30 * 86_400_000;

export function createRatings(
  parts: { state: State; clock: Clock; changeFeed: ChangeFeed; zone: string },
  { change }: Pick<TicketChanges, 'change'>,
): Ratings {
  const { state, clock, changeFeed, zone } = parts;

  async function find(db: State, token: string) {
    const row = await db
      .selectFrom('ratings')
      .innerJoin('tickets', 'tickets.id', 'ratings.ticket')
      .select(['ratings.id', 'ratings.ticket', 'ratings.rating', 'ratings.sent_at', 'tickets.requester'])
      .where('token_hash', '=', hashSecret(token))
      .executeTakeFirst();
    if (!row) throw fail('RATING_UNKNOWN');
    const end = row.sent_at + lifeMs;
    if (end <= clock.now()) throw fail('RATING_EXPIRED', { at: shownInstant(end, zone) });
    return row;
  }

  const lastAnswer = (db: State, ticket: number) =>
    db
      .selectFrom('ratings')
      .select(['rating', 'at'])
      .where('ticket', '=', ticket)
      .where('rating', 'is not', null)
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();

  return {
    async renew(id) {
      let token = '';
      await change(id, async (db, row, now) => {
        if (row.requester === null || row.resolved_by === null || row.resolved_by === monitor)
          throw conflict(`ticket ${id} was not resolved by a person for somebody who asked`);
        const last = db.selectFrom('ratings').select('id').where('ticket', '=', id).orderBy('id', 'desc');
        const found = await last.limit(1).executeTakeFirst();
        // First: the id of a row that is gone may be given again, and a mail that waits knows the question by it.
        token = (await askFor(db, id, now)).token;
        if (found) await db.deleteFrom('ratings').where('id', '=', found.id).where('rating', 'is', null).execute();
      });
      return token;
    },
    async asked(token) {
      const { ticket } = await find(state, token);
      const { rating = null, at = null } = (await lastAnswer(state, ticket)) ?? {};
      return { ticket, rating, at, replaced: null };
    },
    async rate(token, { rating, comment }) {
      const at = clock.now();
      const { ticket, replaced } = await state.transaction().execute(async (db) => {
        const row = await find(db, token);
        const replaced = (await lastAnswer(db, row.ticket))?.rating ?? null;
        await db.updateTable('ratings').set({ rating, comment, at }).where('id', '=', row.id).execute();
        const data = JSON.stringify({ rating, ...(replaced === null ? {} : { replaced }) });
        await note(db, row.ticket, at, row.requester ?? monitor, 'rated', { text: comment, data });
        return { ticket: row.ticket, replaced };
      });
      changeFeed.publish({ kind: 'ticket', ticket });
      return { ticket, rating, at, replaced };
    },
  };
}

/** @returns the question, and the secret of its link */
export async function askFor(
  db: StateTransaction,
  ticket: number,
  now: number,
): Promise<{ id: number; token: string }> {
  const token = makeSecret();
  const none = { rating: null, comment: null, at: null };
  const { id } = await db
    .insertInto('ratings')
    .values({ ticket, token_hash: hashSecret(token), sent_at: now, ...none })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id, token };
}

/** The secret of a question that is sent only now; the earlier one ends. Null where it was answered or replaced. */
export async function renewSecret(state: State, id: number, now: number): Promise<string | null> {
  const token = makeSecret();
  const sent = { token_hash: hashSecret(token), sent_at: now };
  const open = state.updateTable('ratings').set(sent).where('id', '=', id).where('rating', 'is', null);
  return (await open.executeTakeFirst()).numUpdatedRows === 1n ? token : null;
}
