import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Changes with their scopes, targets and history; installations and restarts that agents reported, each once. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('changes', {
    ...{ id: 'id', kind: 'text in planned|recognised', title: 'text', description: 'text' },
    state: 'text in planned|in_progress|done|cancelled',
    ...{ start_at: 'int', end_at: 'int', implemented_at: 'int?' },
    ...{ outcome: 'text? in success|with_issues|failed', outcome_reason: 'text?', objective_met: 'int?' },
    ...{ rolled_back: 'int = 0', emergency_fix: 'int = 0', repair_of: 'int?' },
    ...{ what: 'text? in patch|restart', manager: 'text?', site: 'text?', packages: 'text?' },
    ...{ created_at: 'int', created_by: 'text', updated_at: 'int', updated_by: 'text' },
  });
  await tables.index('changes_by_start', 'changes', 'start_at');
  await tables.index('changes_by_implemented', 'changes', 'state', 'implemented_at');
  await tables.create(
    'change_scopes',
    { change: 'int -> changes', of: 'text in site|group|tag|endpoint', target: 'text', maintenance: 'text?' },
    { key: ['change', 'of', 'target'] },
  );
  await tables.create(
    'change_targets',
    { change: 'int -> changes', endpoint: 'text', result: 'text? in done|failed', note: 'text?' },
    { key: ['change', 'endpoint'] },
  );
  await tables.index('change_targets_by_endpoint', 'change_targets', 'endpoint');
  await tables.create(
    'change_observations',
    {
      ...{ id: 'id', endpoint: 'text', what: 'text in patch|restart', fingerprint: 'text', at: 'int' },
      ...{ manager: 'text?', packages: 'text', change: 'int?' },
    },
    { unique: ['endpoint', 'what', 'fingerprint'] },
  );
  await tables.index('change_observations_by_change', 'change_observations', 'change', 'at');
  await tables.index('change_observations_by_endpoint', 'change_observations', 'endpoint', 'at');
  await tables.create('change_events', {
    ...{ id: 'id', change: 'int -> changes', at: 'int', actor: 'text', code: 'text', data: 'text' },
  });
  await tables.index('change_events_by_change', 'change_events', 'change', 'id');
}
