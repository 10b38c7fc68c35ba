/**
 * The index of terms in PostgreSQL: two tsvectors made of arrays, so that no text search configuration, extension or locale of the
 * server decides what a word is. Scores look at the title alone: a vector of a whole text would have to be read for each match.
 */
import { sql } from 'kysely';
import { breathe } from '../breathe.ts';
import { chunks } from '../chunks.ts';
import { queryOf, type TextIndex } from './text-index.ts';

export const postgresTextIndex: TextIndex = {
  async isThere(db) {
    const { rows } = await sql<{ it: string | null }>`select to_regclass('search_index')::text as it`.execute(db);
    return rows[0]?.it != null;
  },
  async make(db) {
    await sql`drop table if exists search_index`.execute(db);
    await sql`create table search_index (id bigint primary key, title tsvector not null, terms tsvector not null)`.execute(
      db,
    );
    await sql`create index search_index_terms on search_index using gin (terms) with (fastupdate = off)`.execute(db);
  },
  async put(db, rows) {
    for (const some of chunks(rows, 50)) {
      const values = some.map(
        ({ id, title, body }) =>
          sql`(${id}::bigint, array_to_tsvector(${[...title]}::text[]), array_to_tsvector(${[...new Set([...title, ...body])]}::text[]))`,
      );
      await sql`insert into search_index (id, title, terms) values ${sql.join(values)}`.execute(db);
      await breathe();
    }
  },
  async remove(db, ids) {
    for (const some of chunks(ids)) await sql`delete from search_index where id in (${sql.join(some)})`.execute(db);
  },
  matches(groups, all) {
    const options = { and: ' & ', or: ' | ', quote: "'" };
    const [which, any] = [queryOf(groups, { ...options, all }), queryOf(groups, { ...options, all: false })];
    return sql`(select id, -ts_rank(title, ${any}::tsquery) as score from search_index where terms @@ ${which}::tsquery)`;
  },
};
