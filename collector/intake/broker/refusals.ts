/** Counts each refusal, and logs it once per minute for the same cause and source: a flood must not fill the log. */
import type { Clock } from '../../../shared/clock.ts';
import type { Log } from '../../../shared/log.ts';
import type { IntakeCounters } from '../counters.ts';

const logAgainMs = 60_000;
const remembered = 10_000;

/** @param reason a label of low cardinality; `from` is the endpoint, or the address before authentication */
export type Refuse = (reason: string, from: string, text: string) => void;

export function createRefusals(parts: { clock: Clock; log: Log; counters: IntakeCounters }): Refuse {
  const { clock, log, counters } = parts;
  const loggedAt = new Map<string, number>();
  return (reason, from, text) => {
    counters.refused.inc({ reason });
    const key = `${reason} ${from}`;
    const now = clock.monotonic();
    if (now - (loggedAt.get(key) ?? -Infinity) < logAgainMs) return;
    if (loggedAt.size >= remembered) loggedAt.clear();
    loggedAt.set(key, now);
    log.warn({ reason, from }, `Refused: ${text}`);
  };
}
