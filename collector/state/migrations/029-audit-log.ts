import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Every change by a person, a token or a command: append-only, ended by retention. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('audit_log', {
    ...{ id: 'id', at: 'int', kind: 'text in person|token|cli|agent|stranger', actor: 'text', address: 'text?' },
    ...{
      object: 'text',
      object_id: 'text?',
      name: 'text?',
      action: 'text',
      before: 'text?',
      after: 'text?',
      reason: 'text?',
    },
  });
  await tables.index('audit_log_by_time', 'audit_log', 'at');
}
