import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Id of the endpoint that a machine which waits is a copy of; null: it came with a join code. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('applicants', { copy_of: 'text?' });
}
