/** What a ticket was at any instant follows from its events alone, whoever did what to it. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createBatch } from '../../../collector/alerts/batch.ts';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import type { Action } from '../../../collector/tickets/actions.ts';
import { pastOf } from '../../../collector/tickets/history.ts';
import { saveTickets } from '../../../collector/tickets/save.ts';
import { createTickets, type NewTicket } from '../../../collector/tickets/tickets.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { freshPlace } from '../../support/state.ts';

const test = suite('history of tickets');
const minute = 60_000;
/** A Monday morning, so that five business days pass in some runs. */
const start = Date.UTC(2026, 10, 2, 8);

const level = fc.constantFrom(1, 2, 3) as fc.Arbitrary<1 | 2 | 3>;
const key = fc.constantFrom('srv/disk', 'web/disk');
const about = (of: string, urgency: number) => ({
  ...{ alert: `${of} alert`, rule: 'disk-space', urgency, instance: '/' },
  endpoint: { id: of.slice(0, 3), name: of, kind: 'server' as const },
});
/** What the monitor does; `at` is filled in. */
const ofMonitor = fc.oneof(
  fc.record({ type: fc.constant('open' as const), key, follows: fc.constant(false), count: fc.constant(1), level }),
  fc.record({ type: fc.constant('reopen' as const), key, why: fc.constant('fired' as const), level }),
  fc.record({ type: fc.constant('resolve' as const), key }),
  fc.record({ type: fc.constant('urgency' as const), key, urgency: level, severity: fc.constant('critical') }),
  fc.record({
    ...{ type: fc.constant('acknowledged' as const), key, note: fc.constant(null) },
    ...{ by: fc.constantFrom('ada', 'bob'), isEarlier: fc.boolean() },
  }),
  fc.record({ type: fc.constant('open-parent' as const), key: fc.constant('storm/osaka/disk'), urgency: level }),
  fc.record({ type: fc.constant('attach' as const), key, parent: fc.constant('storm/osaka/disk'), level }),
);
const holdReason = fc.constantFrom('awaiting_requester' as const, 'awaiting_vendor' as const);
const ofPerson = fc.oneof(
  fc.record({ do: fc.constant('comment' as const), isPublic: fc.boolean(), isFromRequester: fc.boolean() }),
  fc.record({ do: fc.constant('priority' as const), impact: level, urgency: level }),
  fc.record({ do: fc.constant('hold' as const), reason: holdReason, days: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constantFrom('begin' as const, 'cancel' as const, 'resolve' as const, 'close' as const) }),
  fc.record({ do: fc.constantFrom('reopen' as const, 'take' as const, 'old' as const) }),
);
const deed = fc.record({
  after: fc.constantFrom(1, minute, 60 * minute, 9 * 24 * 60 * minute),
  what: fc.oneof(ofMonitor, ofPerson),
  ticket: fc.integer({ min: 1, max: 4 }),
});
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

function desk(state: State) {
  let now = start;
  const clock = { now: () => now, monotonic: () => now };
  const tickets = createTickets({ state, clock, changeFeed: createChangeFeed(), zone: 'Europe/Berlin' });

  function byMonitor(what: Extract<Deed['what'], { type: string }>): Promise<void> {
    const batch = createBatch([], now);
    const more = 'level' in what ? { about: about(what.key, what.level) } : {};
    const site = { check: 'disk', site: 'osaka', follows: false, merged: true };
    batch.actions.push({ ...site, ...what, ...more, at: now } as Action);
    return state.transaction().execute((db) => saveTickets(db, batch));
  }

  async function byPerson(id: number, what: Extract<Deed['what'], { do: string }>): Promise<unknown> {
    switch (what.do) {
      case 'comment':
        return tickets.comment(id, 'ada', { ...what, text: 'so' });
      case 'priority':
        return tickets.setPriority(id, 'ada', what, 'so');
      case 'hold': {
        const hold = { reason: what.reason, until: now + what.days * 24 * 60 * minute };
        return tickets.setState(id, 'ada', { to: 'on_hold', text: null, hold });
      }
      case 'begin':
        return tickets.setState(id, 'ada', { to: 'in_progress', text: null });
      case 'cancel':
        return tickets.setState(id, 'ada', { to: 'cancelled', text: null, reason: 'spam' });
      case 'close':
        return tickets.setState(id, 'ada', { to: 'closed', text: null });
      case 'resolve':
        return tickets.resolve(id, 'ada', null);
      case 'reopen':
        return tickets.reopen(id, 'ada', null);
      case 'take':
        return tickets.assign(id, 'ada', 'ada');
      case 'old':
        return tickets.closeOld();
    }
  }

  return {
    tickets,
    async run({ after, what, ticket }: Deed): Promise<number> {
      now += after;
      try {
        await ('type' in what ? byMonitor(what) : byPerson(ticket, what));
      } catch (thrown) {
        // Not every state allows everything; that it was refused must leave no trace either.
        if (!(thrown instanceof EvenkeelError)) throw thrown;
      }
      return now;
    },
  };
}

const asked: NewTicket = {
  ...{ title: 'x', text: null, endpoint: null, impact: 3, urgency: 3, by: 'ada', requester: 'Mia' },
  ...{ channel: 'phone', category: 'request' },
};

test('the state, its reason and the priority at each instant are what the row said then', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 5, maxLength: 40 }), async (deeds) => {
      const state = await openState(freshPlace());
      const { tickets, run } = desk(state);
      await tickets.create(asked);
      const seen: { at: number; rows: Awaited<ReturnType<typeof rowsOf>> }[] = [];
      for (const one of deeds) seen.push({ at: await run(one), rows: await rowsOf(state) });
      const events = await state.selectFrom('ticket_events').selectAll().orderBy('id').execute();
      for (const { at, rows } of seen)
        for (const { id, priority, ...row } of rows) {
          const own = events.filter((event) => event.ticket === id && event.at <= at);
          // The events must not need the row.
          const { states, priorities } = pastOf({ opened_at: 0, priority: 0, requester: null }, own);
          const last = states.at(-1);
          const hold = last?.state === 'on_hold' ? last : { reason: null, until: null };
          const derived = { state: last?.state, hold_reason: hold.reason, hold_until: hold.until };
          assert.equal(derived, row, `ticket ${id} at ${at}`);
          assert.is(priorities.at(-1)?.priority, priority, `priority of ticket ${id} at ${at}`);
        }
      await state.destroy();
    }),
    { numRuns: 25 },
  );
});

const rowsOf = (state: State) =>
  state.selectFrom('tickets').select(['id', 'state', 'hold_reason', 'hold_until', 'priority']).orderBy('id').execute();

test('acknowledging the alert of a new ticket begins it, in its event as well', async () => {
  const state = await openState(freshPlace());
  const batch = createBatch([], start);
  const by = { by: 'ada', note: null };
  batch.actions.push({ type: 'open', key: 'srv/disk', at: start, follows: false, count: 1 });
  batch.actions.push({ type: 'acknowledged', key: 'srv/disk', at: start + 1, ...by });
  batch.actions.push({ type: 'acknowledged', key: 'srv/disk', at: start + 2, ...by });
  await state.transaction().execute((db) => saveTickets(db, batch));
  const events = await state.selectFrom('ticket_events').selectAll().orderBy('id').execute();
  assert.equal(
    events.map(({ kind, from_state, to_state }) => [kind, from_state, to_state]),
    [
      ['opened', null, 'new'],
      ['acknowledged', 'new', 'in_progress'],
      ['acknowledged', null, null],
    ],
  );
  await state.destroy();
});

test.run();
