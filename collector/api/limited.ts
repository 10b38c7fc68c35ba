/**
 * What a person who is limited to some sites may do with each route, in one table beside access.ts. A route that is not here is
 * refused to them. Routes for admins need no entry: admins are never limited.
 *
 * The rule: they read what is of no place, and what is of their sites; they change what lies wholly in their sites, and nothing
 * that holds for others as well. What is outside is as if it were not there.
 */

/** What an `:id`, or a field of a body, is the name of; it must be in their sites. */
export type Noun =
  | 'endpoint'
  | 'alert'
  | 'ticket'
  | 'site'
  | 'group'
  | 'maintenance'
  | 'silence'
  | 'change'
  | 'target'
  | 'report'
  | 'schedule'
  | 'enrollment'
  | 'service'
  | 'page';

export interface Limit {
  /** Of `:id`. */
  id?: Noun;
  /** Of fields of the body or the query: one id, or a list of them. */
  names?: Readonly<Record<string, Noun>>;
  /** A check of limited-bodies.ts. */
  body?: BodyCheck;
}
export type BodyCheck =
  | 'place'
  | 'target'
  | 'ticket'
  | 'link'
  | 'scope'
  | 'window'
  | 'work'
  | 'matchers'
  | 'report'
  | 'members'
  | 'impact'
  | 'budget'
  | 'bulk'
  | 'parts'
  | 'foreign';

/** Nothing of it is about a place, or its answers are made of what may be seen alone. */
const open: Limit = {};
const of = (id: Noun, more: Omit<Limit, 'id'> = {}): Limit => ({ id, ...more });

