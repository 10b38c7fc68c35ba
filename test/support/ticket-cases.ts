/** Worked cases of the ticket automation in one form, which the pure policy and the real road both read. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultPolicy, type PolicySettings } from '../../collector/tickets/settings.ts';

export interface TicketCase {
  id: string;
  fn: string;
  title: string;
  input: {
    settings: Record<string, number>;
    events: CaseEvent[];
    maintenance?: CaseWindow[];
    until: string;
    until_abs?: string;
    pairs: [1 | 2 | 3, 1 | 2 | 3][];
  };
  expected: Record<string, unknown>;
}

interface CaseEvent {
  at: string;
  type: string;
  endpoint?: string;
  check?: string;
  site?: string;
  start?: string;
  end?: string;
  /** Of a maintenance its end, of what a person has closed until when it is not mended. */
  until?: string;
}

type CaseWindow =
  | readonly [from: string, to: string]
  | { start?: string; end?: string; from?: string; to?: string; endpoint?: string; site?: string };

export interface CaseStep {
  at: number;
  /** `retire`: the endpoint leaves; `restart`: the collector is killed and started again. */
  type: 'fire' | 'recover' | 'touch' | 'close' | 'retire' | 'restart';
  endpoint: string;
  check: string;
  site: string | null;
  until: number | null;
}

/** Without endpoint and site: everything. */
export interface MaintenanceSpan {
  from: number;
  to: number;
  endpoint: string | null;
  site: string | null;
}

export interface TicketPlan {
  policy: PolicySettings;
  steps: CaseStep[];
  maintenance: MaintenanceSpan[];
  until: number;
}

const minutes: Record<string, keyof PolicySettings> = {
  open_delay_min: 'openDelay',
  resolve_hold_min: 'resolveHold',
  reopen_window_min: 'reopenWindow',
  flap_window_min: 'flapWindow',
  flap_quiet_min: 'flapHold',
  storm_window_min: 'incidentWindow',
  post_maintenance_grace_min: 'afterMaintenance',
};
const counts: Record<string, keyof PolicySettings> = {
  flap_count: 'flapCount',
  storm_endpoints: 'incidentEndpoints',
  budget_per_hour: 'budget',
};
const kinds: Record<string, CaseStep['type']> = {
  ...{ fire: 'fire', recover: 'recover', touch: 'touch', comment: 'touch', retire: 'retire', restart: 'restart' },
  ...{ close: 'close', resolve: 'close' },
};

const ms = (text: string) => Date.parse(text);

/** @throws Error for a setting or an event of the case that neither of the two engines would follow */
export function planOf({ id, input }: TicketCase): TicketPlan {
  const policy = { ...defaultPolicy };
  for (const [name, value] of Object.entries(input.settings ?? {}))
    if (minutes[name]) policy[minutes[name]] = value * 60_000;
    else if (counts[name]) policy[counts[name]] = value;
    else throw new Error(`the case ${id} has a setting that is not known here: ${name}`);
  const until = ms(input.until_abs ?? input.until);
  const maintenance = (input.maintenance ?? []).map(spanOf);
  const steps: CaseStep[] = [];
  for (const event of input.events) {
    const [at, of] = [ms(event.at), { endpoint: event.endpoint ?? null, site: event.site ?? null }];
    if (/^maint/.test(event.type)) {
      const running = maintenance.findLast((one) => one.endpoint === of.endpoint && one.site === of.site);
      const end = event.end ?? event.until;
      if (/end|off|stop/.test(event.type) && running) running.to = at;
      else maintenance.push({ ...of, from: ms(event.start ?? event.at), to: end ? ms(end) : until });
      continue;
    }
    const type = kinds[event.type];
    if (!type) throw new Error(`the case ${id} has an event that is not known here: ${event.type}`);
    const { check = 'heartbeat' } = event;
    steps.push({
      at,
      type,
      endpoint: of.endpoint ?? '',
      check,
      site: of.site,
      until: event.until ? ms(event.until) : null,
    });
  }
  return { policy, maintenance, until, steps: steps.sort((a, b) => a.at - b.at) };
}

function spanOf(window: CaseWindow): MaintenanceSpan {
  if ('length' in window) return { from: ms(window[0]), to: ms(window[1]), endpoint: null, site: null };
  const { start, end, from, to, endpoint = null, site = null } = window;
  return { from: ms(String(start ?? from)), to: ms(String(end ?? to)), endpoint, site };
}

