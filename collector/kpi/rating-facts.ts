/** Who was asked how satisfied they are with the work on a ticket, and what they answered. */
import type { State } from '../state/open.ts';
import type { KpiQuestion } from './question.ts';
import { inScope } from './ticket-facts.ts';

export interface RatingFact {
  ticket: number;
  sentAt: number;
  /** 1 to 5, and when; null: not answered. */
  rating: number | null;
  answeredAt: number | null;
}

/** Those of the period and later ones: a later answer takes the place of an earlier one. */
export async function readRatings(state: State, question: KpiQuestion): Promise<RatingFact[]> {
  const { start } = question.window;
  const rows = await state
    .selectFrom('ratings')
    .innerJoin('tickets', 'tickets.id', 'ratings.ticket')
    .select(['ratings.ticket', 'sent_at', 'rating', 'at', 'tickets.endpoint', 'tickets.site'])
    .where((eb) => eb.or([eb('sent_at', '>=', start), eb('at', '>=', start)]))
    .orderBy('ratings.id')
    .execute();
  return rows
    .filter(inScope(question))
    .map(({ ticket, sent_at, rating, at }) => ({ ticket, sentAt: sent_at, rating, answeredAt: at }));
}
