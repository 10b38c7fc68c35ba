/** Business time from the opening of a ticket to its last resolution, of those resolved in the period by people. */
import { officeHours } from '../../../shared/calendar.ts';
import { mttr } from '../formulas/mttr.ts';
import { defineKpi, figureOf } from '../kpi.ts';

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
      ],
    });
  },
});
