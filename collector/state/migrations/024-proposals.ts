import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Whether an alert opens a ticket by itself, as its rule said when it last changed. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('alerts', { opens_ticket: 'text = open in off|propose|open' });
}
