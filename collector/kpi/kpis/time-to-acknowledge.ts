/**
 * Time from firing to the first acknowledgement. An alert belongs to the period of that acknowledgement. Alerts
 * without one would only make the mean look better: they are not in it, but counted beside it.
 */
import { defineKpi, figureOf } from '../kpi.ts';
import { median, medianInterval, percentile } from '../median.ts';

export const timeToAcknowledge = defineKpi({
  id: 'time_to_acknowledge',
  unit: 'seconds',
  of: 'count',
  formula: 'time_to_acknowledge/1: mean(first acknowledged − fired)',
  worst: 'highest',
  needs: ['alerts'],
  compute({ alerts }, period) {
    const within = (at: number | null) => at !== null && at >= period.start && at < period.end;
    const evidence = alerts.flatMap(({ id, rule, endpoint, firedAt, acknowledgedAt: at }) =>
      at !== null && within(at) ? [{ endpoint, alert: { id, rule }, at, part: (at - firedAt) / 1000, whole: 1 }] : [],
    );
    // What ended in the moment it began nobody could take on.
    const left = alerts.filter(
      ({ firedAt, acknowledgedAt, resolvedAt }) => acknowledgedAt === null && within(firedAt) && resolvedAt !== firedAt,
    );
    const waiting = left.filter(({ resolvedAt }) => resolvedAt === null).length;
    const sorted = evidence.map(({ part }) => part).sort((a, b) => a - b);
    const [low = null, high = null] = medianInterval(sorted) ?? [];
    return figureOf('seconds', evidence, {
      beside: [
        { code: 'median', unit: 'seconds', value: median(sorted), low, high },
        { code: 'p90', unit: 'seconds', value: percentile(sorted, 0.9) },
        { code: 'waiting', unit: 'count', value: waiting },
        { code: 'ended_alone', unit: 'count', value: left.length - waiting },
      ],
    });
  },
});
