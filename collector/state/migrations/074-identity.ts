import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Credentials are rotated and asked back, copies are refused, and what happened to an identity is kept. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('endpoints', {
    ...{ credential: 'int = 0', credential_has: 'int = 0', credential_at: 'int?', again_at: 'int?' },
  });
  await tables.add('machines', { refused_at: 'int?' });
  await tables.create('identity_events', {
    ...{ id: 'id', endpoint: 'text', at: 'int', by_user: 'text?', detail: 'text' },
    kind: 'text in rotation_asked|rotated|asked_again|enrolled_again|refused|let_in|copied|copy_made|hardware|continued|retired|restored',
  });
  await tables.index('identity_events_endpoint', 'identity_events', 'endpoint', 'at');
}
