/**
 * What becomes of the rows of every table when a retired endpoint is erased. What is known of it goes; what numbers of months
 * are made of stays without names: alerts and tickets with their times, under its id, which says nothing. What people wrote
 * about it elsewhere has its id for its name.
 */
import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { breathe } from './breathe.ts';
import type { Database, State, StateTransaction } from './database.ts';

type Fragment = RawBuilder<unknown>;
/** The rows that are about it. `ids`: of the endpoint, and of those that it goes on for. */
type Which = (ids: Fragment, names: Fragment) => Fragment;

type Emptied = Readonly<Record<string, string | null | Fragment>>;

export type Erasure =
  /** They go. */
  | { rows: Which }
  /** They stay, with these columns emptied. */
  | { emptied: Which; set: Emptied | ((ids: Fragment) => Emptied) }
  /** What people wrote: its names are replaced, wherever they stand. `digest`: column with the SHA-256 of `texts`. */
  | { texts: readonly string[]; digest?: string }
  /** Nothing in it is about an endpoint. */
  | 'nothing';

const own: Which = (ids) => sql`endpoint in (${ids})`;
const scoped: Which = (ids) => sql`scope = 'endpoint' and target in (${ids})`;
const ofAlerts: Which = (ids) => sql`alert in (select id from alerts where endpoint in (${ids}))`;
const ofTickets: Which = (ids) => sql`ticket in (select id from tickets where endpoint in (${ids}))`;
const notified: Which = (ids, names) => sql`(${ofAlerts(ids, names)} or ${ofTickets(ids, names)})`;
const all: Which = () => sql`1 = 1`;
const withTitle: Which = (ids) => sql`title in (select title from installs where endpoint in (${ids}))`;
/** Entries of the audit log about one object. */
const audited =
  (object: string, of: Which): Which =>
  (ids, names) =>
    sql`object = ${object} and object_id in (${of(ids, names)})`;

const rows = (...which: Which[]): Erasure[] => which.map((one) => ({ rows: one }));
const texts = (...columns: string[]): Erasure[] => [{ texts: columns }];
const nothing: Erasure[] = ['nothing'];
/** Who did what and when stays, and the id. */
const forgotten = { name: null, before: null, after: null, reason: null };

