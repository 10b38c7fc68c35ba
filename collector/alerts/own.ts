/**
 * The collector's own alerts, by the rules of own-rules.ts. When not even the one about itself can be saved, the
 * channels are notified directly, without the outbox.
 */
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { LevelVerdict } from '../evaluate/evaluate.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { Notification } from '../notify/channel.ts';
import type { NotifyParts } from '../notify/group-alerts.ts';
import { factsOf } from '../notify/notification.ts';
import { type Input, type Sample, sampleOf } from './batch.ts';
import type { AlertMemory } from './memory.ts';
import { collectorId, collectorSelf } from './own-rules.ts';

/** A broken state may last: one direct notification per hour is enough. */
const againAfterMs = 3_600_000;

export interface OwnAlertParts {
  memory: Pick<AlertMemory, 'alertsOf' | 'alert'>;
  notify: NotifyParts;
  publicUrl: () => string;
  push(...inputs: Input[]): Promise<void>;
  clock: Clock;
  log: Log;
}

export interface OwnAlerts {
  /** A problem of this collector, in words, or null when all is well again. Never rejects. */
  self(problem: string | null): Promise<void>;
  /**
   * An alert of a rule of own-rules.ts begins, goes on or ends.
   * @param tags what it is about: the same tags, the same alert
   * @param when what it warns of begins, or was last well; ms
   */
  own(rule: Rule, tags: Readonly<Record<string, string>>, isBad: boolean, when?: number | null): Promise<void>;
  /** What the alerts of such a rule are about that are there now. */
  ownTags(rule: Rule): readonly Readonly<Record<string, string>>[];
  /** Verdicts that were made elsewhere. Saved when it resolves. */
  said(samples: readonly Sample[]): Promise<void>;
}

export function createOwnAlerts(parts: OwnAlertParts): OwnAlerts {
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

  function sampleAbout(rule: Rule, tags: Readonly<Record<string, string>>, isBad: boolean, when: number | null) {
    const level: LevelVerdict = { rule, status: isBad ? 'breach' : 'clear', value: when, threshold: null };
    const metric = rule === collectorSelf ? 'collector.problem' : `collector.${rule.id}`;
    return sampleOf(collectorId, { family: rule.id, metric, tags: { ...tags }, levels: [level] });
  }

  async function own(
    rule: Rule,
    tags: Readonly<Record<string, string>>,
    isBad: boolean,
    when: number | null = null,
  ): Promise<void> {
    const sample = sampleAbout(rule, tags, isBad, isBad ? when : null);
    if (isBad || memory.alert(sample.key)) await said([sample]);
  }

  const said = (samples: readonly Sample[]) =>
    parts.push(...samples.map((sample): Input => ({ type: 'sample', at: clock.now(), sample })));

  async function self(problem: string | null): Promise<void> {
    const known = memory.alertsOf(collectorId).find(({ family }) => family === collectorSelf.id);
    if (problem === null && !known) return;
    const tags = known?.tags ?? { problem: (problem ?? '').slice(0, 200) };
    try {
      await own(collectorSelf, tags, problem !== null);
    } catch {
      // The queue has logged it. The recovery is notified when the state can be written again.
      if (problem === null) return;
      const at = clock.now();
      const sample = sampleAbout(collectorSelf, tags, true, null);
      const about = { ...sample, rule: collectorSelf, value: null, threshold: null, pendingAt: at, firedAt: at };
      const facts = factsOf(notify, about, 'firing', { why: problem });
      await notifyDirectly({ ...facts, id: `${collectorId}-${at}`, ticket: null, url: `${parts.publicUrl()}/alerts` });
    }
  }

  const ownTags = ({ id }: Rule) =>
    memory.alertsOf(collectorId).flatMap(({ family, tags }) => (family === id ? [tags] : []));

  return { self, own, ownTags, said };
}
