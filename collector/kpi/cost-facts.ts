/** What support cost in a period, and what an hour of work costs. */
import type { Span } from '../../shared/intervals.ts';
import { moneyNow } from '../costs/money.ts';
import type { State } from '../state/open.ts';
import { centsAfter, type SpreadCost } from './formulas/cents.ts';
import type { KpiQuestion } from './question.ts';

export interface CostFact extends SpreadCost {
  id: string;
  name: string;
  category: string;
  /** Such as 2026-11; both belong to it. */
  from: string;
  to: string | null;
}

export interface CostFacts {
  currency: string;
  hourCents: number | null;
  /** Null where a part of the fleet is asked for: costs are of the whole desk. */
  costs: readonly CostFact[] | null;
  /** Report zone, IANA. */
  zone: string;
  /** Categories without which the costs are incomplete. */
  expected: readonly string[];
}

export async function readCosts(state: State, { zone, scope = {} }: KpiQuestion): Promise<CostFacts> {
  const { currency, hourCents, expected } = await moneyNow(state);
  if (Object.values(scope).some((one) => one !== undefined))
    return { currency, hourCents, expected, zone, costs: null };
  const rows = await state.selectFrom('costs').selectAll().orderBy('name_key').orderBy('from_month').execute();
  const costs = rows.map(({ id, name, category, kind, cents, months, from_month: from, to_month: to }): CostFact => {
    const spread = kind === 'yearly' ? 'annual' : (kind as SpreadCost['kind']);
    return { id, name, category, kind: spread, cents, months: months ?? 1, from, to };
  });
  return { currency, hourCents, expected, zone, costs };
}

/** What it costs in some time. Pure. */
export function centsIn({ from, to, ...spread }: CostFact, zone: string, { start, end }: Span): number {
  const last = to === null ? Number.POSITIVE_INFINITY : monthNumber(to) + 1 - monthNumber(from);
  const dueAt = (at: number) => centsAfter(spread, Math.max(0, Math.min(monthsAt(at, zone) - monthNumber(from), last)));
  return dueAt(end) - dueAt(start);
}

const monthNumber = (month: string) => 12 * Number(month.slice(0, 4)) + Number(month.slice(5)) - 1;

/** How many months have passed at an instant, the present one in part: months are of 28 to 31 days, and days of 23 to 25 hours. */
function monthsAt(at: number, zone: string): number {
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const first = date.with({ day: 1 }).startOfDay();
  const length = first.add({ months: 1 }).epochMilliseconds - first.epochMilliseconds;
  return 12 * date.year + date.month - 1 + (at - first.epochMilliseconds) / length;
}
