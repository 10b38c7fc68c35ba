/** Corrects the times of an endpoint whose clock is wrong. Pure. All times in ms. */

/** Ahead by more than this is a wrong clock: a report cannot come before it was made. */
export const aheadMs = 1000;
/** Behind by more than this is a wrong clock, not a slow network: nothing older is sent as live. */
const behindMs = 30_000;
/** Offsets this far apart are not the same clock setting seen over a slow network. */
const jumpMs = 5000;
/** Reports behind by the same amount for so long are not late: a backlog is delivered faster than it was made. */
const settledMs = 20_000;
/** Maximum plausible lateness of an endpoint whose last report is not known. */
const latestMs = 3_600_000;
const offsetsKept = 16;

const isOff = (offset: number) => offset > aheadMs || offset < -behindMs;

/**
 * How far the times of a report must be moved back. A report can be late for reasons of ours (a paused machine, a full
 * queue) but never early: only what is ahead of the measured offset shows another setting of the clock by itself.
 * @param measured endpoint clock minus collector clock; null before the first live report
 * @param own the same of this report alone, lateness included; null for the backlog, from which the clock cannot be derived
 */
export function correctionOf(measured: number | null, own: number | null): number {
  const isOther = own !== null && (measured === null || own > measured + jumpMs);
  const offset = isOther ? own : measured;
  return offset !== null && isOff(offset) ? offset : 0;
}

/** When and in which order an agent made a report, by its own clock. */
export interface Made {
  epoch: string;
  seq: number;
  at: number;
  /** ms between its reports; what is older than two of them it does not send as live. */
  intervalMs: number;
}

/** What is known of the clock of one endpoint from its live reports. */
export interface ClockTrack {
  /** Endpoint clock minus collector clock: the largest of the last, for that report was the least late. */
  offset: number | null;
  offsets: number[];
  newest: Made | null;
  /** Behind the measured offset since then, by this much: late, or the clock was set back. */
  behind: { offset: number; since: number } | null;
}

export function createTrack(offset: number | null): ClockTrack {
  return { offset, offsets: offset === null ? [] : [offset], newest: null, behind: null };
}

/** Takes one live report into account. Changes the track. */
export function observe(track: ClockTrack, made: Made, receivedAt: number): void {
  const own = made.at - receivedAt;
  const { offset, newest } = track;
  const isBack = offset !== null && isSetBack(offset, newest, made, own);
  if (offset === null || isBack) restart(track, own);
  else if (own >= offset - jumpMs) {
    if (track.offsets.push(own) > offsetsKept) track.offsets.shift();
    track.offset = Math.max(...track.offsets);
    track.behind = null;
  } else if (track.behind === null || Math.abs(own - track.behind.offset) > jumpMs)
    track.behind = { offset: own, since: receivedAt };
  else if (receivedAt - track.behind.since >= settledMs) restart(track, own);
  if (newest === null || isBack || made.at > newest.at) track.newest = made;
}

function restart(track: ClockTrack, own: number): void {
  Object.assign(track, { offset: own, offsets: [own], behind: null });
}

/** An agent makes one report after the other: one that is later in order and earlier in time shows a clock set back. */
function isSetBack(offset: number, newest: Made | null, made: Made, own: number): boolean {
  if (newest === null) return own < offset - latestMs;
  const inOrder = made.epoch === newest.epoch && made.seq > newest.seq;
  // Out of order: resent, and then no older than what still counts as live.
  return made.at < newest.at - (inOrder ? 0 : Math.max(behindMs, 2 * made.intervalMs));
}

export type Fitted = { at: number; clipped: boolean } | undefined;

/** One time, corrected and clipped to the present; undefined when it is too old to be stored. */
export function fit(at: number, correction: number, receivedAt: number, oldest: number): Fitted {
  const moved = Math.round(at - correction);
  if (moved < oldest) return undefined;
  return moved > receivedAt + aheadMs ? { at: receivedAt, clipped: true } : { at: moved, clipped: false };
}
