/** Use as people state it: of a product, when a user, a seat or a device started it last. */
import type { TableRead } from '../../shared/api.ts';
import type { Authorship } from '../costs/entry-table.ts';
import type { State } from '../state/open.ts';
import { listProducts } from './products.ts';
import { usageIn, usageTable } from './table.ts';

export async function statedUsage(state: State): Promise<string> {
  const rows = await state
    .selectFrom('software_usage as u')
    .innerJoin('products as p', 'p.id', 'u.product')
    .select(['p.name as product', 'u.unit', 'u.last_used as lastUsed'])
    .orderBy('p.name_key')
    .orderBy('u.unit')
    .execute();
  return usageTable(rows);
}

/** Adds and changes, removes nothing; all or nothing. @param zone of dates without a time */
export async function readStatedUsage(
  state: State,
  { text, author, now, zone }: { text: string; author: Authorship | null; now: number; zone: string },
): Promise<TableRead> {
  return state.transaction().execute(async (db): Promise<TableRead> => {
    const { rows, faults } = usageIn(text, { products: await listProducts(db), now, zone });
    const stated = new Map(
      (await db.selectFrom('software_usage').selectAll().execute()).map((row) => [
        `${row.product} ${row.unit}`,
        row.last_used,
      ]),
    );
    const lines = rows.map(({ line, fields }) => {
      const old = stated.get(`${fields.product} ${fields.unit}`);
      const does: 'add' | 'change' | 'same' = old === undefined ? 'add' : old === fields.lastUsed ? 'same' : 'change';
      const before = old === undefined ? null : dayOf(old, zone);
      return { line, name: fields.unit, does, before, after: dayOf(fields.lastUsed, zone), fields };
    });
    const isApplied = author !== null && faults.length === 0;
    if (isApplied)
      for (const { does, fields } of lines) {
        const columns = { last_used: fields.lastUsed, at: now, by_user: author.by };
        if (does !== 'same')
          await db
            .insertInto('software_usage')
            .values({ product: fields.product, unit: fields.unit, ...columns })
            .onConflict((clash) => clash.columns(['product', 'unit']).doUpdateSet(columns))
            .execute();
      }
    return { applied: isApplied, faults, lines: lines.map(({ fields, ...line }) => line) };
  });
}

const dayOf = (at: number, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate().toString();
