/** However what comes in is cut into batches, the same stands in the tables afterwards; and so it does after attempts that failed. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Input, Sample } from '../../../collector/alerts/batch.ts';
import { createAlertMemory } from '../../../collector/alerts/memory.ts';
import { createSuppressors } from '../../../collector/alerts/suppressors.ts';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { createRuleBooks } from '../../../collector/evaluate/book.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import type { Status } from '../../../collector/evaluate/evaluate.ts';
import type { Rule } from '../../../collector/evaluate/rule.ts';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';
import { createMaintenanceMemory } from '../../../collector/maintenance/memory.ts';
import { groupDefaults } from '../../../collector/notify/group-settings.ts';
import { createGroups } from '../../../collector/notify/groups.ts';
import { channelsOnly } from '../../../collector/notify/receivers.ts';
import { createSecondHalf } from '../../../collector/pipeline.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { createPolicy } from '../../../collector/tickets/policy.ts';
import { defaultPolicy } from '../../../collector/tickets/settings.ts';
import { silentLog } from '../../../shared/log.ts';
import { recorder } from './scene.ts';

const minute = 60_000;
const start = Date.UTC(2026, 0, 5);
const endpoints = ['a', 'b', 'c'];
const families = { quick: { for_s: 0, clear_for_s: 0 }, slow: { for_s: 60, clear_for_s: 60 } };
const base = defaultRules.find(({ id }) => id === 'disk-space') as Rule;
const rules = Object.entries(families).flatMap(([id, times]): Rule[] => [
  { ...base, ...times, id },
  { ...base, ...times, id: `${id}-critical`, level_of: id, severity: 'critical', urgency: 1 },
]);
const ruleOf = (id: string) => rules.find((rule) => rule.id === id) as Rule;
const endpointOf = (id: string) => ({ id, name: id, kind: 'server', site: 'BER', state: 'online', tags: [] }) as never;
const keyOf = (endpoint: string, family: string) => `${endpoint}/${family}`;

type Plan = { after: number; endpoint: string; family: string } & (
  | { type: 'sample'; statuses: readonly [Status, Status] }
  | { type: 'end' | 'acknowledge' | 'hand-over' | 'withdraw' | 'time' }
);

/** Less than a day in all: in one batch, both alerts of a key are in one ticket. */
const where = {
  after: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: minute }) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 15 * minute }) },
  ),
  endpoint: fc.constantFrom(...endpoints),
  family: fc.constantFrom(...Object.keys(families)),
};
const said = fc.constantFrom<readonly [Status, Status]>(
  ['breach', 'breach'],
  ['hold', 'breach'],
  ['clear', 'breach'],
  ['clear', 'hold'],
  ['clear', 'clear'],
  ['clear', 'clear'],
);
const plan: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ ...where, type: fc.constant('sample' as const), statuses: said }) },
  {
    weight: 3,
    arbitrary: fc.record({ ...where, type: fc.constantFrom('acknowledge', 'hand-over', 'withdraw', 'time', 'end') }),
  } as { weight: number; arbitrary: fc.Arbitrary<Plan> },
);

function inputsOf(plans: readonly Plan[], from: number): Input[] {
  let at = from;
  return plans.map((one): Input => {
    at += one.after;
    const key = keyOf(one.endpoint, one.family);
    if (one.type === 'sample') {
      const levels = [`${one.family}-critical`, one.family].map((id, i) => {
        return { rule: ruleOf(id), status: one.statuses[i] as Status, value: i, threshold: 90 };
      });
      const { endpoint, family } = one;
      const sample: Sample = { key, endpoint, family, metric: 'disk.used_percent', tags: {}, levels };
      return { type: 'sample', at, sample };
    }
    if (one.type === 'end') return { type: 'end', at, key, reason: 'gone' };
    if (one.type === 'acknowledge') return { type: 'acknowledge', at, key, request: { by: 'ada' } };
    if (one.type === 'hand-over') return { type: 'hand-over', at, key, by: 'ada', to: 'bob' };
    return one.type === 'withdraw' ? { type: 'withdraw', at, key, by: 'ada' } : { type: 'time', at };
  });
}

