import { type Kysely, sql } from 'kysely';
import type { TableMaker } from './tables.ts';

/** A person has several ways: what does not get through by one goes by the next. */
export async function up(db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('deliveries', { named: 'text?', stands_in: 'text?', passed_on: 'int = 0' });
  // What was given up before is not said again.
  await sql`update deliveries set passed_on = 2 where state = 'dead'`.execute(db);
}
