/** What support cost in a period, and what an hour of work costs. */
import { moneyNow } from '../costs/money.ts';
import type { State } from '../state/open.ts';
import { firstFact } from './first-fact.ts';
import { centsAfter, type SpreadCost } from './formulas/cents.ts';
import { knownPart } from './period.ts';
import type { KpiQuestion } from './question.ts';

export interface CostFacts {
  currency: string;
  hourCents: number | null;
  /** What each costs in the part of the period that is known; null where a part of the fleet is asked for: costs are of the whole desk. */
  costs: readonly { id: string; name: string; category: string; cents: number }[] | null;
  /** Categories without which the costs are incomplete. */
  expected: readonly string[];
}

export async function readCosts(state: State, question: KpiQuestion): Promise<CostFacts> {
  const { window, zone, scope = {} } = question;
  const { currency, hourCents, expected } = await moneyNow(state);
  if (Object.values(scope).some((one) => one !== undefined)) return { currency, hourCents, expected, costs: null };
  const part = knownPart(window, await firstFact(state, question));
  const rows = await state.selectFrom('costs').selectAll().orderBy('name_key').orderBy('from_month').execute();
  const costs = rows.map(({ id, name, category, kind, cents, months, from_month, to_month }) => {
    const item = { kind: kind === 'yearly' ? 'annual' : (kind as SpreadCost['kind']), cents, months: months ?? 1 };
    const last = to_month === null ? Number.POSITIVE_INFINITY : monthNumber(to_month) + 1 - monthNumber(from_month);
    const dueAt = (at: number) => {
      const passed = monthsAt(at, zone) - monthNumber(from_month);
      return centsAfter(item, Math.max(0, Math.min(passed, last)));
    };
    return { id, name, category, cents: dueAt(part.end) - dueAt(part.start) };
  });
  return { currency, hourCents, expected, costs: costs.filter(({ cents }) => cents > 0) };
}

const monthNumber = (month: string) => 12 * Number(month.slice(0, 4)) + Number(month.slice(5)) - 1;

/** How many months have passed at an instant, the present one in part: months are of 28 to 31 days, and days of 23 to 25 hours. */
function monthsAt(at: number, zone: string): number {
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const first = date.with({ day: 1 }).startOfDay();
  const length = first.add({ months: 1 }).epochMilliseconds - first.epochMilliseconds;
  return 12 * date.year + date.month - 1 + (at - first.epochMilliseconds) / length;
}
