import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Who logs in by a provider, where a session was begun and by what, and second factors. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create(
    'identities',
    { issuer: 'text', subject: 'text', user_id: 'text unique -> users', seen_at: 'int' },
    { key: ['issuer', 'subject'] },
  );
  await tables.add('sessions', { via: 'text = password in password|openid', address: 'text?', device: 'text?' });
  await tables.create('second_factors', {
    ...{ user_id: 'text key -> users', seed: 'text', on_since: 'int?', last_step: 'int = 0', recovery: 'text = []' },
  });
}
