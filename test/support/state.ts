/**
 * Where the state of a test lies: on SQLite, or all of it on a throw-away PostgreSQL where EVENKEEL_TEST_STATE is `postgres`,
 * as in `EVENKEEL_TEST_STATE=postgres npm test -- road`.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StatePlace } from '../../collector/state/drivers/index.ts';
import { postgresPlace } from '../../collector/state/drivers/postgres-address.ts';
import { postgresServer } from './postgres.ts';

const wanted = process.env.EVENKEEL_TEST_STATE ?? 'sqlite';
const found = wanted === 'postgres' ? await postgresServer() : null;
if (typeof found === 'string') throw new Error(`EVENKEEL_TEST_STATE=postgres: ${found}`);
const server = found;
export const isOnPostgres = server !== null;
let made = 0;

/** One database per data folder. */
const nameOf = (data: string) => `t_${createHash('sha256').update(data).digest('hex').slice(0, 16)}`;

/** What a collector on this data folder needs in its environment. */
export const stateEnv = (data: string): Record<string, string> =>
  server ? { EVENKEEL_STATE: server.url(nameOf(data)) } : {};

export const statePlace = (data: string): StatePlace =>
  server ? postgresPlace(server.url(nameOf(data)), null, null) : { driver: 'sqlite', file: join(data, 'state.db') };

/** Empty, and of this test alone. */
export const freshPlace = (): StatePlace =>
  server ? statePlace(`${process.pid} ${++made}`) : { driver: 'sqlite', file: ':memory:' };

/** @param from a table and what follows it, in SQL that both databases know */
export function countRows(data: string, from: string): number {
  const text = `select count(*) as n from ${from}`;
  if (server) return Number(server.run(nameOf(data), text));
  const database = new DatabaseSync(join(data, 'state.db'), { readOnly: true });
  try {
    return Number(database.prepare(text).get()?.n);
  } finally {
    database.close();
  }
}
