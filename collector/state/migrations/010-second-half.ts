import { type Kysely, sql } from 'kysely';

/** Tables of alerts, tickets and notifications that say in columns what was text before; everything is kept. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of before) await sql.raw(statement).execute(db);
  await fillTickets(db);
  for (const statement of after) await sql.raw(statement).execute(db);
}

const before = [
  'alter table rules rename to rules_unused',
  `create table rules (id integer primary key, rule text not null, scope text not null
    check (scope in ('all', 'kind', 'site', 'group', 'tag', 'endpoint')), target text not null, change text not null,
    updated_at integer not null, updated_by text not null, unique (rule, scope, target))`,
  'drop table rules_unused',
  `create table rule_versions (id integer primary key, rule text not null, scope text not null, target text not null,
    at integer not null, by_user text not null, reason text not null, before text, after text)`,
  'create index rule_versions_by_rule on rule_versions (rule, at)',

  'alter table alerts rename to alerts_before',
  'drop index alerts_by_state',
  'drop index alerts_by_endpoint',
  `create table alerts (id text primary key, key text not null, active_key text unique, rule text not null,
    endpoint text not null, metric text not null, tags text not null,
    state text not null check (state in ('pending', 'firing', 'unknown', 'resolved')),
    severity text not null check (severity in ('info', 'warning', 'critical')),
    value real, threshold real, pending_at integer not null, fired_at integer, resolved_at integer, resolved_why text,
    acknowledged_at integer, acknowledged_by text, acknowledged_note text, acknowledged_until integer,
    acknowledged_sticky integer not null default 0, handed_to text, handed_until integer, first_acknowledged_at integer,
    flapping integer not null default 0, calm integer not null default 0, ticket integer, updated_at integer not null)`,
  // An alert whose endpoint was away was saved as resolved; it goes on as unknown, if nothing has taken its place.
  `insert into alerts (id, key, active_key, rule, endpoint, metric, tags, state, severity, value, threshold, pending_at,
      fired_at, resolved_at, resolved_why, acknowledged_at, acknowledged_by, first_acknowledged_at, acknowledged_until,
      ticket, updated_at)
    select id, key, case when waits then key else active_key end, rule, endpoint, metric, tags,
      case when waits then 'unknown' else state end, severity, value, threshold, pending_at, fired_at,
      case when waits then null else resolved_at end, case when waits then null else resolved_why end,
      acknowledged_at, acknowledged_by, acknowledged_at, acknowledged_at + 86400000, ticket, updated_at
    from (select a.*, resolved_why = 'silent' and not exists (select 1 from alerts_before b where b.key = a.key
      and (b.active_key is not null or b.pending_at > a.pending_at or (b.pending_at = a.pending_at and b.id > a.id))) as waits
      from alerts_before a)`,
  'drop table alerts_before',
  'create index alerts_by_state on alerts (state, updated_at)',
  'create index alerts_by_endpoint on alerts (endpoint, updated_at)',
  'create index alerts_by_key on alerts (key, fired_at)',

  `create table alert_events (id integer primary key, alert text not null, at integer not null, code text not null,
    rule text not null, severity text not null, value real, actor text not null, params text not null)`,
  'create index alert_events_by_alert on alert_events (alert, id)',
  'create index alert_events_by_time on alert_events (at)',
  `insert into alert_events (alert, at, code, rule, severity, value, actor, params)
    select id, fired_at, 'firing', rule, severity, value, 'monitor', '{}' from alerts where fired_at is not null`,
  `insert into alert_events (alert, at, code, rule, severity, value, actor, params)
    select id, acknowledged_at, 'acknowledged', rule, severity, value, acknowledged_by, '{}' from alerts
    where acknowledged_at is not null and acknowledged_by is not null`,
  `insert into alert_events (alert, at, code, rule, severity, value, actor, params)
    select id, resolved_at, 'resolved', rule, severity, value, 'monitor', json_object('reason',
      case when resolved_why = 'cleared' then null else resolved_why end)
    from alerts where resolved_at is not null`,

  `create table incidents (id integer primary key, kind text not null check (kind in ('site', 'budget')), key text not null,
    site text, rule text, ticket integer not null, opened_at integer not null, ended_at integer)`,
  'create index incidents_by_key on incidents (key, opened_at)',

  `alter table tickets add column kind text not null default 'alert' check (kind in ('alert', 'incident', 'budget', 'person'))`,
  'alter table tickets add column site text',
  `alter table tickets add column instance text not null default ''`,
  'alter table tickets add column flapping_since integer',
  'alter table tickets add column muted_until integer',

  `create table notifications (id integer primary key, at integer not null, event text not null, severity text not null,
    alert text, ticket integer, incident text, facts text not null)`,
  'create index notifications_by_alert on notifications (alert)',
  'create index notifications_by_ticket on notifications (ticket)',
  `create table deliveries (id text primary key, notification integer not null references notifications(id), channel text not null,
    dedupe_key text not null unique, about text not null, state text not null check (state in ('queued', 'sent', 'dead')),
    attempts integer not null, next_at integer not null, last_error text, created_at integer not null, sent_at integer)`,
  'create index deliveries_due on deliveries (state, created_at)',
  'create index deliveries_by_notification on deliveries (notification)',
];

/** The kind, place and instance of each ticket; its English title stays only where a person wrote it. */
async function fillTickets(db: Kysely<never>): Promise<void> {
  const { rows } = await sql<{
    id: number;
    key: string;
    source: string;
    rule: string | null;
    tags: string | null;
    opened_at: number;
    resolved_at: number | null;
    endpoint: string | null;
  }>`select t.id, t.key, t.source, t.rule, t.opened_at, t.resolved_at, t.endpoint, a.tags
      from tickets t left join alerts a on a.id = t.alert`.execute(db);
  for (const row of rows) {
    const storm = row.key.startsWith('storm/');
    const kind =
      row.source === 'person' ? 'person' : !storm ? 'alert' : row.key === 'storm/budget' ? 'budget' : 'incident';
    const members = storm ? await sitesOf(db, row.id) : [];
    const site = members[0] ?? null;
    const rule = row.rule ?? (kind === 'alert' ? (row.key.split('/')[1] ?? null) : null);
    const endpoint = row.endpoint ?? (kind === 'alert' ? (row.key.split('/')[0] ?? null) : null);
    const instance = row.tags === null ? '' : instanceIn(JSON.parse(row.tags) as Record<string, string>);
    const title = kind === 'person' ? sql`title` : sql`''`;
    await sql`update tickets set kind = ${kind}, site = ${site}, rule = ${rule}, endpoint = ${endpoint},
      instance = ${instance}, title = ${title} where id = ${row.id}`.execute(db);
    if (storm)
      await sql`insert into incidents (kind, key, site, rule, ticket, opened_at, ended_at) values
        (${kind === 'budget' ? 'budget' : 'site'}, ${row.key}, ${site}, ${rule}, ${row.id}, ${row.opened_at},
        ${row.resolved_at})`.execute(db);
  }
}

