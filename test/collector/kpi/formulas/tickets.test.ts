import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { backlog } from '../../../../collector/kpi/formulas/backlog.ts';
import { mttr } from '../../../../collector/kpi/formulas/mttr.ts';
import { slaAttainment } from '../../../../collector/kpi/formulas/sla-attainment.ts';
import { type ClockEvent, slaClock, ticketClock } from '../../../../collector/kpi/formulas/sla-clock.ts';
import type { StageEvent, TicketHistory, TicketStage } from '../../../../collector/kpi/formulas/ticket-history.ts';
import { rateRatio, theilSenSlope, ticketVolume } from '../../../../collector/kpi/formulas/volume.ts';
import { businessMinutes, officeHours, periodBounds, roundTheClock } from '../../../../shared/calendar.ts';
import { allFinite, at, shuffled } from '../../../support/kpi-facts.ts';

const office = officeHours('Europe/Berlin');
const always = roundTheClock('UTC');
const june = { start: at('2026-06-01T00:00:00+02:00'), end: at('2026-07-01T00:00:00+02:00') };
/** Monday 2026-06-15 is the day of `t('15 09:00')`. */
const t = (text: string) => at(`2026-06-${text.slice(0, 2)}T${text.slice(3)}:00+02:00`);
const stage = (when: string, state: TicketStage, reason: string | null = null): StageEvent => ({
  at: t(when),
  state,
  reason,
});
const target = (minutes: number | null, calendar = office) => ({ minutes, calendar });
const iso = (ms: number | null | undefined) => (ms == null ? null : new Date(ms).toISOString());

test('a reopened clock keeps what it used, and does not count the time it stood resolved', () => {
  const events: ClockEvent[] = [
    { type: 'start', at: t('15 10:00') },
    { type: 'stop', at: t('15 12:00') },
    { type: 'reopen', at: t('17 10:00') },
  ];
  const clock = slaClock(target(240), events, t('17 11:00'));
  assert.is(clock.usedMinutes, 180);
  assert.is(iso(clock.dueAt), iso(t('17 12:00')));
  assert.equal(
    clock.ran.map(({ minutes }) => minutes),
    [120, 60],
  );
  assert.is(clock.outcome, 'open');
  assert.is(slaClock(target(240), events, t('17 12:00')).outcome, 'open', 'used = target is not over it');
  assert.is(slaClock(target(240), events, t('17 12:01')).outcome, 'breached');
});

test('a pause in business hours moves the due time by its business time; paused, it is not known when', () => {
  const events: ClockEvent[] = [
    { type: 'start', at: t('15 09:00') },
    { type: 'pause', at: t('15 10:00') },
    { type: 'resume', at: t('16 10:00') },
  ];
  assert.is(iso(slaClock(target(240), events, t('16 10:00')).dueAt), iso(t('16 13:00')));
  const paused = slaClock(target(240), events, t('15 15:00'));
  assert.equal([paused.state, paused.dueAt, paused.remainingMinutes], ['paused', null, 180]);
  const late = slaClock(target(30), events, t('15 15:00'));
  assert.equal([late.outcome, iso(late.dueAt)], ['breached', iso(t('15 09:30'))]);
});

test('warnings come at half and at four fifths of the target', () => {
  const { warnings } = slaClock(target(600), [{ type: 'start', at: t('15 09:00') }], t('15 09:00'));
  assert.equal(
    warnings.map(({ at }) => iso(at)),
    [iso(t('15 14:00')), iso(t('15 17:00'))],
  );
});

test('raised: the old clock is kept as cancelled and a new one begins; lowered: what was used stays used', () => {
  const start: ClockEvent = { type: 'start', at: t('15 09:00') };
  const raised = slaClock(
    target(480),
    [start, { type: 'retarget', at: t('15 11:00'), target: target(60, always) }],
    t('15 11:30'),
  );
  assert.equal([raised.usedMinutes, iso(raised.dueAt)], [30, iso(t('15 12:00'))]);
  assert.equal(
    raised.cancelled.map(({ usedMinutes, cancelledAt }) => [usedMinutes, iso(cancelledAt)]),
    [[120, iso(t('15 11:00'))]],
  );
  const lowered = slaClock(
    target(60, always),
    [start, { type: 'retarget', at: t('15 11:00'), target: target(480) }],
    t('15 11:30'),
  );
  assert.equal([lowered.usedMinutes, iso(lowered.dueAt), lowered.priorityChanges], [150, iso(t('15 17:00')), 1]);
  assert.is(lowered.outcome, 'open');
  const none = slaClock(target(60), [start, { type: 'retarget', at: t('15 09:30'), target: target(null) }], june.end);
  assert.equal([none.outcome, none.dueAt], ['none', null]);
});

