import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Schedules, policies, routes and what people set, each with its versions; overrides of schedules. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('routing_documents', {
    ...{ id: 'id', kind: 'text in schedule|policy|routes|person', name: 'text', from_at: 'int', content: 'text?' },
    ...{ at: 'int', by_user: 'text', reason: 'text' },
  });
  await tables.index('routing_documents_by_name', 'routing_documents', 'kind', 'name', 'id');
  await tables.create('on_call_overrides', {
    ...{ id: 'text key', schedule: 'text', from_at: 'int', to_at: 'int', user_name: 'text', replaces: 'text?' },
    ...{ created_at: 'int', created_by: 'text', removed_at: 'int?', removed_by: 'text?' },
  });
  await tables.index('on_call_overrides_by_end', 'on_call_overrides', 'to_at');
}
