/** What could not be saved has not happened: the same time-line with and without attempts that were taken back. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Action, PolicyEvent } from '../../../collector/tickets/actions.ts';
import { createPolicy, type TicketPolicy } from '../../../collector/tickets/policy.ts';
import { defaultPolicy } from '../../../collector/tickets/settings.ts';

const minute = 60_000;
const endpoints = ['a', 'b', 'c', 'd'];
const checks = ['disk', 'cpu'];
const keys = endpoints.flatMap((endpoint) => checks.map((check) => `${endpoint}/${check}`));
// Incidents of three, so that four endpoints make some, and a budget that is reached.
const settings = { ...defaultPolicy, incidentEndpoints: 3, budget: 6 };

type Plan = { after: number } & (
  | { type: 'fire' | 'recover' | 'touch' | 'reopen'; key: string }
  | { type: 'close'; key: string; mutedFor: number | null }
  | { type: 'maintenance'; on: boolean; scope: string | null }
);

const key = fc.constantFrom(...keys);
// Mostly short steps, sometimes past every delay there is.
const after = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 * minute }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 45 * minute }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 * 60 * minute }) },
);
const plan: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ after, type: fc.constant('fire' as const), key }) },
  { weight: 5, arbitrary: fc.record({ after, type: fc.constant('recover' as const), key }) },
  { weight: 2, arbitrary: fc.record({ after, type: fc.constantFrom('touch' as const, 'reopen' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      after,
      type: fc.constant('close' as const),
      key,
      mutedFor: fc.option(fc.integer({ min: 1, max: 120 * minute })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      after,
      type: fc.constant('maintenance' as const),
      on: fc.boolean(),
      scope: fc.option(fc.constantFrom(...endpoints)),
    }),
  },
);

/** Plans become events with instants, each later than the one before. */
function eventsOf(plans: readonly Plan[], from: number): PolicyEvent[] {
  let at = from;
  return plans.map((one): PolicyEvent => {
    at += one.after;
    switch (one.type) {
      case 'fire': {
        const [endpoint = '', check = ''] = one.key.split('/');
        return { type: 'fire', at, key: one.key, endpoint, check, site: 'BER' };
      }
      case 'close':
        return { type: 'close', at, key: one.key, mutedUntil: one.mutedFor === null ? null : at + one.mutedFor };
      case 'maintenance':
        return { type: 'maintenance', at, on: one.on, endpoint: one.scope };
      default:
        return { type: one.type, at, key: one.key };
    }
  });
}

/** Two things at one instant may come in either order. Whether there was a ticket before, the tables know for longer. */
const inOrder = (actions: readonly Action[]) =>
  actions.map((one) => `${String(one.at).padStart(12)} ${JSON.stringify({ ...one, follows: undefined })}`).sort();
const all = (policy: TicketPolicy) => ({
  open: keys.filter((each) => policy.state(each)?.open),
  firing: policy.firing().sort(),
  inIncident: keys.map((each) => policy.isInIncident(each)),
  due: policy.nextDue(),
});

/** What is long over is remembered for a while, or not any more: what a person does to its ticket is no part of this. */
const isOfBoth = (event: PolicyEvent, ...policies: TicketPolicy[]) =>
  !['reopen', 'close', 'touch'].includes(event.type) ||
  policies.every((policy) => 'key' in event && policy.state(event.key) !== undefined);

/** A batch: what happens, and how often it fails first, with what came meanwhile. */
const batches = fc.array(
  fc.record({
    plans: fc.array(plan, { minLength: 1, maxLength: 8 }),
    failsFirst: fc.array(fc.array(plan, { minLength: 1, maxLength: 8 }), { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 14 },
);

test('attempts that were taken back leave nothing behind', () => {
  fc.assert(
    fc.property(batches, (list) => {
      const [tried, plainly] = [createPolicy(settings), createPolicy(settings)];
      let at = 1_000_000;
      for (const { plans, failsFirst } of list) {
        for (const failing of failsFirst) {
          const events = eventsOf(failing, at);
          for (const event of events) tried.apply(event);
          tried.advance((events.at(-1)?.at ?? at) + 1);
          tried.undo();
          assert.equal(all(tried), all(plainly), 'as it was');
        }
        const events = eventsOf(plans, at);
        at = events.at(-1)?.at ?? at;
        const [some, others]: [Action[], Action[]] = [[], []];
        for (const event of events) {
          if (!isOfBoth(event, tried, plainly)) continue;
          some.push(...tried.apply(event));
          others.push(...plainly.apply(event));
        }
        some.push(...tried.advance(at));
        others.push(...plainly.advance(at));
        tried.keep();
        plainly.keep();
        assert.equal(inOrder(some), inOrder(others));
        assert.equal(all(tried), all(plainly));
      }
      at += 3 * 24 * 60 * minute;
      assert.equal(inOrder(tried.advance(at)), inOrder(plainly.advance(at)), 'what is due later, too');
    }),
    { numRuns: 400 },
  );
});

test('however a batch is split, the same follows from it', () => {
  fc.assert(
    fc.property(fc.array(plan, { minLength: 1, maxLength: 60 }), fc.infiniteStream(fc.boolean()), (plans, cuts) => {
      const [whole, split] = [createPolicy(settings), createPolicy(settings)];
      const events = eventsOf(plans, 1_000_000);
      const end = events.at(-1)?.at ?? 0;
      const cut = cuts[Symbol.iterator]();
      const [once, parts]: [Action[], Action[]] = [[], []];
      for (const event of events) {
        if (!isOfBoth(event, whole, split)) continue;
        once.push(...whole.apply(event));
        parts.push(...split.apply(event));
        if (!cut.next().value) continue;
        parts.push(...split.advance(event.at));
        split.keep();
      }
      once.push(...whole.advance(end));
      parts.push(...split.advance(end));
      assert.equal(inOrder(parts), inOrder(once));
      assert.equal(all(split), all(whole));
    }),
    { numRuns: 400 },
  );
});

test.run();
