/** Costs as a table. Pure. */
import { type CsvFault, csvFault, readCsv, writeCsv } from '../../shared/csv.ts';
import { amountText, centsIn } from '../../shared/money.ts';
import { nameKey } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import { type CostCategory, type CostFields, type CostKind, costCategories, costFault, costKinds } from './check.ts';

const columns = ['name', 'category', 'kind', 'amount', 'from', 'to', 'months'] as const;
type Column = (typeof columns)[number];

export const costTable = (costs: readonly CostFields[], currency: string): string =>
  writeCsv([
    columns,
    ...costs.map(({ name, category, kind, cents, from, to, months }) => {
      return [name, category, kind, amountText(cents, currency), from, to, months];
    }),
  ]);

export function costsIn(text: string, currency: string) {
  const { records, faults } = readCsv(text, columns, ['to', 'months']);
  const rows: { line: number; fields: CostFields }[] = [];
  const seen = new Map<string, number>();
  for (const { line, of } of records) {
    const fields = fieldsIn(of, currency);
    const at = (column: Column, why: CsvFault['why']) => faults.push(csvFault(line, column, of[column], why));
    if (!costCategories.includes(fields.category)) at('category', choice(costCategories));
    else if (!costKinds.includes(fields.kind)) at('kind', choice(costKinds));
    else if (Number.isNaN(fields.cents)) at('amount', reason('entry_amount_text', { currency }));
    else {
      const fault = costFault(fields);
      const key = `${fields.from} ${nameKey(fields.name)}`;
      const twice = seen.get(key);
      if (fault) at(fault.field === 'cents' ? 'amount' : fault.field, fault.why);
      else if (twice !== undefined) at('name', reason('entry_twice', { line: twice }));
      else rows.push({ line, fields });
      seen.set(key, line);
    }
  }
  return { rows, faults };
}

const choice = (known: readonly string[]) => reason('entry_choice', { known: known.join(', ') });

function fieldsIn(of: Record<Column, string>, currency: string): CostFields {
  return {
    name: of.name,
    category: of.category.toLowerCase() as CostCategory,
    kind: of.kind.toLowerCase() as CostKind,
    cents: centsIn(of.amount, currency) ?? Number.NaN,
    from: of.from,
    to: of.to === '' ? null : of.to,
    months: of.months === '' ? null : Number(of.months),
  };
}
