/**
 * Space for alerts, tickets and notifications on a disk that others have filled: free pages inside the database file,
 * and a write-ahead log of sufficient length. No other program can take them, and SQLite uses them before it grows a
 * file.
 * (On file systems that copy on write, such as btrfs and ZFS, even an overwrite needs room: there it helps less.)
 */
import { sql } from 'kysely';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { State } from './database.ts';

/** Some hundred alerts with their tickets and notifications, and twice SQLite's log between two checkpoints. */
const reserveBytes = 8 * 1024 * 1024;
const lookEveryMs = 600_000;

/** Makes the reserve, and refills it when the database has grown into it. @returns a function that stops this */
export async function keepReserve({ state, log }: { state: State; log: Log }): Promise<() => void> {
  // Always at the start: the log of the last run is gone.
  await fill(state, log);
  const look = async () => {
    if ((await freeBytes(state)) < reserveBytes / 2) await fill(state, log);
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Bytes of unused pages in the file. */
export async function freeBytes(state: State): Promise<number> {
  const read = async (pragma: 'freelist_count' | 'page_size') => {
    const { rows } = await sql.raw<Record<string, number>>(`pragma ${pragma}`).execute(state);
    return rows[0]?.[pragma] ?? 0;
  };
  return (await read('freelist_count')) * (await read('page_size'));
}

/** In two commits: pages that are added and freed within one are never written. */
export async function fillReserve(state: State): Promise<void> {
  await sql`insert or replace into settings (key, value) values ('reserve', zeroblob(${reserveBytes}))`.execute(state);
  await sql`delete from settings where key = 'reserve'`.execute(state);
}

async function fill(state: State, log: Log): Promise<void> {
  try {
    await fillReserve(state);
  } catch (thrown) {
    log.warn({ reason: reasonOf(thrown) }, 'Could not reserve disk space for alerts; tried again later');
  }
}
