/**
 * Months that are closed: computed once when late facts can no longer come, then kept as they were. A later computation
 * is a revision beside it, made by a person with a reason.
 */
import { formatDuration } from '../../shared/duration.ts';
import { fail } from '../../shared/errors.ts';
import { movedPeriod } from '../../shared/period.ts';
import type { State } from '../state/open.ts';
import { definitionNow } from './definition.ts';
import { firstSignal } from './first-signal.ts';
import { currencyOf, type EvidenceItem, type Figure } from './kpi.ts';
import { computeMonth, type Month } from './month.ts';
import { type MonthSummary, summaryOf } from './month-summary.ts';
import { periodOf, presentMonth } from './period.ts';

export interface ClosedMonth {
  month: Month;
  revision: number;
  closedAt: number;
  by: string;
  reason: string;
}

/** So far back a collector closes what it has facts of. */
const monthsBack = 13;

/** @param site its id; empty for all. Null where it is not closed */
export async function closedMonth(state: State, period: string, site: string): Promise<ClosedMonth | null> {
  const row = await state
    .selectFrom('closed_months')
    .selectAll()
    .where('month', '=', period)
    .where('site', '=', site)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) return null;
  return {
    ...{ month: JSON.parse(row.content) as Month, revision: row.revision },
    ...{ closedAt: row.closed_at, by: row.by_user, reason: row.reason },
  };
}

/** The newest month that is closed as a whole; null before there is one. */
export async function newestClosed(state: State): Promise<string | null> {
  const row = await state
    .selectFrom('closed_months')
    .select(({ fn }) => fn.max('month').as('month'))
    .where('site', '=', '')
    .executeTakeFirst();
  return row?.month ?? null;
}

/**
 * Closes each month that has settled, for all and for each site. Each is one row, so that an end in between leaves
 * nothing half: the next run goes on. A figure that waits for more than late facts is set once, as a revision, when its
 * time has passed.
 * @returns how many
 */
export async function closeMonths(state: State, zone: string, now: number): Promise<number> {
  const first = await firstSignal(state, {});
  let closed = 0;
  let period = movedPeriod(presentMonth(now, zone), -1);
  for (let n = 0; n < monthsBack; n++, period = movedPeriod(period, -1)) {
    const { period: span, provisional } = periodOf({ period, zone, now });
    if (span.end <= first) break;
    if (provisional) continue;
    for (const site of await scopes(state)) {
      const old = await closedMonth(state, period, site.id);
      if (old && !isProvisional(old.month)) continue;
      const month = await monthNow(state, period, zone, now, site.name);
      if (old && isProvisional(month)) continue;
      const revision = { period, site: site.id, revision: old ? old.revision + 1 : 0, at: now };
      await keep(state, { ...revision, by: 'monitor', reason: '' }, old ? settled(old.month, month) : month);
      closed++;
    }
  }
  return closed;
}

const isProvisional = ({ figures }: Month) => Object.values(figures).some((figure) => figure.isProvisional);

/** Only what was provisional is set: late facts change a closed month by a person's decision alone. */
const settled = (old: Month, now: Month): Month => ({
  ...old,
  figures: Object.fromEntries(
    Object.entries(old.figures).map(([id, figure]) => [
      id,
      figure.isProvisional ? (now.figures[id] ?? figure) : figure,
    ]),
  ),
});

const scopes = async (state: State) => [
  { id: '', name: undefined },
  ...(await state.selectFrom('sites').select(['id', 'name']).orderBy('name_key').execute()),
];

const monthNow = async (state: State, period: string, zone: string, now: number, site: string | undefined) =>
  computeMonth(state, { period, zone, now, scope: { site } }, await definitionNow(state));

