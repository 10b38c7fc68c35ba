/**
 * Time from firing to the first acknowledgement. An alert belongs to the period of that acknowledgement. Alerts
 * without one would only make the mean look better: they are not in it, but counted beside it, with their age. An alert of
 * the night waits for the morning where the desk has office hours: the same in support hours stands beside it too.
 */
import { businessClock } from '../../../shared/calendar.ts';
import { ascending, mean } from '../formulas/numbers.ts';
import { defineKpi, figureOf } from '../kpi.ts';
import { median, medianInterval, percentile } from '../median.ts';

export const timeToAcknowledge = defineKpi({
  id: 'time_to_acknowledge',
  unit: 'seconds',
  of: 'count',
  formula: 'time_to_acknowledge/1: mean(first acknowledged − fired)',
  worst: 'highest',
  needs: ['alerts'],
  hours: 'support',
  compute({ alerts }, period) {
    const within = (at: number | null) => at !== null && at >= period.start && at < period.end;
    const taken = alerts.flatMap(({ acknowledgedAt: at, ...alert }) =>
      at !== null && within(at) ? [{ ...alert, at }] : [],
    );
    const evidence = taken.map(({ id, rule, endpoint, firedAt, at }) => ({
      ...{ endpoint, alert: { id, rule }, at, part: (at - firedAt) / 1000, whole: 1 },
    }));
    const inSupport = taken
      .map(({ calendar, firedAt, at }) => businessClock(calendar).between(firedAt, at) / 1000)
      .sort(ascending);
    // What ended in the moment it began nobody could take on.
    const left = alerts.filter(
      ({ firedAt, acknowledgedAt, resolvedAt }) => acknowledgedAt === null && within(firedAt) && resolvedAt !== firedAt,
    );
    const ages = left
      .filter(({ resolvedAt }) => resolvedAt === null)
      .map(({ firedAt }) => (period.end - firedAt) / 1000)
      .sort(ascending);
    const sorted = evidence.map(({ part }) => part).sort(ascending);
    const [low = null, high = null] = medianInterval(sorted) ?? [];
    return figureOf('seconds', evidence, {
      beside: [
        { code: 'median', unit: 'seconds', value: median(sorted), low, high },
        { code: 'p90', unit: 'seconds', value: percentile(sorted, 0.9) },
        { code: 'support_mean', unit: 'seconds', value: mean(inSupport) },
        { code: 'support_median', unit: 'seconds', value: median(inSupport) },
        { code: 'waiting', unit: 'count', value: ages.length },
        { code: 'waiting_age', unit: 'seconds', value: median(ages) },
        { code: 'ended_alone', unit: 'count', value: left.length - ages.length },
      ],
    });
  },
});