/** The second half of the road on a state of its own. */
function openRoad(state: State) {
  let now = start;
  const clock = { now: () => now, monotonic: () => now };
  const books = createRuleBooks(rules);
  const memory = createAlertMemory(
    () => books,
    () => [],
  );
  // Tickets open at once: an acknowledgement then finds its ticket, however late its batch is.
  const policy = createPolicy({ ...defaultPolicy, openDelay: 0, incidentEndpoints: 3, budget: 1000 });
  const maintenance = createMaintenanceMemory({ places: () => [], placeOf: () => undefined });
  const labels = ({ family, rule }: { family: string; rule: Rule }) => ({ rule: family, severity: rule.severity });
  const groups = createGroups({ labelsOf: labels, receivers: channelsOnly([recorder([])]), settings: groupDefaults });
  const ruleNamed = (id: string) => ({ id });
  const notify = {
    ...{ routes: [recorder([])], policy, groups, alertOf: memory.alert, labelsOf: labels, ruleNamed },
    endpointOf: (id: string) => ({ id, name: id, kind: 'server', site: 'BER' }),
  };
  const suppressors = createSuppressors({
    ...{
      state,
      clock,
      zone: 'UTC',
      memory,
      maintenance,
      ruleNamed,
      groupNamesOf: () => [],
      push: async () => undefined,
    },
    log: silentLog,
    isTold: groups.isTold,
    endpointOf: () => undefined,
    endpoints: () => [],
    named: endpointOf,
  });
  const run = createSecondHalf({
    ...{ state, clock, changeFeed: createChangeFeed(), memory, maintenance, suppressors, policy, groups, notify },
    wakeOutbox() {},
    endpointOf: endpointOf as (id: string) => Endpoint,
    named: endpointOf,
    causeOf: async () => null,
  });
  return (inputs: readonly Input[]) => {
    now = inputs.at(-1)?.at ?? now;
    return run(inputs);
  };
}

/** All that was saved. Random ids become the number under which they were first met. */
async function saved(state: State) {
  const read = <T extends 'alerts' | 'alert_events' | 'tickets' | 'ticket_events'>(table: T) =>
    state.selectFrom(table).selectAll().execute() as Promise<Record<string, unknown>[]>;
  const [alerts, tickets] = [await read('alerts'), await read('tickets')];
  const names = new Map(
    alerts
      .sort((a, b) => Number(a.pending_at) - Number(b.pending_at) || (String(a.key) < String(b.key) ? -1 : 1))
      .map(({ id }, i) => [String(id), `alert ${i}`]),
  );
  const sent = await state
    .selectFrom('notifications')
    .innerJoin('notification_alerts', 'notification', 'notifications.id')
    .select(['at', 'event', 'severity', 'notification_alerts.alert'])
    .execute();
  const plain = (rows: Record<string, unknown>[]) =>
    rows.map((row) => JSON.stringify(row).replace(/[0-9a-f]{20}/g, (id) => names.get(id) ?? 'a forgotten one')).sort();
  const numberless = (rows: Record<string, unknown>[]) => rows.map(({ id: _, ...row }) => row);
  return {
    alerts: plain(alerts),
    sent: plain(sent),
    alertEvents: plain(numberless(await read('alert_events'))),
    tickets: plain(tickets),
    ticketEvents: plain(numberless(await read('ticket_events'))),
  };
}

async function emptied(state: State): Promise<State> {
  for (const table of [
    'ticket_links',
    'ticket_events',
    'tickets',
    'alert_events',
    'alerts',
    'deliveries',
    'notification_alerts',
    'notifications',
    'alert_group_members',
    'alert_group_ways',
    'alert_groups',
    'incidents',
  ])
    await state.deleteFrom(table as 'alerts').execute();
  return state;
}

test('one batch, or as many as there are inputs, or anything between', async () => {
  const states = [await openState(':memory:'), await openState(':memory:')] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { minLength: 1, maxLength: 40 }),
      fc.infiniteStream(fc.boolean()),
      async (plans, cuts) => {
        const inputs = inputsOf(plans, start);
        await openRoad(await emptied(states[0]))(inputs);
        const inParts = openRoad(await emptied(states[1]));
        const cut = cuts[Symbol.iterator]();
        let part: Input[] = [];
        for (const input of inputs) {
          part.push(input);
          if (!cut.next().value) continue;
          await inParts(part);
          part = [];
        }
        if (part.length > 0) await inParts(part);
        assert.equal(await saved(states[1]), await saved(states[0]));
      },
    ),
    { numRuns: 120 },
  );
  for (const state of states) await state.destroy();
});

test('a batch that fails a few times before it is saved', async () => {
  const states = [await openState(':memory:'), await openState(':memory:')] as const;
  const batches = fc.array(
    fc.record({ plans: fc.array(plan, { minLength: 1, maxLength: 8 }), failures: fc.integer({ min: 0, max: 2 }) }),
    { minLength: 1, maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(batches, async (list) => {
      const [plainly, tried] = [openRoad(await emptied(states[0])), openRoad(await emptied(states[1]))];
      let at = start;
      for (const { plans, failures } of list) {
        const inputs = inputsOf(plans, at);
        at = inputs.at(-1)?.at ?? at;
        await plainly(inputs);
        for (let i = 0; i < failures; i++) {
          await states[1].schema.alterTable('alert_events').renameTo('away').execute();
          await tried(inputs).catch((thrown) => assert.match(String(thrown), /alert_events/));
          await states[1].schema.alterTable('away').renameTo('alert_events').execute();
        }
        await tried(inputs);
      }
      assert.equal(await saved(states[1]), await saved(states[0]));
    }),
    { numRuns: 80 },
  );
  for (const state of states) await state.destroy();
});

test.run();
