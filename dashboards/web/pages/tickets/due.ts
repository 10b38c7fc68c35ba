/** Until when a ticket is to be answered or resolved, in words. Pure. */
import type { TicketRow } from '../../../../shared/api.ts';
import type { NextTicket } from '../../../../shared/ticket-work.ts';
import { duration } from '../../../../shared/words/format.ts';
import { type Language, word } from '../../../../shared/words/index.ts';

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

/** What the caller is to take up next, and why that one: `#12: P2, answer due in 12 min, you know: backup`. */
export function nextText(next: NextTicket, now: number, language: Language): string {
  const { ticket: n, priority, clock, skills, isMine } = next;
  const dueAt = next.dueAt ?? now;
  const by = standing(next, now);
  const time = lengthOf(Math.abs(dueAt - now), language);
  const due = by === null ? null : by === 'again' ? 'Again' : `${clock ?? 'any'}${by === 'by' ? 'Late' : ''}`;
  return [
    word(language, 'ticket.next.is', { n, priority }),
    ...(due === null ? [] : [word(language, `ticket.next.${due as 'response'}`, { time })]),
    ...(next.isLate && due === null ? [word(language, 'ticket.late')] : []),
    word(language, isMine ? 'ticket.next.mine' : 'ticket.next.nobodys'),
    ...(skills.length === 0 ? [] : [word(language, 'ticket.next.known', { skills: skills.join(', ') })]),
  ]
    .join(word(language, 'ticket.next.and'))
    .concat(word(language, 'ticket.next.end'));
}
