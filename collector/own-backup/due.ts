/** When the next copy of the collector is due, and whether the last one is too old. Pure. */
import type { OwnBackupSettings } from '../settings/settings.ts';

/** One that was made a day and two hours ago was not made when it was due. */
const freshMs = 26 * 3_600_000;
const againMs = 30 * 60_000;

/** @param madeAt null: none was made yet, and the first one is due at once */
export function dueAt(
  { when }: Pick<OwnBackupSettings, 'when'>,
  zone: string,
  madeAt: number | null,
  failedAt: number | null,
): number {
  const due = madeAt === null ? 0 : 'everyMs' in when ? madeAt + when.everyMs : nextAfter(when.at, zone, madeAt);
  return failedAt === null ? due : Math.max(due, failedAt + againMs);
}

function nextAfter(at: string, zone: string, after: number): number {
  const from = Temporal.Instant.fromEpochMilliseconds(after).toZonedDateTimeISO(zone);
  const today = from.withPlainTime(Temporal.PlainTime.from(at));
  const next =
    today.epochMilliseconds > after ? today : from.add({ days: 1 }).withPlainTime(Temporal.PlainTime.from(at));
  return next.epochMilliseconds;
}

/** @param since when they were set up */
export const isTooOld = (madeAt: number | null, since: number, now: number): boolean =>
  now - (madeAt ?? since) > freshMs;
