/** Who has what: titles by name, the versions of one, and their endpoints. */
import { sql } from 'kysely';
import { fail } from '../../shared/errors.ts';
import { nameKey } from '../../shared/place-name.ts';
import type { State } from '../state/open.ts';
import type { ProductClass } from './check.ts';

export interface TitleQuery {
  /** Each word has to be in the name, or that of the publisher. */
  search: string;
  class: ProductClass | null;
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

const escaped = (word: string) => `%${word.replace(/[\\%_]/g, '\\$&')}%`;
const mostWords = 8;

/** Titles that are installed somewhere; the most widespread first. */
const installedTitles = (state: State, { search, class: own }: Pick<TitleQuery, 'search' | 'class'>) => {
  let query = state
    .selectFrom('software_titles as t')
    .innerJoin('installs as i', 'i.title', 't.id')
    .innerJoin('endpoints as e', 'e.id', 'i.endpoint')
    .leftJoin('products as p', 'p.id', 't.product')
    .where('e.retired_at', 'is', null);
  for (const word of nameKey(search).split(' ').filter(Boolean).slice(0, mostWords))
    query = query.where(
      sql<boolean>`(t.name_key like ${escaped(word)} escape '\\' or lower(t.publisher) like ${escaped(word)} escape '\\')`,
    );
  if (own === 'unknown') query = query.where((eb) => eb.or([eb('p.class', '=', own), eb('p.class', 'is', null)]));
  else if (own !== null) query = query.where('p.class', '=', own);
  return query;
};

export async function findTitles(state: State, query: TitleQuery) {
  const rows = await installedTitles(state, query)
    .select(['t.id', 't.name', 't.publisher', 't.name_key', 'p.id as product_id', 'p.name as product', 'p.class'])
    .select(({ fn }) => [
      fn.count<number>('i.endpoint').distinct().as('endpoints'),
      fn.count<number>('i.version').distinct().as('versions'),
    ])
    .groupBy(['t.id', 't.name', 't.publisher', 't.name_key', 'p.id', 'p.name', 'p.class'])
    .orderBy('endpoints', 'desc')
    .orderBy('t.name_key')
    .offset(query.start)
    .limit(query.limit + 1)
    .execute();
  const items = rows.slice(0, query.limit).map(
    (row): TitleRow => ({
      ...{ id: row.id, name: row.name, publisher: row.publisher },
      ...{ endpoints: Number(row.endpoints), versions: Number(row.versions) },
      product: row.product_id === null ? null : { id: row.product_id, name: row.product ?? '' },
      class: (row.class ?? 'unknown') as ProductClass,
    }),
  );
  return { items, next: rows.length > query.limit ? String(query.start + query.limit) : null };
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

/** One row for each endpoint and version, in the order of names. @throws EvenkeelError TOO_MANY_ROWS */
export async function findInstalls(
  state: State,
  query: Pick<TitleQuery, 'search' | 'class'> & { title: number | null },
  limit: number,
): Promise<InstallRow[]> {
  let asked = installedTitles(state, query)
    .select(['t.name', 't.publisher', 'i.version', 'i.last_used', 'e.id', 'e.name as endpoint', 'e.site'])
    .orderBy('t.name_key')
    .orderBy('i.version')
    .orderBy('e.name')
    .limit(limit + 1);
  if (query.title !== null) asked = asked.where('t.id', '=', query.title);
  const rows = await asked.execute();
  if (rows.length > limit) throw fail('TOO_MANY_ROWS', { limit });
  return rows.map(({ name, publisher, version, last_used, id, endpoint, site }) => ({
    ...{ name, publisher, version, site, lastUsed: last_used },
    endpoint: { id, name: endpoint },
  }));
}
