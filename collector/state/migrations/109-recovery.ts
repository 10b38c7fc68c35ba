import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** People who have lost their access, and how it was shown that it is they. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('recovery_requests', {
    ...{ id: 'id', secret_hash: 'text unique', person: 'text?', way: 'text in mail|manager|approver', reach: 'text' },
    ...{ endpoint: 'text?', state: 'text in waiting|verified|refused', code_hash: 'text?' },
    ...{ confirm_hash: 'text? unique', tries: 'int = 0', ticket: 'int?', language: 'text' },
    ...{ made_at: 'int', expires_at: 'int', decided_at: 'int?' },
  });
  await tables.index('recovery_requests_person', 'recovery_requests', 'person', 'made_at');
}
