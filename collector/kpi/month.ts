/**
 * All that the pages say about a month, as plain data: figures with their evidence, the parts of the index with their
 * causes, hours by week and incident, days by site. Computed from facts here; a closed month is this, kept.
 */
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import { pooled, sharesOf } from './availability.ts';
import { type KpiFacts, readFacts } from './facts.ts';
import { type LostHours, lostBusinessHours } from './formulas/lost-hours.ts';
import type { StabilityPart } from './formulas/stability-index.ts';
import type { Figure } from './kpi.ts';
import { kpis } from './kpis/index.ts';
import { type MonthMadeWith, madeWithNow } from './made-with.ts';
import { type MajorIncident, majorIncidentsOf } from './major-list.ts';
import { periodOf } from './period.ts';
import { endpointsIn, type KpiScope } from './question.ts';
import { type Rates, ratesOf } from './rates.ts';
import { type SiteMonth, sitesOf } from './site-months.ts';
import { type PartName, type StabilityDefinition, stabilityParts } from './stability.ts';

export interface MonthQuery {
  /** Month such as 2026-11. */
  period: string;
  /** Report zone, IANA. */
  zone: string;
  now: number;
  scope: KpiScope;
}

export interface Month {
  /** What is computed later may differ: late facts, another definition. */
  asOf: number;
  zone: string;
  /** Of the time zone database. */
  tz: string;
  definition: { version: number; parts: StabilityDefinition };
  /** By the id of the KPI. */
  figures: Record<string, Figure>;
  /** Months that were closed before this was kept have none. */
  madeWith?: MonthMadeWith;
  parts: Record<PartName, StabilityPart>;
  lost: Pick<LostHours, 'byWeek' | 'scheduled'> & {
    incidents: { ticket: number; lost: number; planned: number; unconfirmed: number; isOpen: boolean }[];
  };
  /** Months that were closed before this was kept have none. */
  majors?: readonly MajorIncident[];
  sites: SiteMonth[];
  /** Months that were closed before this was kept have none. */
  rates?: Rates;
  /** Endpoints with monitored time, and the percentage of that which was observed. */
  endpoints: number;
  coverage: number | null;
  /** Sites whose people nobody has counted, and outages of which nobody knows whom they hit. */
  uncounted: readonly string[];
  unknown: readonly { ticket: number; endpoints: readonly string[] }[];
}

/** @throws EvenkeelError BAD_REQUEST when the period is no month */
export async function computeMonth(state: State, query: MonthQuery, definition: Month['definition']): Promise<Month> {
  const { zone, now, scope } = query;
  const { period, window } = periodOf(query);
  const endpoints = await endpointsIn(state, scope, period);
  const question = { endpoints, window, now, zone, scope };
  const facts = (await readFacts(
    state,
    kpis.flatMap(({ needs }) => needs),
    question,
  )) as KpiFacts;
  const figures = new Map<string, Figure>();
  for (const kpi of kpis) {
    figures.set(kpi.id, kpi.compute(facts, window));
    await breathe();
  }
  const { groups, incidents, uncounted, unknown } = facts.impact;
  const lost = lostBusinessHours({ period: window, since: facts.since ?? window.end, groups, incidents, zone });
  await breathe();
  const parts = stabilityParts(figures, facts, definition.parts);
  await breathe();
  const rates = ratesOf(facts, lost, window);
  return {
    asOf: now,
    zone,
    tz: process.versions.tz ?? '',
    definition,
    figures: Object.fromEntries(figures),
    madeWith: await madeWithNow(state, period, scope),
    parts,
    lost: {
      byWeek: lost.byWeek,
      scheduled: lost.scheduled,
      incidents: lost.byIncident
        .filter((one) => one.lost + one.planned + one.unconfirmed > 0)
        .map(({ incident, lost: hours, planned, unconfirmed, isOpen }) => ({
          ...{ ticket: Number(incident), lost: hours, planned, unconfirmed, isOpen },
        })),
    },
    majors: await majorIncidentsOf(state, figures.get('major_incidents')?.evidence ?? []),
    sites: await sitesOf(state, facts.presence, lost, window, zone),
    rates,
    endpoints: facts.presence.length,
    coverage: sharesOf(pooled(facts.presence.map(({ minutes }) => minutes))).coverage,
    uncounted,
    unknown,
  };
}
