/** Satisfaction: answers of 4 and 5 of all answers. No answer is no satisfaction, and no dissatisfaction. */
import type { Span } from '../../../shared/intervals.ts';
import { percentOf, type Share, shareOf } from './numbers.ts';

export interface CsatAnswer {
  ticket: string;
  /** 1 to 5. */
  rating: number;
  /** ms UTC */
  answeredAt: number;
}

export interface CsatInput {
  period: Span;
  /** Answers after it are not known yet. */
  asOf?: number;
  /** Surveys sent in the period. */
  sent: number;
  /** All answers to the tickets at hand, also those outside the period: the last one of a ticket counts, in its month. */
  answers: readonly CsatAnswer[];
}

export interface Csat {
  csat: Share;
  /** Answers of the period ÷ surveys sent in it, percent: above 100 where answers came a month late. */
  responseRatePct: number | null;
  answers: CsatAnswer[];
}

export function csat({ period, asOf = Number.POSITIVE_INFINITY, sent, answers }: CsatInput): Csat {
  const last = new Map<string, CsatAnswer>();
  for (const answer of answers) {
    const other = last.get(answer.ticket);
    if (answer.answeredAt > asOf || (other && !isLater(answer, other))) continue;
    last.set(answer.ticket, answer);
  }
  const counted = [...last.values()].filter((one) => one.answeredAt >= period.start && one.answeredAt < period.end);
  const satisfied = counted.filter(({ rating }) => rating >= 4).length;
  return {
    csat: shareOf(satisfied, counted.length),
    responseRatePct: percentOf(counted.length, sent),
    answers: counted,
  };
}

/** Of two in the same millisecond the worse one counts. */
const isLater = (a: CsatAnswer, b: CsatAnswer) =>
  a.answeredAt > b.answeredAt || (a.answeredAt === b.answeredAt && a.rating < b.rating);
