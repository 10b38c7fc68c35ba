/**
 * The collector's alert about itself. It has no endpoint and no ticket: the ticket store may be what is broken. When
 * not even the alert can be saved, the channels are notified directly, without the outbox.
 */
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { LevelVerdict } from '../evaluate/evaluate.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { Notification } from '../notify/channel.ts';
import { factsOf } from '../notify/notification.ts';
import type { NotifyParts } from '../notify/notify.ts';
import { type Input, sampleOf } from './batch.ts';
import type { AlertMemory } from './memory.ts';

export const collectorId = 'collector';

export const ownRule: Rule = {
  id: 'collector-self',
  enabled: true,
  severity: 'critical',
  applies: 'all',
  // Never evaluated: the wiring calls when something is wrong.
  when: { kind: 'absence', after_s: 1 },
  for_s: 0,
  clear_for_s: 0,
  ticket: 'off',
  urgency: 1,
};

/** A broken state may last: one direct notification per hour is enough. */
const againAfterMs = 3_600_000;

export interface OwnAlertParts {
  memory: Pick<AlertMemory, 'alertsOf'>;
  notify: NotifyParts;
  publicUrl: () => string;
  push(input: Input): Promise<void>;
  clock: Clock;
  log: Log;
}

/** @returns reports a problem of this collector, in words, or null when all is well again. Never rejects */
export function createOwnAlert(parts: OwnAlertParts): (problem: string | null) => Promise<void> {
  const { memory, notify, clock, log } = parts;
  let notifiedAt = Number.NEGATIVE_INFINITY;

  /** To every channel that takes critical notifications, without the outbox. */
  async function notifyDirectly(notification: Notification): Promise<void> {
    const now = clock.now();
    if (now - notifiedAt < againAfterMs) return;
    notifiedAt = now;
    for (const { name, channel, severities } of notify.routes) {
      if (!severities.includes('critical')) continue;
      try {
        await channel.send(notification, AbortSignal.timeout(10_000));
      } catch (thrown) {
        log.error({ channel: name, reason: reasonOf(thrown) }, 'Could not notify of the collector’s own alert');
      }
    }
  }

  return async (problem) => {
    const known = memory.alertsOf(collectorId)[0];
    if (problem === null && !known) return;
    const at = clock.now();
    const tags = known?.tags ?? { problem: (problem ?? '').slice(0, 200) };
    const status = problem === null ? 'clear' : 'breach';
    const level: LevelVerdict = { rule: ownRule, status, value: null, threshold: null };
    const found = { family: ownRule.id, metric: 'collector.problem', tags, levels: [level] };
    const sample = sampleOf(collectorId, found);
    try {
      await parts.push({ type: 'sample', at, sample });
    } catch {
      // The queue has logged it. The recovery is notified when the state can be written again.
      if (problem === null) return;
      const about = { ...sample, rule: ownRule, value: null, threshold: null, pendingAt: at, firedAt: at };
      const facts = factsOf(notify, about, 'firing', { why: problem });
      await notifyDirectly({ ...facts, id: `${collectorId}-${at}`, ticket: null, url: `${parts.publicUrl()}/alerts` });
    }
  };
}
