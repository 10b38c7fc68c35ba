import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Orders to run a script that a machine offers: who asked, who approved, and what came of it. One is open for an endpoint at a time. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('script_orders', {
    ...{ id: 'text key', endpoint: 'text', open_key: 'text? unique', script: 'text', title: 'text', sha256: 'text' },
    ...{ choices: 'text', why: 'text', ticket: 'int?', alert: 'text?', token: 'text?', limit_s: 'int' },
    state: 'text in asked|sent|running|done|refused|withdrawn|silent|lost',
    ...{ asked_by: 'text', asked_at: 'int', approved_by: 'text?', approved_at: 'int?', expires_at: 'int' },
    ...{ ended_at: 'int?', code: 'int?', signal: 'text?', reason: 'text?', output: 'text?', cut: 'int = 0' },
  });
  await tables.index('script_orders_of', 'script_orders', 'endpoint', 'asked_at');
}
