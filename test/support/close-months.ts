/** Closes months on a second handle of a collector's state, while that collector runs. */
import { setTimeout as pause } from 'node:timers/promises';
import { willPass } from '../../collector/intake/retry-while-busy.ts';
import { createMonths } from '../../collector/kpi/months.ts';
import type { Clock } from '../../shared/clock.ts';
import type { InProcess } from './collector.ts';

/**
 * SQLite has one writer. While the collector is inside a transaction its thread is the one that waits for it here, so
 * the wait is in vain; the collector has to get its turn. What is closed already stays closed.
 * @returns how many were closed
 */
export async function closeMonths({ state }: Pick<InProcess, 'state'>, clock: Clock, zone: string): Promise<number> {
  const months = createMonths({ state, clock, zone, changeFeed: { subscribe: () => () => {} } });
  const before = await closedRows(state);
  for (;;)
    try {
      await months.close();
      return (await closedRows(state)) - before;
    } catch (thrown) {
      if (!willPass(thrown)) throw thrown;
      await pause(50);
    }
}

async function closedRows(state: InProcess['state']): Promise<number> {
  const { n } = await state
    .selectFrom('closed_months')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(n);
}
