import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** People whom the desk knows, from a table or a directory server, and the machines they work at. None of them can log in by it. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create(
    'directory_people',
    {
      ...{ id: 'text key', source: 'text in csv|ldap', ref: 'text?', name: 'text', name_key: 'text' },
      ...{ mail: 'text?', mail_key: 'text? unique', phone: 'text?', job: 'text?', site: 'text?', manager: 'text?' },
      ...{ login: 'text?', left_at: 'int?', changed_at: 'int', changed_by: 'text' },
    },
    { unique: ['source', 'ref'] },
  );
  await tables.index('directory_people_name', 'directory_people', 'name_key');
  await tables.index('directory_people_login', 'directory_people', 'login');
  await tables.create('directory_machines', { person: 'text', endpoint: 'text' }, { key: ['person', 'endpoint'] });
  await tables.index('directory_machines_endpoint', 'directory_machines', 'endpoint');
}
