/**
 * The collector's state: everything but time series. Only what SQLite and PostgreSQL both have (text, integer ms,
 * JSON as text). One repository file per noun lives with its noun.
 */

import type { Generated, Kysely, Transaction } from 'kysely';
import type { AccessTables } from './access-tables.ts';
import type { ActTables } from './act-tables.ts';
import type { AgentSettingsTables } from './agent-settings-tables.ts';
import type { AgentUpdateTables } from './agent-update-tables.ts';
import type { ApplicantRow } from './applicant-row.ts';
import type { AuditTables } from './audit-table.ts';
import type { ChangeTables } from './change-tables.ts';
import type { ChannelTables } from './channel-tables.ts';
import type { ChatTables } from './chat-tables.ts';
import type { ClusterTables } from './cluster-tables.ts';
import type { Json, Ms, Worked } from './columns.ts';
import type { CostTables } from './cost-tables.ts';
import type { DeskTables } from './desk-tables.ts';
import type { DirectoryTables } from './directory-tables.ts';
import type { IdentityTables } from './identity-tables.ts';
import type { KnowledgeTables } from './knowledge-tables.ts';
import type { MailTables } from './mail-tables.ts';
import type { MaintenanceTables } from './maintenance-tables.ts';
import type { NotificationTables } from './notification-tables.ts';
import type { OutageTables } from './outage-tables.ts';
import type { PushTables } from './push-tables.ts';
import type { RecoveryTables } from './recovery-tables.ts';
import type { ReportTables } from './report-tables.ts';
import type { RoutingTables } from './routing-tables.ts';
import type { ScriptTables } from './script-tables.ts';
import type { SelfServiceTables } from './self-service-tables.ts';
import type { SilenceTables } from './silence-tables.ts';
import type { TargetTables } from './target-tables.ts';
import type { TicketTables } from './ticket-tables.ts';
import type { ViewTables } from './view-tables.ts';

export type State = Kysely<Database>;
export type StateTransaction = Transaction<Database>;

type Flag = 0 | 1;
/** The common columns of sites and groups. `name_key`: what makes the name unique, see shared/place-name.ts. */
interface PlacesTable {
  id: string;
  name: string;
  name_key: string;
  note: string;
  created_at: Ms;
  created_by: string;
  updated_at: Ms;
  updated_by: string;
}