test('the clocks of a ticket: vendor holds run on, the requester does not, and a reply stops the response', () => {
  const ticket = {
    id: 'a',
    events: [
      stage('15 09:00', 'new'),
      stage('15 10:00', 'in_progress'),
      stage('15 11:00', 'on_hold', 'awaiting_requester'),
      stage('15 13:00', 'on_hold', 'awaiting_vendor'),
      stage('15 15:00', 'resolved'),
      stage('16 09:00', 'on_hold', 'awaiting_requester'),
      stage('16 10:00', 'in_progress'),
      stage('16 11:00', 'resolved'),
      stage('23 11:00', 'closed'),
    ],
    targets: [{ at: t('15 09:00'), target: target(300) }],
    firstResponseAt: t('15 09:20'),
  };
  const clock = ticketClock('resolution', ticket, june.end);
  assert.equal([clock?.usedMinutes, clock?.outcome, clock?.state], [300, 'met', 'stopped']);
  assert.is(ticketClock('response', ticket, june.end)?.usedMinutes, 20);
  assert.is(ticketClock('response', ticket, t('15 09:10'))?.state, 'running');
  const called = ticketClock('response', { ...ticket, firstResponseAt: t('15 08:55') }, june.end);
  assert.equal([called?.usedMinutes, called?.outcome], [0, 'met'], 'answered before it was written down');
  const spam = { ...ticket, events: [stage('15 09:00', 'new'), stage('15 09:30', 'cancelled', 'spam')] };
  assert.is(ticketClock('resolution', spam, june.end), null);
});

test('a calendar that never opens has no due time', () => {
  const never = { ...office, weekly: {} };
  const clock = slaClock(target(60, never), [{ type: 'start', at: t('15 09:00') }], t('16 09:00'));
  assert.equal([clock.usedMinutes, clock.dueAt, clock.outcome], [0, null, 'open']);
});

test('attainment: late is late whether answered or not; without a target a ticket is out', () => {
  const ticket = (id: string, minutes: number | null, answered: string | null) => {
    const events: ClockEvent[] = [{ type: 'start', at: t('15 09:00') }];
    if (answered) events.push({ type: 'stop', at: t(answered) });
    return { id, clock: slaClock(target(minutes), events, t('15 12:00')) };
  };
  const found = slaAttainment([
    ticket('a', 60, '15 10:00'),
    ticket('b', 60, '15 10:01'),
    ticket('c', 60, null),
    ticket('d', 180, null),
    ticket('e', null, null),
  ]);
  assert.equal([found.met, found.breached, found.notDue, found.attainment.n], [1, 2, 1, 3]);
  assert.equal(
    found.tickets.map(({ outcome }) => outcome),
    ['met', 'breached', 'breached', 'not_due'],
  );
});

const done = (id: string, opened: string, resolved: string, more: Partial<TicketHistory> = {}): TicketHistory => ({
  id,
  events: [stage(opened, 'new'), stage(resolved, 'resolved')],
  ...more,
});

test('time to resolve: who is in, who is beside, and what each adds', () => {
  const reopened: TicketHistory = {
    id: 'again',
    events: [
      stage('15 09:00', 'new'),
      stage('15 10:00', 'resolved'),
      stage('16 09:00', 'in_progress'),
      stage('16 11:00', 'resolved'),
    ],
  };
  const back: TicketHistory = {
    id: 'back',
    events: [...done('', '15 09:00', '15 12:00').events, { at: june.end + 86_400_000, state: 'in_progress' }],
  };
  const input = {
    calendar: office,
    period: june,
    asOf: june.end + 2 * 86_400_000,
    tickets: [
      { ...done('a', '15 09:00', '15 11:00'), restoredAt: t('15 09:30') },
      reopened,
      back,
      done('self', '15 09:00', '15 09:05', { touched: false }),
      done('request', '15 09:00', '15 09:05', { kind: 'request' }),
      { id: 'spam', events: [stage('15 09:00', 'new'), stage('15 10:00', 'cancelled', 'spam')] },
      { id: 'open', events: [stage('29 09:00', 'new')] },
    ],
  };
  const found = mttr(input);
  assert.equal(
    found.tickets.map(({ id, gross, net, first, restored }) => [id, gross, net, first, restored]),
    [
      ['a', 120, 120, 120, 30],
      ['again', 600, 180, 60, null],
    ],
  );
  assert.equal([found.mean, found.netMean, found.firstMean, found.reopened], [360, 150, 90, 1]);
  assert.equal([found.reopenedSince, found.selfHealed], [['back'], ['self']]);
  assert.equal([found.open.n, found.open.oldestAge, found.kmMedian], [1, 960, 600]);
  assert.equal(found.restore, { n: 1, mean: 30, median: 30 });
  assert.is(mttr({ ...input, asOf: june.end }).n, 3, 'before the reopening was known');
  const none = mttr({ ...input, tickets: [] });
  assert.equal(
    [none.mean, none.median, none.kmMedian, none.medianCi95, none.status],
    [null, null, null, null, 'insufficient'],
  );
});

