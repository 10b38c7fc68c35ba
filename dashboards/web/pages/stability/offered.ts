/** Which periods are offered to stand beside another. Pure. */
import { firstDayOf, movedPeriod } from '../../../../shared/period.ts';

/** No zone is further from UTC, ms. */
const zoneMs = 14 * 3_600_000;

/** Of the same kind, newest first: those that ended after the first report, for there is nothing in the others. */
export const offeredBefore = (period: string, since: number | null | undefined): string[] =>
  Array.from({ length: 13 }, (_, n) => movedPeriod(period, -1 - n)).filter(
    (name) => firstDayOf(movedPeriod(name, 1)) + zoneMs > (since ?? Number.NEGATIVE_INFINITY),
  );