export const limited: Readonly<Record<string, Limit | 'refused'>> = {
  // Their own: what others share may name places outside.
  'GET /api/v1/me/chat': open,
  'POST /api/v1/me/chat': open,
  'DELETE /api/v1/me/chat/:id': open,
  'GET /api/v1/views': open,
  'POST /api/v1/views': open,
  'PUT /api/v1/views/start-view': open,
  'PATCH /api/v1/views/:id': open,
  'DELETE /api/v1/views/:id': open,

  'GET /api/v1/packages': open,
  'GET /api/v1/enrollments': open,
  'GET /api/v1/enrollments/:id/progress': of('enrollment'),

  'GET /api/v1/endpoints': open,
  'GET /api/v1/endpoints/filters': open,
  'GET /api/v1/endpoints/:id': of('endpoint'),
  'POST /api/v1/endpoints/bulk': { body: 'bulk' },
  'POST /api/v1/endpoints/bulk/preview': { body: 'bulk' },
  'GET /api/v1/endpoints/table': open,
  'POST /api/v1/endpoints/table': 'refused',
  'GET /api/v1/endpoints/:id/report-labels': of('endpoint'),
  'POST /api/v1/endpoints/:id/report-labels': of('endpoint'),
  'GET /api/v1/endpoints/:id/series': of('endpoint'),
  'GET /api/v1/endpoints/:id/remote': of('endpoint'),
  'GET /api/v1/endpoints/:id/usual': of('endpoint'),
  'GET /api/v1/endpoints/:id/marks': of('endpoint'),
  'PATCH /api/v1/endpoints/:id': of('endpoint', { body: 'place' }),
  'GET /api/v1/endpoints/:id/dependencies': of('endpoint'),
  // Another one may be reached by way of a machine that they do not see.
  'PUT /api/v1/endpoints/:id/dependencies': 'refused',
  'GET /api/v1/sites/:id/uplinks': of('site'),
  'GET /api/v1/endpoints/:id/backups/runs': of('endpoint'),
  'GET /api/v1/endpoints/:id/backups/verified': of('endpoint'),
  'GET /api/v1/endpoints/:id/processes': of('endpoint'),
  'POST /api/v1/endpoints/:id/backups/:job/verified': of('endpoint'),
  'GET /api/v1/endpoints/:id/rules': of('endpoint'),
  'GET /api/v1/endpoints/:id/agent-settings': of('endpoint'),
  'GET /api/v1/endpoints/:id/trust': of('endpoint'),
  'GET /api/v1/sites': open,
  'POST /api/v1/sites': 'refused',
  'GET /api/v1/sites/:id': of('site'),
  'PATCH /api/v1/sites/:id': of('site'),
  'PUT /api/v1/sites/:id/members': of('site', { body: 'members' }),
  'GET /api/v1/groups': open,
  'GET /api/v1/groups/:id': of('group'),
  'POST /api/v1/groups': 'refused',
  'PATCH /api/v1/groups/:id': 'refused',
  'PUT /api/v1/groups/:id/members': 'refused',
  'GET /api/v1/events': open,
  'GET /api/v1/quarantine': open,
  'GET /api/v1/protection': open,
  'GET /api/v1/protection/table': open,
  'GET /api/v1/patches': open,
  'GET /api/v1/patches/ages': open,
  'GET /api/v1/patches/updates': open,
  'GET /api/v1/disks/forecast': open,

  'GET /api/v1/alerts': open,
  'GET /api/v1/alerts/groups': open,
  'GET /api/v1/alerts/noise': open,
  'POST /api/v1/alerts/acknowledge': { names: { ids: 'alert' } },
  'POST /api/v1/alerts/withdraw': { names: { ids: 'alert' } },
  'GET /api/v1/alerts/:id': of('alert'),
  'GET /api/v1/alerts/:id/context': of('alert'),
  'POST /api/v1/alerts/:id/acknowledge': of('alert'),
  'POST /api/v1/alerts/:id/hand-over': of('alert'),
  'POST /api/v1/alerts/:id/opened': of('alert'),
  'POST /api/v1/alerts/:id/withdraw': of('alert'),
  'POST /api/v1/alerts/:id/ticket': of('alert'),
  'POST /api/v1/alerts/:id/end': of('alert'),
  // Other monitoring says itself what its alerts are about.
  'POST /api/v1/alerts/webhook': 'refused',
  'POST /api/v2/alerts': 'refused',

  // Articles are of no place; of tickets a search finds theirs. What is written holds for everybody.
  'GET /api/v1/search': open,
  'GET /api/v1/articles': open,
  'GET /api/v1/articles/:id': open,
  'GET /api/v1/articles/:id/versions/:version': open,
  'POST /api/v1/articles': 'refused',
  'POST /api/v1/articles/draft': 'refused',
  'PATCH /api/v1/articles/:id': 'refused',
  'POST /api/v1/articles/:id/restore': 'refused',
  'POST /api/v1/articles/:id/review': 'refused',
  'POST /api/v1/articles/:id/outcome': { names: { ticket: 'ticket' } },
  'GET /api/v1/tickets/:id/help': of('ticket'),
  'GET /api/v1/alerts/:id/help': of('alert'),
  'GET /api/v1/tickets': open,
  'GET /api/v1/tickets/queues': open,
  'GET /api/v1/tickets/table': open,
  'POST /api/v1/tickets': { body: 'ticket', names: { endpoint: 'endpoint' } },
  'GET /api/v1/tickets/:id': of('ticket'),
  'GET /api/v1/tickets/:id/evidence': of('ticket'),
  'POST /api/v1/tickets/:id/comment': of('ticket'),
  'POST /api/v1/tickets/:id/remote': of('ticket'),
  'GET /api/v1/tickets/:id/attachments': of('ticket'),
  'GET /api/v1/tickets/:id/attachments/:file': of('ticket'),
  'POST /api/v1/tickets/:id/attachments': of('ticket'),
  'DELETE /api/v1/tickets/:id/attachments/:file': of('ticket'),
  'POST /api/v1/tickets/:id/assign': of('ticket'),
  'POST /api/v1/tickets/:id/resolve': of('ticket'),
  'POST /api/v1/tickets/:id/reopen': of('ticket'),
  'POST /api/v1/tickets/:id/state': of('ticket'),
  'POST /api/v1/tickets/:id/correct': of('ticket'),
  'POST /api/v1/tickets/:id/priority': of('ticket'),
  'POST /api/v1/tickets/:id/hand-off': of('ticket'),
  'POST /api/v1/tickets/:id/tags': of('ticket'),
  'POST /api/v1/tickets/:id/merge': of('ticket', { names: { into: 'ticket' } }),
  'POST /api/v1/tickets/:id/unmerge': of('ticket'),
  'POST /api/v1/tickets/:id/split': of('ticket'),
  'POST /api/v1/tickets/:id/watch': of('ticket'),
  'POST /api/v1/tickets/:id/unwatch': of('ticket'),
  // Each ticket is looked for among theirs.
  'POST /api/v1/tickets/bulk/comment': open,
  'POST /api/v1/tickets/bulk/assign': open,
  'POST /api/v1/tickets/bulk/resolve': open,
  'POST /api/v1/tickets/bulk/state': open,
  'POST /api/v1/tickets/bulk/priority': open,
  'POST /api/v1/tickets/bulk/hand-off': open,
  'POST /api/v1/tickets/bulk/tags': open,
  'POST /api/v1/tickets/bulk/merge': { names: { into: 'ticket' } },
  'GET /api/v1/directory': open,
  'GET /api/v1/people/workload': open,
  'PUT /api/v1/people/:name/skills': open,
  'GET /api/v1/tickets/:id/swarm': of('ticket'),
  'POST /api/v1/tickets/:id/swarm': of('ticket'),
  'POST /api/v1/tickets/:id/participants/join': of('ticket'),
  'POST /api/v1/tickets/:id/participants/leave': of('ticket'),
  'POST /api/v1/tickets/:id/rating-link': of('ticket'),
  'DELETE /api/v1/tickets/:id/links/:link': of('ticket'),
  'GET /api/v1/tickets/:id/impact': of('ticket'),
  'GET /api/v1/incidents/:id': of('ticket'),
  'GET /api/v1/ticket-targets': open,

  'GET /api/v1/kpis': open,
  'GET /api/v1/kpis/:id': open,
  'GET /api/v1/kpis/:id/why': open,
  'GET /api/v1/kpis/:id.csv': open,
  'GET /api/v1/kpis/availability': open,
  'GET /api/v1/stability': open,
  'GET /api/v1/stability.csv': open,
  'GET /api/v1/stability/line': open,
  'GET /api/v1/stability/definition': open,
  'PUT /api/v1/stability/definition': 'refused',
  'POST /api/v1/stability/recompute': 'refused',

  // Of the whole house: they read it, and change none of it.
  'GET /api/v1/calendars': open,
  'GET /api/v1/calendars/:id': open,
  'GET /api/v1/calendars/:id/versions': open,
  'GET /api/v1/calendars/table': open,
  'POST /api/v1/calendars': 'refused',
  'PATCH /api/v1/calendars/:id': 'refused',
  'DELETE /api/v1/calendars/:id': 'refused',
  'POST /api/v1/calendars/table': 'refused',
  'GET /api/v1/holidays': open,
  'GET /api/v1/holidays/regions': open,
  'GET /api/v1/users/names': open,
  'GET /api/v1/on-call': open,
  'GET /api/v1/on-call/policies': open,
  'GET /api/v1/on-call/receivers': open,
  'GET /api/v1/on-call/me': open,
  'GET /api/v1/on-call/me/now': open,
  'GET /api/v1/on-call/me/ways': open,
  'POST /api/v1/on-call/me/test': open,
  'PUT /api/v1/on-call/me': open,
  'POST /api/v1/on-call/feed': open,
  'DELETE /api/v1/on-call/feed': open,
  'GET /metrics': 'refused',
  'GET /metrics/hosts': open,

  'GET /api/v2/alerts': open,
  'GET /api/v2/alerts/groups': open,
  'GET /api/v2/receivers': open,
  'GET /api/v2/status': open,
  'GET /api/v2/silences': open,
  'GET /api/v2/silence/:id': of('silence'),
  'POST /api/v2/silences': { body: 'foreign' },
  'DELETE /api/v2/silence/:id': of('silence'),
  'GET /api/v1/maintenance': open,
  'GET /api/v1/maintenance/settling': open,
  'GET /api/v1/maintenance/spans': { names: { endpoint: 'endpoint' } },
  'GET /api/v1/maintenance/table': open,
  'POST /api/v1/maintenance/table': 'refused',
  'GET /api/v1/maintenance/:id': of('maintenance'),
  'POST /api/v1/maintenance': { body: 'scope' },
  'POST /api/v1/maintenance/preview': { body: 'scope' },
  'PATCH /api/v1/maintenance/:id': of('maintenance', { body: 'window' }),
  'POST /api/v1/maintenance/:id/end': of('maintenance', { body: 'window' }),
  'POST /api/v1/maintenance/:id/extend': of('maintenance', { body: 'window' }),
  'POST /api/v1/maintenance/:id/skip': of('maintenance', { body: 'window' }),
  'POST /api/v1/maintenance/:id/cancel': of('maintenance', { body: 'window' }),
  'POST /api/v1/maintenance/:id/approve': of('maintenance', { body: 'window' }),
  'GET /api/v1/silences': open,
  'GET /api/v1/silences/summary': open,
  'GET /api/v1/silences/proposal': { names: { alert: 'alert' } },
  'POST /api/v1/silences/preview': { body: 'matchers' },
  'POST /api/v1/silences': { body: 'matchers' },
  'GET /api/v1/silences/:id': of('silence'),
  'PATCH /api/v1/silences/:id': of('silence', { body: 'matchers' }),
  'POST /api/v1/silences/:id/end': of('silence'),
  'POST /api/v1/on-call/schedules/:name/overrides': open,
  'DELETE /api/v1/on-call/overrides/:id': open,
  'GET /api/v1/routes': open,
  'GET /api/v1/routes/trace': { names: { endpoint: 'endpoint' } },
  'GET /api/v1/changes': open,
  'GET /api/v1/changes/marks': { names: { endpoint: 'endpoint' } },
  'GET /api/v1/changes/table': open,
  'POST /api/v1/changes/table': 'refused',
  'GET /api/v1/changes/:id': of('change'),
  'POST /api/v1/changes': { body: 'work' },
  'POST /api/v1/changes/preview': { body: 'work' },
  'PATCH /api/v1/changes/:id': of('change', { body: 'work' }),
  'POST /api/v1/changes/:id/cancel': of('change', { body: 'work' }),
  'POST /api/v1/changes/:id/outcome': of('change', { body: 'work' }),
  'PUT /api/v1/changes/:id/targets/:endpoint': of('change', { body: 'work' }),
  'GET /api/v1/rules': open,
  'GET /api/v1/rules/:id/history': open,
  'GET /api/v1/channels/trouble': open,
  'POST /api/v1/tickets/:id/links': of('ticket', { body: 'link' }),
  'GET /api/v1/impacts/table': open,
  'POST /api/v1/impacts/table': 'refused',
  'PUT /api/v1/tickets/:id/impact': of('ticket', { body: 'impact' }),
  'GET /api/v1/availability/budgets': open,
  'GET /api/v1/availability/targets': open,
  'PUT /api/v1/availability/targets': { body: 'budget' },
  'GET /api/v1/reports': open,
  'POST /api/v1/reports': { body: 'report' },
  'GET /api/v1/reports/:id': of('report'),
  'GET /api/v1/reports/:id.csv': of('report'),
  'GET /api/v1/reports/:id.pdf': of('report'),
  'GET /api/v1/report-schedules': open,
  'POST /api/v1/report-schedules': { body: 'report' },
  'PATCH /api/v1/report-schedules/:id': of('schedule', { body: 'report' }),
  'DELETE /api/v1/report-schedules/:id': of('schedule'),
  'GET /api/v1/report-schedules/:id/changes': of('schedule'),
  'GET /api/v1/status-pages': open,
  'POST /api/v1/status-pages/:id/notices': of('page'),
  'POST /api/v1/status-pages/:id/notices/:notice/updates': of('page'),
  'GET /api/v1/agent-settings': open,
  'GET /api/v1/agent-settings/not-taken': open,
  'GET /api/v1/agent-settings/versions': open,
  'POST /api/v1/agent-settings/preview': { body: 'scope' },
  'GET /api/v1/targets': open,
  'POST /api/v1/targets': { body: 'target' },
  'POST /api/v1/targets/try': open,
  'GET /api/v1/targets/:id': of('target'),
  'GET /api/v1/targets/:id/series': of('target'),
  'PATCH /api/v1/targets/:id': of('target', { body: 'target' }),
  'DELETE /api/v1/targets/:id': 'refused',
  'GET /api/v1/services': open,
  'POST /api/v1/services': { body: 'parts' },
  'GET /api/v1/services/:id': of('service'),
  'PATCH /api/v1/services/:id': of('service', { body: 'parts' }),
  'DELETE /api/v1/services/:id': 'refused',
  'GET /api/v1/costs': 'refused',
  'POST /api/v1/costs': 'refused',
  'PATCH /api/v1/costs/:id': 'refused',
  'DELETE /api/v1/costs/:id': 'refused',
  'GET /api/v1/costs/:id/versions': 'refused',
  'GET /api/v1/costs/table': 'refused',
  'POST /api/v1/costs/table': 'refused',
  'GET /api/v1/costs/settings': 'refused',
  'PUT /api/v1/costs/settings': 'refused',
  'GET /api/v1/people/table': open,
  'POST /api/v1/people/table': open,
  'GET /api/v1/software': open,
  'GET /api/v1/software/installs': open,
  'GET /api/v1/software/table': open,
  'GET /api/v1/software/titles/:id': open,
  'GET /api/v1/software/products': 'refused',
  'POST /api/v1/software/products': 'refused',
  'PATCH /api/v1/software/products/:id': 'refused',
  'DELETE /api/v1/software/products/:id': 'refused',
  'GET /api/v1/software/products/:id/versions': 'refused',
  'GET /api/v1/software/products/table': 'refused',
  'POST /api/v1/software/products/table': 'refused',
  'GET /api/v1/software/usage/table': 'refused',
  'POST /api/v1/software/usage/table': 'refused',
  'GET /api/v1/agent-updates': open,
  'GET /api/v1/agent-updates/endpoints': open,
  'GET /api/v1/endpoints/:id/agent-update': of('endpoint'),
  'GET /api/v1/endpoints/:id/scripts': of('endpoint'),
  'POST /api/v1/endpoints/:id/scripts/orders': of('endpoint', { names: { ticket: 'ticket', alert: 'alert' } }),
  'POST /api/v1/endpoints/:id/scripts/orders/:order/approve': of('endpoint'),
  'POST /api/v1/endpoints/:id/scripts/orders/:order/withdraw': of('endpoint'),
  'GET /api/v1/applicants': open,
};

