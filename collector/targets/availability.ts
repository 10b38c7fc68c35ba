/** How long something was up, from the changes of its state. Pure. Time that nobody watched counts as neither. */
import type { Span } from '../../shared/intervals.ts';

export interface WatchedChange {
  at: number;
  state: 'up' | 'down' | 'unknown' | 'over';
}

export interface WatchedAvailability {
  upMs: number;
  downMs: number;
  /** Nobody could tell, or it was not watched. */
  unknownMs: number;
  /** Of the time that is known; null: nothing is known. */
  percent: number | null;
}

/**
 * @param changes in the order of their times, the last one before the span included
 * @param watched when a collector was running
 */
export function watchedAvailability(
  changes: readonly WatchedChange[],
  watched: readonly Span[],
  span: Span,
): WatchedAvailability {
  let [upMs, downMs] = [0, 0];
  for (const [n, { at, state }] of changes.entries()) {
    if (state !== 'up' && state !== 'down') continue;
    const start = Math.max(at, span.start);
    const end = Math.min(changes[n + 1]?.at ?? span.end, span.end);
    const known = watched.reduce(
      (sum, one) => sum + Math.max(0, Math.min(one.end, end) - Math.max(one.start, start)),
      0,
    );
    if (state === 'up') upMs += known;
    else downMs += known;
  }
  const knownMs = upMs + downMs;
  return {
    ...{ upMs, downMs },
    unknownMs: span.end - span.start - knownMs,
    percent: knownMs === 0 ? null : (upMs / knownMs) * 100,
  };
}
