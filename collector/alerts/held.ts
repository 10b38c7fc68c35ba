/** The alerts of an endpoint as pages see them: pages derive the state of an endpoint from this and nothing else. */
import type { NamedRule } from '../../shared/words/names.ts';
import { rankOf } from '../evaluate/book.ts';
import type { LiveAlert } from './alert.ts';
import { shownState } from './save.ts';

export interface HeldAlert {
  id: string;
  family: string;
  rule: NamedRule;
  severity: 'info' | 'warning' | 'critical';
  state: 'pending' | 'firing' | 'unknown';
  metric: string;
  tags: Readonly<Record<string, string>>;
  value: number | null;
  since: number;
  isAcknowledged: boolean;
  /** Nobody is notified of it at present. */
  isSuppressed: boolean;
}

/** Worst first, then longest. */
export function heldOf(
  alerts: readonly LiveAlert[],
  ruleNamed: (id: string) => NamedRule,
  isSuppressed: (alert: string) => boolean,
): HeldAlert[] {
  return alerts
    .filter((alert) => alert.state !== 'inactive' || alert.flapping)
    .map((alert) => ({ ...held(alert, ruleNamed(alert.rule.id)), isSuppressed: isSuppressed(alert.id) }))
    .sort((a, b) => rankOf[b.severity] - rankOf[a.severity] || a.since - b.since);
}

function held(alert: LiveAlert, named: NamedRule): Omit<HeldAlert, 'isSuppressed'> {
  const { id, family, rule, metric, tags, value, firedAt, pendingAt } = alert;
  return {
    ...{ id, family, metric, tags, value },
    rule: named,
    severity: rule.severity,
    state: shownState(alert),
    since: firedAt ?? pendingAt,
    isAcknowledged: alert.acknowledgement !== null,
  };
}
