/**
 * What is installed where, as rows that can be searched, taken over from the inventories of the agents. Work is done for
 * inventories that came since the last time, never for all.
 */
import type { SoftwareItem } from '../../shared/inventory.ts';
import { nameKey } from '../../shared/place-name.ts';
import { disturbing } from '../../shared/safe-text.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { insertRows } from '../state/rows.ts';
import { matcherOf, type NamedPatterns, type ProductOf } from './patterns.ts';

interface InstalledTitle {
  name: string;
  publisher: string | null;
  version: string;
  lastUsed: number | null;
}

/** @returns when all that was there at the call is taken over */
export async function takeOverInstalls(state: State): Promise<void> {
  const waiting = await state
    .selectFrom('inventory as i')
    .leftJoin('software_read as r', 'r.endpoint', 'i.endpoint')
    .select(['i.endpoint', 'i.received_at'])
    .where('i.section', '=', 'software')
    .where((eb) => eb.or([eb('r.received_at', 'is', null), eb('r.received_at', '<>', eb.ref('i.received_at'))]))
    .execute();
  if (waiting.length === 0) return;
  const productOf = matcherOf(await namedPatterns(state));
  for (const { endpoint } of waiting) {
    await state.transaction().execute((db) => takeOver(db, endpoint, productOf));
    await breathe();
  }
}

async function namedPatterns(db: State): Promise<NamedPatterns[]> {
  const rows = await db.selectFrom('products').select(['id', 'name', 'patterns']).execute();
  return rows.map(({ id, name, patterns }) => ({ id, name, patterns: JSON.parse(patterns) as string[] }));
}

/** Every title has the product that its name says now. */
export async function assignProducts(state: State): Promise<void> {
  const productOf = matcherOf(await namedPatterns(state));
  const titles = await state.selectFrom('software_titles').select(['id', 'name_key', 'product']).execute();
  const changed = new Map<string | null, number[]>();
  for (const [n, { id, name_key, product }] of titles.entries()) {
    const found = productOf(name_key);
    if (found !== product) changed.set(found, [...(changed.get(found) ?? []), id]);
    if (n % 500 === 0) await breathe();
  }
  for (const [product, ids] of changed)
    for (const some of chunks(ids))
      await state.updateTable('software_titles').set({ product }).where('id', 'in', some).execute();
}

async function takeOver(db: StateTransaction, endpoint: string, productOf: ProductOf): Promise<void> {
  const row = await db
    .selectFrom('inventory')
    .select(['data', 'received_at'])
    .where('endpoint', '=', endpoint)
    .where('section', '=', 'software')
    .executeTakeFirst();
  if (!row) return;
  const items = titlesIn(JSON.parse(row.data) as SoftwareItem[]);
  const ids = await idsOf(db, [...items.values()], productOf);
  const before = new Map(
    (await db.selectFrom('installs').selectAll().where('endpoint', '=', endpoint).execute()).map((one) => [
      `${one.title} ${one.version}`,
      one,
    ]),
  );
  const added = [];
  for (const { name, version, lastUsed } of items.values()) {
    const title = ids.get(nameKey(name)) as number;
    const old = before.get(`${title} ${version}`);
    before.delete(`${title} ${version}`);
    if (!old) added.push({ endpoint, title, version, last_used: lastUsed });
    else if (old.last_used !== lastUsed)
      await installOf(db, endpoint, title, version).set({ last_used: lastUsed }).execute();
  }
  await insertRows(db, 'installs', added);
  for (const { title, version } of before.values())
    await db
      .deleteFrom('installs')
      .where('endpoint', '=', endpoint)
      .where('title', '=', title)
      .where('version', '=', version)
      .execute();
  await db
    .insertInto('software_read')
    .values({ endpoint, received_at: row.received_at })
    .onConflict((clash) => clash.column('endpoint').doUpdateSet({ received_at: row.received_at }))
    .execute();
}

const installOf = (db: StateTransaction, endpoint: string, title: number, version: string) =>
  db.updateTable('installs').where('endpoint', '=', endpoint).where('title', '=', title).where('version', '=', version);

/** Each title and version once, with its latest start. Agents send what programs call themselves: databases take no NUL. */
function titlesIn(items: readonly SoftwareItem[]): Map<string, InstalledTitle> {
  const line = (text: string | null) => (text ?? '').replace(disturbing, ' ').trim();
  const found = new Map<string, InstalledTitle>();
  for (const item of items) {
    const [name, version] = [line(item.name), line(item.version)];
    if (name === '') continue;
    const key = `${nameKey(name)} ${version}`;
    const used = [found.get(key)?.lastUsed, item.lastUsed].filter((at) => at !== null && at !== undefined);
    const lastUsed = used.length === 0 ? null : Math.max(...used);
    found.set(key, { name, version, publisher: line(item.publisher) || null, lastUsed });
  }
  return found;
}

async function idsOf(db: StateTransaction, items: readonly InstalledTitle[], productOf: ProductOf) {
  const byKey = new Map(items.map(({ name, publisher }) => [nameKey(name), { name, publisher }]));
  const ids = new Map<string, number>();
  const read = async (keys: readonly string[]) => {
    for (const some of chunks(keys)) {
      const rows = db.selectFrom('software_titles').select(['id', 'name_key']).where('name_key', 'in', some);
      for (const { id, name_key } of await rows.execute()) ids.set(name_key, id);
    }
  };
  await read([...byKey.keys()]);
  const missing = [...byKey].filter(([key]) => !ids.has(key));
  const titles = missing.map(([name_key, { name, publisher }]) => {
    return { name, name_key, publisher, product: productOf(name_key) };
  });
  await insertRows(db, 'software_titles', titles);
  await read(missing.map(([key]) => key));
  return ids;
}