export interface Database
  extends AccessTables,
    ChannelTables,
    ActTables,
    AgentSettingsTables,
    AgentUpdateTables,
    NotificationTables,
    AuditTables,
    ChangeTables,
    ChatTables,
    DirectoryTables,
    ClusterTables,
    CostTables,
    DeskTables,
    IdentityTables,
    KnowledgeTables,
    MailTables,
    MaintenanceTables,
    OutageTables,
    PushTables,
    RecoveryTables,
    ScriptTables,
    SelfServiceTables,
    SilenceTables,
    TargetTables,
    TicketTables,
    ReportTables,
    ViewTables,
    RoutingTables {
  tokens: {
    id: string;
    name: string;
    role: string;
    hash: string;
    created_at: Ms;
    created_by: string;
    last_used_at: Ms | null;
    revoked_at: Ms | null;
    expires_at: Generated<Ms | null>;
    purpose: Generated<'metrics' | 'alerts' | null>;
    /** As of a person. */
    sites: Generated<Json | null>;
  };
  enrollments: {
    id: string;
    code_hash: string;
    label: string;
    site: string | null;
    kind: string | null;
    uses: number;
    max_uses: number;
    created_at: Ms;
    created_by: string;
    expires_at: Ms;
    revoked_at: Ms | null;
    /** The endpoint that gets another credential by this code; null: a new endpoint. */
    replaces: string | null;
    /** JSON lists: tags of its endpoints; addresses and ranges from which it works, from anywhere when empty. */
    tags: Json;
    ranges: Json;
    /** Ids of groups of its endpoints, JSON. */
    groups: Json;
    /** 1: a person lets in each machine. */
    approval: number;
    revoked_by: string | null;
  };
  applicants: ApplicantRow;
  endpoints: {
    id: string;
    bucket: string;
    name: string;
    /** A row of a target has `target`: it is here for its name, and retired from the beginning. */
    kind: 'server' | 'workstation';
    kind_why: string;
    /** Name of a row of `sites`. A retired endpoint keeps the name of its site, even if that is gone. */
    site: string | null;
    /** JSON list of words. */
    tags: Json;
    platform: string;
    arch: string;
    version: string | null;
    secret_hash: string;
    /** By what a broker of somebody else recognises it (../accounts/verifier.ts); null: not seen since that is kept. */
    verifier: string | null;
    /** The credential of before, which is taken until the newer one is used, at most until then. */
    old_secret_hash: string | null;
    old_secret_until: Ms | null;
    /** How often another credential was asked for; that of the newest one; when it was given out, null: at enrolment. */
    credential: Generated<number>;
    credential_has: Generated<number>;
    credential_at: Ms | null;
    /** Since when its machine has to be enrolled again before it may report. */
    again_at: Ms | null;
    enrolled_at: Ms;
    retired_at: Ms | null;
    /** online, offline (signed off), lost (will or silence), unknown (not yet known to the collector), never (no report). */
    state: 'online' | 'offline' | 'lost' | 'unknown' | 'never';
    state_reason: string | null;
    state_since: Ms;
    session: string | null;
    boot_id: string | null;
    /** Saved from time to time, and at a change of state; the exact value is in memory. */
    last_seen_at: Ms | null;
    interval_ms: number | null;
    clock_offset_ms: number | null;
    /** The hostname as the machine reports it; `name` is derived from it, or chosen by people. */
    hostname: string | null;
    /** Of enrolment, see ../fleet/fingerprint.ts; null where the agent sent none. */
    fingerprint: Json | null;
    /** The endpoint that replaces this one; its credential is answered with that one. */
    moved_to: string | null;
    /** When people were told that it is new. */
    announced_at: Ms | null;
    /** The join code that made it, or gave it another credential. */
    enrollment: string | null;
    /** Hash of what the agent calls that attempt: a repeat after a lost answer. */
    attempt: string | null;
    /** Version of what its agent trusts, and which it could not take (JSON); see ../tls. */
    trust: number | null;
    trust_refused: Json | null;
    /** How many people cannot work while it is down: its seats, or the users of a server; null: not known. */
    people: number | null;
    /** Of what was known only id, kind, site and the times of its life are left; see erasure.ts. */
    erased_at: Ms | null;
    /** In the files of the series as well. */
    erased_all_at: Ms | null;
  };
  sites: PlacesTable & {
    /** IANA; null: the report zone. */
    zone: string | null;
    /** How many people work there; null: not known. */
    people: number | null;
    /** Ids of calendars; null: the default, see ../calendars/calendars.ts. */
    service_calendar: string | null;
    working_calendar: string | null;
    support_calendar: string | null;
  };
  calendars: {
    id: string;
    name: string;
    /** What makes the name unique, see shared/place-name.ts. */
    name_key: string;
    /** IANA. */
    zone: string;
    weekly: Json;
    /** Where the holidays come from, such as DE or DE-BE. */
    region: string | null;
    /** Concrete dates. */
    holidays: Json;
    overrides: Json;
    version: number;
    created_at: Ms;
    created_by: string;
    updated_at: Ms;
    updated_by: string;
  };
  /** Each version of a calendar as it was, for ever: closed months name the one that they were computed with. */
  calendar_versions: {
    calendar: string;
    version: number;
    at: Ms;
    by_user: string;
    reason: string;
    content: Json;
  };
  /** What the pages said about a month when it was closed, and each revision of it. `site`: id, or empty for all. */
  closed_months: {
    month: string;
    site: string;
    revision: number;
    closed_at: Ms;
    by_user: string;
    reason: string;
    content: Json;
    /** What the line of months shows of it; null until it is first asked for. */
    summary: Json | null;
  };
  /**
   * What was last computed about an open month, for each question that took long. `basis`: what else than facts and time
   * it depends on; `took`: ms.
   */
  kept_months: { key: string; basis: string; at: Ms; took: number; content: Json };
  /** Local days on which backups and patches of the fleet were looked at. */
  state_days: { day: string; at: Ms };
  /** How an endpoint was from a day on: a row only where something differs from the row before it. */
  endpoint_days: {
    endpoint: string;
    day: string;
    backup: 'good' | 'bad' | 'none' | 'unknown';
    restore: 'good' | 'bad' | 'none' | 'unknown';
    patches: 'compliant' | 'overdue' | 'unknown';
    os: string | null;
    model: string | null;
  };
  /** Of each disk, as last computed. `used` in %, the rest in percentage points per day; `days`: until it is full. */
  disk_forecasts: {
    endpoint: string;
    path: string;
    at: Ms;
    state: 'full' | 'rising' | 'steady' | 'short' | 'old';
    used: number;
    history: number;
    per_day: number | null;
    low: number | null;
    high: number | null;
    days: number | null;
  };
  /** Every change of a target of availability, for ever: the newest row of a target holds; without a percentage it is withdrawn. */
  availability_targets: {
    id: Generated<number>;
    scope: 'site' | 'group' | 'tag' | 'endpoint';
    /** Id of the site, group or endpoint; the tag itself. */
    target: string;
    percent: number | null;
    at: Ms;
    by_user: string;
    reason: string;
  };
  index_definitions: { version: number; at: Ms; by_user: string; reason: string; parts: Json };
  /** What an incident did to people, as somebody stated it. The newest row of a ticket holds; earlier ones are its audit. */
  impacts: {
    id: Generated<number>;
    ticket: number;
    at: Ms;
    by_user: string;
    reason: string;
    segments: Json;
  };
  groups: PlacesTable;
  group_members: { group_id: string; endpoint: string; added_at: Ms; added_by: string };
  /** Raw presence facts, in the order of receipt. Availability is computed from these, never stored instead of them. */
  signals: {
    id: Generated<number>;
    endpoint: string;
    /** ms UTC, collector clock. */
    at: Ms;
    /** online, offline, lost (will), silent (no report for too long), backlog (proof of life delivered late). */
    kind: 'online' | 'offline' | 'lost' | 'silent' | 'backlog';
    session: string | null;
    boot_id: string | null;
    /** offline: the reason; online: previous_shutdown. */
    reason: string | null;
    /** Last proof of life before this signal; for backlog the start of the span it proves, `at` being its end. */
    last_seen: Ms | null;
    /** online: further facts of the birth that distinguish kinds of absence. */
    birth: Json | null;
  };
  /** When this collector was running. A gap between rows is time without observation. */
  watches: { id: Generated<number>; from_at: Ms; to_at: Ms; clean: Flag };
  inventory: { endpoint: string; section: string; at: Ms; received_at: Ms; data: Json };
  /** Runs of each backup job, as reported: `usual size` is computed from the good ones. */
  backup_runs: {
    endpoint: string;
    product: string;
    job: string;
    ended_at: Ms;
    bytes: number | null;
    files: number | null;
    /** Seconds. */
    duration: number | null;
    /** Good ones, and since migration 112 also those that failed. */
    result: Generated<'ok' | 'warning' | 'failed'>;
  };
  /** Restores that a person tested. */
  restore_tests: {
    id: Generated<number>;
    endpoint: string;
    job: string;
    /** When the restore was tried. */
    at: Ms;
    ok: Flag;
    note: string;
    by_user: string;
    recorded_at: Ms;
  };
  losses: {
    id: Generated<number>;
    endpoint: string;
    epoch: string;
    from_seq: number;
    to_seq: number;
    reason: string;
    count: number;
    received_at: Ms;
  };
  quarantine: {
    id: Generated<number>;
    endpoint: string | null;
    topic: string;
    received_at: Ms;
    code: string;
    message: string;
    size: number;
    /** At most 4 KiB, base64: the start of a message refused as a whole, else its refused parts as JSON. */
    sample: string;
    /** How many parts were refused while the rest was stored; null for a whole message. */
    parts: number | null;
  };
  /** Overrides of rules by people, by scope. Those in evenkeel.yaml are not here. */
  rules: {
    id: Generated<number>;
    rule: string;
    scope: 'all' | 'kind' | 'site' | 'group' | 'tag' | 'endpoint';
    /** Empty for all. */
    target: string;
    /** The parts that differ from the default; the whole rule where there is no default. */
    change: Json;
    updated_at: Ms;
    updated_by: string;
  };
  /** Every change of a rule, for ever. */
  rule_versions: {
    id: Generated<number>;
    rule: string;
    scope: string;
    target: string;
    at: Ms;
    by_user: string;
    reason: string;
    /** null: no override before; null after: taken back. */
    before: Json | null;
    after: Json | null;
  };
  alerts: Worked & {
    id: string;
    /** endpoint/rule/instance, case-folded, without values or times. Only compared, never taken apart. */
    key: string;
    /** Equals `key` until it is resolved, else null: unique, so one key has one active alert. */
    active_key: string | null;
    rule: string;
    endpoint: string;
    metric: string;
    tags: Json;
    state: 'pending' | 'firing' | 'unknown' | 'resolved';
    severity: 'info' | 'warning' | 'critical';
    value: number | null;
    threshold: number | null;
    pending_at: Ms;
    fired_at: Ms | null;
    resolved_at: Ms | null;
    /** Why it ended: cleared, no_data, gone, rule_removed, retired, ended_by_person … */
    resolved_why: string | null;
    /** The acknowledgement in force. */
    acknowledged_at: Ms | null;
    acknowledged_by: string | null;
    acknowledged_note: string | null;
    acknowledged_until: Ms | null;
    acknowledged_sticky: Flag;
    handed_to: string | null;
    handed_until: Ms | null;
    /** The basis of mean time to acknowledge. */
    first_acknowledged_at: Ms | null;
    flapping: Flag;
    /** Flapping, and good at present. */
    calm: Flag;
    ticket: number | null;
    /** By itself, as its rule said at the last change. */
    opens_ticket: Generated<'off' | 'propose' | 'open'>;
    /** Why no one is notified of it at present. */
    suppressed: Generated<'maintenance' | null>;
    /** All reasons for that, with spaces between them; in the order of `suppressionKinds`. */
    suppressed_by: Generated<string>;
    updated_at: Ms;
  };
  /** The history of each alert; append-only. */
  alert_events: {
    id: Generated<number>;
    alert: string;
    at: Ms;
    code: string;
    /** The rule whose level was in force afterwards. */
    rule: string;
    severity: 'info' | 'warning' | 'critical';
    value: number | null;
    /** `monitor` or a user's name. */
    actor: string;
    params: Json;
  };
  /** Beside the alert with this key. */
  outside_alerts: Worked & {
    key: string;
    endpoint: string;
    labels: Json;
    annotations: Json;
    url: string | null;
    /** The token that it came with. */
    sender: string;
    ends_at: Ms | null;
    updated_at: Ms;
  };
  settings: { key: string; value: Json };
}
