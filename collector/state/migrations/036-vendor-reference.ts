import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Under which number a vendor works on a ticket. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('tickets', { vendor_reference: 'text?' });
}