/** The newest revision of each closed month, by month. @param site its name; undefined: all */
export async function summariesOf(state: State, site: string | undefined): Promise<Map<string, MonthSummary>> {
  const own = state
    .selectFrom('sites')
    .select('id')
    .where('name', '=', site ?? '');
  const rows = await state
    .selectFrom('closed_months')
    .select(['month', 'site', 'revision', 'summary'])
    .where('site', '=', (eb) => (site === undefined ? eb.val('') : own))
    .orderBy('month')
    .orderBy('revision')
    .execute();
  const found = new Map<string, MonthSummary>();
  for (const { summary, ...key } of new Map(rows.map((row) => [row.month, row])).values())
    found.set(key.month, summary === null ? await summarized(state, key) : (JSON.parse(summary) as MonthSummary));
  return found;
}

/** A month that was closed by an older version is read once as a whole. */
async function summarized(state: State, key: { month: string; site: string; revision: number }): Promise<MonthSummary> {
  const { month } = (await closedMonth(state, key.month, key.site)) as ClosedMonth;
  const summary = summaryOf(month);
  await state
    .updateTable('closed_months')
    .set({ summary: JSON.stringify(summary) })
    .where('month', '=', key.month)
    .where('site', '=', key.site)
    .where('revision', '=', key.revision)
    .execute();
  return summary;
}

interface Revision {
  period: string;
  site: string;
  revision: number;
  at: number;
  by: string;
  reason: string;
}

async function keep(state: State, { period, site, revision, at, by, reason }: Revision, month: Month): Promise<void> {
  await state
    .insertInto('closed_months')
    .values({
      ...{ month: period, site, revision, closed_at: at, by_user: by, reason },
      ...{ content: JSON.stringify(month), summary: JSON.stringify(summaryOf(month)) },
    })
    // Two at once: the first one holds.
    .onConflict((clash) => clash.columns(['month', 'site', 'revision']).doNothing())
    .execute();
}

export interface MonthDifference {
  /** Id; empty for all. */
  site: string;
  siteName: string | null;
  /** Its id; `index` for the index and `definition` for the version of what that is made of. */
  kpi: string;
  before: number | null;
  after: number | null;
  /** Of its list; null: there is none. */
  lines: MovedLines | null;
  currency?: string;
}

interface MovedLines {
  added: number;
  removed: number;
  changed: number;
}

/** @throws EvenkeelError CONFLICT where a part of what the month was computed from was erased since */
async function refuseErased(state: State, period: string, zone: string, now: number): Promise<void> {
  const { start, end } = periodOf({ period, zone, now }).period;
  const erased = await state
    .selectFrom('endpoints')
    .select('id')
    .where('erased_at', 'is not', null)
    .where('enrolled_at', '<', end)
    .where('retired_at', '>', start)
    .execute();
  if (erased.length > 0)
    throw fail('CONFLICT', {
      problem:
        `${period} cannot be computed again: what was known of ${erased.length} of its endpoints was erased since ` +
        `(${erased
          .slice(0, 3)
          .map(({ id }) => id)
          .join(', ')}), and its numbers would leave them out; they stay as they were kept`,
    });
}

/** @throws EvenkeelError CONFLICT where facts of the month have come to the end of their retention */
function refuseEnded(period: string, zone: string, now: number, evidenceMs: number): void {
  const { start } = periodOf({ period, zone, now }).period;
  if (start >= now - evidenceMs) return;
  throw fail('CONFLICT', {
    problem:
      `${period} cannot be computed again: alerts, tickets and presence are kept for ${formatDuration(evidenceMs)} ` +
      '(retention.evidence), and some of that month are gone; its numbers stay as they were kept',
  });
}

interface RecomputeQuestion {
  zone: string;
  now: number;
  /** How long facts are kept once they have ended. */
  evidenceMs: number;
  apply: { by: string; reason: string } | null;
}

export interface Recomputation {
  differences: MonthDifference[];
  /** Figures that stay as they were closed, because their facts are no longer there. */
  kept: Pick<MonthDifference, 'site' | 'siteName' | 'kpi'>[];
}

