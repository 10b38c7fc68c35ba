import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What support costs, which software is installed where, what was bought of it, and when it was used. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  const stamps = { created_at: 'int', created_by: 'text', updated_at: 'int', updated_by: 'text' };
  const version = { version: 'int', at: 'int', by_user: 'text', reason: 'text' };
  await tables.create(
    'costs',
    {
      ...{ id: 'text key', name: 'text', name_key: 'text', category: 'text', kind: 'text', cents: 'int' },
      ...{ from_month: 'text', to_month: 'text?', months: 'int?', version: 'int' },
      ...stamps,
    },
    { unique: ['name_key', 'from_month'] },
  );
  await tables.create('cost_versions', { cost: 'text', ...version, content: 'text?' }, { key: ['cost', 'version'] });
  await tables.create('money_settings', {
    ...{ version: 'int key', at: 'int', by_user: 'text', reason: 'text' },
    ...{ currency: 'text', hour_cents: 'int?', expected: 'text' },
  });
  await tables.create('products', {
    ...{ id: 'text key', name: 'text', name_key: 'text unique', patterns: 'text', class: 'text' },
    ...{ entitlements: 'text', version: 'int' },
    ...stamps,
  });
  await tables.create(
    'product_versions',
    { product: 'text', ...version, content: 'text?' },
    { key: ['product', 'version'] },
  );
  await tables.create('software_titles', {
    ...{ id: 'id', name: 'text', name_key: 'text unique', publisher: 'text?', product: 'text?' },
  });
  await tables.index('software_titles_by_product', 'software_titles', 'product');
  await tables.create(
    'installs',
    { endpoint: 'text -> endpoints', title: 'int -> software_titles', version: 'text', last_used: 'int?' },
    { key: ['endpoint', 'title', 'version'] },
  );
  await tables.index('installs_by_title', 'installs', 'title', 'endpoint');
  await tables.create('software_read', { endpoint: 'text key', received_at: 'int' });
  await tables.create(
    'software_usage',
    { product: 'text', unit: 'text', last_used: 'int', at: 'int', by_user: 'text' },
    { key: ['product', 'unit'] },
  );
}
