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
  key: string;
  name: string;
  publisher: string | null;
  version: string;
  lastUsed: number | null;
}

/** @returns when all that was there at the call is taken over, and what was retired is counted no more */
export async function takeOverInstalls(state: State): Promise<void> {
  const gone = await state
    .selectFrom('software_read as r')
    .innerJoin('endpoints as e', 'e.id', 'r.endpoint')
    .select('r.endpoint')
    .where('e.retired_at', 'is not', null)
    .execute();
  for (const { endpoint } of gone) {
    await store(state, endpoint, []);
    await state.deleteFrom('software_read').where('endpoint', '=', endpoint).execute();
  }
  const waiting = await state
    .selectFrom('inventory as i')
    .innerJoin('endpoints as e', 'e.id', 'i.endpoint')
    .leftJoin('software_read as r', 'r.endpoint', 'i.endpoint')
    .select(['i.endpoint', 'i.received_at'])
    .where('i.section', '=', 'software')
    .where('e.retired_at', 'is', null)
    .where((eb) => eb.or([eb('r.received_at', 'is', null), eb('r.received_at', '<>', eb.ref('i.received_at'))]))
    .execute();
  if (waiting.length === 0) return;
  const productOf = matcherOf(await namedPatterns(state));
  for (const { endpoint } of waiting) await takeOver(state, endpoint, productOf);
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

async function takeOver(state: State, endpoint: string, productOf: ProductOf): Promise<void> {
  const row = await state
    .selectFrom('inventory')
    .select(['data', 'received_at'])
    .where('endpoint', '=', endpoint)
    .where('section', '=', 'software')
    .executeTakeFirst();
  if (!row) return;
  const items = await titlesIn(JSON.parse(row.data) as SoftwareItem[]);
  const ids = await idsOf(state, items, productOf);
  await store(
    state,
    endpoint,
    items.map(({ key, version, lastUsed }) => ({ title: ids.get(key) as number, version, last_used: lastUsed })),
  );
  await state
    .insertInto('software_read')
    .values({ endpoint, received_at: row.received_at })
    .onConflict((clash) => clash.column('endpoint').doUpdateSet({ received_at: row.received_at }))
    .execute();
}

interface StoredInstall {
  title: number;
  version: string;
  last_used: number | null;
}

/** Title by title, in small transactions: a list may hold thousands that are new. What a stop cuts short is done anew. */
async function store(state: State, endpoint: string, items: readonly StoredInstall[]): Promise<void> {
  const now = Map.groupBy(items, ({ title }) => title);
  const rows = await state.selectFrom('installs').selectAll().where('endpoint', '=', endpoint).execute();
  const before = Map.groupBy(rows, ({ title }) => title);
  const changed = [];
  for (const title of new Set([...now.keys(), ...before.keys()]))
    if (!isSame(now.get(title) ?? [], before.get(title) ?? [])) changed.push(title);
  for (const some of chunks(changed)) {
    await state.transaction().execute(async (db) => {
      const had = some.filter((title) => before.has(title));
      if (had.length > 0)
        await db.deleteFrom('installs').where('endpoint', '=', endpoint).where('title', 'in', had).execute();
      const added = some.flatMap((title) => (now.get(title) ?? []).map((one) => ({ endpoint, ...one })));
      await insertRows(db, 'installs', added);
      await count(db, some, before, now);
    });
    await breathe();
  }
}

type ByTitle = ReadonlyMap<number, readonly StoredInstall[]>;

/** What is counted changes with what it counts. */
async function count(db: StateTransaction, titles: readonly number[], before: ByTitle, now: ByTitle): Promise<void> {
  const spread: { title: number; endpoints: number }[] = [];
  const versions: { title: number; version: string; endpoints: number }[] = [];
  for (const title of titles) {
    const [had, has] = [before, now].map((side) => new Set(side.get(title)?.map(({ version }) => version)));
    const [were, are] = [had as Set<string>, has as Set<string>];
    if (were.size > 0 !== are.size > 0) spread.push({ title, endpoints: are.size > 0 ? 1 : -1 });
    for (const version of were.difference(are)) versions.push({ title, version, endpoints: -1 });
    for (const version of are.difference(were)) versions.push({ title, version, endpoints: 1 });
  }
  const add = (table: string) => `do update set endpoints = ${table}.endpoints + excluded.endpoints`;
  await insertRows(db, 'software_spread', spread, `on conflict (title) ${add('software_spread')}`);
  await insertRows(db, 'software_versions', versions, `on conflict (title, version) ${add('software_versions')}`);
  const fewer = [...new Set([...spread, ...versions].filter((one) => one.endpoints < 0).map(({ title }) => title))];
  if (fewer.length === 0) return;
  for (const table of ['software_spread', 'software_versions'] as const)
    await db.deleteFrom(table).where('title', 'in', fewer).where('endpoints', '<=', 0).execute();
}

function isSame(now: readonly StoredInstall[], before: readonly StoredInstall[]): boolean {
  const were = new Map(before.map(({ version, last_used }) => [version, last_used]));
  return now.length === before.length && now.every(({ version, last_used }) => were.get(version) === last_used);
}

/** Each title and version once, with its latest start. Agents send what programs call themselves: databases take no NUL. */
async function titlesIn(items: readonly SoftwareItem[]): Promise<InstalledTitle[]> {
  const line = (text: string | null) => (text ?? '').replace(disturbing, ' ').trim();
  const found = new Map<string, InstalledTitle>();
  for (const item of items) {
    await breathe();
    const [name, version] = [line(item.name), line(item.version)];
    if (name === '') continue;
    const key = nameKey(name);
    const which = `${key} ${version}`;
    const used = [found.get(which)?.lastUsed, item.lastUsed].filter((at) => at !== null && at !== undefined);
    const lastUsed = used.length === 0 ? null : Math.max(...used);
    found.set(which, { key, name, version, publisher: line(item.publisher) || null, lastUsed });
  }
  return [...found.values()];
}

/** By the key of the name; a title that nobody has had yet is added. */
async function idsOf(state: State, items: readonly InstalledTitle[], productOf: ProductOf) {
  const byKey = new Map(items.map(({ key, name, publisher }) => [key, { name, publisher }]));
  const ids = new Map<string, number>();
  for (const some of chunks([...byKey.keys()])) {
    const read = async (keys: readonly string[]) => {
      const rows = state.selectFrom('software_titles').select(['id', 'name_key']).where('name_key', 'in', keys);
      for (const { id, name_key } of await rows.execute()) ids.set(name_key, id);
    };
    await read(some);
    const missing = some.filter((key) => !ids.has(key));
    if (missing.length > 0) {
      const titles = missing.map((name_key) => {
        const { name, publisher } = byKey.get(name_key) as { name: string; publisher: string | null };
        return { name, name_key, publisher, product: productOf(name_key) };
      });
      await state.transaction().execute((db) => insertRows(db, 'software_titles', titles));
      await read(missing);
    }
    await breathe();
  }
  return ids;
}
