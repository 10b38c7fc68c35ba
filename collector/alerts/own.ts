/**
 * The collector's alert about itself. It has no endpoint and no ticket: the ticket store may be what is broken. When not
 * even the alert can be saved, the channels are told directly, without the outbox.
 */
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Level } from '../evaluate/evaluate.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { Notice } from '../notify/channel.ts';
import type { Route } from '../notify/route.ts';

export const collectorId = 'collector';

export const ownRule: Rule = {
  id: 'collector-self',
  enabled: true,
  severity: 'critical',
  applies: 'all',
  // Never looked at: the wiring says when something is wrong.
  when: { kind: 'absence', after_s: 1 },
  for_s: 0,
  clear_for_s: 0,
  ticket: 'off',
  urgency: 1,
};

export function ownLevel(bad: boolean): Level {
  return { rule: ownRule, status: bad ? 'breach' : 'clear', value: null, threshold: null };
}

/** A broken state stays broken for a while: once an hour is enough to be told so. */
const againAfterMs = 3_600_000;

/** @returns sends the notice to every channel that takes critical ones; never rejects */
export function createDirectTelling(parts: { routes: readonly Route[]; clock: Clock; log: Log }) {
  let toldAt = Number.NEGATIVE_INFINITY;
  return async (notice: Notice): Promise<void> => {
    const now = parts.clock.now();
    if (now - toldAt < againAfterMs) return;
    toldAt = now;
    for (const { name, channel, severities } of parts.routes) {
      if (!severities.includes('critical')) continue;
      try {
        await channel.send(notice, AbortSignal.timeout(10_000));
      } catch (thrown) {
        parts.log.error({ channel: name, reason: reasonOf(thrown) }, 'Could not notify of the collector’s own alert');
      }
    }
  };
}
