/**
 * Who may call what, in one table. A route without an entry fails at start, and so does an entry without a route.
 * Each role may do all that the one before it may: viewer < operator < manager < admin.
 */
import type { Role } from '../../shared/api.ts';
import type { TokenPurpose } from '../accounts/tokens.ts';

export type Need = Role | 'public';

export const access: Readonly<Record<string, Need>> = {
  // Before log-in
  'GET /api/v1/me': 'public',
  'POST /api/v1/setup': 'public',
  'POST /api/v1/login': 'public',
  'POST /api/v1/logout': 'public',
  'POST /api/v1/me/password': 'viewer',
  'POST /api/v1/me/confirm': 'viewer',
  /** An agent sends its join code instead. */
  'POST /api/v1/enroll': 'public',
  /** No secret: every TLS connection presents a certificate issued by it. */
  'GET /api/v1/ca': 'public',
  /** The secret in the link is what counts. */
  'GET /api/v1/rate/:token': 'public',
  'POST /api/v1/rate/:token': 'public',
  /** So do these: GET shows, POST acts. */
  'GET /act/:token': 'public',
  'POST /act/:token': 'public',
  /** Off by default; a page for people who are logged in refuses strangers as if it were not there. */
  'GET /api/v1/status/:slug': 'public',
  'GET /openapi.json': 'public',
  'GET /healthz': 'public',
  'GET /readyz': 'public',

  // The fleet
  'GET /api/v1/endpoints': 'viewer',
  'GET /api/v1/endpoints/filters': 'viewer',
  'GET /api/v1/endpoints/:id': 'viewer',
  'GET /api/v1/endpoints/:id/series': 'viewer',
  'PATCH /api/v1/endpoints/:id': 'operator',
  'DELETE /api/v1/endpoints/:id': 'admin',
  'GET /api/v1/endpoints/retired': 'admin',
  'POST /api/v1/endpoints/:id/erase': 'admin',
  /** Gives the history and the name of one endpoint to another machine. */
  'POST /api/v1/endpoints/:id/replaces': 'admin',
  'GET /api/v1/endpoints/:id/backups/verified': 'viewer',
  'POST /api/v1/endpoints/:id/backups/:job/verified': 'operator',
  'GET /api/v1/sites': 'viewer',
  'POST /api/v1/sites': 'operator',
  'GET /api/v1/sites/:id': 'viewer',
  'PATCH /api/v1/sites/:id': 'operator',
  'PUT /api/v1/sites/:id/members': 'operator',
  'DELETE /api/v1/sites/:id': 'admin',
  'GET /api/v1/calendars': 'viewer',
  'POST /api/v1/calendars': 'manager',
  'GET /api/v1/calendars/:id': 'viewer',
  'GET /api/v1/calendars/:id/versions': 'viewer',
  'PATCH /api/v1/calendars/:id': 'manager',
  'DELETE /api/v1/calendars/:id': 'manager',
  'GET /api/v1/holidays': 'viewer',
  'GET /api/v1/holidays/regions': 'viewer',
  'GET /api/v1/groups': 'viewer',
  'POST /api/v1/groups': 'operator',
  'GET /api/v1/groups/:id': 'viewer',
  'PATCH /api/v1/groups/:id': 'operator',
  'PUT /api/v1/groups/:id/members': 'operator',
  'DELETE /api/v1/groups/:id': 'admin',
  'GET /api/v1/events': 'viewer',
  'GET /api/v1/quarantine': 'operator',

  // Backups and updates over the whole fleet
  'GET /api/v1/protection': 'viewer',
  'GET /api/v1/patches': 'viewer',
  'GET /api/v1/patches/ages': 'viewer',
  'GET /api/v1/disks/forecast': 'viewer',

  // Alerts and tickets
  'GET /api/v1/alerts': 'viewer',
  'GET /api/v1/alerts/:id': 'viewer',
  'POST /api/v1/alerts/:id/acknowledge': 'operator',
  'POST /api/v1/alerts/:id/hand-over': 'operator',
  'POST /api/v1/alerts/:id/withdraw': 'operator',
  'POST /api/v1/alerts/:id/ticket': 'operator',
  'POST /api/v1/alerts/:id/end': 'operator',
  'POST /api/v1/alerts/webhook': 'operator',
  'POST /api/v2/alerts': 'operator',
  'GET /api/v1/maintenance': 'viewer',
  'GET /api/v1/maintenance/spans': 'viewer',
  'GET /api/v1/maintenance/table': 'viewer',
  'POST /api/v1/maintenance/table': 'operator',
  'GET /api/v1/maintenance/:id': 'viewer',
  'POST /api/v1/maintenance': 'operator',
  'POST /api/v1/maintenance/preview': 'operator',
  'PATCH /api/v1/maintenance/:id': 'operator',
  'POST /api/v1/maintenance/:id/end': 'operator',
  'POST /api/v1/maintenance/:id/extend': 'operator',
  'POST /api/v1/maintenance/:id/skip': 'operator',
  'POST /api/v1/maintenance/:id/cancel': 'operator',
  'POST /api/v1/maintenance/:id/approve': 'operator',
  'GET /api/v1/silences': 'viewer',
  'GET /api/v1/silences/summary': 'viewer',
  'POST /api/v1/silences/preview': 'operator',
  'POST /api/v1/silences': 'operator',
  'GET /api/v1/silences/:id': 'viewer',
  'PATCH /api/v1/silences/:id': 'operator',
  'POST /api/v1/silences/:id/end': 'operator',
  'GET /api/v1/changes': 'viewer',
  'GET /api/v1/changes/marks': 'viewer',
  'GET /api/v1/changes/table': 'viewer',
  'POST /api/v1/changes/table': 'operator',
  'GET /api/v1/changes/:id': 'viewer',
  'POST /api/v1/changes': 'operator',
  'POST /api/v1/changes/preview': 'operator',
  'PATCH /api/v1/changes/:id': 'operator',
  'POST /api/v1/changes/:id/cancel': 'operator',
  'POST /api/v1/changes/:id/outcome': 'operator',
  'PUT /api/v1/changes/:id/targets/:endpoint': 'operator',
  'GET /api/v1/rules': 'viewer',
  'GET /api/v1/rules/:id/history': 'viewer',
  'POST /api/v1/rules/changes': 'admin',
  'POST /api/v1/rules/preview': 'admin',
  'PUT /api/v1/rules/:id': 'admin',
  'DELETE /api/v1/rules/:id': 'admin',
  'GET /api/v1/endpoints/:id/rules': 'viewer',
  'GET /api/v1/ticket-targets': 'viewer',
  'PUT /api/v1/ticket-targets': 'admin',
  'GET /api/v1/tickets': 'viewer',
  'GET /api/v1/tickets/queues': 'viewer',
  'GET /api/v1/tickets/table': 'viewer',
  'POST /api/v1/tickets': 'operator',
  'GET /api/v1/tickets/:id': 'viewer',
  'POST /api/v1/tickets/:id/comment': 'operator',
  'POST /api/v1/tickets/:id/assign': 'operator',
  'POST /api/v1/tickets/:id/resolve': 'operator',
  'POST /api/v1/tickets/:id/reopen': 'operator',
  'POST /api/v1/tickets/:id/state': 'operator',
  'POST /api/v1/tickets/:id/correct': 'operator',
  'POST /api/v1/tickets/:id/priority': 'operator',
  'POST /api/v1/tickets/:id/hand-off': 'operator',
  'POST /api/v1/tickets/:id/swarm': 'operator',
  'POST /api/v1/tickets/:id/participants/join': 'operator',
  'POST /api/v1/tickets/:id/participants/leave': 'operator',
  'POST /api/v1/tickets/:id/links': 'operator',
  'DELETE /api/v1/tickets/:id/links/:link': 'operator',
  'POST /api/v1/tickets/:id/rating-link': 'operator',
  'GET /api/v1/impacts/table': 'viewer',
  'POST /api/v1/impacts/table': 'operator',
  'GET /api/v1/tickets/:id/impact': 'viewer',
  'PUT /api/v1/tickets/:id/impact': 'operator',
  'GET /api/v1/incidents/:id': 'viewer',

  // KPIs: whoever may see the endpoints may see their totals
  'GET /api/v1/kpis': 'viewer',
  'GET /api/v1/kpis/:id': 'viewer',
  'GET /api/v1/kpis/:id/why': 'viewer',
  'GET /api/v1/kpis/:id.csv': 'viewer',
  'GET /api/v1/kpis/availability': 'viewer',
  'GET /api/v1/availability/budgets': 'viewer',
  'GET /api/v1/availability/targets': 'viewer',
  'PUT /api/v1/availability/targets': 'manager',
  'GET /api/v1/stability': 'viewer',
  'GET /api/v1/stability.csv': 'viewer',
  'GET /api/v1/stability/line': 'viewer',
  'GET /api/v1/stability/definition': 'viewer',
  'PUT /api/v1/stability/definition': 'manager',
  'POST /api/v1/stability/recompute': 'manager',

  // Reports: what the pages say, kept
  'GET /api/v1/reports': 'viewer',
  'POST /api/v1/reports': 'manager',
  'GET /api/v1/reports/:id': 'viewer',
  'GET /api/v1/reports/:id.csv': 'viewer',
  'GET /api/v1/reports/:id.pdf': 'viewer',
  // They hold mail addresses.
  'GET /api/v1/report-schedules': 'manager',
  'POST /api/v1/report-schedules': 'manager',
  'PATCH /api/v1/report-schedules/:id': 'manager',
  'DELETE /api/v1/report-schedules/:id': 'manager',
  'GET /api/v1/report-schedules/:id/changes': 'manager',
  // What leaves the house is the admins' to decide; what is said on it the desk's.
  'GET /api/v1/status-pages': 'operator',
  'POST /api/v1/status-pages': 'admin',
  'PATCH /api/v1/status-pages/:id': 'admin',
  'DELETE /api/v1/status-pages/:id': 'admin',
  'GET /api/v1/status-pages/:id/changes': 'admin',
  'POST /api/v1/status-pages/:id/notices': 'operator',
  'POST /api/v1/status-pages/:id/notices/:notice/updates': 'operator',

  // What is watched from outside
  'GET /api/v1/targets': 'viewer',
  'POST /api/v1/targets': 'operator',
  'POST /api/v1/targets/try': 'operator',
  'GET /api/v1/targets/:id': 'viewer',
  'PATCH /api/v1/targets/:id': 'operator',
  'DELETE /api/v1/targets/:id': 'operator',

  // Costs and tables
  'GET /api/v1/costs': 'viewer',
  'POST /api/v1/costs': 'manager',
  'PATCH /api/v1/costs/:id': 'manager',
  'DELETE /api/v1/costs/:id': 'manager',
  'GET /api/v1/costs/:id/versions': 'viewer',
  'GET /api/v1/costs/table': 'viewer',
  'POST /api/v1/costs/table': 'manager',
  'GET /api/v1/costs/settings': 'viewer',
  'PUT /api/v1/costs/settings': 'manager',
  'GET /api/v1/calendars/table': 'viewer',
  'POST /api/v1/calendars/table': 'manager',
  'GET /api/v1/people/table': 'viewer',
  'POST /api/v1/people/table': 'operator',
  'GET /api/v1/software': 'viewer',
  'GET /api/v1/software/installs': 'viewer',
  'GET /api/v1/software/table': 'viewer',
  'GET /api/v1/software/products': 'viewer',
  'POST /api/v1/software/products': 'manager',
  'PATCH /api/v1/software/products/:id': 'manager',
  'DELETE /api/v1/software/products/:id': 'manager',
  'GET /api/v1/software/products/:id/versions': 'viewer',
  'GET /api/v1/software/products/table': 'viewer',
  'POST /api/v1/software/products/table': 'manager',
  'GET /api/v1/software/usage/table': 'viewer',
  'POST /api/v1/software/usage/table': 'manager',

  // Users, tokens and enrolment
  'GET /api/v1/enrollments': 'operator',
  'POST /api/v1/enrollments': 'admin',
  'DELETE /api/v1/enrollments/:id': 'admin',
  'GET /api/v1/tokens': 'admin',
  'POST /api/v1/tokens': 'admin',
  'DELETE /api/v1/tokens/:id': 'admin',
  'GET /api/v1/users': 'admin',
  'GET /api/v1/users/names': 'operator',
  'POST /api/v1/users': 'admin',
  'POST /api/v1/users/:id/password': 'admin',
  'PATCH /api/v1/users/:id': 'admin',
  'POST /api/v1/users/:id/disable': 'admin',

  // Who changed what, with addresses
  'GET /api/v1/audit': 'admin',
  'GET /api/v1/audit.csv': 'admin',
  'GET /api/v1/audit.jsonl': 'admin',

  // For Prometheus: names and values of the whole fleet, so a viewer's token is needed even on loopback
  'GET /metrics': 'viewer',
  'GET /metrics/hosts': 'viewer',

  // The web app: only public files
  'GET /*': 'public',
};

/**
 * What outlives a session: whoever finds a browser logged in must not make lasting ways in, nor erase what is known. A person types the password
 * again when that was longer ago than `confirmedMs`.
 */
export const asksAgain: ReadonlySet<string> = new Set([
  'POST /api/v1/users',
  'PATCH /api/v1/users/:id',
  'POST /api/v1/users/:id/password',
  'POST /api/v1/tokens',
  'POST /api/v1/enrollments',
  'POST /api/v1/endpoints/:id/erase',
]);
export const confirmedMs = 15 * 60_000;

/** What a token for one purpose opens, and the role that it has. */
export const purposes: Readonly<Record<TokenPurpose, { role: Role; opens: readonly string[] }>> = {
  metrics: { role: 'viewer', opens: ['GET /metrics', 'GET /metrics/hosts'] },
  alerts: { role: 'operator', opens: ['POST /api/v1/alerts/webhook', 'POST /api/v2/alerts'] },
};
