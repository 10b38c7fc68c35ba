/** A notification, one for all channels: facts in codes, put into words when it is sent. */

import type { Finding } from '../../shared/finding.ts';
import { fieldOf } from '../../shared/metrics.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { LiveAlert } from '../alerts/alert.ts';
import type { Notification } from './channel.ts';

export type NotificationFacts = Omit<
  Notification,
  | 'id'
  | 'ticket'
  | 'url'
  | 'links'
  | 'comment'
  | 'follow'
  | 'alert'
  | 'device'
  | 'changed'
  | 'sentAt'
  | 'thread'
  | 'language'
> & {
  /** The question whose secret is made when it is sent. */
  rating?: number;
  /** The event of the ticket whose text is read when it is sent: what is erased meanwhile is not sent. */
  commentEvent?: number;
};

/** Where one copy of a message goes. */
export interface Way {
  channel: string;
  /** An address in place of those of the channel: of a person. */
  recipient: string | null;
  /** The user whom it reaches; null for a channel. */
  user: string | null;
}

export interface NewNotification {
  at: number;
  ways: readonly Way[];
  /** Whom the routes or an escalation policy named; null where neither did. */
  receiver: string | null;
  /** Notifications about the same go out in order: the id of the group, or the ticket. */
  about: string;
  alert: string | null;
  /** Ids of all alerts that it is about. */
  alerts: readonly string[];
  incident: string | null;
  /** The key whose ticket it names, and the ticket if it exists already. */
  ticketKey: string;
  ticket: number | null;
  facts: NotificationFacts;
}

export const wayBy = (channel: string): Way => ({ channel, recipient: null, user: null });

export interface FactsParts {
  endpointOf(id: string): { id: string; name: string; kind: string; site: string | null };
  ruleNamed(id: string): NamedRule;
  /** What is seen now of a target or a service; undefined for all others. */
  findingOf?(endpoint: string): Finding | undefined;
}

type AboutAlert = Pick<
  LiveAlert,
  'key' | 'family' | 'endpoint' | 'metric' | 'tags' | 'value' | 'threshold' | 'firedAt' | 'pendingAt' | 'rule'
>;

/** The facts about the present state of one alert. */
export function factsOf(
  parts: FactsParts,
  alert: AboutAlert,
  event: Notification['event'],
  more: Partial<NotificationFacts> = {},
): NotificationFacts {
  return {
    event,
    ...{ key: alert.key, alertKey: alert.key, family: alert.family },
    rule: parts.ruleNamed(alert.rule.id),
    severity: alert.rule.severity,
    endpoint: parts.endpointOf(alert.endpoint),
    members: null,
    metric: alert.metric,
    tags: alert.tags,
    value: alert.value,
    threshold: alert.threshold,
    unit: fieldOf(alert.metric)?.unit ?? '',
    startedAt: alert.firedAt ?? alert.pendingAt,
    endedAt: null,
    why: null,
    ...more,
  };
}
