import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Backups and patches of each endpoint as they were, targets of availability, and what the line of months needs. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('state_days', { day: 'text key', at: 'int' });
  await tables.create(
    'endpoint_days',
    {
      ...{ endpoint: 'text', day: 'text' },
      ...{ backup: 'text in good|bad|none|unknown', restore: 'text in good|bad|none|unknown' },
      ...{ patches: 'text in compliant|overdue|unknown', os: 'text?', model: 'text?' },
    },
    { key: ['endpoint', 'day'] },
  );
  await tables.index('endpoint_days_by_day', 'endpoint_days', 'day', 'endpoint');
  await tables.create('availability_targets', {
    ...{ id: 'id', scope: 'text in site|group|tag|endpoint', target: 'text', percent: 'real?' },
    ...{ at: 'int', by_user: 'text', reason: 'text' },
  });
  await tables.add('closed_months', { summary: 'text?' });
}
