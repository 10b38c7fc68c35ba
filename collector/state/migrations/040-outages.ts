import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Incidents of sites as they stand, and what endpoints are reached by way of. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('outages', { site: 'text key', content: 'text', updated_at: 'int' });
  await tables.create(
    'dependencies',
    { endpoint: 'text', way: 'int', parent: 'text', at: 'int', by_user: 'text' },
    { key: ['endpoint', 'way', 'parent'] },
  );
}
