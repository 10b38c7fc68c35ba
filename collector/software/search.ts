/**
 * Who has what: titles by name, the versions of one, and their endpoints. How many there are is read from what is counted as
 * lists come (installs.ts): the installs of a fleet are millions.
 */
import { type RawBuilder, sql } from 'kysely';
import type { softwareSorts } from '../../shared/choices.ts';
import { fail } from '../../shared/errors.ts';
import { nameKey } from '../../shared/place-name.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import type { ProductClass } from './check.ts';
import { compareInstalled, type VersionWish, versionFits } from './versions.ts';

interface TitleWish {
  /** Each word has to be in the name, or that of the publisher. */
  search: string;
  class: ProductClass | null;
}

type TitleSort = (typeof softwareSorts)[number];

export interface TitleQuery extends TitleWish {
  sort: TitleSort;
  start: number;
  limit: number;
}

export interface TitleRow {
  id: number;
  name: string;
  publisher: string | null;
  endpoints: number;
  versions: number;
  product: { id: string; name: string } | null;
  class: ProductClass;
}

export interface InstallQuery extends TitleWish {
  title: number | null;
  version: VersionWish | null;
}

const escaped = (word: string) => `%${word.replace(/[\\%_]/g, '\\$&')}%`;
const mostWords = 8;

/** Titles that are installed somewhere. */
const installedTitles = (state: State, { search, class: own }: TitleWish) => {
  let query = state
    .selectFrom('software_titles as t')
    .innerJoin('software_spread as s', 's.title', 't.id')
    .leftJoin('products as p', 'p.id', 't.product');
  for (const word of nameKey(search).split(' ').filter(Boolean).slice(0, mostWords))
    query = query.where(
      sql<boolean>`(t.name_key like ${escaped(word)} escape '\\' or lower(t.publisher) like ${escaped(word)} escape '\\')`,
    );
  if (own === 'unknown') query = query.where((eb) => eb.or([eb('p.class', '=', own), eb('p.class', 'is', null)]));
  else if (own !== null) query = query.where('p.class', '=', own);
  return query;
};

const shownTitles = (state: State, wanted: TitleWish) =>
  installedTitles(state, wanted)
    .select(['t.id', 't.name', 't.publisher', 't.name_key', 'p.id as product_id', 'p.name as product', 'p.class'])
    .select('s.endpoints')
    .select((eb) =>
      eb
        .selectFrom('software_versions as v')
        .whereRef('v.title', '=', 't.id')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .as('versions'),
    );

const titleOf = (row: Awaited<ReturnType<ReturnType<typeof shownTitles>['executeTakeFirstOrThrow']>>): TitleRow => ({
  ...{ id: row.id, name: row.name, publisher: row.publisher },
  ...{ endpoints: Number(row.endpoints), versions: Number(row.versions) },
  product: row.product_id === null ? null : { id: row.product_id, name: row.product ?? '' },
  class: (row.class ?? 'unknown') as ProductClass,
});

/** Rows of the same come by name, and titles of one name by age, so that a page begins where the one before ended. */
const sortKeys: Record<Exclude<TitleSort, `-${string}`>, RawBuilder<unknown>> = {
  name: sql.ref('t.name_key'),
  // Nobody known comes first or last as one.
  publisher: sql`lower(coalesce(t.publisher, ''))`,
  endpoints: sql.ref('s.endpoints'),
  versions: sql.ref('versions'),
  class: sql`coalesce(p.class, 'unknown')`,
};

export async function findTitles(state: State, query: TitleQuery) {
  const key = query.sort.replace('-', '') as keyof typeof sortKeys;
  const rows = await shownTitles(state, query)
    .orderBy(sortKeys[key], query.sort.startsWith('-') ? 'desc' : 'asc')
    .orderBy('t.name_key')
    .orderBy('t.id')
    .offset(query.start)
    .limit(query.limit + 1)
    .execute();
  return {
    items: rows.slice(0, query.limit).map(titleOf),
    next: rows.length > query.limit ? String(query.start + query.limit) : null,
  };
}

/** One title, and how many endpoints have each version of it: the newest first. @throws EvenkeelError NOT_FOUND */
export async function titleVersions(state: State, id: number) {
  const row = await shownTitles(state, { search: '', class: null }).where('t.id', '=', id).executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'software title', id: String(id) });
  const counted = state.selectFrom('software_versions').select(['version', 'endpoints']).where('title', '=', id);
  const versions = (await counted.execute()).map(({ version, endpoints }) => ({
    version,
    endpoints: Number(endpoints),
  }));
  versions.sort((a, b) => compareInstalled(b.version, a.version) || (a.version < b.version ? 1 : -1));
  return { title: titleOf(row), versions };
}

/** Endpoints whose list of software is known: what they are a share of. */
export async function endpointsRead(state: State): Promise<number> {
  const row = await state
    .selectFrom('software_read as r')
    .innerJoin('endpoints as e', 'e.id', 'r.endpoint')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('e.retired_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

export interface InstallRow {
  name: string;
  publisher: string | null;
  version: string;
  endpoint: { id: string; name: string };
  site: string | null;
  lastUsed: number | null;
}

/** One row for each endpoint and version, in the order of names and versions. @throws EvenkeelError TOO_MANY_ROWS */
export async function findInstalls(state: State, query: InstallQuery, limit: number): Promise<InstallRow[]> {
  let counted = installedTitles(state, query)
    .innerJoin('software_versions as v', 'v.title', 't.id')
    .select(['t.id', 't.name', 't.name_key', 't.publisher', 'v.version', 'v.endpoints']);
  if (query.title !== null) counted = counted.where('t.id', '=', query.title);
  const { version: wish } = query;
  const found = (await counted.execute()).filter(({ version }) => wish === null || versionFits(version, wish));
  const total = found.reduce((sum, { endpoints }) => sum + Number(endpoints), 0);
  if (total > limit) throw fail('TOO_MANY_ROWS', { limit });
  const titles = [...Map.groupBy(found, ({ id }) => id).values()];
  titles.sort(([a], [b]) => ((a?.name_key ?? '') < (b?.name_key ?? '') ? -1 : 1));
  const rows: InstallRow[] = [];
  for (const versions of titles) rows.push(...(await installsOf(state, versions)));
  return rows;
}

interface FoundVersion {
  id: number;
  name: string;
  publisher: string | null;
  version: string;
}

/** Of one title. */
async function installsOf(state: State, versions: readonly FoundVersion[]): Promise<InstallRow[]> {
  const [first] = versions;
  if (!first) return [];
  const { id: title, name, publisher } = first;
  const rows: InstallRow[] = [];
  for (const some of chunks(versions)) {
    const found = await state
      .selectFrom('installs as i')
      .innerJoin('endpoints as e', 'e.id', 'i.endpoint')
      .select(['i.version', 'i.last_used', 'e.id', 'e.name as endpoint', 'e.site'])
      .where('i.title', '=', title)
      .where(
        'i.version',
        'in',
        some.map(({ version }) => version),
      )
      .where('e.retired_at', 'is', null)
      .execute();
    for (const { version, last_used, id, endpoint, site } of found)
      rows.push({ name, publisher, version, site, lastUsed: last_used, endpoint: { id, name: endpoint } });
  }
  return rows.sort(
    (a, b) =>
      compareInstalled(a.version, b.version) ||
      (a.version < b.version ? -1 : a.version > b.version ? 1 : a.endpoint.name < b.endpoint.name ? -1 : 1),
  );
}
