import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** How full disks are and will be, computed each night: on a request of a page it would be a query for each endpoint. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create(
    'disk_forecasts',
    {
      endpoint: 'text -> endpoints',
      path: 'text',
      at: 'int',
      state: 'text in full|rising|steady|short|old',
      used: 'real',
      history: 'int',
      per_day: 'real?',
      low: 'real?',
      high: 'real?',
      days: 'real?',
    },
    { key: ['endpoint', 'path'] },
  );
}
