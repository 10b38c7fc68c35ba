import { type Kysely, sql } from 'kysely';
import type { TableMaker } from './tables.ts';

/**
 * How many endpoints have a title, and each of its versions: counted as lists come, because millions of installs cannot be
 * counted while somebody waits. Only those of endpoints in the fleet are kept, so that both say the same.
 */
export async function up(db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('software_spread', { title: 'int key', endpoints: 'int' });
  await tables.create(
    'software_versions',
    { title: 'int', version: 'text', endpoints: 'int' },
    { key: ['title', 'version'] },
  );
  const retired = sql`(select id from endpoints where retired_at is not null)`;
  await sql`delete from installs where endpoint in ${retired}`.execute(db);
  await sql`delete from software_read where endpoint in ${retired}`.execute(db);
  await sql`insert into software_spread (title, endpoints)
    select title, count(distinct endpoint) from installs group by title`.execute(db);
  await sql`insert into software_versions (title, version, endpoints)
    select title, version, count(*) from installs group by title, version`.execute(db);
}
