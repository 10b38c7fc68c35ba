/** What is wrong with a product or its entitlements that a person entered. Pure. */
import { isDate, isFarDate } from '../../shared/calendar.ts';
import { nameFault } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { amountFault, type FieldFault } from '../costs/check.ts';
import { lettersIn } from './patterns.ts';

export const softwareClasses = ['approved', 'free', 'high_risk', 'unwanted', 'unknown'] as const;
export type ProductClass = (typeof softwareClasses)[number];
export const licenceUnits = ['seat', 'device', 'user'] as const;
export type LicenceUnit = (typeof licenceUnits)[number];

export interface Entitlement {
  /** Null: unlimited. */
  count: number | null;
  unit: LicenceUnit;
  /** Price of one, in the smallest unit of the currency. */
  unitCents: number;
  /** First and last local date; null: it does not end. */
  from: string;
  to: string | null;
}

export interface ProductFields {
  name: string;
  /** Of the names of installed titles; `*` is any text. */
  patterns: string[];
  class: ProductClass;
  entitlements: Entitlement[];
}

const mostPatterns = 20;
const mostUnits = 10_000_000;

export type ProductFault = FieldFault<'name' | 'patterns' | 'count' | 'unit' | 'unitCents' | 'from' | 'to'>;

/** The first fault, or null. */
export function productFault({ name, patterns, entitlements }: ProductFields): ProductFault | null {
  const at = (field: ProductFault['field'], value: unknown, why: Reason) => ({
    field,
    value: String(value ?? ''),
    why,
  });
  if (nameFault(name) !== null) return at('name', name, reason('entry_name'));
  if (patterns.length === 0 || patterns.length > mostPatterns)
    return at('patterns', patterns.join(' | '), reason('entry_patterns', { limit: mostPatterns }));
  const bad = patterns.find((pattern) => nameFault(pattern) !== null || lettersIn(pattern) < 2);
  if (bad !== undefined) return at('patterns', bad, reason('entry_pattern'));
  for (const { count, unit, unitCents, from, to } of entitlements) {
    if (count !== null && !(Number.isInteger(count) && count >= 0 && count <= mostUnits))
      return at('count', count, count < 0 ? reason('entry_negative') : reason('entry_count', { limit: mostUnits }));
    // What is counted in seats cannot be added to what is counted in users.
    if (unit !== entitlements[0]?.unit) return at('unit', unit, reason('entry_units'));
    const amount = amountFault(unitCents);
    if (amount) return at('unitCents', unitCents, amount);
    if (!isDate(from)) return at('from', from, reason('entry_date'));
    if (isFarDate(from)) return at('from', from, reason('entry_year'));
    if (to !== null && !isDate(to)) return at('to', to, reason('entry_date'));
    if (to !== null && isFarDate(to)) return at('to', to, reason('entry_year'));
    if (to !== null && to < from) return at('to', to, reason('entry_order', { from }));
  }
  return null;
}
