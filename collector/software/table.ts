/** Products with what was bought of them, and their use, as tables. Pure. */
import { isDate, isFarDate } from '../../shared/calendar.ts';
import { type CsvFault, csvFault, readCsv, writeCsv } from '../../shared/csv.ts';
import { amountText, centsIn } from '../../shared/money.ts';
import { namesThere } from '../../shared/nearest.ts';
import { nameKey } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import {
  type Entitlement,
  type LicenceUnit,
  licenceUnits,
  type ProductClass,
  type ProductFields,
  productFault,
  softwareClasses,
} from './check.ts';

const columns = ['name', 'patterns', 'class', 'count', 'unit', 'unit_cost', 'from', 'to'] as const;
type ProductColumn = (typeof columns)[number];
const unlimited = 'unlimited';

/** One row for each entitlement; a product without any has one without a count. */
export const productTable = (products: readonly ProductFields[], currency: string): string =>
  writeCsv([
    columns,
    ...products.flatMap(({ name, patterns, class: own, entitlements }) => {
      const head = [name, patterns.join(' | '), own];
      if (entitlements.length === 0) return [[...head, null, null, null, null, null]];
      return entitlements.map(({ count, unit, unitCents, from, to }) => {
        return [...head, count ?? unlimited, unit, amountText(unitCents, currency), from, to];
      });
    }),
  ]);

export interface ProductLine {
  line: number;
  fields: ProductFields;
}

export function productsIn(text: string, currency: string): { rows: ProductLine[]; faults: CsvFault[] } {
  const { records, faults } = readCsv(text, columns, ['count', 'unit', 'unit_cost', 'from', 'to']);
  const rows = new Map<string, ProductLine>();
  for (const { line, of } of records) {
    const at = (column: ProductColumn, why: CsvFault['why']) => faults.push(csvFault(line, column, of[column], why));
    const own = of.class.toLowerCase() as ProductClass;
    const patterns = of.patterns.split('|').map((one) => one.trim());
    const row = rows.get(nameKey(of.name)) ?? {
      line,
      fields: { name: of.name, patterns, class: own, entitlements: [] },
    };
    const { fields } = row;
    const entitlement = of.count === '' ? null : entitlementIn(of, currency);
    if (!softwareClasses.includes(own)) at('class', choice(softwareClasses));
    else if (fields.class !== own) at('class', reason('entry_differs', { line: row.line }));
    else if (fields.patterns.join('|') !== patterns.join('|'))
      at('patterns', reason('entry_differs', { line: row.line }));
    else if (typeof entitlement === 'string') at(entitlement, faultOf(entitlement, currency));
    else {
      const next = entitlement ? { ...fields, entitlements: [...fields.entitlements, entitlement] } : fields;
      const fault = productFault(next);
      if (fault) at(fault.field === 'unitCents' ? 'unit_cost' : fault.field, fault.why);
      else rows.set(nameKey(of.name), { line: row.line, fields: next });
    }
  }
  return { rows: [...rows.values()], faults };
}

const choice = (known: readonly string[]) => reason('entry_choice', { known: known.join(', ') });

/** @returns the column that cannot be read */
function entitlementIn(of: Record<ProductColumn, string>, currency: string): Entitlement | 'unit' | 'unit_cost' {
  const unit = of.unit.toLowerCase() as LicenceUnit;
  if (!licenceUnits.includes(unit)) return 'unit';
  const unitCents = of.unit_cost === '' ? 0 : centsIn(of.unit_cost, currency);
  if (unitCents === null) return 'unit_cost';
  const count = of.count.toLowerCase() === unlimited ? null : Number(of.count);
  return { count, unit, unitCents, from: of.from, to: of.to === '' ? null : of.to };
}

const faultOf = (column: 'unit' | 'unit_cost', currency: string) =>
  column === 'unit' ? choice(licenceUnits) : reason('entry_amount_text', { currency });

const usageColumns = ['product', 'unit', 'last_used'] as const;

export interface UsageFields {
  product: string;
  unit: string;
  /** ms UTC */
  lastUsed: number;
}

export const usageTable = (rows: readonly UsageFields[]): string =>
  writeCsv([
    usageColumns,
    ...rows.map(({ product, unit, lastUsed }) => [
      ...[product, unit],
      Temporal.Instant.fromEpochMilliseconds(lastUsed).toString(),
    ]),
  ]);

interface ReadingUsage {
  products: readonly { id: string; name: string }[];
  now: number;
  /** Of dates without a time, IANA. */
  zone: string;
}

export function usageIn(text: string, { products: known, now, zone }: ReadingUsage) {
  const products = known.map(({ name }) => name);
  const ids = new Map(known.map(({ id, name }) => [nameKey(name), id]));
  const { records, faults } = readCsv(text, usageColumns);
  const rows: { line: number; fields: UsageFields }[] = [];
  const seen = new Map<string, number>();
  for (const { line, of } of records) {
    const at = (column: (typeof usageColumns)[number], why: CsvFault['why']) =>
      faults.push(csvFault(line, column, of[column], why));
    const product = ids.get(nameKey(of.product));
    const lastUsed = instantIn(of.last_used, zone);
    const key = `${product} ${nameKey(of.unit)}`;
    const twice = seen.get(key);
    if (product === undefined) at('product', reason('entry_product', namesThere(of.product, products)));
    else if (nameKey(of.unit) === '' || of.unit.length > 128) at('unit', reason('entry_name'));
    else if (twice !== undefined) at('unit', reason('entry_twice', { line: twice }));
    else if (lastUsed === null) at('last_used', reason('entry_date'));
    else if (isFarDate(of.last_used)) at('last_used', reason('entry_year'));
    else if (lastUsed > now) at('last_used', reason('entry_future'));
    else rows.push({ line, fields: { product, unit: of.unit, lastUsed } });
    seen.set(key, line);
  }
  return { rows, faults };
}

function instantIn(text: string, zone: string): number | null {
  try {
    return isDate(text)
      ? Temporal.PlainDate.from(text).toZonedDateTime(zone).epochMilliseconds
      : Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return null;
  }
}
