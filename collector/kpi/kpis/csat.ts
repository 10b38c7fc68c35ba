/** Of those who answered in the period how satisfied they are, how many gave 4 or 5. */
import { csat } from '../formulas/csat.ts';
import { defineKpi, figureOf } from '../kpi.ts';

export const satisfaction = defineKpi({
  id: 'csat',
  unit: 'percent',
  of: 'count',
  formula: 'csat/1: answers of 4 and 5 / all answers, the last one of each ticket',
  worst: 'lowest',
  needs: ['ratings'],
  compute({ ratings }, period) {
    const isIn = (at: number) => at >= period.start && at < period.end;
    // A ticket that was resolved twice in the period was asked about once or twice, and has one answer.
    const sent = new Set(ratings.filter(({ sentAt }) => isIn(sentAt)).map(({ ticket }) => ticket)).size;
    const found = csat({
      ...{ period, sent },
      answers: ratings.flatMap(({ ticket, rating, answeredAt }) =>
        rating === null || answeredAt === null ? [] : { ticket: String(ticket), rating, answeredAt },
      ),
    });
    // So few that the ticket would say who answered what.
    const isAnonymous = found.csat.status === 'insufficient';
    const evidence = found.answers.map(({ ticket, rating, answeredAt }) => ({
      ...(isAnonymous ? {} : { ticket: Number(ticket), at: answeredAt }),
      ...{ why: `rating_${rating}`, part: rating >= 4 ? 1 : 0, whole: 1 },
    }));
    const count = (has: (rating: number) => boolean) => found.answers.filter(({ rating }) => has(rating)).length;
    const [low = null, high = null] = found.csat.ci95 ?? [];
    return figureOf('percent', evidence, {
      ...{ low, high },
      beside: [
        { code: 'response_rate', unit: 'percent', value: found.responseRatePct },
        { code: 'sent', unit: 'count', value: sent },
        { code: 'neutral', unit: 'count', value: count((rating) => rating === 3) },
        { code: 'dissatisfied', unit: 'count', value: count((rating) => rating < 3) },
      ],
    });
  },
});
