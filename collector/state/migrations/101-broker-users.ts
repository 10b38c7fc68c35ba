import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** By what a broker of somebody else recognises the secret of an endpoint; null: it was not seen since this is kept. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('endpoints', { verifier: 'text?' });
}