/** What a case expects, with its instants as numbers. */
export const expectedOf = ({ expected }: TicketCase): [name: string, want: unknown][] =>
  Object.entries(expected).map(([name, want]) => [
    name,
    Array.isArray(want) ? want.map((text) => ms(String(text))) : want,
  ]);

const file = fileURLToPath(new URL('../../../shared/kpi-cases.json', import.meta.url));

/** Of the file of the worked cases, where it is at hand. */
export const givenCases: TicketCase[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).cases : [];
if (givenCases.length === 0) console.log('FIGURE ticket cases: their file is not at hand');

// ── our own, of the kinds that the file has none of ──

const day = '2025-06-16';
/** `10:02`, or with the day before it: `17T10:02`. */
const at = (time: string) => (time.includes('T') ? `2025-06-${time}:00Z` : `${day}T${time}:00Z`);
const event = (type: string, time: string, endpoint = 'e1', more: Partial<CaseEvent> = {}): CaseEvent => ({
  ...{ at: at(time), type, endpoint, check: 'heartbeat', site: 'BER', ...more },
});
const fire = (time: string, endpoint = 'e1', more: Partial<CaseEvent> = {}) => event('fire', time, endpoint, more);
const recover = (time: string, endpoint = 'e1', more: Partial<CaseEvent> = {}) =>
  event('recover', time, endpoint, more);
const many = (count: number, each: (endpoint: string, i: number) => CaseEvent) =>
  Array.from({ length: count }, (_, i) => each(`e${i}`, i));
const window = (from: string, to: string, of: { endpoint?: string; site?: string } = {}) => ({
  ...{ start: at(from), end: at(to), ...of },
});

interface OwnInput {
  settings?: Record<string, number>;
  maintenance?: CaseWindow[];
  until?: string;
}

function own(title: string, events: CaseEvent[], input: OwnInput, expected: Record<string, unknown>): TicketCase {
  const { settings = {}, maintenance = [], until = '20:00' } = input;
  const inWords = Object.entries(expected).map(([name, want]) => [
    name,
    Array.isArray(want) ? want.map((time) => at(String(time))) : want,
  ]);
  return {
    ...{ id: 'own', fn: 'ticketAutomation', title, expected: Object.fromEntries(inWords) },
    input: { settings, events, maintenance, until: at(until), pairs: [] },
  };
}

const noTicket = { created: 0, open: 0 };
const inMaintenance = { maintenance: [window('10:00', '11:00', { endpoint: 'e1' })] };
const siteInMaintenance = { maintenance: [window('10:00', '11:00', { site: 'BER' })] };
const oneParent = { created: 1, parents: 1, merged: 0, children_attached: 10, open: 1, opened_at: ['10:02'] };

