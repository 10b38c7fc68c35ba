import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Machines that wait until a person lets them join; the groups of a code, and who revoked it. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('enrollments', { groups: 'text = []', approval: 'int = 0', revoked_by: 'text?' });
  await tables.create(
    'applicants',
    {
      ...{ id: 'text key', enrollment: 'text', attempt_hash: 'text', check_word: 'text' },
      ...{ hostname: 'text', platform: 'text', arch: 'text', version: 'text', kind: 'text', kind_why: 'text' },
      ...{ fingerprint: 'text?', address: 'text', asked_at: 'int', last_at: 'int' },
      ...{ state: 'text in waiting|approved|refused', decided_at: 'int?', decided_by: 'text?', reason: 'text?' },
    },
    { unique: ['enrollment', 'attempt_hash'] },
  );
}
