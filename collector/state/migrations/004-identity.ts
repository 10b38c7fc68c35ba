import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What distinguishes one machine from another, beside its credential. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  // The hostname as the machine reports it, and hashes of its properties.
  await tables.add('endpoints', { hostname: 'text?', fingerprint: 'text?' });
  // Retired because it was the same machine as another endpoint, which replaces both.
  await tables.add('endpoints', { moved_to: 'text?' });
  await tables.create(
    'machines',
    {
      endpoint: 'text',
      instance: 'text',
      hostname: 'text?',
      address: 'text',
      first_at: 'int',
      last_at: 'int',
      shared_at: 'int?',
    },
    { key: ['endpoint', 'instance'] },
  );
  const names = { old_hostname: 'text?', new_hostname: 'text?' };
  await tables.create('replacements', { moved: 'text key', endpoint: 'text', at: 'int', by_user: 'text', ...names });
  await tables.index('replacements_by_endpoint', 'replacements', 'endpoint', 'at');
}
