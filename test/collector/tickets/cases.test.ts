/** The worked cases of the ticket automation and of the priority matrix, where their file is at hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Action, PolicyEvent } from '../../../collector/tickets/actions.ts';
import { createPolicy } from '../../../collector/tickets/policy.ts';
import { priorityOf } from '../../../collector/tickets/priority.ts';
import {
  type CaseStep,
  expectedOf,
  givenCases,
  type MaintenanceSpan,
  ownCases,
  planOf,
  type TicketCase,
} from '../../support/ticket-cases.ts';

const maintenanceOf = ({ from, to, ...of }: MaintenanceSpan): PolicyEvent[] => [
  { type: 'maintenance', on: true, at: from, ...of },
  { type: 'maintenance', on: false, at: to, ...of },
];

const keyOf = ({ endpoint, check }: CaseStep) => `${endpoint}/${check}`;

function eventsOf(step: CaseStep): PolicyEvent[] {
  const { type, at, endpoint, check, site } = step;
  const key = keyOf(step);
  if (type === 'fire') return [{ type, at, key, endpoint, check, site }];
  if (type === 'close') return [{ type, at, key, mutedUntil: step.until }];
  // The alert of an endpoint that leaves ends. What a restart forgets is for the road to show.
  if (type === 'retire') return [{ type: 'recover', at, key }];
  return type === 'restart' ? [] : [{ type, at, key }];
}

/** Runs one case and counts what it asks about. */
function run(one: TicketCase): Record<string, unknown> {
  const plan = planOf(one);
  const policy = createPolicy(plan.policy);
  const events = [...plan.maintenance.flatMap(maintenanceOf), ...plan.steps.flatMap(eventsOf)];
  events.sort((a, b) => a.at - b.at);
  const actions: Action[] = [];
  for (const event of events) {
    // As on the road: of what is part of an outage, its ticket is meant.
    const isPerson = event.type === 'touch' || event.type === 'close';
    if (isPerson) actions.push(...policy.advance(event.at));
    const key = isPerson ? (policy.state(event.key)?.parent ?? event.key) : '';
    actions.push(...policy.apply(isPerson ? { ...event, key } : event));
  }
  actions.push(...policy.advance(plan.until));
  const of = <T extends Action['type']>(type: T) =>
    actions.filter((action): action is Extract<Action, { type: T }> => action.type === type);
  const opened = actions.filter((action) => action.type === 'open' || action.type === 'open-parent');
  const times = (list: Action[]) => list.map((action) => action.at);
  return {
    created: opened.length,
    parents: of('open-parent').length,
    merged: of('attach').filter((action) => action.merged).length,
    reopened: of('reopen').length,
    flapping: of('flapping').length,
    auto_resolved: of('resolve').length,
    linked: opened.filter((action) => action.follows).length,
    children_attached: new Set(of('attach').map((action) => action.key)).size,
    open: [...new Set(actions.map(({ key }) => key))].filter((key) => policy.state(key)?.open).length,
    occurrences: of('open').reduce((sum, action) => sum + action.count, 0) + of('count').length,
    opened_at: times(opened),
    resolved_at: times(of('resolve')),
    reopened_at: times(of('reopen')),
    restored_at: times(of('recovered')),
  };
}

for (const one of [...givenCases.filter(({ fn }) => fn === 'ticketAutomation'), ...ownCases])
  test(`${one.id} ${one.title}`, () => {
    const found = run(one);
    for (const [name, want] of expectedOf(one)) assert.equal(found[name], want, name);
  });

for (const one of givenCases.filter((each) => each.fn === 'priorityMatrix')) {
  test(`${one.id} ${one.title}`, () => {
    const priorities = one.input.pairs.map(([impact, urgency]) => priorityOf(impact, urgency));
    assert.equal(priorities, one.expected.priorities);
  });
}

test('a maintenance may be written as a window, as a pair, and as events', () => {
  const [start, end] = ['2025-06-16T10:00:00Z', '2025-06-16T11:00:00Z'];
  const fire = { at: '2025-06-16T10:10:00Z', type: 'fire', endpoint: 'e1', check: 'heartbeat', site: 'BER' };
  const of = (input: Partial<TicketCase['input']>) =>
    planOf({
      ...{ id: '', fn: '', title: '', expected: {} },
      input: { settings: {}, events: [fire], until: '2025-06-16T20:00:00Z', pairs: [], ...input },
    }).maintenance;
  const span = { from: Date.parse(start), to: Date.parse(end), endpoint: 'e1', site: null };
  assert.equal(of({ maintenance: [{ start, end, endpoint: 'e1' }] }), [span]);
  assert.equal(of({ maintenance: [{ from: start, to: end, endpoint: 'e1' }] }), [span]);
  assert.equal(of({ maintenance: [[start, end]] }), [{ ...span, endpoint: null }]);
  const begin = { at: start, type: 'maintenance_start', endpoint: 'e1' };
  assert.equal(of({ events: [begin, fire, { at: end, type: 'maintenance_end', endpoint: 'e1' }] }), [span]);
  assert.equal(of({ events: [{ ...begin, type: 'maintenance', until: end }, fire] }), [span]);
  assert.throws(() => of({ events: [{ ...fire, type: 'explode' }] }), /an event that is not known here: explode/);
  assert.throws(() => of({ settings: { mood: 1 } }), /a setting that is not known here: mood/);
});

test.run();
