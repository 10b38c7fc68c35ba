/**
 * Nightly chores, in the order of the list. The time of each chore's last run is kept in state, so a collector
 * that was off at night catches up when it starts; running one twice changes nothing.
 */
import { schedule } from 'node-cron';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { State } from './open.ts';

export interface Chore {
  name: string;
  /** A failed chore is logged and tried again the next night. */
  run(): Promise<unknown>;
}

export interface HousekeepingParts {
  state: State;
  clock: Clock;
  log: Log;
  chores: readonly Chore[];
}

export interface Housekeeping {
  /** Runs the chores that have not run for a day. */
  runDue(): Promise<void>;
  stop(): Promise<void>;
}

/** Little load in most places, and not the full hour, at which other jobs start. */
const nightly = '17 3 * * *';
/** A little under a day, so that a run that comes a minute early is not skipped. */
const dayMs = 23 * 3_600_000;
const key = 'housekeeping';

export function createHousekeeping({ state, clock, log, chores }: HousekeepingParts): Housekeeping {
  let running: Promise<void> = Promise.resolve();

  async function lastDone(): Promise<Record<string, number>> {
    const row = await state.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
    return row ? JSON.parse(row.value) : {};
  }

  async function once(): Promise<void> {
    const done = await lastDone();
    for (const { name, run } of chores) {
      const now = clock.now();
      // A last time in the future comes from a wrong clock: the chore runs again, which harms nothing.
      const since = now - (done[name] ?? 0);
      if (since >= 0 && since < dayMs) continue;
      try {
        await run();
        done[name] = now;
      } catch (thrown) {
        log.error({ err: thrown, chore: name }, 'A nightly chore failed; it is tried again next night');
      }
    }
    const value = JSON.stringify(done);
    await state
      .insertInto('settings')
      .values({ key, value })
      .onConflict((clash) => clash.column('key').doUpdateSet({ value }))
      .execute();
  }

  const runDue = () => {
    running = running.then(once).catch((thrown) => log.error({ err: thrown }, 'Housekeeping could not be noted'));
    return running;
  };
  const task = schedule(nightly, runDue, { timezone: 'UTC', noOverlap: true });

  return {
    runDue,
    async stop() {
      await task.destroy();
      await running;
    },
  };
}
