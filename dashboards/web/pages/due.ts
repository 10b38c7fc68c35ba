/** Until when a ticket is to be answered or resolved, in words. Pure. */
import type { TicketQueues, TicketRow } from '../../../shared/api.ts';
import { duration } from '../../../shared/words/format.ts';
import { type Language, word } from '../../../shared/words/index.ts';

type DueRow = Pick<TicketRow, 'dueAt' | 'isLate'>;

/**
 * `again`: its instant was the end of the support hours, and is over. Until they begin again the clock stands, and no
 * time counts against it. Null: no instant to count from or to.
 */
function standing({ dueAt, isLate }: DueRow, now: number): 'in' | 'by' | 'again' | null {
  if (dueAt === null) return null;
  if (dueAt > now) return isLate ? null : 'in';
  return isLate ? 'by' : 'again';
}

const lengthOf = (ms: number, language: Language) => duration(Math.max(60, ms / 1000), language);

/** Null: nothing is due. */
export function dueText(due: DueRow, now: number, language: Language): string | null {
  const dueAt = due.dueAt ?? now;
  switch (standing(due, now)) {
    case 'in':
      return word(language, 'ticket.dueIn', { time: lengthOf(dueAt - now, language) });
    case 'by':
      return word(language, 'ticket.lateBy', { time: lengthOf(now - dueAt, language) });
    case 'again':
      return word(language, 'ticket.dueAgain');
    default:
      return due.isLate ? word(language, 'ticket.late') : null;
  }
}

/** What the caller is to take up next. */
export function nextText(next: NonNullable<TicketQueues['next']>, now: number, language: Language): string {
  const n = next.ticket;
  const dueAt = next.dueAt ?? now;
  switch (standing(next, now)) {
    case 'in':
      return word(language, 'ticket.nextDue', { n, time: lengthOf(dueAt - now, language) });
    case 'by':
      return word(language, 'ticket.nextLate', { n, time: lengthOf(now - dueAt, language) });
    case 'again':
      return word(language, 'ticket.nextAgain', { n });
    default:
      return word(language, 'ticket.next', { n });
  }
}
