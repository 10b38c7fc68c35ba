/** Products as people name them, with their class and what was bought; each change is a version with author and reason. */
import type { Selectable } from 'kysely';
import type { TableRead } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import { amountText } from '../../shared/money.ts';
import { nameKey, shownName, tidyName } from '../../shared/place-name.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { makeId } from '../accounts/secret.ts';
import { type Authorship, takeTable, versionsIn } from '../costs/entry-table.ts';
import { moneyNow } from '../costs/money.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { type Entitlement, type ProductClass, type ProductFields, productFault } from './check.ts';
import { productsIn, productTable } from './table.ts';

export interface StoredProduct extends ProductFields {
  id: string;
  version: number;
  createdAt: number;
  createdBy: string;
  updatedAt: number;
  updatedBy: string;
}

export interface ProductVersion {
  version: number;
  at: number;
  by: string;
  reason: string;
  /** Null: it was removed. */
  content: ProductFields | null;
}

/** `edit` and `remove` throw EvenkeelError NOT_FOUND; `create` and `edit` BAD_ENTRY, CONFLICT when the name is taken. */
export interface Products {
  create(fields: ProductFields, author: Authorship): Promise<StoredProduct>;
  edit(id: string, fields: Partial<ProductFields>, author: Authorship): Promise<StoredProduct>;
  remove(id: string, author: Authorship): Promise<void>;
  /** Newest first, also of one that was removed. @throws EvenkeelError NOT_FOUND */
  versions(id: string): Promise<ProductVersion[]>;
  table(): Promise<string>;
  /** Adds and changes products by name, removes none; all or nothing. Without author: what it would do. */
  readTable(text: string, author: Authorship | null): Promise<TableRead>;
}

interface ProductParts {
  state: State;
  now: () => number;
  /** Something was saved. */
  saved(): Promise<void>;
}

export async function listProducts(db: State): Promise<StoredProduct[]> {
  return (await db.selectFrom('products').selectAll().orderBy('name_key').execute()).map(productIn);
}

export function createProducts({ state, now, saved }: ProductParts): Products {
  async function find(db: State, id: string): Promise<StoredProduct> {
    const row = await db.selectFrom('products').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'product', id });
    return productIn(row);
  }

  async function write(
    db: StateTransaction,
    before: StoredProduct | null,
    fields: ProductFields,
    { by, reason }: Authorship,
  ) {
    const [id, version, at] = [before?.id ?? makeId('p'), (before?.version ?? 0) + 1, now()];
    const content = contentOf(fields);
    const { name, patterns, class: own, entitlements } = content;
    const columns = {
      ...{ name, name_key: nameKey(name), patterns: JSON.stringify(patterns), class: own, version },
      ...{ entitlements: JSON.stringify(entitlements), updated_at: at, updated_by: by },
    };
    if (before) await db.updateTable('products').set(columns).where('id', '=', id).execute();
    else
      await db
        .insertInto('products')
        .values({ id, ...columns, created_at: at, created_by: by })
        .execute();
    await db
      .insertInto('product_versions')
      .values({ product: id, version, at, by_user: by, reason, content: JSON.stringify(content) })
      .execute();
    return id;
  }

  async function save(db: StateTransaction, before: StoredProduct | null, fields: ProductFields, author: Authorship) {
    const fault = productFault(fields);
    if (fault) {
      const what = `the product ${shownName(fields.name)} with ${fault.field} ${shownName(fault.value)}`;
      throw refusal('BAD_ENTRY', fault.why, { what });
    }
    const same = db.selectFrom('products').select('id').where('name_key', '=', nameKey(fields.name));
    const taken = await same.executeTakeFirst();
    if (taken && taken.id !== before?.id)
      throw fail('CONFLICT', { problem: `there is a product called ${shownName(fields.name)} already` });
    return write(db, before, fields, author);
  }

  return {
    async create(fields, author) {
      const id = await state.transaction().execute((db) => save(db, null, fields, author));
      await saved();
      return find(state, id);
    },
    async edit(id, fields, author) {
      await state.transaction().execute(async (db) => {
        const before = await find(db, id);
        await save(db, before, { ...contentOf(before), ...fields }, author);
      });
      await saved();
      return find(state, id);
    },
    async remove(id, { by, reason }) {
      await state.transaction().execute(async (db) => {
        const { version } = await find(db, id);
        const row = { product: id, version: version + 1, at: now(), by_user: by, reason, content: null };
        await db.insertInto('product_versions').values(row).execute();
        await db.deleteFrom('software_usage').where('product', '=', id).execute();
        await db.deleteFrom('products').where('id', '=', id).execute();
      });
      await saved();
    },
    async versions(id) {
      const rows = state.selectFrom('product_versions').selectAll().where('product', '=', id);
      return versionsIn<ProductFields>(await rows.orderBy('version', 'desc').execute(), 'product', id);
    },
    table: async () => productTable(await listProducts(state), (await moneyNow(state)).currency),
    async readTable(text, author) {
      const outcome = await state.transaction().execute(async (db): Promise<TableRead> => {
        const { currency } = await moneyNow(db);
        const known = new Map((await listProducts(db)).map((product) => [nameKey(product.name), product]));
        const bought = ({ count, unit, unitCents }: Entitlement) =>
          `${count} ${unit}${unitCents === null ? '' : ` × ${amountText(unitCents, currency)} ${currency}`}`;
        return takeTable(productsIn(text, currency), author, {
          find: (fields) => known.get(nameKey(fields.name)) ?? null,
          contentOf,
          shown: (fields) => [fields.class, ...fields.entitlements.map(bought)].join(', '),
          write: (before, fields, by) => write(db, before, fields, by),
        });
      });
      if (outcome.applied) await saved();
      return outcome;
    },
  };
}

const contentOf = ({ name, patterns, class: own, entitlements }: ProductFields): ProductFields => ({
  name: tidyName(name),
  patterns: patterns.map(tidyName),
  class: own,
  entitlements: entitlements.map(({ count, unit, unitCents, from, to }) => ({ count, unit, unitCents, from, to })),
});

const productIn = (row: Selectable<Database['products']>): StoredProduct => ({
  ...{ id: row.id, name: row.name, patterns: JSON.parse(row.patterns) as string[], class: row.class as ProductClass },
  ...{ entitlements: JSON.parse(row.entitlements) as Entitlement[], version: row.version },
  ...{ createdAt: row.created_at, createdBy: row.created_by, updatedAt: row.updated_at, updatedBy: row.updated_by },
});
