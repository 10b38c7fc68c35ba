import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What was measured around the beginning and the end of a ticket's alert: kept when the series are gone. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create(
    'ticket_evidence',
    {
      ...{ ticket: 'int', moment: 'text in began|ended', alert: 'text', metric: 'text' },
      ...{ from_at: 'int', to_at: 'int', step: 'int', kept_at: 'int', lines: 'text' },
    },
    { key: ['ticket', 'moment'] },
  );
}
