/** The worked cases of the ticket automation and of the priority matrix, where their file is at hand. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Action, PolicyEvent } from '../../../collector/tickets/actions.ts';
import { createPolicy } from '../../../collector/tickets/policy.ts';
import { priorityOf, type TicketLevel } from '../../../collector/tickets/priority.ts';
import { defaultPolicy, type PolicySettings } from '../../../collector/tickets/settings.ts';

const file = fileURLToPath(new URL('../../../../shared/kpi-cases.json', import.meta.url));

interface CaseEvent {
  at: string;
  type: string;
  endpoint?: string;
  check?: string;
  site?: string;
  until?: string;
  start?: string;
  end?: string;
}
interface Window {
  start?: string;
  end?: string;
  from?: string;
  to?: string;
  endpoint?: string;
  site?: string;
}
interface Case {
  id: string;
  fn: string;
  title: string;
  input: {
    settings: Record<string, number>;
    events: CaseEvent[];
    maintenance?: Window[];
    until: string;
    until_abs?: string;
    pairs: [TicketLevel, TicketLevel][];
  };
  expected: Record<string, unknown>;
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

function settingsOf(raw: Record<string, number>): PolicySettings {
  const settings = { ...defaultPolicy };
  for (const [name, value] of Object.entries(raw)) {
    if (minutes[name]) settings[minutes[name]] = value * 60_000;
    if (counts[name]) settings[counts[name]] = value;
  }
  return settings;
}

const ms = (text: string) => Date.parse(text);
const scopeOf = (of: { endpoint?: string; site?: string }) => ({
  endpoint: of.endpoint ?? null,
  site: of.site ?? null,
});

function maintenanceOf(window: Window): PolicyEvent[] {
  const from = ms(String(window.start ?? window.from));
  const to = ms(String(window.end ?? window.to));
  return [
    { type: 'maintenance', on: true, at: from, ...scopeOf(window) },
    { type: 'maintenance', on: false, at: to, ...scopeOf(window) },
  ];
}

function eventsOf(event: CaseEvent): PolicyEvent[] {
  const at = ms(event.at);
  const key = `${event.endpoint}/${event.check}`;
  if (/^maint/.test(event.type)) {
    if (event.end ?? event.until)
      return maintenanceOf({ ...event, start: event.start ?? event.at, end: String(event.end ?? event.until) });
    return [{ type: 'maintenance', on: !/end|off|stop/.test(event.type), at, ...scopeOf(event) }];
  }
  switch (event.type) {
    case 'fire':
      return [
        {
          type: 'fire',
          at,
          key,
          endpoint: String(event.endpoint),
          check: String(event.check),
          site: event.site ?? null,
        },
      ];
    case 'recover':
      return [{ type: 'recover', at, key }];
    case 'touch':
      return [{ type: 'touch', at, key }];
    case 'close':
    case 'resolve':
      return [{ type: 'close', at, key, mutedUntil: event.until ? ms(event.until) : null }];
    default:
      throw new Error(`the case has an event that is not known here: ${event.type}`);
  }
}

/** Runs one case and counts what it asks about. */
function run(input: Case['input']): Record<string, unknown> {
  const policy = createPolicy(settingsOf(input.settings));
  const events = [...input.events.flatMap(eventsOf), ...(input.maintenance ?? []).flatMap(maintenanceOf)];
  events.sort((a, b) => a.at - b.at);
  const actions: Action[] = events.flatMap((event) => policy.apply(event));
  actions.push(...policy.advance(ms(input.until_abs ?? input.until)));
  const of = <T extends Action['type']>(type: T) =>
    actions.filter((action): action is Extract<Action, { type: T }> => action.type === type);
  const opened = actions.filter((action) => action.type === 'open' || action.type === 'open-parent');
  const merged = of('attach').filter((action) => action.merged);
  const times = (list: Action[]) => list.map((action) => action.at);
  return {
    created: opened.length,
    parents: of('open-parent').length,
    merged: merged.length,
    reopened: of('reopen').length,
    flapping: of('flapping').length,
    auto_resolved: of('resolve').length,
    linked: opened.filter((action) => action.follows).length,
    children_attached: new Set(of('attach').map((action) => action.key)).size,
    open: opened.length + of('reopen').length - of('resolve').length - merged.length,
    occurrences: of('open').reduce((sum, action) => sum + action.count, 0) + of('count').length,
    opened_at: times(opened),
    resolved_at: times(of('resolve')),
    reopened_at: times(of('reopen')),
    restored_at: times(of('recovered')),
  };
}

const cases: Case[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).cases : [];
if (cases.length === 0) console.log('FIGURE ticket cases: their file is not at hand');

for (const one of cases.filter((each) => each.fn === 'ticketAutomation')) {
  test(`${one.id} ${one.title}`, () => {
    const found = run(one.input);
    for (const [name, want] of Object.entries(one.expected)) {
      const expected = Array.isArray(want) ? want.map((text) => ms(String(text))) : want;
      assert.equal(found[name], expected, name);
    }
  });
}

for (const one of cases.filter((each) => each.fn === 'priorityMatrix')) {
  test(`${one.id} ${one.title}`, () => {
    const priorities = one.input.pairs.map(([impact, urgency]) => priorityOf(impact, urgency));
    assert.equal(priorities, one.expected.priorities);
  });
}

test('the case of a maintenance, in both ways of writing it', () => {
  const settings = { open_delay_min: 2, post_maintenance_grace_min: 5 };
  const fire = { at: '2025-06-16T10:10:00Z', type: 'fire', endpoint: 'e1', check: 'heartbeat', site: 'BER' };
  const until = '2025-06-16T20:00:00Z';
  const window = { start: '2025-06-16T10:00:00Z', end: '2025-06-16T11:00:00Z', endpoint: 'e1' };
  const asWindow = run({ settings, events: [fire], maintenance: [window], until, pairs: [] });
  const asEvents = run({
    settings,
    events: [
      { at: window.start, type: 'maintenance_start', endpoint: 'e1' },
      fire,
      { at: window.end, type: 'maintenance_end', endpoint: 'e1' },
    ],
    until,
    pairs: [],
  });
  assert.equal(asWindow.opened_at, [ms('2025-06-16T11:05:00Z')]);
  assert.equal(asEvents, asWindow);
});

test.run();
