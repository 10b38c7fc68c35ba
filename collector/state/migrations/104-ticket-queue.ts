import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Words on tickets, and what people know: by these a ticket is suggested to somebody. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('tickets', { tags: 'text = []' });
  await tables.create(
    'person_skills',
    { person: 'text', skill: 'text', at: 'int', by_user: 'text' },
    { key: ['person', 'skill'] },
  );
}
