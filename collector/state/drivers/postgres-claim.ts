/**
 * One collector per database: each holds a lock of its session, which the server frees when that session ends. The
 * session of a machine that vanished ends within 25 s, by the keep-alive that the driver requests. Collectors that work
 * together hold the same lock in common.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { fail, reasonOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { State } from '../database.ts';
import { sparsely } from '../waiting.ts';
import type { WaitContext } from './driver.ts';
import { type PostgresPlace, postgresName } from './postgres-address.ts';

/** Locks are per database; the number only has to be no other program's. */
const lock = sql.lit(4_577_001);
/** The lock of a collector that was killed is free by then. */
const waitMs = 30_000;
const againMs = 1000;
/** The lock is lost with a broken connection: how often it is checked and taken again. */
const lookEveryMs = 15_000;

async function take(state: State, isShared = false): Promise<boolean> {
  const trying = sql.raw(isShared ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock');
  const { rows } = await sql<{ held: boolean }>`select exists(select from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database()) and objid = ${lock}
    and pid = pg_backend_pid() and granted) or ${trying}(${lock}) as held`.execute(state);
  return rows[0]?.held === true;
}

async function holderOf(state: State): Promise<string> {
  const { rows } = await sql<{ from: string | null; since: Date }>`select host(client_addr) as "from",
    backend_start as since from pg_stat_activity join pg_locks using (pid) where locktype = 'advisory'
    and objid = ${lock} and granted and datname = current_database()`.execute(state);
  const [holder] = rows;
  return holder ? `from ${holder.from ?? 'the same machine'}, since ${holder.since.toISOString()}` : 'just gone';
}

/**
 * Takes the lock for this session, which keeps it. @param isNeedless a lock that is no longer needed is not waited for
 * @throws EvenkeelError STATE_REFUSED when another collector has it for longer than a dead one could
 */
export async function takeLock(
  place: PostgresPlace,
  state: State,
  { log, stopped }: WaitContext,
  isNeedless = async () => false,
  isShared = false,
): Promise<void> {
  const warn = sparsely((fields) => log.warn(fields, 'The database is in use; tried again'));
  const isDone = async () => (await take(state, isShared)) || (await isNeedless());
  for (const end = performance.now() + waitMs; !(await isDone()); await pause(againMs)) {
    const reason = `another collector works on it ${isShared ? 'for itself ' : ''}(${await holderOf(state)})`;
    const todo = place.isShared
      ? 'Stop it, or give it a `cluster` as this one has; before an update of the database all collectors are stopped.'
      : 'Stop that collector, or give this one a database of its own in `state`.';
    if (stopped.aborted || performance.now() > end)
      throw fail('STATE_REFUSED', { place: postgresName(place), reason, todo });
    warn({ reason, todo });
  }
}

/** The schema is the newest: collectors that wait for it may go on. */
export const letOthersIn = (state: State) => sql`select pg_advisory_unlock(${lock})`.execute(state);

/** Claims the database for this collector, and keeps the claim. @returns a function that stops keeping it */
export async function claim(place: PostgresPlace, state: State, log: Log, stopped: AbortSignal): Promise<() => void> {
  const { isShared = false } = place;
  await takeLock(place, state, { log, stopped }, undefined, isShared);
  const timer = setInterval(() => {
    void take(state, isShared).then(
      async (held) => {
        if (!held)
          log.error({ holder: await holderOf(state) }, 'Another collector works on the same database: stop one');
      },
      (thrown: unknown) => log.debug({ reason: reasonOf(thrown) }, 'Could not look at the claim of the database'),
    );
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
