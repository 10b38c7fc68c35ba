/** What each route that changes something changes. A route whose place is not named here fails at start. */

interface Audited {
  object: string;
  /** Where its rows stand, by `id`: read before and after. Null: what was sent is noted. */
  table: string | null;
  action: string;
}

/** By the first part of the address. */
const objects: Readonly<Record<string, readonly [object: string, table: string | null]>> = {
  act: ['alert', null],
  'agent-settings': ['agent_settings', null],
  'agent-updates': ['agent_update', null],
  alerts: ['alert', 'alerts'],
  applicants: ['applicant', 'applicants'],
  articles: ['article', 'articles'],
  availability: ['target', null],
  calendars: ['calendar', 'calendars'],
  changes: ['change', 'changes'],
  channels: ['channel', 'channels'],
  chat: ['chat_room', null],
  collector: ['collector', null],
  costs: ['cost', 'costs'],
  desks: ['ticket_desk', null],
  directory: ['directory', 'directory_people'],
  endpoints: ['endpoint', 'endpoints'],
  enroll: ['endpoint', null],
  enrollments: ['join_code', 'enrollments'],
  groups: ['group', 'groups'],
  impacts: ['impact', null],
  login: ['session', null],
  logout: ['session', null],
  'mail-in': ['mail_in', null],
  maintenance: ['maintenance', 'maintenance_windows'],
  me: ['user', null],
  'on-call': ['on_call', null],
  people: ['people', null],
  rate: ['rating', null],
  'report-schedules': ['report_schedule', 'report_schedules'],
  reports: ['report', 'period_reports'],
  routes: ['routes', null],
  rules: ['rule', null],
  'second-factor': ['second_factor', null],
  sessions: ['session', null],
  setup: ['user', null],
  silence: ['silence', 'silences'],
  silences: ['silence', 'silences'],
  services: ['service', 'services'],
  sites: ['site', 'sites'],
  software: ['product', 'products'],
  stability: ['definition', null],
  'status-pages': ['status_page', 'status_pages'],
  targets: ['watched_target', null],
  'ticket-targets': ['target', null],
  tickets: ['ticket', 'tickets'],
  tokens: ['token', 'tokens'],
  users: ['user', 'users'],
  views: ['view', 'saved_views'],
};

/** It writes its own entry, in one commit with what it does, and without what was known. */
const writesItself = new Set([
  'POST /recovery',
  'POST /recovery/:secret',
  'POST /recovery/confirm/:secret',
  'POST /api/v1/endpoints/:id/erase',
  'POST /api/v1/agent/credential',
  'POST /api/v1/agent/copied',
]);
/** They show what would be, whether a password is right, or what somebody else has found. */
const changesNothing = new Set([
  'POST /api/v1/endpoints/bulk/preview',
  'POST /api/v1/maintenance/preview',
  'POST /api/v1/agent-settings/preview',
  'POST /api/v1/silences/preview',
  'POST /api/v1/changes/preview',
  'POST /api/v1/rules/preview',
  'POST /api/v1/targets/try',
  'POST /api/v1/on-call/schedules/:name/preview',
  'POST /api/v1/routes/preview',
  'POST /api/v1/me/confirm',
  'POST /api/v1/agent/refused',
  'POST /api/v1/mqtt/auth',
  'POST /api/v1/mqtt/acl',
  // To the provider and back; what comes of it is noted.
  'POST /api/v1/login/openid',
  'POST /api/v1/login/openid/check',
  // Who said so is kept with it.
  'POST /api/v1/articles/:id/outcome',
  // Its history says who has seen it.
  'POST /api/v1/alerts/:id/opened',
  // Their history says who sent them.
  'POST /api/v1/alerts/webhook',
  // What it is about is read from the desk, and stands in the history of the ticket.
  'POST /api/v1/desks/:name/hook',
  'POST /api/v2/alerts',
  // The history of the ticket, or the article, says it; and who wrote it is in no second place.
  'POST /report/:label',
  'POST /report/:label/articles/:id',
  'POST /request',
  'POST /request/:secret',
]);
/** Without a reason they only show what they would do. */
const triedFirst = /\/(?:table|recompute|ldap)$/;

export const isTrial = (route: string, body: unknown): boolean => {
  const { reason } = (body ?? {}) as { reason?: unknown };
  return triedFirst.test(route) && (typeof reason !== 'string' || reason === '');
};

const verbs: Readonly<Record<string, string>> = { POST: 'add', PUT: 'change', PATCH: 'change', DELETE: 'remove' };

/** @param route such as `PATCH /api/v1/sites/:id`; null: nothing is to be noted */
export function auditedAs(route: string): Audited | null {
  const [method = '', url = ''] = route.split(' ');
  const verb = verbs[method];
  if (verb === undefined || changesNothing.has(route) || writesItself.has(route)) return null;
  const parts = url.replace(/^\/(?:api\/v\d\/)?/, '').split('/');
  const [object, table] = objects[parts[0] ?? ''] ?? [];
  if (object === undefined || table === undefined) throw new Error(`audited.ts does not know what ${route} changes`);
  const own = parts.slice(1).filter((part) => !part.startsWith(':') && part !== 'products');
  const words = [...own, ...(method === 'DELETE' && own.length > 0 ? ['remove'] : [])];
  const alone = { login: 'log_in', logout: 'log_out', enroll: 'enrol', setup: 'set_up', rate: 'rate', act: 'act' }[
    parts[0] ?? ''
  ];
  return { object, table, action: alone ?? (words.join('_').replaceAll('-', '_') || verb) };
}
