/**
 * How long the rows of every table are kept, and what ends them. A table is one of three: what comes by itself and ages is
 * deleted here; what is replaced or counted off where it is written is bounded by that; what people enter stays.
 */
import { sql } from 'kysely';
import { breathe } from './breathe.ts';
import type { Database } from './database.ts';
import type { State } from './open.ts';

const day = 86_400_000;
/** As long as the longest series: three years. */
const years = 3 * 365 * day;

export type Retention =
  /** Rows older than `ms` by `column` are deleted; `but`, in SQL: only these of them. */
  | { rows: 'aged'; column: string; ms: number; but?: string }
  /** `by`: the file that keeps it small. */
  | { rows: 'bounded'; by: string }
  /** By what people do, not by what agents send: kept for ever. */
  | { rows: 'entered' };

const entered: Retention = { rows: 'entered' };
const bounded = (by: string): Retention => ({ rows: 'bounded', by });

const unused = 't.product is null and not exists (select 1 from installs i where i.title = t.id)';

export const retention: Readonly<Record<keyof Database, Retention>> = {
  // Facts for ever: what a month says of presence can be computed again, however old it is. A birth is charged as a row.
  signals: bounded('intake/budgets.ts'),
  watches: bounded('fleet/watch.ts'),
  losses: { rows: 'aged', column: 'received_at', ms: 400 * day },
  quarantine: { rows: 'aged', column: 'received_at', ms: 90 * day },
  machines: { rows: 'aged', column: 'last_at', ms: 400 * day },
  backup_runs: { rows: 'aged', column: 'ended_at', ms: 400 * day },
  change_observations: { rows: 'aged', column: 'at', ms: years, but: 't.change is null' },
  audit_log: { rows: 'aged', column: 'at', ms: years },
  sessions: bounded('accounts/sessions.ts'),
  notifications: bounded('notify/outbox.ts'),
  deliveries: bounded('notify/outbox.ts'),
  inventory: bounded('fleet/inventory.ts'),
  installs: bounded('software/installs.ts'),
  software_read: bounded('software/installs.ts'),
  // Without a time: what is installed nowhere goes.
  software_titles: { rows: 'aged', column: '0', ms: 0, but: unused },
  endpoint_days: bounded('fleet/endpoint-days.ts'),
  state_days: bounded('fleet/endpoint-days.ts'),
  kept_months: bounded('kpi/kept.ts'),
  disk_forecasts: bounded('kpi/disk-forecasts.ts'),
  settings: bounded('state/housekeeping.ts'),
  // The evidence of closed months: an alert begins within its endpoint's budget (../intake/budgets.ts).
  alerts: bounded('intake/budgets.ts'),
  alert_events: bounded('intake/budgets.ts'),
  incidents: bounded('intake/budgets.ts'),
  tickets: bounded('intake/budgets.ts'),
  ticket_events: bounded('intake/budgets.ts'),
  users: entered,
  tokens: entered,
  enrollments: entered,
  endpoints: entered,
  replacements: entered,
  sites: entered,
  calendars: entered,
  calendar_versions: entered,
  closed_months: entered,
  availability_targets: entered,
  index_definitions: entered,
  impacts: entered,
  groups: entered,
  group_members: entered,
  restore_tests: entered,
  rules: entered,
  rule_versions: entered,
  changes: entered,
  change_scopes: entered,
  change_targets: entered,
  change_events: entered,
  costs: entered,
  cost_versions: entered,
  money_settings: entered,
  products: entered,
  product_versions: entered,
  software_usage: entered,
  maintenance_windows: entered,
  maintenance_occurrences: entered,
  maintenance_members: entered,
  maintenance_events: entered,
  period_reports: entered,
  report_schedules: entered,
  report_runs: entered,
  status_pages: entered,
  status_notices: entered,
  status_updates: entered,
  outward_changes: entered,
  ticket_links: entered,
  ticket_participants: entered,
  ratings: entered,
};

/** Deletes what has aged, table by table. @returns how many rows went */
export async function dropAged(state: State, now: number): Promise<number> {
  let gone = 0;
  for (const [table, rule] of Object.entries(retention)) {
    if (rule.rows !== 'aged') continue;
    const name = sql.table(table);
    const old = sql`${sql.raw(rule.column)} < ${now - rule.ms}`;
    const only = rule.but === undefined ? sql`` : sql` and ${sql.raw(rule.but)}`;
    const { numAffectedRows } = await sql`delete from ${name} as t where ${old}${only}`.execute(state);
    gone += Number(numAffectedRows ?? 0n);
    await breathe();
  }
  return gone;
}