function instanceIn({ path, job, name, unit, check, sensor, manager, label }: Record<string, string>): string {
  return [path ?? job ?? name ?? unit ?? check ?? sensor ?? manager, label].filter(Boolean).join(' ');
}

/** The site of a storm is that of its members: its key is case-folded, and a site may hold a slash. */
async function sitesOf(db: Kysely<never>, ticket: number): Promise<string[]> {
  const { rows } = await sql<{
    site: string;
  }>`select distinct e.site from alerts a join endpoints e on e.id = a.endpoint
    where a.ticket = ${ticket} and e.site is not null limit 1`.execute(db);
  return rows.map(({ site }) => site);
}

const after = [
  `update tickets set flapping_since = (select max(at) from ticket_events e where e.ticket = tickets.id
    and e.data like '%"flapping":true%') where open_key is not null`,
  `update ticket_events set kind = 'flapping', data = null where data like '%"flapping":true%'`,
  `update tickets set muted_until = (select max(json_extract(e.data, '$.wontFixUntil')) from ticket_events e
    where e.ticket = tickets.id and e.data like '%"wontFixUntil"%')`,
  // `title` may be empty of now on, and `source` is told by `kind`.
  `create table tickets_new (id integer primary key, key text not null, open_key text unique,
    kind text not null check (kind in ('alert', 'incident', 'budget', 'person')), title text, state text not null
    check (state in ('new', 'in_progress', 'on_hold', 'resolved', 'closed', 'cancelled')), priority integer not null,
    impact integer not null, urgency integer not null, tier integer not null, endpoint text, site text, rule text,
    instance text not null, alert text, assignee text, touched_at integer, opened_at integer not null, resolved_at integer,
    resolved_by text, restored_at integer, closed_at integer, fires integer not null, flapping_since integer,
    muted_until integer, follows integer, updated_at integer not null)`,
  `insert into tickets_new select id, key, open_key, kind, nullif(title, ''), state, priority, impact, urgency, tier, endpoint,
    site, rule, instance, alert, assignee, touched_at, opened_at, resolved_at, resolved_by, restored_at, closed_at, fires,
    flapping_since, muted_until, follows, updated_at from tickets`,
  `create table ticket_events_new (id integer primary key, ticket integer not null, at integer not null, actor text not null,
    kind text not null, from_state text, to_state text, text text, data text)`,
  'insert into ticket_events_new select id, ticket, at, actor, kind, from_state, to_state, text, data from ticket_events',
  'drop table ticket_events',
  'drop table tickets',
  'alter table tickets_new rename to tickets',
  'create index tickets_by_state on tickets (state, opened_at)',
  'create index tickets_by_key on tickets (key)',
  `create table ticket_events (id integer primary key, ticket integer not null references tickets(id), at integer not null,
    actor text not null, kind text not null, from_state text, to_state text, text text, data text)`,
  'insert into ticket_events select * from ticket_events_new',
  'drop table ticket_events_new',
  'create index ticket_events_by_ticket on ticket_events (ticket, at)',

  // One notification per row of the outbox; what waits is still sent.
  `insert into notifications (id, at, event, severity, alert, ticket, incident, facts)
    select rowid, created_at, json_extract(notice, '$.event'), json_extract(notice, '$.severity'),
      case when alert like 'storm/%' then null else alert end, ticket, case when alert like 'storm/%' then alert end, notice
    from outbox`,
  `insert into deliveries (id, notification, channel, dedupe_key, about, state, attempts, next_at, last_error, created_at, sent_at)
    select id, rowid, channel, dedupe_key, coalesce(alert, id), state, attempts, next_at, last_error, created_at, sent_at from outbox`,
  'drop table outbox',
];
