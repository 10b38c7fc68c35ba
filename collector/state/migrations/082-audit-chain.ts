import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Each entry of the audit log follows the one before by a hash; the newest one stands apart. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('audit_log', { seq: 'int?', prev: 'text?', digest: 'text?', hash: 'text?' });
  await tables.index('audit_log_by_seq', 'audit_log', 'seq');
  await tables.create('audit_chain', { id: 'text key', seq: 'int', hash: 'text' });
}
