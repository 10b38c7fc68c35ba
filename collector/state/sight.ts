/**
 * What a person who is limited to some sites sees of the state: every query of theirs reads each table through one predicate,
 * whoever wrote the query. It rests on the context of the request, not on an argument: a query that forgot the argument would
 * show all, a table that is forgotten here shows nothing.
 *
 * Only a state made by `limitedState` looks at it, which the routes have. The rooms keep the whole state: an alert is judged
 * the same whoever acknowledges it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  AliasNode,
  type DeleteQueryNode,
  type FromNode,
  IdentifierNode,
  type JoinNode,
  type KyselyPlugin,
  type OperationNode,
  OperationNodeTransformer,
  type QueryId,
  type RawBuilder,
  sql,
  TableNode,
} from 'kysely';
import type { Database, State } from './database.ts';

/** The sites of a limited person, as they are called now. */
export interface Sight {
  /** Ids. */
  readonly sites: readonly string[];
  readonly names: readonly string[];
  /** Of the endpoints there; and ids of the groups that they are in. */
  tags(): readonly string[];
  groups(): ReadonlySet<string>;
}

const requests = new AsyncLocalStorage<Sight>();
/** Undefined: nothing is limited. */
export const sightNow = (): Sight | undefined => requests.getStore();
export const withSight = <T>(sight: Sight, work: () => T): T => requests.run(sight, work);
/** Whether the caller of the request sees an endpoint, or what else is at a site. */
export function seesEndpoint({ site }: { readonly site: string | null }): boolean {
  const sight = sightNow();
  return sight === undefined || (site !== null && sight.names.includes(site));
}
/** For what goes on after the request, and is not for its caller alone. */
export const withoutSight = <T>(work: () => T): T => requests.exit(work);

type Predicate = RawBuilder<unknown>;
type SeenBy = (sight: Sight) => Predicate;
/** Rows that are counted over the fleet are counted again over what is seen. */
type CountedBy = { rows: SeenBy };

/** Each row of such a table may be seen by everybody who may call the route. */
const everything = 'everything';
const nothing = 'nothing';

const anyOf = (list: readonly string[]): Predicate =>
  list.length === 0 ? sql`select null where 1 = 0` : sql.join(list);
const places = ({ names }: Sight) => sql`select id from endpoints where site in (${anyOf(names)})`;
const groups = (sight: Sight) => sql`select group_id from group_members where endpoint in (${places(sight)})`;
/** By the column with the id of an endpoint, or of a target, which has a row there as well. */
const by =
  (column: string): SeenBy =>
  (sight) =>
    sql`${sql.ref(column)} in (${places(sight)})`;
const own = by('endpoint');
const atSite =
  (column: string): SeenBy =>
  ({ sites }) =>
    sql`${sql.ref(column)} in (${anyOf(sites)})`;
const namedSite: SeenBy = ({ names }) => sql`site in (${anyOf(names)})`;
/** A ticket without an endpoint is that of its site. */
const tickets: SeenBy = (sight) => sql`(${own(sight)} or (endpoint is null and ${namedSite(sight)}))`;
/** Rows that hang on those of another table. */
const within =
  (column: string, table: keyof Database): SeenBy =>
  (sight) =>
    sql`${sql.ref(column)} in (select id from ${sql.table(table)} where ${(seen[table] as SeenBy)(sight)})`;
/** What was entered for a place: a site or an endpoint of theirs, or a group or tag that reaches one. */
const scoped =
  (of = 'scope', siteBy: 'names' | 'sites' = 'names'): SeenBy =>
  (sight) => {
    const is = (kind: string) => sql`${sql.ref(of)} = ${kind}`;
    return sql`((${is('site')} and target in (${anyOf(sight[siteBy])})) or (${is('endpoint')} and target in (${places(sight)}))
      or (${is('group')} and target in (${groups(sight)})) or (${is('tag')} and target in (${anyOf(sight.tags())})))`;
  };
/** Or for all. */
const scopedOrAll: SeenBy = (sight) => sql`(scope in ('all', 'kind') or ${scoped()(sight)})`;
const change: SeenBy = (sight) =>
  sql`(id in (select change from change_targets where ${own(sight)}) or id in (select change from change_scopes where
    ${scoped('of')(sight)}) or ${namedSite(sight)})`;
const notified: SeenBy = (sight) => sql`(${within('alert', 'alerts')(sight)} or ${within('ticket', 'tickets')(sight)})`;

/** Of installs on endpoints that are not retired, as ../software/installs.ts counts them. */
function counted(by: string, count: string): CountedBy {
  return {
    rows: ({ names }) => sql`select ${sql.raw(by)}, ${sql.raw(count)} as endpoints from installs where endpoint in
      (select id from endpoints where retired_at is null and site in (${anyOf(names)})) group by ${sql.raw(by)}`,
  };
}

