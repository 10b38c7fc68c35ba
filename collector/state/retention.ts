/**
 * How long the rows of every table are kept, and what ends them. A table is one of three: what comes by itself and ages is
 * deleted here; what is replaced or counted off where it is written is bounded by that; what people enter stays.
 */
import { sql } from 'kysely';
import { breathe } from './breathe.ts';
import { dropChains } from './chains.ts';
import type { Database } from './database.ts';
import type { State } from './open.ts';

const day = 86_400_000;
/** As long as the longest series: three years. */
const years = 3 * 365 * day;

export type Retention =
  /** Rows older than `ms` by `column` are deleted; `but`, in SQL: only these of them. Evidence: as the setting says. */
  | { rows: 'aged'; column: string; ms: number | 'evidence'; but?: string }
  /** Goes with the ticket, alert or change that it is of, see chains.ts. */
  | { rows: 'chained' }
  /** `by`: the file that keeps it small. */
  | { rows: 'bounded'; by: string }
  /** By what people do, not by what agents send: kept for ever. */
  | { rows: 'entered' };

const entered: Retention = { rows: 'entered' };
const chained: Retention = { rows: 'chained' };
const evidence = (column: string, but?: string): Retention => ({
  ...{ rows: 'aged', column, ms: 'evidence' },
  ...(but === undefined ? {} : { but }),
});
const bounded = (by: string): Retention => ({ rows: 'bounded', by });

const overtaken = `(exists (select 1 from signals s where s.endpoint = t.endpoint and s.id > t.id and s.at < $end)
  or exists (select 1 from endpoints e where e.id = t.endpoint and e.retired_at < $end))`;
const outdated = `(exists (select 1 from watched_states s where s.subject = t.subject and s.id > t.id and s.at < $end)
  or not exists (select 1 from targets g where g.id = t.subject)
  and not exists (select 1 from services v where v.id = t.subject))`;
const uncovered = 'not exists (select 1 from maintenance_members m where m.occurrence = t.id)';
const unused = 't.product is null and not exists (select 1 from installs i where i.title = t.id)';

