import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Calendars, the people of sites and endpoints, and the impact of incidents. Versions and impacts are only added to. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('calendars', {
    id: 'text key',
    name: 'text',
    name_key: 'text unique',
    zone: 'text',
    weekly: 'text',
    region: 'text?',
    holidays: 'text',
    overrides: 'text',
    version: 'int',
    created_at: 'int',
    created_by: 'text',
    updated_at: 'int',
    updated_by: 'text',
  });
  await tables.create(
    'calendar_versions',
    { calendar: 'text', version: 'int', at: 'int', by_user: 'text', reason: 'text', content: 'text' },
    { key: ['calendar', 'version'] },
  );
  await tables.add('sites', {
    people: 'int?',
    service_calendar: 'text?',
    working_calendar: 'text?',
    support_calendar: 'text?',
  });
  await tables.add('endpoints', { people: 'int?' });
  await tables.create('impacts', {
    id: 'id',
    ticket: 'int -> tickets',
    at: 'int',
    by_user: 'text',
    reason: 'text',
    segments: 'text',
  });
  await tables.index('impacts_by_ticket', 'impacts', 'ticket', 'id');
}
