import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Updates of agents: which release goes to whom, whose turn it was and what came of it, and what each agent said last. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('update_rollouts', {
    ...{ id: 'id', version: 'text', sequence: 'int', state: 'text in running|stopped|withdrawn|replaced' },
    ...{ stage: 'text in canary|second|all', stage_at: 'int', started_at: 'int', by_user: 'text', reason: 'text' },
    ...{ stop: 'text?', ended_at: 'int?', resumed_at: 'int = 0', judged_at: 'int = 0' },
  });
  await tables.create(
    'update_turns',
    {
      ...{ rollout: 'int', endpoint: 'text', ring: 'text in canary|second|all', at: 'int', from_version: 'text?' },
      ...{ result: 'text in open|late|proven|fell_back|silent|refused', result_at: 'int' },
    },
    { key: ['rollout', 'endpoint'] },
  );
  await tables.create('update_said', { endpoint: 'text key', said: 'text' });
}