export const retention: Readonly<Record<keyof Database, Retention>> = {
  // The newest before the end says how an endpoint was from then on.
  signals: evidence('at', overtaken),
  watches: evidence('to_at'),
  losses: { rows: 'aged', column: 'received_at', ms: 400 * day },
  quarantine: { rows: 'aged', column: 'received_at', ms: 90 * day },
  machines: { rows: 'aged', column: 'last_at', ms: 400 * day },
  backup_runs: { rows: 'aged', column: 'ended_at', ms: 400 * day },
  change_observations: { rows: 'aged', column: 'at', ms: years, but: 't.change is null' },
  audit_log: { rows: 'aged', column: 'at', ms: years },
  script_orders: evidence('asked_at', 'open_key is null'),
  // An old link says for a while that it has expired.
  act_links: { rows: 'aged', column: 'expires_at', ms: 30 * day },
  // What was asked stands in its ticket; how often in the last day, here.
  recovery_requests: { rows: 'aged', column: 'expires_at', ms: 30 * day },
  report_labels: { rows: 'aged', column: 'expires_at', ms: 0 },
  audit_chain: bounded('state/audit-chain.ts'),
  sessions: bounded('accounts/sessions.ts'),
  notifications: bounded('notify/outbox.ts'),
  deliveries: bounded('notify/outbox.ts'),
  channels: entered,
  notification_alerts: bounded('notify/outbox.ts'),
  alert_groups: bounded('notify/save-groups.ts'),
  alert_group_members: bounded('notify/save-groups.ts'),
  alert_group_ways: bounded('notify/save-groups.ts'),
  escalation_runs: bounded('notify/save-groups.ts'),
  inventory: bounded('fleet/inventory.ts'),
  installs: bounded('software/installs.ts'),
  software_read: bounded('software/installs.ts'),
  software_spread: bounded('software/installs.ts'),
  software_versions: bounded('software/installs.ts'),
  // Without a time: what is installed nowhere goes.
  software_titles: { rows: 'aged', column: '0', ms: 0, but: unused },
  endpoint_days: bounded('fleet/endpoint-days.ts'),
  state_days: bounded('fleet/endpoint-days.ts'),
  kept_months: bounded('kpi/kept.ts'),
  disk_forecasts: bounded('kpi/disk-forecasts.ts'),
  settings: bounded('state/housekeeping.ts'),
  // The evidence of months: together, once all of it has ended.
  alerts: chained,
  alert_events: chained,
  incidents: chained,
  impacts: chained,
  tickets: chained,
  desk_links: chained,
  request_links: chained,
  ticket_events: chained,
  ticket_links: chained,
  ticket_participants: chained,
  ticket_watchers: chained,
  ticket_evidence: chained,
  ticket_news: chained,
  ratings: chained,
  attachments: chained,
  mail_messages: evidence('at', 'not exists (select 1 from tickets k where k.id = t.ticket)'),
  users: entered,
  person_skills: entered,
  // Who has left is removed by a person, who may first have to hand over what was theirs.
  directory_people: entered,
  directory_machines: entered,
  identities: entered,
  second_factors: entered,
  push_subscriptions: entered,
  desks: entered,
  chat_rooms: entered,
  chat_accounts: entered,
  chat_codes: bounded('chat/accounts.ts'),
  chat_events: bounded('chat/events.ts'),
  collectors: bounded('cluster/leases.ts'),
  leases: bounded('cluster/leases.ts'),
  saved_views: entered,
  articles: entered,
  article_texts: entered,
  article_versions: bounded('knowledge/articles.ts'),
  article_outcomes: evidence('at'),
  search_documents: bounded('knowledge/documents.ts'),
  search_words: bounded('knowledge/documents.ts'),
  view_starts: entered,
  // Names of scripts: as long as what they did.
  tokens: evidence('coalesce(t.revoked_at, t.expires_at)'),
  applicants: { rows: 'aged', column: 'asked_at', ms: 7 * day },
  enrollments: { rows: 'aged', column: 'expires_at', ms: 400 * day },
  endpoints: entered,
  targets: entered,
  services: entered,
  // The newest before the end says how it was from then on.
  watched_states: evidence('at', outdated),
  replacements: evidence('at'),
  identity_events: evidence('at'),
  // The past answers as it was: who was on call, and who heard.
  routing_documents: entered,
  on_call_overrides: evidence('to_at'),
  on_call_feeds: entered,
  sites: entered,
  calendars: entered,
  calendar_versions: entered,
  closed_months: entered,
  availability_targets: entered,
  index_definitions: entered,
  ticket_targets: entered,
  groups: entered,
  group_members: entered,
  restore_tests: entered,
  setting_layers: entered,
  setting_versions: entered,
  applied_settings: bounded('agent-settings/agent-settings.ts'),
  update_rollouts: entered,
  update_turns: entered,
  update_said: bounded('updates/updates.ts'),
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
  maintenance_members: evidence('to_at'),
  maintenance_occurrences: evidence('end_at', uncovered),
  maintenance_events: evidence('at'),
  silences: evidence('end_at'),
  silenced: evidence('to_at'),
  outages: bounded('outages/memory.ts'),
  alert_clocks: bounded('alerts/clocks.ts'),
  dependencies: entered,
  period_reports: entered,
  report_schedules: entered,
  report_runs: evidence('at'),
  status_pages: entered,
  status_notices: entered,
  status_updates: entered,
  outward_changes: evidence('at'),
  outside_alerts: evidence('updated_at', 'not exists (select 1 from alerts a where a.active_key = t.key)'),
};

/** Deletes what has aged, table by table. @returns how many rows went */
export async function dropAged(state: State, now: number, evidenceMs = 5 * 366 * day): Promise<number> {
  let gone = await dropChains(state, now - evidenceMs);
  for (const [table, rule] of Object.entries(retention)) {
    if (rule.rows !== 'aged') continue;
    const name = sql.table(table);
    const end = now - (rule.ms === 'evidence' ? evidenceMs : rule.ms);
    // PostgreSQL would take its type from the other side, which may be a small number.
    const old = sql`${sql.raw(rule.column)} < cast(${end} as bigint)`;
    const only = rule.but === undefined ? sql`` : sql` and ${sql.raw(rule.but.replaceAll('$end', String(end)))}`;
    const { numAffectedRows } = await sql`delete from ${name} as t where ${old}${only}`.execute(state);
    gone += Number(numAffectedRows ?? 0n);
    await breathe();
  }
  return gone;
}
