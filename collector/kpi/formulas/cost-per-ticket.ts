/**
 * What a ticket costs on average: operating cost of a month ÷ tickets that a person handled. One currency, whole cents.
 * Yearly costs and purchases are spread over their months so that the cents of all months add up to what was paid.
 */
import { centsAfter, type SpreadCost, wholeCents } from './cents.ts';
import { distinct } from './numbers.ts';

export interface CostItem extends SpreadCost {
  id: string;
  /** How many months of it had passed before this one. */
  monthsBefore?: number;
}

export interface TierWork {
  minutes: number;
  tickets: number;
}

export interface CostInput {
  /** Those of the month. */
  costs: readonly CostItem[];
  /** Ids of costs that belong to every month: one that is missing makes the month incomplete. */
  expected?: readonly string[];
  handled: number;
  /** Opened and resolved by monitoring alone: an alert storm must not make support look cheap. */
  untouched: number;
  /** Handling time by tier. */
  tiers?: Readonly<Record<string, TierWork>>;
}

export interface CostPerTicket {
  /** Whole cents; null without tickets. */
  perTicket: number | null;
  /** The same over all tickets, the untouched ones too. */
  perTicketOfAll: number | null;
  operating: number;
  /** What each cost adds to `operating`, in whole cents. */
  items: { id: string; cents: number }[];
  /** Expected and not there: the month is not to be compared with others. */
  missing: string[];
  /** Whole cents that add up to `operating`; null where no handling time is known. */
  byTier: Record<string, { cents: number | null; perTicket: number | null }>;
}

export function costPerTicket({ costs, expected = [], handled, untouched, tiers = {} }: CostInput): CostPerTicket {
  const items = distinct(costs).map((item) => ({ id: item.id, cents: centsOf(item) }));
  const operating = items.reduce((sum, { cents }) => sum + cents, 0);
  const work = Object.entries(tiers).sort(([a], [b]) => (a < b ? -1 : 1));
  const minutes = work.reduce((sum, [, tier]) => sum + tier.minutes, 0);
  const shares = cumulative(work.map(([, tier]) => (minutes > 0 ? operating * (tier.minutes / minutes) : 0)));
  return {
    perTicket: per(operating, handled),
    perTicketOfAll: per(operating, handled + untouched),
    operating,
    items,
    missing: expected.filter((id) => !items.some((item) => item.id === id)),
    byTier: Object.fromEntries(
      work.map(([name, tier], n) => {
        const own = minutes > 0 ? step(shares, n) : null;
        return [name, { cents: own, perTicket: own === null ? null : per(own, tier.tickets) }];
      }),
    ),
  };
}

const per = (cents: number, tickets: number) => (tickets > 0 ? wholeCents(cents / tickets) : null);

/** The share of this month: what is due after it, less what was due before, so that all months are the whole. */
const centsOf = ({ monthsBefore = 0, ...item }: CostItem): number =>
  centsAfter(item, monthsBefore + 1) - centsAfter(item, monthsBefore);

/** Sums of the first 1, 2, 3 … in whole cents: their steps add up to the whole, which rounded parts would not. */
function cumulative(parts: readonly number[]): number[] {
  let sum = 0;
  return parts.map((part) => {
    sum += part;
    return wholeCents(sum);
  });
}

const step = (sums: readonly number[], n: number) => (sums[n] as number) - (sums[n - 1] ?? 0);