test('the median with open tickets is not known while most of them are open', () => {
  const open = ['b', 'c', 'd'].map((id): TicketHistory => ({ id, events: [stage('01 09:00', 'new')] }));
  const found = mttr({
    calendar: office,
    period: june,
    asOf: june.end,
    tickets: [done('a', '15 09:00', '15 10:00'), ...open],
  });
  assert.equal([found.median, found.kmMedian, found.open.n], [60, null, 3]);
});

test('backlog: waits, ages at their limits, and a ticket entered when it was done', () => {
  const day = 86_400_000;
  const opened = (
    id: string,
    days: number,
    state: TicketStage = 'new',
    reason: string | null = null,
  ): TicketHistory => ({
    id,
    events: [
      { at: june.end - days * day, state: 'new' },
      { at: june.end - days * day + 1, state, reason },
    ],
  });
  const found = backlog({
    at: june.end,
    period: june,
    pace: { resolved: 0, businessDays: 20 },
    tickets: [
      opened('a', 10),
      opened('b', 30, 'on_hold', 'awaiting_vendor'),
      opened('c', 30.01, 'on_hold', 'awaiting_requester'),
      opened('d', 9.99, 'on_hold', 'awaiting_change'),
      { id: 'e', events: [stage('10 09:00', 'resolved')] },
      { ...opened('f', 3), kind: 'problem' },
    ],
  });
  assert.equal(found.waiting, { us: 2, requester: 1, third_party: 1 });
  assert.equal(found.age, { under10Days: 1, upTo30Days: 2, over30Days: 1 });
  assert.is(found.daysOfWork, null);
  assert.equal([found.flow?.start, found.flow?.opened, found.flow?.resolved, found.flow?.end], [1, 4, 1, 4]);
  assert.equal(
    found.tickets.map(({ id }) => id),
    ['c', 'b', 'a', 'd'],
  );
});

test('volume: weeks without tickets stay, duplicates are named and not counted', () => {
  const period = periodBounds('Europe/Berlin', '2026-06');
  const created = (id: string, when: string, cancelledReason: string | null = null) => ({
    id,
    createdAt: t(when),
    source: 'user',
    cancelledReason,
  });
  const found = ticketVolume({
    period,
    zone: 'Europe/Berlin',
    businessDays: 22,
    endpoints: 50,
    tickets: [
      created('a', '01 00:00'),
      created('b', '07 23:59'),
      created('c', '22 10:00', 'duplicate'),
      created('d', '22 10:00', 'not_an_issue'),
      created('a', '01 00:00'),
    ],
  });
  assert.equal([found.count, found.perBusinessDay, found.per100Endpoints], [3, 3 / 22, 6]);
  assert.equal(found.excluded, [{ id: 'c', reason: 'duplicate' }]);
  assert.equal(
    found.byWeek.map(({ count }) => count),
    [2, 0, 0, 1, 0],
  );
});

test('no arrow without significance, no interval below ten, no ratio to nothing', () => {
  const rate = (count: number, businessDays = 20) => ({ count, businessDays });
  assert.is(rateRatio(rate(100), rate(110)).significant, false);
  assert.is(rateRatio(rate(100), rate(180)).significant, true);
  assert.is(rateRatio(rate(180), rate(100)).significant, true);
  assert.equal(rateRatio(rate(9), rate(90)), { ratio: 10, ci95: null, significant: false });
  assert.equal(rateRatio(rate(0), rate(90)).ratio, null);
  assert.equal(rateRatio(rate(20, 0), rate(90)).ratio, null);
  assert.equal([theilSenSlope([]), theilSenSlope([4]), theilSenSlope([0, 2, 4, 6, 100])], [null, null, 2]);
});

const someStage = fc.record({
  at: fc.integer({ min: june.start - 10 * 86_400_000, max: june.end + 10 * 86_400_000 }),
  state: fc.constantFrom<TicketStage>('new', 'in_progress', 'on_hold', 'resolved', 'closed', 'cancelled'),
  reason: fc.constantFrom('awaiting_requester', 'awaiting_vendor', null),
});
const someTickets = fc
  .array(fc.record({ events: fc.array(someStage, { maxLength: 7 }), touched: fc.boolean() }), { maxLength: 8 })
  .map((tickets) => tickets.map((ticket, n): TicketHistory => ({ id: `t${n}`, ...ticket })));
const someCut = fc.integer({ min: june.start, max: june.end });

