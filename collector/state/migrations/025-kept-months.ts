import { type Kysely, sql } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Answers about open months as they were last computed, so that a start need not compute them first; and buffers by endpoint. */
export async function up(db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('kept_months', {
    key: 'text key',
    basis: 'text',
    at: 'int',
    took: 'int',
    content: 'text',
  });
  await db.schema
    .createIndex('signals_of_buffers')
    .on('signals')
    .columns(['endpoint', 'at'] as never[])
    .where(sql.ref('kind'), '=', sql.lit('backlog'))
    .execute();
}