/** What is not named here is hidden. */
const seen: { readonly [Table in keyof Database]?: SeenBy | CountedBy | typeof everything | typeof nothing } = {
  endpoints: namedSite,
  sites: atSite('id'),
  groups: (sight) => sql`id in (${groups(sight)})`,
  group_members: own,
  machines: own,
  signals: own,
  inventory: own,
  losses: own,
  quarantine: own,
  backup_runs: own,
  restore_tests: own,
  endpoint_days: own,
  disk_forecasts: own,
  replacements: (sight) => sql`(${own(sight)} and ${by('moved')(sight)})`,
  applied_settings: own,
  dependencies: (sight) => sql`(${own(sight)} and ${by('parent')(sight)})`,
  outages: namedSite,
  report_labels: own,

  alerts: own,
  alert_events: within('alert', 'alerts'),
  alert_clocks: own,
  outside_alerts: own,
  notifications: notified,
  notification_alerts: within('alert', 'alerts'),
  deliveries: within('notification', 'notifications'),
  silenced: within('alert', 'alerts'),
  // Which of them are theirs is in their matchers: ../api/sight.ts.
  silences: everything,
  // In their parts: ../api/sight-managed.ts.
  services: everything,

  tickets,
  ticket_events: within('ticket', 'tickets'),
  ticket_participants: within('ticket', 'tickets'),
  ticket_watchers: within('ticket', 'tickets'),
  ticket_evidence: within('ticket', 'tickets'),
  ticket_links: (sight) => sql`(${within('ticket', 'tickets')(sight)} and (kind in ('change', 'alert') or target in
    (select cast(id as text) from tickets where ${tickets(sight)})))`,
  desk_links: within('ticket', 'tickets'),
  ratings: within('ticket', 'tickets'),
  attachments: within('ticket', 'tickets'),
  request_links: within('ticket', 'tickets'),
  impacts: within('ticket', 'tickets'),
  incidents: within('ticket', 'tickets'),
  ticket_targets: everything,

  maintenance_windows: scoped(),
  maintenance_occurrences: scoped(),
  maintenance_members: own,
  maintenance_events: within('maintenance', 'maintenance_windows'),
  changes: change,
  change_scopes: scoped('of'),
  change_targets: own,
  change_observations: own,
  change_events: within('change', 'changes'),

  targets: by('id'),
  watched_states: by('subject'),

  directory_people: atSite('site'),
  directory_machines: (sight) => sql`(${own(sight)} and ${within('person', 'directory_people')(sight)})`,

  installs: own,
  software_read: own,
  software_titles: (sight) => sql`id in (select title from installs where ${own(sight)})`,
  software_spread: counted('title', 'count(distinct endpoint)'),
  software_versions: counted('title, version', 'count(distinct endpoint)'),

  availability_targets: scoped('scope', 'sites'),
  closed_months: atSite('site'),
  period_reports: atSite('site'),
  report_schedules: atSite('site'),
  outward_changes: within('about', 'report_schedules'),
  enrollments: namedSite,
  rules: scopedOrAll,
  rule_versions: scopedOrAll,

  search_documents: (sight) =>
    sql`(kind = 'article' or ref in (select cast(id as text) from tickets where ${tickets(sight)}))`,

  // Of the whole house, and of no place.
  articles: everything,
  article_texts: everything,
  article_versions: everything,
  article_outcomes: everything,
  // What words there are only says how to read a question.
  search_words: everything,
  calendars: everything,
  calendar_versions: everything,
  index_definitions: everything,
  products: everything,
  watches: everything,
  state_days: everything,
  users: everything,
  person_skills: everything,
  sessions: everything,
  tokens: everything,
};

class Limits extends OperationNodeTransformer {
  protected override transformFrom(node: FromNode, queryId?: QueryId): FromNode {
    const made = super.transformFrom(node, queryId);
    return { ...made, froms: made.froms.map(limited) };
  }

  protected override transformJoin(node: JoinNode, queryId?: QueryId): JoinNode {
    const made = super.transformJoin(node, queryId);
    return { ...made, table: limited(made.table) };
  }

  /** Rows are deleted from the table itself. */
  protected override transformDeleteQuery(node: DeleteQueryNode, queryId?: QueryId): DeleteQueryNode {
    return { ...super.transformDeleteQuery(node, queryId), from: node.from };
  }
}

/** The same source of rows, of which only those are left that may be seen. */
function limited(node: OperationNode): OperationNode {
  const sight = sightNow();
  const table = AliasNode.is(node) ? node.node : node;
  if (!sight || !TableNode.is(table)) return node;
  const { name } = table.table.identifier;
  const which = seen[name as keyof Database] ?? nothing;
  if (which === everything) return node;
  const rows =
    typeof which === 'object'
      ? sql`(${which.rows(sight)})`
      : sql`(select * from ${sql.table(name)} where ${which === nothing ? sql`1 = 0` : which(sight)})`;
  return AliasNode.create(rows.toOperationNode(), AliasNode.is(node) ? node.alias : IdentifierNode.create(name));
}

const limits = new Limits();
const plugin: KyselyPlugin = {
  transformQuery: ({ node, queryId }) => (sightNow() ? limits.transformNode(node, queryId) : node),
  transformResult: async ({ result }) => result,
};

/** Reads what the caller of the request may see: all of it, but for a limited person. */
export const limitedState = (state: State): State => state.withPlugin(plugin);
