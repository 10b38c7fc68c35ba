/** Business time from the opening of a ticket to its last resolution, of those resolved in the period by people. */
import { officeHours } from '../../../shared/calendar.ts';
import { type Mttr, mttr } from '../formulas/mttr.ts';
import { mean } from '../formulas/numbers.ts';
import { defineKpi, figureOf, type SideFigure } from '../kpi.ts';
import type { TicketFact } from '../ticket-facts.ts';

const minute = 60;

export const timeToResolve = defineKpi({
  id: 'time_to_resolve',
  unit: 'seconds',
  of: 'count',
  formula: 'time_to_resolve/1: mean(support time from opened to last resolved)',
  worst: 'highest',
  needs: ['tickets'],
  hours: 'support',
  compute({ tickets }, period) {
    // Every ticket has the hours of its site.
    const found = mttr({ calendar: officeHours('UTC'), period, asOf: period.end, tickets });
    const evidence = found.tickets.map(({ id, resolvedAt, gross }) => ({
      ...{ ticket: Number(id), at: resolvedAt, part: gross * minute, whole: 1 },
    }));
    const seconds = (value: number | null | undefined) =>
      value === null || value === undefined ? null : value * minute;
    const [low, high] = found.medianCi95 ?? [];
    return figureOf('seconds', evidence, {
      beside: [
        { code: 'median', unit: 'seconds', value: seconds(found.median), low: seconds(low), high: seconds(high) },
        { code: 'p90', unit: 'seconds', value: seconds(found.p90) },
        { code: 'restore', unit: 'seconds', value: seconds(found.restore.mean) },
        { code: 'restore_median', unit: 'seconds', value: seconds(found.restore.median) },
        { code: 'restore_n', unit: 'count', value: found.restore.n },
        { code: 'first', unit: 'seconds', value: seconds(found.firstMean) },
        { code: 'net', unit: 'seconds', value: seconds(found.netMean) },
        { code: 'open', unit: 'count', value: found.open.n },
        { code: 'open_median', unit: 'seconds', value: seconds(found.open.medianAge) },
        { code: 'oldest', unit: 'seconds', value: seconds(found.open.oldestAge) },
        { code: 'with_open', unit: 'seconds', value: seconds(found.kmMedian) },
        { code: 'reopened', unit: 'count', value: found.reopened },
        { code: 'self_healed', unit: 'count', value: found.selfHealed.length },
        ...byTier(found, tickets),
      ],
    });
  },
});

/** How many stayed with the tier they came to, and the mean of each tier that has resolved any: helpers of a swarm are no hand-off. */
function byTier(found: Mttr, tickets: readonly TicketFact[]): SideFigure[] {
  const contacts = new Map(tickets.map(({ id, contact }) => [id, contact]));
  const contactOf = ({ id }: { id: string }) => contacts.get(id);
  const tiers = Map.groupBy(found.tickets, (one) => contactOf(one)?.tier ?? 1);
  return [
    {
      ...{ code: 'no_hand_off', unit: 'count' },
      value: found.tickets.filter((one) => contactOf(one)?.escalated === false).length,
    },
    ...[...tiers]
      .sort(([a], [b]) => a - b)
      .flatMap(([tier, own]): SideFigure[] => [
        { code: `tier_${tier}`, unit: 'seconds', value: (mean(own.map(({ gross }) => gross)) ?? 0) * minute },
        { code: `tier_${tier}_n`, unit: 'count', value: own.length },
      ]),
  ];
}
