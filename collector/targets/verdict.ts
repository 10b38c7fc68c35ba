/**
 * From what each watcher saw to what the target is. Pure. Down only if enough of those that can tell say so: a watcher that
 * is cut off itself says nothing, and one that could not look neither.
 */
import { isNoVote, type TargetResult } from '../../shared/target.ts';

/** Null: it cannot tell. */
export type Vote = 'up' | 'down' | null;

/** What one watcher saw last. */
export interface Ballot {
  watcher: string;
  result: TargetResult;
  /** Of the measurement `target`. */
  fields: Readonly<Record<string, number>>;
  /** Failures in a row: one alone may be a lost packet, and is confirmed before it counts. */
  failures: number;
  /** What it said before these. */
  before: Vote;
  /** ms UTC, by the collector's clock. */
  at: number;
}

export type TargetState = 'up' | 'down' | 'unknown';

export interface TargetVerdict {
  state: TargetState;
  votes: number;
  down: number;
}

/** Failures in a row that make a vote. */
const confirmed = 2;
/** A result counts for so many intervals: the next one may be late, not gone. */
const freshIntervals = 2.5;
/** For the way of a report: it waits for the next one, and for the network. */
const onItsWayMs = 30_000;

export interface Rounds {
  interval_s: number;
  timeout_s: number;
}

const freshMs = ({ interval_s, timeout_s }: Rounds) => (interval_s * freshIntervals + timeout_s) * 1000 + onItsWayMs;

export function voteOf(ballot: Ballot, target: Rounds, isThere: boolean, now: number): Vote {
  if (!isThere || now - ballot.at > freshMs(target) || isNoVote(ballot.result)) return null;
  if (ballot.result === 'ok') return 'up';
  return ballot.failures >= confirmed ? 'down' : ballot.before;
}

/** Whether a watcher that has not said anything yet will: it was just asked, or confirms its first failure. */
export function isAwaited(
  ballot: Ballot | undefined,
  target: Rounds,
  isThere: boolean,
  askedAt: number,
  now: number,
): boolean {
  if (!isThere) return false;
  if (ballot === undefined) return now - askedAt <= freshMs(target);
  return (
    ballot.result !== 'ok' &&
    !isNoVote(ballot.result) &&
    voteOf(ballot, target, true, now) === null &&
    now - ballot.at <= freshMs(target)
  );
}

/**
 * @param awaited votes that are still to come: the fastest watcher alone decides nothing
 * @param need how many must say that it is down; null: most of those that vote
 */
export function verdictOf(votes: readonly Vote[], awaited: number, need: number | null): TargetVerdict {
  const cast = votes.filter((vote) => vote !== null);
  const down = cast.filter((vote) => vote === 'down').length;
  const enough = need ?? Math.floor((cast.length + awaited) / 2) + 1;
  const one = { votes: cast.length, down };
  if (cast.length > 0 && down >= enough) return { state: 'down', ...one };
  // Whoever sees it says so; where only too few are left that see nothing, nobody knows.
  return { state: cast.includes('up') ? 'up' : 'unknown', ...one };
}

/** The middle of what the voters measured: one slow watcher does not make a target slow. */
export function middle(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