test('order and repetition of tickets and events change nothing, and nothing is infinite', () => {
  fc.assert(
    fc.property(someTickets, fc.integer(), (tickets, seed) => {
      const mixed = shuffled(
        [...tickets, ...tickets].map((ticket) => ({
          ...ticket,
          events: shuffled([...ticket.events, ...ticket.events], seed),
        })),
        seed,
      );
      const figures = (all: TicketHistory[]) => {
        const { tickets: own, ...times } = mttr({ calendar: office, period: june, asOf: june.end, tickets: all });
        const { tickets: _, ...log } = backlog({ at: june.end, period: june, tickets: all });
        return { mean: times.mean, median: times.median, n: own.length, open: times.open.n, km: times.kmMedian, log };
      };
      const withoutEvents = ({ log, mean, ...rest }: ReturnType<typeof figures>) => ({
        ...rest,
        mean: mean === null ? null : Math.round(mean * 1000),
        log: { ...log, flow: { ...log.flow, events: log.flow?.events.length } },
      });
      assert.equal(withoutEvents(figures(mixed)), withoutEvents(figures(tickets)));
      allFinite(mttr({ calendar: office, period: june, asOf: june.end, tickets }));
      allFinite(backlog({ at: june.end, period: june, tickets, pace: { resolved: 0, businessDays: 0 } }));
    }),
  );
});

test('what was there, and came, and went, is what is there; two parts of a month make the month', () => {
  fc.assert(
    fc.property(someTickets, someCut, (tickets, cut) => {
      const flow = (start: number, end: number) => backlog({ at: end, period: { start, end }, tickets }).flow;
      const [whole, first, second] = [flow(june.start, june.end), flow(june.start, cut), flow(cut, june.end)];
      for (const one of [whole, first, second]) {
        if (!one) throw new Error('a period has a flow');
        assert.is(one.end, one.start + one.opened + one.reopened - one.resolved - one.cancelled);
      }
      assert.is(first?.end, second?.start);
      for (const what of ['opened', 'reopened', 'resolved', 'cancelled'] as const)
        assert.is((first?.[what] ?? 0) + (second?.[what] ?? 0), whole?.[what]);
      assert.is(backlog({ at: june.end - 1, tickets }).count, whole?.end);
      const cohort = (start: number, end: number) =>
        mttr({ calendar: office, period: { start, end }, asOf: june.end + 1e9, tickets }).tickets.map(({ id }) => id);
      const parts = [...cohort(june.start, cut), ...cohort(cut, june.end)];
      assert.is(new Set(parts).size, parts.length, 'a ticket is in one period');
      assert.equal(parts.sort(), cohort(june.start, june.end).sort());
    }),
  );
});

test('net is never above gross, the first resolution never after the last', () => {
  fc.assert(
    fc.property(someTickets, (tickets) => {
      const found = mttr({ calendar: always, period: june, asOf: june.end, tickets });
      for (const { gross, net, first } of found.tickets) assert.ok(net <= gross + 1e-9 && first <= gross);
      if (found.medianCi95)
        assert.ok(found.medianCi95[0] <= (found.median ?? 0) && (found.median ?? 0) <= found.medianCi95[1]);
    }),
  );
});

const someMark = fc.record({
  at: fc.integer({ min: june.start / 60_000, max: june.end / 60_000 }).map((minute) => minute * 60_000),
  type: fc.constantFrom<'pause' | 'resume' | 'stop' | 'reopen'>('pause', 'resume', 'stop', 'reopen'),
});

test('the clock: used by the due time is the target, its parts are the whole, order and repetition do not matter', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(someMark, { maxLength: 8, selector: (mark) => mark.at }),
      fc.integer({ min: 0, max: 3000 }),
      fc.integer(),
      (marks, minutes, seed) => {
        const events: ClockEvent[] = [{ type: 'start', at: june.start }, ...marks];
        const clock = slaClock(target(minutes), events, june.end);
        assert.equal(slaClock(target(minutes), shuffled([...events, ...events], seed), june.end), clock);
        const sum = clock.ran.reduce((total, part) => total + part.minutes, 0);
        assert.ok(Math.abs(sum - clock.usedMinutes) < 1e-6);
        allFinite(clock);
        if (clock.dueAt !== null && clock.dueAt <= june.end && clock.state !== 'stopped') {
          const due = clock.dueAt;
          const used = clock.ran.reduce(
            (total, { start, end }) => total + businessMinutes(office, start, Math.min(end, due)),
            0,
          );
          assert.ok(Math.abs(used - minutes) < 1e-6, `${used} of ${minutes}`);
        }
        assert.is(clock.outcome === 'breached', clock.usedMinutes > minutes);
      },
    ),
  );
});

test.run();