/** Each follows from a rule of the ticket automation; both engines must agree on it. */
export const ownCases: TicketCase[] = [
  // Open delay.
  own(
    'it fires for exactly the open delay',
    [fire('10:00'), recover('10:02')],
    {},
    { created: 1, opened_at: ['10:02'] },
  ),
  own('two blips are no two minutes', [fire('10:00'), recover('10:01'), fire('10:02'), recover('10:03')], {}, noTicket),
  own(
    'untouched and good for ten minutes',
    [fire('10:00'), recover('10:30')],
    {},
    { created: 1, open: 0, auto_resolved: 1, restored_at: ['10:30'], resolved_at: ['10:40'] },
  ),
  own(
    'good for nine minutes only',
    [fire('10:00'), recover('10:30'), fire('10:39')],
    {},
    { created: 1, open: 1, auto_resolved: 0, reopened: 0, occurrences: 2 },
  ),
  own('a longer open delay', [fire('10:00')], { settings: { open_delay_min: 7 } }, { opened_at: ['10:07'] }),
  // One key, one open ticket.
  own(
    'another check and another endpoint are other keys',
    [fire('10:00'), fire('10:01', 'e1', { check: 'disk' }), fire('10:02', 'e2', { site: 'MUC' })],
    {},
    { created: 3, open: 3, opened_at: ['10:02', '10:03', '10:04'] },
  ),
  // Maintenance.
  own('none inside, still firing five minutes after its end', [fire('10:10')], inMaintenance, {
    ...{ created: 1, open: 1, opened_at: ['11:05'] },
  }),
  own('fires and recovers inside', [fire('10:10'), recover('10:40')], inMaintenance, noTicket),
  own('recovers within the five minutes', [fire('10:10'), recover('11:04')], inMaintenance, noTicket),
  own('fires before, would open inside', [fire('09:59')], inMaintenance, { created: 1, opened_at: ['11:05'] }),
  own('begins one minute before its end', [fire('10:59')], inMaintenance, { created: 1, opened_at: ['11:05'] }),
  own('begins after its end', [fire('11:01')], inMaintenance, { created: 1, opened_at: ['11:03'] }),
  own(
    'the ticket of before goes on, and is resolved by itself inside',
    [fire('09:30'), recover('10:20')],
    inMaintenance,
    { created: 1, open: 0, opened_at: ['09:32'], resolved_at: ['10:30'] },
  ),
  own(
    'of a site: its endpoint waits, another does not',
    [fire('10:10'), fire('10:10', 'e2', { site: 'MUC' })],
    siteInMaintenance,
    { created: 2, opened_at: ['10:12', '11:05'] },
  ),
  own('of everything', [fire('10:10')], { maintenance: [[at('10:00'), at('11:00')]] }, { opened_at: ['11:05'] }),
  own(
    'two that touch',
    [fire('10:10')],
    {
      maintenance: [window('10:00', '11:00', { endpoint: 'e1' }), window('11:00', '12:00', { endpoint: 'e1' })],
    },
    { created: 1, opened_at: ['12:05'] },
  ),
  own(
    'two that overlap',
    [fire('10:10')],
    {
      maintenance: [window('10:00', '11:00', { endpoint: 'e1' }), window('10:30', '12:00', { site: 'BER' })],
    },
    { created: 1, opened_at: ['12:05'] },
  ),
  own(
    'a whole site that fires inside is one outage after it',
    many(10, (endpoint) => fire('10:10', endpoint)),
    siteInMaintenance,
    { ...oneParent, opened_at: ['11:05'] },
  ),
  // Site incidents.
  own(
    'ten at once',
    many(10, (endpoint) => fire('10:00', endpoint)),
    {},
    oneParent,
  ),
  own(
    'four are none',
    many(4, (endpoint) => fire('10:00', endpoint)),
    {},
    { created: 4, parents: 0, open: 4 },
  ),
  own(
    'five of two sites are none',
    many(5, (endpoint, i) => fire('10:00', endpoint, { site: i < 3 ? 'BER' : 'MUC' })),
    {},
    { created: 5, parents: 0 },
  ),
  own(
    'five with two checks are none',
    many(5, (endpoint, i) => fire('10:00', endpoint, { check: i < 3 ? 'heartbeat' : 'disk' })),
    {},
    { created: 5, parents: 0 },
  ),
  own(
    'five over eight minutes are none',
    many(5, (endpoint, i) => fire(`10:0${i * 2}`, endpoint)),
    {},
    { created: 5, parents: 0, merged: 0 },
  ),
  own(
    'one more later joins, and the last recovery resolves it',
    [
      ...many(5, (endpoint) => fire('10:00', endpoint)),
      fire('10:30', 'e9'),
      ...many(5, (endpoint) => recover('10:40', endpoint)),
      recover('10:50', 'e9'),
    ],
    {},
    { created: 1, parents: 1, children_attached: 6, open: 0, restored_at: ['10:50'], resolved_at: ['11:00'] },
  ),
  own(
    'five that blip are none',
    [...many(5, (endpoint) => fire('10:00', endpoint)), ...many(5, (endpoint) => recover('10:01', endpoint))],
    {},
    noTicket,
  ),
  // Reopen window: from the resolution at 10:40 on.
  own(
    'again on the last minute of the window',
    [fire('10:00'), recover('10:30'), fire('17T10:40')],
    { until: '17T20:00' },
    { created: 1, reopened: 1, linked: 0, open: 1 },
  ),
  own(
    'again one minute after it',
    [fire('10:00'), recover('10:30'), fire('17T10:41')],
    { until: '17T20:00' },
    { created: 2, reopened: 0, linked: 1, open: 1 },
  ),
  own(
    'closed by hand while it fires',
    [fire('10:00'), event('close', '10:30')],
    {},
    { created: 1, reopened: 1, open: 1 },
  ),
  own(
    'closed by hand, and it was mended',
    [fire('10:00'), event('close', '10:30'), recover('10:31')],
    {},
    { created: 1, reopened: 0, open: 0 },
  ),
  own(
    'not to be mended until noon',
    [fire('10:00'), event('close', '10:30', 'e1', { until: at('12:00') })],
    { until: '11:59' },
    { created: 1, reopened: 0, open: 0 },
  ),
  own(
    'after noon it still fires',
    [fire('10:00'), event('close', '10:30', 'e1', { until: at('12:00') })],
    {},
    { created: 2, linked: 1, open: 1, opened_at: ['10:02', '12:00'] },
  ),
  // Flapping.
  own(
    'two fires in an hour are not flapping',
    [fire('10:00'), recover('10:05'), fire('10:10'), recover('10:15')],
    {},
    { created: 1, flapping: 0, occurrences: 2, resolved_at: ['10:25'] },
  ),
  own(
    'three in more than an hour are not',
    [fire('10:00'), recover('10:05'), fire('10:10'), recover('10:15'), fire('11:01'), recover('11:06')],
    {},
    { created: 1, flapping: 0, reopened: 1, open: 0 },
  ),
  own(
    'a fourth fire while it flaps begins its quiet time anew',
    [
      ...['10:00', '10:10', '10:20', '10:50'].map((time) => fire(time)),
      ...['10:05', '10:15', '10:25', '10:53'].map((time) => recover(time)),
    ],
    {},
    { created: 1, flapping: 1, occurrences: 4, auto_resolved: 1, resolved_at: ['11:23'] },
  ),
  own(
    'blips that flap have one ticket once one of them lasts',
    [fire('10:00'), recover('10:01'), fire('10:10'), recover('10:11'), fire('10:20')],
    {},
    { created: 1, flapping: 1, occurrences: 3, opened_at: ['10:22'] },
  ),
  // Budget.
  own(
    'beyond three an hour they share one',
    many(6, (endpoint, i) => fire(`10:0${i}`, endpoint, { site: `S${i}` })),
    { settings: { budget_per_hour: 3 } },
    { created: 4, parents: 1, children_attached: 3, open: 4, opened_at: ['10:02', '10:03', '10:04', '10:05'] },
  ),
  own(
    'an hour later there is room again',
    many(4, (endpoint, i) => fire(i < 3 ? `10:0${i}` : '11:00', endpoint, { site: `S${i}` })),
    { settings: { budget_per_hour: 3 } },
    { created: 4, parents: 0, open: 4 },
  ),
  // A person works on it.
  own(
    'of the shared ticket of a site too',
    [
      ...many(5, (endpoint) => fire('10:00', endpoint)),
      event('touch', '10:10', 'e0'),
      ...many(5, (endpoint) => recover('10:40', endpoint)),
    ],
    {},
    { created: 1, parents: 1, open: 1, auto_resolved: 0, restored_at: ['10:40'] },
  ),
  // Reconciliation: an open ticket of the monitor has a firing alert, or a note and its end.
  own(
    'the endpoint is retired',
    [fire('10:00'), event('retire', '10:30')],
    {},
    {
      ...{ created: 1, open: 0, auto_resolved: 1, restored_at: ['10:30'], resolved_at: ['10:40'] },
    },
  ),
  own(
    'the endpoint is retired, and a person works on it',
    [fire('10:00'), event('touch', '10:10'), event('retire', '10:30')],
    {},
    { created: 1, open: 1, auto_resolved: 0, restored_at: ['10:30'] },
  ),
  own(
    'the collector is killed between fire and ticket',
    [fire('10:00'), event('restart', '10:01')],
    {},
    { created: 1, open: 1, opened_at: ['10:02'] },
  ),
  own(
    'the collector is killed between recovery and resolution',
    [fire('10:00'), recover('10:30'), event('restart', '10:35')],
    {},
    { created: 1, open: 0, resolved_at: ['10:40'] },
  ),
  own('the collector is killed inside a maintenance', [fire('10:10'), event('restart', '10:30')], inMaintenance, {
    created: 1,
    opened_at: ['11:05'],
  }),
  own(
    'the collector is killed while it flaps, and after the second of three fires',
    [
      ...[fire('10:00'), recover('10:05'), fire('10:10'), recover('10:15'), event('restart', '10:16')],
      ...[fire('10:20'), event('restart', '10:22'), recover('10:25')],
    ],
    {},
    { created: 1, flapping: 1, occurrences: 3, resolved_at: ['10:55'] },
  ),
  own(
    'the collector is killed after two of a growing outage',
    [
      ...[fire('10:00', 'e0'), fire('10:00', 'e1'), event('restart', '10:03')],
      ...many(8, (_, i) => fire('10:04', `e${i + 2}`)),
    ],
    {},
    { created: 3, parents: 1, merged: 2, open: 1, children_attached: 10 },
  ),
  own(
    'the collector is killed with its budget used',
    [
      ...many(3, (endpoint, i) => fire(`10:0${i}`, endpoint, { site: `S${i}` })),
      ...[event('restart', '10:20'), fire('10:30', 'e7', { site: 'S7' })],
    ],
    { settings: { budget_per_hour: 3 } },
    { created: 4, parents: 1, children_attached: 1 },
  ),
];
