/**
 * What the desk costs: entered by people, each change a version with its author and reason. A closed month keeps the costs
 * that it was computed with.
 */
import type { Selectable } from 'kysely';
import type { TableRead } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import { amountText } from '../../shared/money.ts';
import { nameKey, shownName, tidyName } from '../../shared/place-name.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { makeId } from '../accounts/secret.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { type CostCategory, type CostFields, type CostKind, costFault, type MoneyFields } from './check.ts';
import { type Authorship, takeTable, versionsIn } from './entry-table.ts';
import { changeMoney, type MoneyVersion, moneyNow, moneyVersions } from './money.ts';
import { costsIn, costTable } from './table.ts';

export interface Cost extends CostFields {
  id: string;
  version: number;
  createdAt: number;
  createdBy: string;
  updatedAt: number;
  updatedBy: string;
}

export interface CostVersion {
  version: number;
  at: number;
  by: string;
  reason: string;
  /** Null: it was removed. */
  content: CostFields | null;
}

/** `edit` and `remove` throw EvenkeelError NOT_FOUND; `create` and `edit` BAD_ENTRY, CONFLICT. */
export interface Costs {
  /** By name, then by their first month. */
  list(): Promise<Cost[]>;
  create(fields: CostFields, author: Authorship): Promise<Cost>;
  edit(id: string, fields: Partial<CostFields>, author: Authorship): Promise<Cost>;
  /** Its versions stay, and closed months keep it. */
  remove(id: string, author: Authorship): Promise<void>;
  /** Newest first, also of one that was removed. @throws EvenkeelError NOT_FOUND */
  versions(id: string): Promise<CostVersion[]>;
  /** All as CSV. */
  table(): Promise<string>;
  /** Adds what is new by name and first month, changes the rest, removes nothing; all or nothing. Without author: what it would do. */
  readTable(text: string, author: Authorship | null): Promise<TableRead>;
  money(): Promise<MoneyVersion[]>;
  /** @throws EvenkeelError BAD_ENTRY, CONFLICT */
  changeMoney(fields: MoneyFields, author: Authorship): Promise<void>;
}

interface CostParts {
  state: State;
  changeFeed: Pick<ChangeFeed, 'publish'>;
  now: () => number;
}

export function createCosts({ state, changeFeed, now }: CostParts): Costs {
  const changed = () => changeFeed.publish({ kind: 'cost' });

  async function find(db: State, id: string): Promise<Cost> {
    const row = await db.selectFrom('costs').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'cost', id });
    return costOf(row);
  }

  /** @param before null: a new one */
  async function write(db: StateTransaction, before: Cost | null, fields: CostFields, { by, reason }: Authorship) {
    const [id, version, at] = [before?.id ?? makeId('k'), (before?.version ?? 0) + 1, now()];
    const name = tidyName(fields.name);
    const { category, kind, cents, from, to, months } = fields;
    const columns = {
      ...{ name, name_key: nameKey(name), category, kind, cents, from_month: from, to_month: to, months, version },
      ...{ updated_at: at, updated_by: by },
    };
    if (before) await db.updateTable('costs').set(columns).where('id', '=', id).execute();
    else
      await db
        .insertInto('costs')
        .values({ id, ...columns, created_at: at, created_by: by })
        .execute();
    const content = JSON.stringify({ name, category, kind, cents, from, to, months } satisfies CostFields);
    await db.insertInto('cost_versions').values({ cost: id, version, at, by_user: by, reason, content }).execute();
    return id;
  }

  async function save(db: StateTransaction, before: Cost | null, fields: CostFields, author: Authorship) {
    const fault = costFault(fields);
    if (fault) {
      const what = `the cost ${shownName(fields.name)} with ${fault.field} ${shownName(fault.value)}`;
      throw refusal('BAD_ENTRY', fault.why, { what });
    }
    const same = db.selectFrom('costs').select('id').where('name_key', '=', nameKey(fields.name));
    const taken = await same.where('from_month', '=', fields.from).executeTakeFirst();
    if (taken && taken.id !== before?.id) {
      const problem = `there is a cost ${shownName(fields.name)} from ${fields.from} already; change that one`;
      throw fail('CONFLICT', { problem });
    }
    return write(db, before, fields, author);
  }

  const list = async (db: State = state) =>
    (await db.selectFrom('costs').selectAll().orderBy('name_key').orderBy('from_month').execute()).map(costOf);

  return {
    list: () => list(),
    async create(fields, author) {
      const id = await state.transaction().execute((db) => save(db, null, fields, author));
      changed();
      return find(state, id);
    },
    async edit(id, fields, author) {
      await state.transaction().execute(async (db) => {
        const before = await find(db, id);
        await save(db, before, { ...contentOf(before), ...fields }, author);
      });
      changed();
      return find(state, id);
    },
    async remove(id, { by, reason }) {
      await state.transaction().execute(async (db) => {
        const { version } = await find(db, id);
        const row = { cost: id, version: version + 1, at: now(), by_user: by, reason, content: null };
        await db.insertInto('cost_versions').values(row).execute();
        await db.deleteFrom('costs').where('id', '=', id).execute();
      });
      changed();
    },
    async versions(id) {
      const rows = state.selectFrom('cost_versions').selectAll().where('cost', '=', id).orderBy('version', 'desc');
      return versionsIn<CostFields>(await rows.execute(), 'cost', id);
    },
    table: async () => costTable(await list(), (await moneyNow(state)).currency),
    async readTable(text, author) {
      const outcome = await state.transaction().execute(async (db): Promise<TableRead> => {
        const { currency } = await moneyNow(db);
        const known = new Map((await list(db)).map((cost) => [keyOf(cost), cost]));
        return takeTable(costsIn(text, currency), author, {
          find: (fields) => known.get(keyOf(fields)) ?? null,
          contentOf,
          shown: ({ cents, kind }) => `${amountText(cents, currency)} ${currency} ${kind}`,
          write: (before, fields, by) => write(db, before, fields, by),
        });
      });
      if (outcome.applied) changed();
      return outcome;
    },
    money: () => moneyVersions(state),
    async changeMoney(fields, { by, reason }) {
      await changeMoney(state, fields, by, reason, now());
      changed();
    },
  };
}

/** What makes a cost the same one in a table. */
const keyOf = ({ name, from }: Pick<CostFields, 'name' | 'from'>) => `${from} ${nameKey(name)}`;

const contentOf = ({ name, category, kind, cents, from, to, months }: CostFields): CostFields => ({
  ...{ name: tidyName(name), category, kind, cents, from, to, months },
});

const costOf = (row: Selectable<Database['costs']>): Cost => ({
  ...{ id: row.id, name: row.name, category: row.category as CostCategory, kind: row.kind as CostKind },
  ...{ cents: row.cents, from: row.from_month, to: row.to_month, months: row.months, version: row.version },
  ...{ createdAt: row.created_at, createdBy: row.created_by, updatedAt: row.updated_at, updatedBy: row.updated_by },
});