/** In this order: what refers to others before these. */
export const erasure: Readonly<Record<keyof Database, readonly Erasure[]>> = {
  // What it reported, and what was derived of that.
  signals: rows(own),
  losses: rows(own),
  quarantine: rows(
    (ids) => sql`(endpoint in (${ids}) or exists (select 1 from endpoints e
    where e.id in (${ids}) and quarantine.topic like '%/' || e.id || '/%'))`,
  ),
  machines: rows(own),
  identity_events: rows(own),
  backup_runs: rows(own),
  restore_tests: rows(own),
  inventory: rows(own),
  // Before the installs that they count.
  software_spread: [
    {
      emptied: withTitle,
      set: (ids) => ({
        endpoints: sql`endpoints - (select count(distinct i.endpoint) from installs i
          where i.endpoint in (${ids}) and i.title = software_spread.title)`,
      }),
    },
    ...rows(() => sql`endpoints <= 0`),
  ],
  software_versions: [
    {
      emptied: withTitle,
      set: (ids) => ({
        endpoints: sql`endpoints - (select count(*) from installs i
          where i.endpoint in (${ids}) and i.title = software_versions.title and i.version = software_versions.version)`,
      }),
    },
    ...rows(() => sql`endpoints <= 0`),
  ],
  installs: rows(own),
  software_read: rows(own),
  // A name that only it had says what it was.
  software_titles: rows(
    () => sql`product is null and not exists (select 1 from installs i where i.title = software_titles.id)`,
  ),
  software_usage: rows((_, names) => sql`unit in (${names})`),
  endpoint_days: rows(own),
  disk_forecasts: rows(own),
  change_observations: rows(own),

  // What was decided for it alone.
  group_members: rows(own),
  replacements: rows((ids) => sql`(moved in (${ids}) or endpoint in (${ids}))`),
  setting_layers: rows(scoped),
  setting_versions: texts('reason', 'changes'),
  applied_settings: rows(own),
  update_rollouts: texts('reason'),
  update_turns: rows(own),
  update_said: rows(own),
  script_orders: [...rows(own), ...texts('why', 'output')],
  rules: rows(scoped),
  rule_versions: [...rows(scoped), ...texts('reason')],
  availability_targets: [...rows(scoped), ...texts('reason')],
  applicants: texts('hostname', 'reason'),
  enrollments: [{ emptied: (ids) => sql`replaces in (${ids})`, set: { label: '' } }, ...texts('label')],

  // What numbers of months are made of: it stays, and names nothing. Deleted, the open month would forget its outages.
  alert_events: [{ emptied: ofAlerts, set: { params: '{}' } }],
  alerts: [{ emptied: own, set: { key: sql`id`, active_key: null, tags: '{}', acknowledged_note: null } }],
  ticket_events: [{ emptied: ofTickets, set: { text: null } }, ...texts('text', 'data')],
  report_labels: rows(own),
  request_links: rows(ofTickets),
  ticket_evidence: rows(ofTickets),
  recovery_requests: [{ emptied: own, set: { endpoint: null } }, ...texts('reach')],
  ratings: [{ emptied: ofTickets, set: { comment: null } }, ...texts('comment')],
  impacts: [{ emptied: ofTickets, set: { reason: '' } }, ...texts('reason', 'segments')],
  directory_machines: rows(own),
  ticket_links: texts('target'),
  // Their bytes go with the next sweep of files, see collector/attachments.
  attachments: [...rows(ofTickets), ...texts('name')],
  mail_messages: [{ emptied: ofTickets, set: { sender: null, subject: null } }, ...texts('sender', 'subject')],
  tickets: [
    {
      emptied: own,
      set: {
        key: sql`'erased/' || id`,
        open_key: null,
        instance: '',
        title: sql`case when title is null then null else '' end`,
      },
    },
    ...texts('title', 'vendor_reference', 'tags'),
  ],
  incidents: texts('key'),
  alert_clocks: rows(own),
  outside_alerts: [...rows(own), ...texts('labels', 'annotations')],
  changes: [
    {
      emptied: (ids) => sql`kind = 'recognised' and id in (select change from change_targets where endpoint in (${ids}))
        and id not in (select change from change_targets where endpoint not in (${ids}))`,
      set: { packages: '[]' },
    },
    ...texts('title', 'description', 'outcome_reason'),
  ],
  change_targets: [{ emptied: own, set: { note: null } }, ...texts('note')],
  change_events: texts('data'),
  // Of what is watched from outside; a watcher that is gone has no vote.
  targets: nothing,
  services: nothing,
  watched_states: nothing,
  change_scopes: nothing,
  routing_documents: texts('content', 'reason'),
  on_call_overrides: nothing,
  on_call_feeds: nothing,
  // A machine that asked for it is named as its author.
  maintenance_windows: texts('reason', 'created_by', 'updated_by'),
  maintenance_events: texts('params', 'actor'),
  maintenance_occurrences: texts('entered_by'),
  maintenance_members: nothing,
  silences: texts('matchers', 'reason'),
  silenced: nothing,
  // Ids of endpoints, which say nothing.
  outages: nothing,
  dependencies: rows((ids) => sql`(endpoint in (${ids}) or parent in (${ids}))`),
  closed_months: texts('content', 'reason'),
  period_reports: [{ texts: ['content'], digest: 'digest' }, ...texts('reason')],
  // Computed again.
  kept_months: rows(all),

  channels: nothing,
  // What was sent about it.
  deliveries: [
    ...rows((ids, names) => sql`notification in (select id from notifications where ${notified(ids, names)})`),
    ...texts('last_error'),
  ],
  notification_alerts: rows(
    ofAlerts,
    (ids, names) => sql`notification in (select id from notifications where ${notified(ids, names)})`,
  ),
  notifications: [...rows(notified), ...texts('facts')],
  alert_group_members: rows(ofAlerts),
  alert_group_ways: nothing,
  escalation_runs: nothing,
  alert_groups: texts('label_values'),

  audit_log: [
    {
      emptied: (ids) => sql`kind = 'agent' and object = 'endpoint' and object_id in (${ids})`,
      set: { actor: sql`object_id`, address: null },
    },
    // An enrolment that was not completed has its name alone.
    {
      emptied: (_, names) => sql`kind = 'agent' and object_id is null and actor in (${names})`,
      set: { ...forgotten, actor: '', address: null },
    },
    { emptied: audited('endpoint', (ids) => ids), set: forgotten },
    {
      emptied: audited('alert', (ids) => sql`select id from alerts where endpoint in (${ids})`),
      set: forgotten,
    },
    {
      emptied: audited('ticket', (ids) => sql`select cast(id as text) from tickets where endpoint in (${ids})`),
      set: forgotten,
    },
    {
      emptied: audited('join_code', (ids) => sql`select id from enrollments where replaces in (${ids})`),
      set: forgotten,
    },
    ...texts('name', 'before', 'after', 'reason'),
  ],

  // What people wrote about other things.
  sites: texts('note'),
  groups: texts('note'),
  report_schedules: nothing,
  report_runs: nothing,
  outward_changes: texts('reason', 'content'),
  status_pages: texts('title', 'intro'),
  status_notices: texts('title'),
  status_updates: texts('words'),
  calendar_versions: texts('reason'),
  index_definitions: texts('reason'),
  ticket_targets: texts('reason'),
  cost_versions: texts('reason'),
  money_settings: texts('reason'),
  product_versions: texts('reason'),
  calendars: nothing,
  costs: nothing,
  products: nothing,

  // Of people and of the collector itself.
  users: nothing,
  act_links: nothing,
  push_subscriptions: nothing,
  desks: nothing,
  chat_rooms: nothing,
  chat_accounts: nothing,
  chat_codes: nothing,
  // What was said is empty once it is done; what waits is emptied, and does nothing then.
  chat_events: [{ emptied: all, set: { said: '', answer: null } }],
  // Who works on it there. The ticket at the desk itself is that desk's own affair.
  desk_links: [{ emptied: ofTickets, set: { remote_assignee: null, agreed_assignee: null, last_error: null } }],
  collectors: nothing,
  leases: nothing,
  saved_views: nothing,
  articles: texts('keywords'),
  article_texts: texts('title', 'body'),
  article_versions: texts('content', 'reason'),
  article_outcomes: nothing,
  // Made anew of what is left.
  search_documents: rows(all),
  search_words: rows(all),
  view_starts: nothing,
  sessions: nothing,
  // Hashes alone: what is emptied in the log stays in its chain by its digest.
  audit_chain: nothing,
  identities: nothing,
  second_factors: nothing,
  tokens: nothing,
  ticket_participants: nothing,
  ticket_watchers: nothing,
  ticket_news: nothing,
  person_skills: nothing,
  // Whoever works at it is still there.
  directory_people: nothing,
  watches: nothing,
  state_days: nothing,
  settings: nothing,

  // Last: the rest is found by it. Its times, kind and site are those by which months count it.
  endpoints: [
    {
      emptied: (ids) => sql`id in (${ids})`,
      set: {
        ...{ name: sql`id`, kind_why: '[]', tags: '[]', platform: '', arch: '', version: null, secret_hash: '' },
        ...{ verifier: null, old_secret_hash: null, state_reason: null, session: null, boot_id: null, hostname: null },
        ...{ fingerprint: null, moved_to: null, enrollment: null, attempt: null },
      },
    },
  ],
};

