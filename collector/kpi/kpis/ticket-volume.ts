/** Tickets created in the period, by whom, and whether they become more or fewer. */
import { businessDaysIn } from '../../../shared/calendar.ts';
import type { Span } from '../../../shared/intervals.ts';
import { rateRatio, theilSenSlope, ticketVolume, wholeWeeks } from '../formulas/volume.ts';
import { defineKpi, partBeside, type SideFigure, sumOf } from '../kpi.ts';
import { knownPart } from '../period.ts';
import { monthBefore, type VolumeFacts, weeksShown } from '../volume-facts.ts';

/** With fewer weeks one of them is the trend. */
const weeksForTrend = 5;

export const volume = defineKpi({
  id: 'ticket_volume',
  unit: 'count',
  of: 'count',
  total: 'sum',
  formula: 'ticket_volume/2: tickets created in the period, without duplicates, spam and those merged into another',
  worst: 'highest',
  needs: ['created', 'since'],
  hours: 'support',
  compute({ created, since }, period) {
    const { tickets, zone, calendar, endpoints } = created;
    // Of the part of the period from which tickets can be known.
    const businessDays = businessDaysIn(calendar, knownPart(period, since));
    const found = ticketVolume({ period, zone, tickets, businessDays, endpoints });
    const counted = new Set(found.tickets);
    const excluded = new Map(found.excluded.map(({ id, reason }) => [id, reason]));
    const evidence = tickets.flatMap(({ id, createdAt: at, source }) =>
      counted.has(id) || excluded.has(id)
        ? [
            {
              ticket: Number(id),
              at,
              why: excluded.get(id) ?? source,
              part: counted.has(id) ? 1 : 0,
              whole: counted.has(id) ? 1 : 0,
            },
          ]
        : [],
    );
    const isKnown = since !== null && since < period.end;
    if (!isKnown) return sumOf(evidence, false);
    const weeks = weeksOfVolume(created, since, period);
    const sources = (['user', 'monitor', 'script'] as const).map(
      (code): SideFigure => ({ code, unit: 'count', value: found.bySource[code] ?? 0 }),
    );
    return sumOf(evidence, true, {
      ...{ weeks },
      beside: [
        ...partBeside(period, since),
        ...sources,
        { code: 'excluded', unit: 'count', value: found.excluded.length },
        { code: 'per_business_day', unit: 'count', value: found.perBusinessDay },
        { code: 'per_100_endpoints', unit: 'count', value: found.per100Endpoints },
        ratioToMonthBefore(created, since, { count: found.count, businessDays }, period),
        {
          ...{ code: 'slope', unit: 'count' },
          value: weeks.length < weeksForTrend ? null : theilSenSlope(weeks.map(({ count }) => count)),
        },
      ],
    });
  },
});

function weeksOfVolume({ tickets, zone }: VolumeFacts, since: number, period: Span) {
  return wholeWeeks(zone, period.end, weeksShown)
    .filter(({ start }) => start >= since)
    .map((week) => ({ ...week, count: ticketVolume({ period: week, zone, tickets }).count }));
}

/** Percent of the month before, per business day; not known where that month was not seen as a whole. */
function ratioToMonthBefore(
  { tickets, zone, calendar }: VolumeFacts,
  since: number,
  after: { count: number; businessDays: number },
  period: Span,
): SideFigure {
  const earlier = monthBefore(period, zone);
  const none = { code: 'ratio', unit: 'percent' as const, value: null };
  if (since > earlier.start) return none;
  const before = ticketVolume({ period: earlier, zone, tickets });
  const found = rateRatio({ count: before.count, businessDays: businessDaysIn(calendar, earlier) }, after);
  const percent = (ratio: number | undefined) => (ratio === undefined ? null : 100 * ratio);
  return {
    ...none,
    value: percent(found.ratio ?? undefined),
    low: percent(found.ci95?.[0]),
    high: percent(found.ci95?.[1]),
  };
}
