import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Several collectors on one database: who runs, and who serves what. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('collectors', {
    ...{ name: 'text key', instance: 'text', address: 'text', certificate: 'text', secret: 'text', version: 'text' },
    beat_at: 'int',
  });
  await tables.create('leases', { item: 'text key', holder: 'text?', token: 'int' });
}
