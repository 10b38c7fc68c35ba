/**
 * When this collector was running: one row per run, its end moved every ten seconds. A gap between rows is unknown time,
 * so that a killed collector never counts as a fleet that was down.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { State } from '../state/open.ts';

const beatMs = 10_000;

export interface CollectorWatch {
  /** Gap before this run in which no collector ran, ms; null when this is the first. */
  readonly blindMs: number | null;
  beat(): Promise<void>;
  /** This process stood still (suspended, stopped) from `since` to `until`, ms UTC: a new row begins. */
  interrupted(since: number, until: number): Promise<void>;
  /** Ends the row as clean: the collector was stopped on purpose. */
  close(): Promise<void>;
}

export async function startCollectorWatch(parts: { state: State; clock: Clock; log: Log }): Promise<CollectorWatch> {
  const { state, clock, log } = parts;
  const from = clock.now();
  const last = await state.selectFrom('watches').select('to_at').orderBy('to_at', 'desc').executeTakeFirst();
  const begin = async (at: number) =>
    (
      await state
        .insertInto('watches')
        .values({ from_at: at, to_at: at, clean: 0 })
        .returning('id')
        .executeTakeFirstOrThrow()
    ).id;
  let id = await begin(from);
  const end = async (clean: 0 | 1, at = clock.now()) => {
    await state.updateTable('watches').set({ to_at: at, clean }).where('id', '=', id).execute();
  };
  const timer = setInterval(() => {
    end(0).catch((thrown) => log.warn({ err: thrown }, 'Could not save the heartbeat of the collector'));
  }, beatMs);
  timer.unref();
  return {
    blindMs: last ? Math.max(0, from - last.to_at) : null,
    beat: () => end(0),
    async interrupted(since, until) {
      // A beat may have run first and claimed the gap.
      await end(0, since);
      id = await begin(until);
    },
    async close() {
      clearInterval(timer);
      await end(1);
    },
  };
}
