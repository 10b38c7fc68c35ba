/** What the clock of an endpoint is worth. Pure. All times in ms. */

/** Ahead by more than this is a wrong clock: a report cannot come before it was made. */
export const aheadMs = 1000;
/** Behind by more than this is a wrong clock, not a slow network: the live lane carries nothing older. */
const behindMs = 30_000;
/** One report this far from the measured offset means that the clock has just been set. */
const jumpMs = 5000;

const isOff = (offset: number) => offset > aheadMs || offset < -behindMs;

/**
 * How far the times of a report must be moved back.
 * @param measured endpoint clock minus collector clock, median of the last live reports; null before the first
 * @param own the same of this report alone, or null for the backlog, which says nothing about the clock of now
 */
export function correctionOf(measured: number | null, own: number | null): number {
  if (own === null) return measured !== null && isOff(measured) ? measured : 0;
  if (!isOff(own)) return 0;
  return measured !== null && Math.abs(own - measured) <= jumpMs ? measured : own;
}

export type Fitted = { at: number; clipped: boolean } | undefined;

/** One time, corrected and clipped to the present; undefined when it is too old to be stored. */
export function fit(at: number, correction: number, receivedAt: number, oldest: number): Fitted {
  const moved = Math.round(at - correction);
  if (moved < oldest) return undefined;
  return moved > receivedAt + aheadMs ? { at: receivedAt, clipped: true } : { at: moved, clipped: false };
}
