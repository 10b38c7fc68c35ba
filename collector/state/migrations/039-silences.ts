import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Silences, which alerts each hid, and all that suppresses an alert at present. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('silences', {
    ...{ id: 'text key', bucket: 'text = ', owner: 'text = collector' },
    ...{ matchers: 'text', reason: 'text', start_at: 'int', end_at: 'int' },
    ...{ created_at: 'int', created_by: 'text', updated_at: 'int', updated_by: 'text' },
  });
  await tables.index('silences_by_end', 'silences', 'end_at');
  await tables.create(
    'silenced',
    { silence: 'text', alert: 'text', from_at: 'int', to_at: 'int?' },
    { key: ['silence', 'alert', 'from_at'] },
  );
  await tables.index('silenced_by_end', 'silenced', 'to_at');
  await tables.index('silenced_by_alert', 'silenced', 'alert');
  await tables.add('alerts', { suppressed_by: 'text = ' });
}
