/** Reads the alerts that go on after a restart: pending and firing ones, and those asleep with their endpoint. */
import type { RuleBook } from '../evaluate/book.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { State } from '../state/open.ts';
import type { Active } from './alert.ts';

export interface Loaded {
  alerts: Active[];
  /** Their rule is gone: they end now. */
  orphans: Active[];
}

export async function loadAlerts(state: State, book: RuleBook, now: number): Promise<Loaded> {
  const rows = await state
    .selectFrom('alerts')
    .selectAll()
    .where((is) => is.or([is('active_key', 'is not', null), is('resolved_why', '=', 'silent')]))
    .orderBy('pending_at')
    .execute();
  const alerts = new Map<string, Active>();
  const orphans: Active[] = [];
  for (const row of rows) {
    const rule = book.rule(row.rule);
    const alert: Active = {
      id: row.id,
      key: row.key,
      family: rule ? book.familyOf(rule) : row.rule,
      rule: rule ?? gone(row.rule, row.severity),
      endpoint: row.endpoint,
      metric: row.metric,
      tags: JSON.parse(row.tags) as Record<string, string>,
      state: row.state === 'resolved' ? 'asleep' : row.state,
      value: row.value,
      threshold: row.threshold,
      pendingAt: row.pending_at,
      firedAt: row.fired_at,
      acknowledgedAt: row.acknowledged_at,
      acknowledgedBy: row.acknowledged_by,
      ticket: row.ticket,
      clearSince: null,
      worse: null,
      dataAt: now,
    };
    if (!rule) orphans.push(alert);
    // An older row of the same key, left asleep, gives way to the newer one.
    else alerts.set(row.key, alert);
  }
  return { alerts: [...alerts.values()], orphans };
}

/** Stands in for a rule that is no longer there, so that its alert can be ended in order. */
function gone(id: string, severity: Rule['severity']): Rule {
  return {
    id,
    name: { en: id, ja: id },
    enabled: false,
    severity,
    applies: 'all',
    when: { kind: 'metric', measurement: '', all: [] },
    for_s: 0,
    clear_for_s: 0,
    ticket: 'open',
    urgency: 3,
  };
}
