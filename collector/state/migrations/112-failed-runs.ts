import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** How each backup run ended: runs that failed are kept beside the good ones, which all were before. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('backup_runs', { result: 'text = ok in ok|warning|failed' });
}
