import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Names for what stands in the address of a page, of one person or for all, and which of them a page opens with. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('saved_views', {
    ...{ id: 'text key', page: 'text', name: 'text', name_key: 'text', query: 'text', owner: 'text' },
    ...{ shared: 'int = 0', created_at: 'int', updated_at: 'int' },
  });
  await tables.index('saved_views_page', 'saved_views', 'page', 'owner');
  await tables.create('view_starts', { page: 'text', person: 'text', view: 'text' }, { key: ['page', 'person'] });
}
