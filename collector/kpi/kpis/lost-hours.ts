/** Hours of their working time in which people could not work because of incidents. */
import { wholeCents } from '../formulas/cents.ts';
import { type LostHours, lostBusinessHours } from '../formulas/lost-hours.ts';
import { defineKpi, partBeside, type SideFigure, sumOf, totalOf } from '../kpi.ts';

export const lostHours = defineKpi({
  id: 'lost_hours',
  unit: 'hours',
  of: 'hours',
  total: 'sum',
  formula: 'lost_hours/2: Σ people ∫ working time · largest factor; confirmed and unplanned',
  worst: 'highest',
  needs: ['impact', 'costs', 'presence', 'since'],
  hours: 'working',
  isWithoutMaintenance: true,
  compute({ impact, presence, since, costs: { hourCents, currency } }, period) {
    const { groups, incidents, uncounted, unknown } = impact;
    const found = lostBusinessHours({ period, now: period.end, since: since ?? period.end, groups, incidents });
    const evidence = found.byIncident
      .filter(({ lost, unconfirmed, planned }) => lost + unconfirmed + planned > 0)
      .map(({ incident, lost }) => ({ ticket: Number(incident), part: lost, whole: lost > 0 ? 1 : 0 }));
    // Where nothing was monitored, 0 would say that nothing was lost.
    const isKnown = presence.length > 0 && found.scheduled > 0 && uncounted.length < Object.keys(groups).length;
    if (!isKnown && evidence.length === 0) return sumOf(evidence, isKnown);
    // About: what people would have done in these hours is not known. It is no cost of support.
    const money: SideFigure[] =
      hourCents === null || !isKnown
        ? []
        : [{ code: 'money', unit: 'money', value: wholeCents(hourCents * totalOf(evidence).part) }];
    return sumOf(evidence, isKnown, {
      currency,
      beside: [...besideOf(found, unknown.length), ...money, ...partBeside(period, since)],
    });
  },
});

const besideOf = (found: LostHours, unknown: number): SideFigure[] => [
  { code: 'unconfirmed', unit: 'hours', value: found.unconfirmed },
  { code: 'planned', unit: 'hours', value: found.planned },
  { code: 'share', unit: 'percent', value: found.lostSharePct },
  { code: 'business_down', unit: 'hours', value: found.businessDown },
  { code: 'scheduled', unit: 'hours', value: found.scheduled },
  { code: 'unknown', unit: 'count', value: unknown },
];
