import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Windows, their occurrences, the endpoints that each covered, and the alerts that they suppress. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  const worked = { bucket: 'text = ', owner: 'text = collector' };
  const about = { scope: 'text in site|group|tag|endpoint', target: 'text' };
  const second = { approved_at: 'int?', approved_by: 'text?' };
  await tables.create('maintenance_windows', {
    ...{ id: 'text key', ...worked, ...about, ...second, reason: 'text' },
    ...{ from_at: 'int?', to_at: 'int?', cron: 'text?', zone: 'text?', duration_min: 'int?', until_wall: 'text?' },
    ...{ skip: 'text', starts_at: 'int?', ends_at: 'int?', begun_until: 'int', cancelled_at: 'int?' },
    ...{ created_at: 'int', created_by: 'text', updated_at: 'int', updated_by: 'text' },
  });
  await tables.create(
    'maintenance_occurrences',
    {
      ...{ id: 'text key', ...worked, ...about, ...second, maintenance: 'text' },
      ...{ start_at: 'int', end_at: 'int', planned_end_at: 'int', entered_at: 'int', entered_by: 'text' },
    },
    { unique: ['maintenance', 'start_at'] },
  );
  await tables.index('maintenance_occurrences_by_end', 'maintenance_occurrences', 'end_at');
  await tables.create(
    'maintenance_members',
    { occurrence: 'text', endpoint: 'text', from_at: 'int', to_at: 'int?' },
    { key: ['occurrence', 'endpoint', 'from_at'] },
  );
  await tables.index('maintenance_members_by_endpoint', 'maintenance_members', 'endpoint', 'from_at');
  await tables.index('maintenance_members_by_end', 'maintenance_members', 'to_at');
  await tables.create('maintenance_events', {
    ...{ id: 'id', maintenance: 'text', at: 'int', actor: 'text', code: 'text', params: 'text' },
  });
  await tables.index('maintenance_events_by_maintenance', 'maintenance_events', 'maintenance', 'id');
  await tables.add('alerts', { suppressed: 'text? in maintenance' });
}
