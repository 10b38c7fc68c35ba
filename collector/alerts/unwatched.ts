import type { LiveAlert } from './alert.ts';

/** The look at the time is due every second: what is this late says that the clock was put forward, or that all stood still. */
const blindFromMs = 3_600_000;

export const isJump = (lookedAt: number, now: number): boolean => now < lookedAt || now - lookedAt > blindFromMs;

/**
 * Nobody watched until now: the collector was off, or its clock was changed. What waits for time alone waits for as much
 * longer. A clock that was set back must not leave a last sample in the future: the next one would seem older.
 */
export function unwatched(alert: LiveAlert, from: number, now: number, timed: boolean): LiveAlert {
  const next: LiveAlert = { ...alert, watchedFrom: now, statuses: timed || alert.noData ? alert.statuses : '' };
  if (now < from) {
    const inTime = (at: number) => Math.min(at, now);
    const orNull = (at: number | null) => (at === null ? null : inTime(at));
    const clocks = Object.entries(alert.clocks).map(
      ([id, { breachedSince, goodSince }]) =>
        [id, { breachedSince: orNull(breachedSince), goodSince: orNull(goodSince) }] as const,
    );
    next.clocks = Object.fromEntries(clocks);
    next.dataAt = inTime(alert.dataAt);
    next.staleSince = inTime(alert.staleSince);
    if (alert.state === 'pending') next.pendingAt = inTime(alert.pendingAt);
  }
  if ((timed || alert.noData) && Number.isFinite(alert.nextAt)) next.nextAt = alert.nextAt + (now - from);
  return next;
}