/** What a computation of today would change of a closed month. With `apply` it becomes its newest revision. @throws EvenkeelError CONFLICT */
export async function recomputeMonth(
  state: State,
  period: string,
  { zone, now, evidenceMs, apply }: RecomputeQuestion,
): Promise<Recomputation> {
  // Refuses what has not begun.
  periodOf({ period, zone, now });
  if (!(await closedMonth(state, period, '')))
    throw fail('CONFLICT', {
      problem: `${period} is not closed: until then its numbers follow every fact by themselves`,
    });
  refuseEnded(period, zone, now, evidenceMs);
  await refuseErased(state, period, zone, now);
  const found: Recomputation = { differences: [], kept: [] };
  for (const site of await scopes(state)) {
    const old = await closedMonth(state, period, site.id);
    if (!old) continue;
    const { month, kept } = withForgotten(old.month, await monthNow(state, period, zone, now, site.name));
    const where = { site: site.id, siteName: site.name ?? null };
    const own = differencesOf(old.month, month).map((one) => ({ ...where, ...one }));
    found.differences.push(...own);
    found.kept.push(...kept.map((kpi) => ({ ...where, kpi })));
    if (apply && own.length > 0)
      await keep(state, { period, site: site.id, revision: old.revision + 1, at: now, ...apply }, month);
  }
  return found;
}

/** Facts that have ended take nothing from what was known when the month was closed. */
function withForgotten(old: Month, now: Month): { month: Month; kept: string[] } {
  const kept = Object.keys(now.figures).filter((id) => now.figures[id]?.isForgotten && old.figures[id]);
  const figures = { ...now.figures, ...Object.fromEntries(kept.map((id) => [id, old.figures[id] as Figure])) };
  const formulas = Object.fromEntries(kept.map((id) => [id, old.madeWith?.formulas[id] ?? null]));
  const madeWith = now.madeWith && { ...now.madeWith, formulas: { ...now.madeWith.formulas, ...formulas } };
  return {
    month: { ...now, figures, ...(madeWith && { madeWith }) },
    kept: kept.filter((id) => old.figures[id]?.state !== 'no_data'),
  };
}

/** The index first: weights may move it while no figure moves, and a new definition may hold without moving it. */
function differencesOf(old: Month, now: Month): Omit<MonthDifference, 'site' | 'siteName'>[] {
  const [was, is] = [summaryOf(old), summaryOf(now)];
  const figures = Object.keys(now.figures).map((kpi) => {
    const [before, after] = [old.figures[kpi], now.figures[kpi]];
    const lines = linesMoved(before?.evidence ?? [], after?.evidence ?? []);
    return { kpi, before: before?.value ?? null, after: after?.value ?? null, lines, ...currencyOf(after, before) };
  });
  return [
    { kpi: 'index', before: was.index, after: is.index, lines: null },
    { kpi: 'definition', before: was.definition, after: is.definition, lines: null },
    ...figures,
  ].filter(({ before, after }) => before !== after);
}

/** How the list behind a number differs: an incident more, an endpoint gone, another share of the time. */
function linesMoved(before: readonly EvidenceItem[], after: readonly EvidenceItem[]): MovedLines {
  const [was, is] = [amountsByLine(before), amountsByLine(after)];
  const both = [...is.keys()].filter((key) => was.has(key));
  const changed = both.filter((key) => was.get(key) !== is.get(key)).length;
  return { added: is.size - both.length, removed: was.size - both.length, changed };
}

/** Lines that name nothing, such as ratings, look alike: they are numbered in their order. */
function amountsByLine(items: readonly EvidenceItem[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { endpoint, alert, ticket, change, named, part, whole } of items) {
    const name = [endpoint, alert?.id, ticket, change?.id, named?.id].join(' ');
    let key = name;
    for (let n = 1; found.has(key); n++) key = `${name} ${n}`;
    found.set(key, `${part}/${whole}`);
  }
  return found;
}
