/** What a period report says: the answer of the Stability page, what it was computed with, and what was left out. */
import type { PeriodReportContent, Stability } from '../../shared/api.ts';
import type { Span } from '../../shared/intervals.ts';
import { movedPeriod } from '../../shared/period.ts';
import type { KpiQuery } from '../kpi/answer.ts';
import type { Months } from '../kpi/months.ts';
import { stabilityOf } from '../kpi/stability-answer.ts';
import type { State } from '../state/open.ts';

type Exclusion = PeriodReportContent['exclusions'][number];
const exclusionsKept = 200;

/** @throws EvenkeelError BAD_REQUEST when the period is none */
export async function contentOf(state: State, months: Months, query: KpiQuery): Promise<PeriodReportContent> {
  const stability = await stabilityOf(state, months, query);
  const before = await stabilityOf(state, months, { ...query, period: movedPeriod(query.period, -1) });
  const { from, to } = stability.period;
  const site = query.scope.site ?? null;
  const exclusions = await exclusionsIn(state, { start: from, end: to }, site);
  return {
    stability,
    before: before.endpoints === 0 ? null : withoutLists(before),
    tz: process.versions.tz ?? '',
    calendars: await calendarsOf(state, site),
    exclusions: exclusions.slice(0, exclusionsKept),
    otherExclusions: Math.max(0, exclusions.length - exclusionsKept),
  };
}

const withoutLists = (one: Stability): Stability => ({ ...one, causes: [], incidents: [], sites: [], actions: [] });

const uses = ['service', 'working', 'support'] as const;

/** Of the sites that have one of their own. */
async function calendarsOf(state: State, site: string | null): Promise<PeriodReportContent['calendars']> {
  const sites = await state.selectFrom('sites').selectAll().orderBy('name_key').execute();
  const calendars = await state.selectFrom('calendars').select(['id', 'name', 'version']).execute();
  return sites
    .filter(({ name }) => site === null || name === site)
    .flatMap((one) =>
      uses.flatMap((use) => {
        const found = calendars.find(({ id }) => id === one[`${use}_calendar`]);
        return found ? [{ site: one.name, use, name: found.name, version: found.version }] : [];
      }),
    );
}

/** Maintenance that covered an endpoint in the period, oldest first. */
async function exclusionsIn(state: State, { start, end }: Span, site: string | null): Promise<Exclusion[]> {
  let members = state
    .selectFrom('maintenance_members as m')
    .innerJoin('endpoints as e', 'e.id', 'm.endpoint')
    .select('m.occurrence')
    .where('m.from_at', '<', end);
  if (site !== null) members = members.where('e.site', '=', site);
  const rows = await state
    .selectFrom('maintenance_occurrences as o')
    .innerJoin('maintenance_windows as w', 'w.id', 'o.maintenance')
    .leftJoin('endpoints as e', (on) => on.onRef('e.id', '=', 'o.target').on('o.scope', '=', 'endpoint'))
    .leftJoin('groups as g', (on) => on.onRef('g.id', '=', 'o.target').on('o.scope', '=', 'group'))
    .select(['o.scope', 'o.target', 'o.start_at', 'o.end_at', 'o.entered_at', 'o.entered_by', 'o.approved_by'])
    .select(['w.reason', 'e.name as endpoint', 'g.name as group'])
    .where('o.start_at', '<', end)
    .where('o.end_at', '>', start)
    .where('o.id', 'in', members)
    .orderBy('o.start_at')
    .orderBy('o.id')
    .execute();
  return rows.map((row) => ({
    ...{ scope: row.scope, name: row.endpoint ?? row.group ?? row.target, from: row.start_at, to: row.end_at },
    ...{ reason: row.reason, by: row.entered_by, late: row.entered_at > row.start_at, approvedBy: row.approved_by },
  }));
}
