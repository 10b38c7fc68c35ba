import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Settings of agents: layers, the versions in which they changed, and what each agent has of them. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create(
    'setting_layers',
    {
      ...{ scope: 'text in all|kind|site|group|tag|endpoint', target: 'text', settings: 'text' },
      ...{ priority: 'int = 0', owner: 'text in file|people', at: 'int', by_user: 'text' },
    },
    { key: ['scope', 'target'] },
  );
  await tables.create('setting_versions', {
    ...{ id: 'id', at: 'int', by_user: 'text', reason: 'text', changes: 'text' },
  });
  await tables.create('applied_settings', {
    ...{ endpoint: 'text key', version: 'int', digest: 'text', result: 'text in ok|partly|refused' },
    ...{ problems: 'text', remote: 'text in on|off', locked: 'text', at: 'int' },
  });
}