/** A name of it, and the id that stands for it from now on. */
export interface ErasedName {
  name: string;
  id: string;
  /** It is no plain word, and nothing else has it: it is replaced in what people wrote. */
  isUnmistakable: boolean;
}

/** Inside the transaction of the caller. */
export async function eraseRows(
  db: StateTransaction,
  ids: readonly string[],
  names: readonly ErasedName[],
): Promise<void> {
  const sure = names.filter(({ isUnmistakable }) => isUnmistakable).map(({ name }) => name);
  const [idList, nameList] = [sql.join(ids), sure.length === 0 ? sql`null` : sql.join(sure)];
  for (const [table, steps] of Object.entries(erasure))
    for (const step of steps) {
      await breathe();
      if (step === 'nothing') continue;
      const name = sql.table(table);
      if ('rows' in step) await sql`delete from ${name} where ${step.rows(idList, nameList)}`.execute(db);
      else if ('texts' in step) await replaceNames(db, table, step, names);
      else {
        const emptied = typeof step.set === 'function' ? step.set(idList) : step.set;
        const set = Object.entries(emptied).map(([column, value]) => sql`${sql.ref(column)} = ${value}`);
        await sql`update ${name} set ${sql.join(set)} where ${step.emptied(idList, nameList)}`.execute(db);
      }
    }
}

/** Beside its id in what was kept as JSON; one that is unmistakable wherever it is a whole word, of whatever case. */
export function withoutNames(text: string, names: readonly ErasedName[]): string {
  let left = text;
  for (const { name, id, isUnmistakable } of names) {
    left = left.replaceAll(`"id":"${id}","name":${JSON.stringify(name)}`, `"id":"${id}","name":"${id}"`);
    if (!isUnmistakable) continue;
    const quoted = name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    left = left.replace(new RegExp(`(?<![\\p{L}\\p{N}_-])${quoted}(?![\\p{L}\\p{N}_-])`, 'giu'), id);
  }
  return left;
}

/** By the old text, because the keys of the tables differ. */
async function replaceNames(
  db: State,
  table: string,
  { texts: columns, digest }: Extract<Erasure, { texts: unknown }>,
  names: readonly ErasedName[],
): Promise<void> {
  const [of, hash] = [sql.table(table), digest === undefined ? null : sql.ref(digest)];
  for (const column of columns.map((one) => sql.ref(one)))
    for (const { name } of names) {
      // `_` fits any character: what is found is looked at again.
      const like = `%${name.toLowerCase().replaceAll('%', '_').replaceAll('\\', '_')}%`;
      const { rows: found } = await sql<{ text: string }>`select distinct ${column} as text from ${of}
        where lower(${column}) like ${like}`.execute(db);
      for (const { text } of found) {
        const left = withoutNames(text, names);
        const summed = hash && sql`, ${hash} = ${createHash('sha256').update(left).digest('hex')}`;
        if (left !== text)
          await sql`update ${of} set ${column} = ${left}${summed ?? sql``} where ${column} = ${text}`.execute(db);
      }
    }
}
