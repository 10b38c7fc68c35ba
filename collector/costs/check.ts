/** What is wrong with a cost that a person entered. Pure. */
import { isFarDate } from '../../shared/calendar.ts';
import { isCurrency, mostCents } from '../../shared/money.ts';
import { nameFault } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';

/** Those of the operating expense of a support desk. */
export const costCategories = ['people', 'tools', 'facilities', 'travel', 'training', 'supplies', 'other'] as const;
export type CostCategory = (typeof costCategories)[number];
/** Per month, per year, or paid once and used for `months`. */
export const costKinds = ['monthly', 'yearly', 'capital'] as const;
export type CostKind = (typeof costKinds)[number];

export interface CostFields {
  name: string;
  category: CostCategory;
  kind: CostKind;
  /** In the smallest unit of the currency. */
  cents: number;
  /** First and last month, such as 2026-11; null: it goes on. */
  from: string;
  to: string | null;
  /** Of a purchase: how long it is used; null for the others. */
  months: number | null;
}

export interface MoneyFields {
  currency: string;
  /** What an hour of work costs, all included; null: not stated. */
  hourCents: number | null;
  /** Categories that every month has: a month without one of them is incomplete. */
  expected: CostCategory[];
}

const mostMonths = 600;
const isMonth = (text: string) => /^\d{4}-(0[1-9]|1[0-2])$/.test(text);

export interface FieldFault<Field extends string> {
  field: Field;
  value: string;
  why: Reason;
}

/** The first fault, or null. */
export function costFault(cost: CostFields): FieldFault<keyof CostFields> | null {
  const { name, kind, cents, from, to, months } = cost;
  const at = (field: keyof CostFields, why: Reason) => ({ field, value: String(cost[field] ?? ''), why });
  if (nameFault(name) !== null) return at('name', reason('entry_name'));
  const amount = amountFault(cents);
  if (amount) return at('cents', amount);
  if (!isMonth(from)) return at('from', reason('entry_month'));
  if (isFarDate(from)) return at('from', reason('entry_year'));
  if (to !== null && !isMonth(to)) return at('to', reason('entry_month'));
  if (to !== null && isFarDate(to)) return at('to', reason('entry_year'));
  if (to !== null && to < from) return at('to', reason('entry_order', { from }));
  if (kind !== 'capital') return months === null ? null : at('months', reason('entry_life_of_capital'));
  const isLife = months !== null && Number.isInteger(months) && months >= 1 && months <= mostMonths;
  return isLife ? null : at('months', reason('entry_life', { limit: mostMonths }));
}

/** Also of the price of a licence and of an hour. */
export function amountFault(cents: number): Reason | null {
  if (cents < 0) return reason('entry_negative');
  return Number.isInteger(cents) && cents <= mostCents ? null : reason('entry_amount', { limit: mostCents });
}

export function moneyFault({ currency, hourCents }: MoneyFields): FieldFault<keyof MoneyFields> | null {
  if (!isCurrency(currency)) return { field: 'currency', value: currency, why: reason('entry_currency') };
  const why = hourCents === null ? null : amountFault(hourCents);
  return why && { field: 'hourCents', value: String(hourCents), why };
}
