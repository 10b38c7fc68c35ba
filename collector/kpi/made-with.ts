/** What the numbers of a period were computed with, and the time that was left out of them: kept with a closed month. */
import type { MadeWith } from '../../shared/api.ts';
import type { Span } from '../../shared/intervals.ts';
import { calendarColumn, calendarUses } from '../calendars/calendars.ts';
import type { State } from '../state/open.ts';
import { kpis } from './kpis/index.ts';
import { idsIn, type KpiScope } from './question.ts';

type Exclusion = MadeWith['exclusions'][number];

/** Months that were closed before calendars and formulas were kept have none of it. */
export interface MonthMadeWith extends Pick<MadeWith, 'exclusions' | 'otherExclusions'> {
  /** Of the sites that have one of their own. */
  calendars: NonNullable<MadeWith['calendars']>;
  /** By the id of the KPI; null: of a figure from before they were kept. */
  formulas: Readonly<Record<string, string | null>>;
}

const exclusionsKept = 200;

/** The exclusions of a month that did not keep its own are those that are known today. */
export async function madeWithOf(
  state: State,
  { madeWith, tz }: { madeWith?: MonthMadeWith; tz: string },
  period: Span,
  scope: KpiScope,
): Promise<MadeWith> {
  const { calendars, exclusions, otherExclusions } = madeWith ?? (await madeWithNow(state, period, scope));
  return { tz, calendars: madeWith ? calendars : null, exclusions, otherExclusions };
}

export async function madeWithNow(state: State, window: Span, scope: KpiScope): Promise<MonthMadeWith> {
  const exclusions = await exclusionsIn(state, window, scope);
  return {
    calendars: await calendarsOf(state, scope.site === undefined ? scope.sites : [scope.site]),
    formulas: Object.fromEntries(kpis.map(({ id, formula }) => [id, formula])),
    exclusions: exclusions.slice(0, exclusionsKept),
    otherExclusions: Math.max(0, exclusions.length - exclusionsKept),
  };
}

async function calendarsOf(state: State, named: readonly string[] | undefined): Promise<MonthMadeWith['calendars']> {
  const sites = await state.selectFrom('sites').selectAll().orderBy('name_key').execute();
  const calendars = await state.selectFrom('calendars').select(['id', 'name', 'version']).execute();
  return sites
    .filter(({ name }) => named === undefined || named.includes(name))
    .flatMap((one) =>
      calendarUses.flatMap((use) => {
        const found = calendars.find(({ id }) => id === one[calendarColumn[use]]);
        return found ? [{ site: one.name, use, ...found }] : [];
      }),
    );
}

/** Maintenance that covered an endpoint in the period, oldest first. */
async function exclusionsIn(state: State, { start, end }: Span, scope: KpiScope): Promise<Exclusion[]> {
  let members = state.selectFrom('maintenance_members as m').select('m.occurrence').where('m.from_at', '<', end);
  const own = idsIn(state, scope);
  if (own) members = members.where('m.endpoint', 'in', own);
  const rows = await state
    .selectFrom('maintenance_occurrences as o')
    .innerJoin('maintenance_windows as w', 'w.id', 'o.maintenance')
    .leftJoin('endpoints as e', (on) => on.onRef('e.id', '=', 'o.target').on('o.scope', '=', 'endpoint'))
    .leftJoin('groups as g', (on) => on.onRef('g.id', '=', 'o.target').on('o.scope', '=', 'group'))
    .select([
      'o.scope',
      'o.target',
      'o.start_at',
      'o.end_at',
      'o.entered_at',
      'o.entered_by',
      'o.asked_by',
      'o.approved_by',
    ])
    .select(['w.reason', 'e.name as endpoint', 'g.name as group'])
    .where('o.start_at', '<', end)
    .where('o.end_at', '>', start)
    .where('o.id', 'in', members)
    .orderBy('o.start_at')
    .orderBy('o.id')
    .execute();
  return rows.map((row) => ({
    ...{ scope: row.scope, name: row.endpoint ?? row.group ?? row.target, from: row.start_at, to: row.end_at },
    ...{ reason: row.reason, by: row.entered_by, enteredAt: row.entered_at },
    ...{ late: row.entered_at > row.start_at || row.asked_by !== null, approvedBy: row.approved_by },
  }));
}
