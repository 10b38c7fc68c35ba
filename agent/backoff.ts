/** When to try the collector again. Pure. */

/** Outcome of the last attempt. */
export type Trouble =
  /** Nothing listens on the port, or the connection was cut: the machine is up, its collector (re)starts. */
  | 'refused'
  /** No answer, no route, no name: the network or the whole machine is away. */
  | 'unreachable'
  /** The collector refused this agent: only a person can change that. */
  | 'rejected';

/**
 * Maximum wait. A refused connection costs the collector one packet and means that it is back in seconds (a restart, an
 * upgrade), so the agent retries often enough to reconnect within 15 s of that, however often the collector was killed
 * before. No answer and rejection get five minutes, to spare a network that is down.
 */
const caps: Record<Trouble, number> = { refused: 10_000, unreachable: 300_000, rejected: 300_000 };
const firstMs = 1000;
/** A connection that held this long counts as stable: the next failure starts the backoff from the beginning. */
export const stableMs = 60_000;

/**
 * Full jitter: anywhere between nothing and the limit, so that a fleet does not come back all at once.
 * @param tries failed tries since the last stable connection, from 0
 * @param random 0 ≤ random < 1
 * @returns ms
 */
export function delayBefore(tries: number, trouble: Trouble, random: number): number {
  return random * Math.min(caps[trouble], firstMs * 2 ** Math.min(tries, 20));
}

/** Sorts an error of the socket or of the CONNACK. */
export function troubleOf(error: { code?: unknown } | null): Trouble {
  const code = error?.code;
  // CONNACK 3 is "server unavailable": it will not be so for long. 1, 2, 4 and 5 say that the request itself is wrong.
  if (typeof code === 'number') return code === 3 ? 'refused' : 'rejected';
  if (code === undefined || code === null) return 'refused';
  return code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'EPIPE' ? 'refused' : 'unreachable';
}
