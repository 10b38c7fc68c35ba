import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/**
 * What is watched from outside, and how it was: each change of its state. The name and the site of a target are in its row
 * of `endpoints`, where alerts and tickets look for them; that row is retired from the beginning, so it is in no fleet.
 */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('targets', {
    ...{ id: 'text key -> endpoints', kind: 'text', settings: 'text', secrets: 'text', interval_s: 'int' },
    ...{ timeout_s: 'int', watchers: 'text', need: 'int?', enabled: 'int', origin: 'text in file|page' },
    ...{ created_at: 'int', created_by: 'text', updated_at: 'int', updated_by: 'text' },
  });
  await tables.create('watched_states', {
    ...{ id: 'id', subject: 'text', at: 'int', state: 'text in up|down|unknown|over' },
  });
  await tables.index('watched_states_by_subject', 'watched_states', 'subject', 'at');
}
