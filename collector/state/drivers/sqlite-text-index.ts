/** The index of terms in SQLite: an FTS5 table without the texts, which stand in `search_documents`. */
import { sql } from 'kysely';
import { breathe } from '../breathe.ts';
import { chunks } from '../chunks.ts';
import { queryOf, type TextIndex } from './text-index.ts';

/** How much more a word in the title says. */
const titleWeight = 4;

export const sqliteTextIndex: TextIndex = {
  async isThere(db) {
    const { rows } = await sql`select 1 from sqlite_master where name = 'search_index'`.execute(db);
    return rows.length > 0;
  },
  async make(db) {
    await sql`drop table if exists search_index`.execute(db);
    await sql`create virtual table search_index using fts5(title, body, content = '', contentless_delete = 1,
      detail = column, tokenize = 'unicode61 remove_diacritics 0')`.execute(db);
  },
  async put(db, rows) {
    for (const some of chunks(rows, 50)) {
      const values = some.map(({ id, title, body }) => sql`(${id}, ${title.join(' ')}, ${body.join(' ')})`);
      await sql`insert into search_index (rowid, title, body) values ${sql.join(values)}`.execute(db);
      await breathe();
    }
  },
  async remove(db, ids) {
    for (const some of chunks(ids)) await sql`delete from search_index where rowid in (${sql.join(some)})`.execute(db);
  },
  matches(groups, all) {
    const query = queryOf(groups, { all, and: ' AND ', or: ' OR ', quote: '"' });
    return sql`(select rowid as id, bm25(search_index, ${sql.lit(titleWeight)}, 1.0) as score
      from search_index where search_index match ${query})`;
  },
};
