import { type Kysely, sql } from 'kysely';
import type { TableMaker } from './tables.ts';

/**
 * Tables of alerts, tickets and notifications with columns instead of text; everything is kept. Only the first kind of
 * database has rows to move: the statements `moves…` are in its dialect.
 */
export async function up(db: Kysely<never>, tables: TableMaker): Promise<void> {
  const run = async (...statements: string[]) => {
    for (const statement of statements) await sql.raw(statement).execute(db);
  };
  const move = async (...statements: string[]) => {
    if (tables.isFirst) await run(...statements);
  };
  await makeRules(tables, run);
  await run(
    'alter table alerts rename to alerts_before',
    'drop index alerts_by_state',
    'drop index alerts_by_endpoint',
  );
  await makeAlerts(tables);
  await move(...movesOfAlerts);
  await run('drop table alerts_before');
  await tables.index('alerts_by_state', 'alerts', 'state', 'updated_at');
  await tables.index('alerts_by_endpoint', 'alerts', 'endpoint', 'updated_at');
  await tables.index('alerts_by_key', 'alerts', 'key', 'fired_at');
  await tables.create('incidents', {
    id: 'id',
    kind: 'text in site|budget',
    key: 'text',
    site: 'text?',
    rule: 'text?',
    ticket: 'int',
    opened_at: 'int',
    ended_at: 'int?',
  });
  await tables.index('incidents_by_key', 'incidents', 'key', 'opened_at');
  await tables.add('tickets', {
    kind: `text = alert in ${ticketKinds}`,
    site: 'text?',
    instance: 'text = ',
    flapping_since: 'int?',
    muted_until: 'int?',
  });
  if (tables.isFirst) await fillTickets(db);
  await move(...movesOfTickets);
  await remakeTickets(tables, run);
  await makeNotifications(tables);
  await move(...movesOfOutbox);
  await run('drop table outbox');
}

type RunStatements = (...statements: string[]) => Promise<void>;
const ticketKinds = 'alert|incident|budget|person';

async function makeRules(tables: TableMaker, run: RunStatements): Promise<void> {
  await run('alter table rules rename to rules_unused');
  await tables.create(
    'rules',
    {
      id: 'id',
      rule: 'text',
      scope: 'text in all|kind|site|group|tag|endpoint',
      target: 'text',
      change: 'text',
      updated_at: 'int',
      updated_by: 'text',
    },
    { unique: ['rule', 'scope', 'target'] },
  );
  await run('drop table rules_unused');
  await tables.create('rule_versions', {
    id: 'id',
    rule: 'text',
    scope: 'text',
    target: 'text',
    at: 'int',
    by_user: 'text',
    reason: 'text',
    before: 'text?',
    after: 'text?',
  });
  await tables.index('rule_versions_by_rule', 'rule_versions', 'rule', 'at');
}

async function makeAlerts(tables: TableMaker): Promise<void> {
  await tables.create('alerts', {
    id: 'text key',
    key: 'text',
    active_key: 'text? unique',
    rule: 'text',
    endpoint: 'text',
    metric: 'text',
    tags: 'text',
    state: 'text in pending|firing|unknown|resolved',
    severity: 'text in info|warning|critical',
    value: 'real?',
    threshold: 'real?',
    pending_at: 'int',
    fired_at: 'int?',
    resolved_at: 'int?',
    resolved_why: 'text?',
    acknowledged_at: 'int?',
    acknowledged_by: 'text?',
    acknowledged_note: 'text?',
    acknowledged_until: 'int?',
    acknowledged_sticky: 'int = 0',
    handed_to: 'text?',
    handed_until: 'int?',
    first_acknowledged_at: 'int?',
    flapping: 'int = 0',
    calm: 'int = 0',
    ticket: 'int?',
    updated_at: 'int',
  });
  await tables.create('alert_events', {
    id: 'id',
    alert: 'text',
    at: 'int',
    code: 'text',
    rule: 'text',
    severity: 'text',
    value: 'real?',
    actor: 'text',
    params: 'text',
  });
  await tables.index('alert_events_by_alert', 'alert_events', 'alert', 'id');
  await tables.index('alert_events_by_time', 'alert_events', 'at');
}

async function makeNotifications(tables: TableMaker): Promise<void> {
  await tables.create('notifications', {
    id: 'id',
    at: 'int',
    event: 'text',
    severity: 'text',
    alert: 'text?',
    ticket: 'int?',
    incident: 'text?',
    facts: 'text',
  });
  await tables.index('notifications_by_alert', 'notifications', 'alert');
  await tables.index('notifications_by_ticket', 'notifications', 'ticket');
  await tables.create('deliveries', {
    id: 'text key',
    notification: 'int -> notifications',
    channel: 'text',
    dedupe_key: 'text unique',
    about: 'text',
    state: 'text in queued|sent|dead',
    attempts: 'int',
    next_at: 'int',
    last_error: 'text?',
    created_at: 'int',
    sent_at: 'int?',
  });
  await tables.index('deliveries_due', 'deliveries', 'state', 'created_at');
  await tables.index('deliveries_by_notification', 'deliveries', 'notification');
}

