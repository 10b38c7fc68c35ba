/** Hours of their working time in which people could not work because of incidents. */
import { type LostHours, lostBusinessHours } from '../formulas/lost-hours.ts';
import { defineKpi, type SideFigure, sumOf } from '../kpi.ts';

export const lostHours = defineKpi({
  id: 'lost_hours',
  unit: 'hours',
  of: 'hours',
  total: 'sum',
  formula: 'lost_hours/1: Σ people ∫ working time · largest factor; confirmed and unplanned',
  worst: 'highest',
  needs: ['impact'],
  compute({ impact }, period) {
    const { groups, incidents, uncounted, unknown } = impact;
    const found = lostBusinessHours({ period, now: period.end, groups, incidents });
    const evidence = found.byIncident
      .filter(({ lost, unconfirmed, planned }) => lost + unconfirmed + planned > 0)
      .map(({ incident, lost }) => ({ ticket: Number(incident), part: lost, whole: lost > 0 ? 1 : 0 }));
    const isKnown = found.scheduled > 0 && uncounted.length < Object.keys(groups).length;
    return sumOf(evidence, isKnown, { beside: isKnown || evidence.length > 0 ? besideOf(found, unknown.length) : [] });
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