/** Undefined: nobody has decided yet. One's own account is of no place. */
export const limitOf = (route: string): Limit | 'refused' | undefined =>
  /^\w+ \/api\/v1\/me\//.test(route) ? open : limited[route];

const ofTheHouse = 'is of the whole house';
/** Why a route is refused, for whoever asks; what is not named here shows or changes what is not of their sites alone. */
const refusals: readonly (readonly [route: RegExp, why: string])[] = [
  [/ \/api\/v1\/costs/, `what support costs ${ofTheHouse}`],
  [/ \/api\/v1\/software\/(products|usage)/, `what was bought ${ofTheHouse}`],
  [/ \/api\/v1\/calendars/, 'a calendar may be that of other sites as well'],
  [/ \/api\/v1\/stability/, `how the index is made ${ofTheHouse}`],
  [/ \/api\/v1\/groups/, 'a group may have endpoints of other sites'],
  [/^POST \/api\/v1\/sites$/, 'a new site would be of none of them'],
  [/\/dependencies$/, 'another endpoint may be reached by way of this one'],
  [/^DELETE \/api\/v1\/(targets|services)/, 'others may be made of it'],
  [/(\/alerts\/webhook|v2\/alerts)$/, 'other monitoring says itself where its alerts are'],
  [/ \/metrics$/, `how the collector works ${ofTheHouse}`],
  [/\/table$/, 'a table may name what is elsewhere'],
];
/** For a refusal: words that follow "You are limited to some sites, and". */
export function whyRefused(route: string): string {
  const found = refusals.find(([which]) => which.test(route));
  if (found) return found[1];
  return route.startsWith('GET ') ? 'this shows what is not of them alone' : 'this changes what is not of them alone';
}
