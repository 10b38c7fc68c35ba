import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** A credential is replaced: the endpoint that a code is for, and until when the credential of before is taken. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('enrollments', { replaces: 'text?' });
  await tables.add('endpoints', { old_secret_hash: 'text?', old_secret_until: 'int?' });
}
