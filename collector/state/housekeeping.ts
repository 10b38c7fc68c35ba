/**
 * Nightly chores, in the order of the list. The time of each chore's last run is kept in state, so a collector
 * that was off at night catches up when it starts; running one twice changes nothing.
 */
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
  /** A collector that stops breaks off what runs: no failure. */
  stopped?: AbortSignal;
}

export interface Housekeeping {
  /** Runs the chores that have not run since the last night. */
  runDue(): Promise<void>;
  stop(): Promise<void>;
}

const dayMs = 24 * 3_600_000;
/** 03:17 UTC: little load in most places, and not the full hour, at which other jobs start. */
const nightMs = (3 * 60 + 17) * 60_000;
/** How often the clock is asked whether the night has come. A machine that slept through it wakes up to it. */
const lookEveryMs = 60_000;
const key = 'housekeeping';

const nightBefore = (at: number) => Math.floor((at - nightMs) / dayMs);

export function createHousekeeping({ state, clock, log, chores, stopped }: HousekeepingParts): Housekeeping {
  let running: Promise<void> = Promise.resolve();

  async function lastDone(): Promise<Record<string, number>> {
    const row = await state.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
    return row ? JSON.parse(row.value) : {};
  }

  async function once(): Promise<void> {
    const done = await lastDone();
    for (const { name, run } of chores) {
      if (stopped?.aborted) break;
      const now = clock.now();
      const last = done[name];
      // A last time in the future comes from a wrong clock: the chore runs again, which harms nothing.
      if (last !== undefined && last <= now && nightBefore(last) === nightBefore(now)) continue;
      try {
        await run();
        done[name] = now;
      } catch (thrown) {
        if (stopped?.aborted) log.info({ chore: name }, 'A nightly chore was broken off; it runs at the next start');
        else log.error({ err: thrown, chore: name }, 'A nightly chore failed; it is tried again next night');
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
  // By the clock that is handed in, as all that the chores do: a history that is filled in has its nights, too.
  let night = nightBefore(clock.now());
  const timer = setInterval(() => {
    const latest = nightBefore(clock.now());
    if (latest === night) return;
    night = latest;
    void runDue();
  }, lookEveryMs).unref();

  return {
    runDue,
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