/** `title` may be empty from now on, and `kind` replaces `source`. */
async function remakeTickets(tables: TableMaker, run: RunStatements): Promise<void> {
  const event = {
    id: 'id',
    ticket: 'int',
    at: 'int',
    actor: 'text',
    kind: 'text',
    from_state: 'text?',
    to_state: 'text?',
    text: 'text?',
    data: 'text?',
  };
  await tables.create('tickets_new', {
    id: 'id',
    key: 'text',
    open_key: 'text? unique',
    kind: `text in ${ticketKinds}`,
    title: 'text?',
    state: 'text in new|in_progress|on_hold|resolved|closed|cancelled',
    priority: 'int',
    impact: 'int',
    urgency: 'int',
    tier: 'int',
    endpoint: 'text?',
    site: 'text?',
    rule: 'text?',
    instance: 'text',
    alert: 'text?',
    assignee: 'text?',
    touched_at: 'int?',
    opened_at: 'int',
    resolved_at: 'int?',
    resolved_by: 'text?',
    restored_at: 'int?',
    closed_at: 'int?',
    fires: 'int',
    flapping_since: 'int?',
    muted_until: 'int?',
    follows: 'int?',
    updated_at: 'int',
  });
  await run(
    `insert into tickets_new select id, key, open_key, kind, nullif(title, ''), state, priority, impact, urgency, tier, endpoint,
    site, rule, instance, alert, assignee, touched_at, opened_at, resolved_at, resolved_by, restored_at, closed_at, fires,
    flapping_since, muted_until, follows, updated_at from tickets`,
  );
  await tables.create('ticket_events_new', event);
  await run(
    'insert into ticket_events_new select id, ticket, at, actor, kind, from_state, to_state, text, data from ticket_events',
    'drop table ticket_events',
    'drop table tickets',
    'alter table tickets_new rename to tickets',
  );
  await tables.index('tickets_by_state', 'tickets', 'state', 'opened_at');
  await tables.index('tickets_by_key', 'tickets', 'key');
  await tables.create('ticket_events', { ...event, ticket: 'int -> tickets' });
  await run('insert into ticket_events select * from ticket_events_new', 'drop table ticket_events_new');
  await tables.index('ticket_events_by_ticket', 'ticket_events', 'ticket', 'at');
}

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

/** The site of an incident is that of its members: its key is case-folded, and a site may hold a slash. */
async function sitesOf(db: Kysely<never>, ticket: number): Promise<string[]> {
  const { rows } = await sql<{
    site: string;
  }>`select distinct e.site from alerts a join endpoints e on e.id = a.endpoint
    where a.ticket = ${ticket} and e.site is not null limit 1`.execute(db);
  return rows.map(({ site }) => site);
}

const movesOfAlerts = [
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
  `insert into alert_events (alert, at, code, rule, severity, value, actor, params)
    select id, fired_at, 'firing', rule, severity, value, 'monitor', '{}' from alerts where fired_at is not null`,
  `insert into alert_events (alert, at, code, rule, severity, value, actor, params)
    select id, acknowledged_at, 'acknowledged', rule, severity, value, acknowledged_by, '{}' from alerts
    where acknowledged_at is not null and acknowledged_by is not null`,
  `insert into alert_events (alert, at, code, rule, severity, value, actor, params)
    select id, resolved_at, 'resolved', rule, severity, value, 'monitor', json_object('reason',
      case when resolved_why = 'cleared' then null else resolved_why end)
    from alerts where resolved_at is not null`,
];

const movesOfTickets = [
  `update tickets set flapping_since = (select max(at) from ticket_events e where e.ticket = tickets.id
    and e.data like '%"flapping":true%') where open_key is not null`,
  `update ticket_events set kind = 'flapping', data = null where data like '%"flapping":true%'`,
  `update tickets set muted_until = (select max(json_extract(e.data, '$.wontFixUntil')) from ticket_events e
    where e.ticket = tickets.id and e.data like '%"wontFixUntil"%')`,
];

const movesOfOutbox = [
  // One notification per row of the outbox; what waits is still sent.
  `insert into notifications (id, at, event, severity, alert, ticket, incident, facts)
    select rowid, created_at, json_extract(notice, '$.event'), json_extract(notice, '$.severity'),
      case when alert like 'storm/%' then null else alert end, ticket, case when alert like 'storm/%' then alert end, notice
    from outbox`,
  `insert into deliveries (id, notification, channel, dedupe_key, about, state, attempts, next_at, last_error, created_at, sent_at)
    select id, rowid, channel, dedupe_key, coalesce(alert, id), state, attempts, next_at, last_error, created_at, sent_at from outbox`,
];
