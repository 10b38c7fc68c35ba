import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ChangeFact, changeSuccess } from '../../../../collector/kpi/formulas/change-success.ts';
import { type CostItem, costPerTicket } from '../../../../collector/kpi/formulas/cost-per-ticket.ts';
import { csat } from '../../../../collector/kpi/formulas/csat.ts';
import { type ContactTicket, firstContactResolution } from '../../../../collector/kpi/formulas/first-contact.ts';
import { fleetAvailability } from '../../../../collector/kpi/formulas/fleet-availability.ts';
import { majorIncidentRate } from '../../../../collector/kpi/formulas/major-incidents.ts';
import { softwareUtilisation } from '../../../../collector/kpi/formulas/software.ts';
import {
  indexChange,
  type StabilityParts,
  stabilityIndex,
} from '../../../../collector/kpi/formulas/stability-index.ts';
import { officeHours } from '../../../../shared/calendar.ts';
import { allFinite, at, shuffled } from '../../../support/kpi-facts.ts';

const june = { start: at('2026-06-01T00:00:00Z'), end: at('2026-07-01T00:00:00Z') };
const hour = 3_600_000;
const near = (value: number, expected: number, by = 1e-6) =>
  assert.ok(Math.abs(value - expected) <= by, `${value}, not ${expected}`);

const part = (value: number | null, more: Partial<StabilityParts[string]> = {}) => ({
  weight: 50,
  target: 100,
  floor: 0,
  value,
  ...more,
});

test('the index: a missing part hands its weight on, too little weight gives none', () => {
  const parts = { a: part(90, { weight: 60 }), b: part(50, { weight: 25 }), c: part(null, { weight: 15 }) };
  const found = stabilityIndex(parts);
  near(found.index as number, (60 * 90 + 25 * 50) / 85);
  assert.is(found.weight, 85);
  assert.equal(found.scores, { a: 90, b: 50, c: null });
  assert.equal(found.limitedBy, { part: 'b', score: 50, band: 'poor' });
  const thin = stabilityIndex({ ...parts, a: part(null, { weight: 60 }) });
  assert.equal([thin.index, thin.band, thin.pointsLost, thin.causes], [null, null, {}, []]);
});

test('the bands, and a fleet too small for an index', () => {
  const bands = [95, 94.9, 90, 89.9, 80, 79.9, 50, 49.9].map(
    (value) => stabilityIndex({ a: part(value, { weight: 100 }) }).band,
  );
  assert.equal(bands, ['excellent', 'good', 'good', 'fair', 'fair', 'poor', 'poor', 'very_poor']);
  assert.is(stabilityIndex({ a: part(95, { weight: 100 }) }, 4).status, 'insufficient');
  assert.is(stabilityIndex({ a: part(95, { weight: 100 }) }, 5).status, 'ok');
  assert.is(stabilityIndex({ a: part(100, { weight: 100 }) }).limitedBy, null);
});

test('a loss without a known cause is said to have none', () => {
  const found = stabilityIndex({ a: part(50, { causes: { x: 3, y: 1 } }), b: part(80) });
  assert.equal(found.causes, [
    { cause: 'x', points: 18.75, byPart: { a: 18.75 } },
    { cause: 'y', points: 6.25, byPart: { a: 6.25 } },
  ]);
  near(found.unattributed, 10);
});

test('from month to month: by part while the parts are the same, else a row for the composition', () => {
  const same = indexChange({ a: part(50), b: part(80) }, { a: part(70), b: part(70) });
  near(same?.change ?? 0, 5);
  assert.equal(same?.byPart, { a: 10, b: -5 });
  assert.is(same?.composition, 0);
  const other = indexChange(
    { a: part(50, { weight: 80 }), b: part(80) },
    { a: part(50, { weight: 80 }), b: part(null) },
  );
  assert.equal(other?.byPart, { a: 0 });
  near(other?.composition ?? 0, 50 - (80 * 50 + 50 * 80) / 130);
  assert.is(indexChange({ a: part(null) }, { a: part(50) }), null);
});

const someParts = fc
  .array(
    fc.record({
      weight: fc.integer({ min: 0, max: 60 }),
      target: fc.integer({ min: 0, max: 100 }),
      floor: fc.integer({ min: 0, max: 100 }),
      value: fc.option(fc.double({ min: -50, max: 150, noNaN: true })),
      causes: fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.double({ min: 0, max: 1e6, noNaN: true })),
    }),
    { maxLength: 6 },
  )
  .map((list): StabilityParts => Object.fromEntries(list.map((one, n) => [`p${n}`, one])));

test('what is lost, by part and by cause, is what is missing to 100; months apart by what their rows say', () => {
  fc.assert(
    fc.property(someParts, someParts, (before, after) => {
      const found = stabilityIndex(before);
      allFinite(found);
      if (found.index !== null) {
        assert.ok(found.index >= 0 && found.index <= 100);
        near(
          Object.values(found.pointsLost).reduce((sum, points) => sum + points, 0),
          100 - found.index,
        );
        near(
          found.causes.reduce((sum, { points }) => sum + points, found.unattributed),
          100 - found.index,
        );
      }
      const change = indexChange(before, after);
      allFinite(change);
      if (change)
        near(
          Object.values(change.byPart).reduce((sum, points) => sum + points, change.composition),
          change.change,
        );
    }),
  );
});

test('major incidents: parts add up to the rate, P3 and repetitions do not count, no days give none', () => {
  const incidents = [
    { id: 'a', priority: 1 },
    { id: 'b', priority: 2 },
    { id: 'c', priority: 3 },
    { id: 'a', priority: 1 },
  ];
  const found = majorIncidentRate({ incidents, endpoints: 300, periodDays: 30 });
  assert.equal(
    found.incidents.map(({ id, part: own }) => [id, own]),
    [
      ['a', 1 / 3],
      ['b', 1 / 6],
    ],
  );
  near(found.rate as number, 0.5);
  assert.is(majorIncidentRate({ incidents, endpoints: 0, periodDays: 30 }).rate, 1.5);
  assert.is(majorIncidentRate({ incidents, endpoints: 0, periodDays: 0 }).rate, null);
});

test('costs of a year and of a purchase add up to what was paid, to the cent, month after month', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e7 }),
      fc.integer({ min: 0, max: 1e7 }),
      fc.integer({ min: 1, max: 60 }),
      (annual, paid, months) => {
        let total = 0;
        let ofPurchase = 0;
        for (let month = 0; month < 60; month++) {
          const costs: CostItem[] = [
            { id: 'a', kind: 'annual', cents: annual, monthsBefore: month },
            { id: 'c', kind: 'capital', cents: paid, months, monthsBefore: month },
          ];
          const { operating, items } = costPerTicket({ costs, handled: 1, untouched: 0 });
          assert.is(
            items.reduce((sum, { cents }) => sum + cents, 0),
            operating,
          );
          for (const { cents } of items) assert.ok(Number.isInteger(cents) && cents >= 0);
          total += operating;
          ofPurchase += items[1]?.cents ?? 0;
        }
        assert.is(total, 5 * annual + paid);
        assert.is(ofPurchase, paid);
      },
    ),
    { numRuns: 50 },
  );
});

test('tiers add up to the operating cost; without tickets, minutes or costs there is no figure', () => {
  const costs: CostItem[] = [{ id: 'a', kind: 'monthly', cents: 10_001 }];
  const tiers = { t1: { minutes: 1, tickets: 2 }, t2: { minutes: 1, tickets: 0 }, t3: { minutes: 1, tickets: 1 } };
  const { byTier, missing } = costPerTicket({ costs, expected: ['a', 'b'], handled: 3, untouched: 0, tiers });
  assert.is(
    Object.values(byTier).reduce((sum, { cents }) => sum + (cents ?? 0), 0),
    10_001,
  );
  assert.is(byTier.t2?.perTicket, null);
  assert.equal(missing, ['b']);
  const none = costPerTicket({ costs: [], handled: 0, untouched: 0, tiers: { t1: { minutes: 0, tickets: 0 } } });
  assert.equal([none.perTicket, none.perTicketOfAll, none.byTier.t1?.cents], [null, null, null]);
  allFinite(none);
});

const contact = (id: string, more: Partial<ContactTicket> = {}): ContactTicket => ({
  id,
  source: 'user',
  channel: 'mail',
  openedAt: at('2026-06-12T09:30:00Z'),
  resolvedAt: at('2026-06-12T10:00:00Z'),
  reopenedAt: null,
  touched: true,
  cancelledReason: null,
  escalated: false,
  agentPublicReplies: 1,
  requesterReplies: 0,
  ...more,
});

test('first contact: why a ticket is not one, what is out, and what was not known yet', () => {
  const tickets = [
    contact('yes'),
    contact('slow', { openedAt: at('2026-06-11T09:30:00Z') }),
    contact('live', { channel: 'chat', agentPublicReplies: 9, requesterReplies: 9, resolvedInContact: true }),
    contact('called back', { channel: 'phone' }),
    contact('given on', { escalated: true }),
    contact('asked', { requesterReplies: 1 }),
    contact('back', { reopenedAt: at('2026-06-19T09:59:00Z') }),
    contact('back too late', { reopenedAt: at('2026-06-19T10:00:00Z') }),
    contact('script', { selfService: true }),
    contact('monitor', { source: 'monitor' }),
    contact('open', { resolvedAt: null }),
    contact('july', { resolvedAt: june.end }),
  ];
  const input = { calendar: officeHours('Europe/Berlin'), period: june, asOf: june.end, tickets };
  const found = firstContactResolution(input);
  assert.equal(Object.fromEntries(found.tickets.map(({ id, why }) => [id, why])), {
    yes: null,
    slow: null,
    live: null,
    'called back': 'not_in_contact',
    'given on': 'escalated',
    asked: 'requester_replied',
    back: 'reopened',
    'back too late': null,
  });
  assert.equal(
    [found.gross.count, found.gross.n, found.withinHour.count, found.provisional, found.selfService],
    [4, 8, 3, 0, 1],
  );
  const early = firstContactResolution({ ...input, asOf: at('2026-06-15T00:00:00Z') });
  assert.equal([early.gross.count, early.provisional], [5, 8]);
});

test('satisfaction: the last answer of a ticket, in its month; two months make both', () => {
  const someAnswers = fc.array(
    fc.record({
      ticket: fc.constantFrom('a', 'b', 'c', 'd'),
      rating: fc.integer({ min: 1, max: 5 }),
      answeredAt: fc.integer({ min: june.start - 9, max: june.start + 9 }),
    }),
  );
  fc.assert(
    fc.property(someAnswers, fc.integer(), (answers, seed) => {
      const run = (start: number, end: number) => csat({ period: { start, end }, sent: answers.length, answers });
      const whole = run(0, june.end);
      allFinite(whole);
      assert.is(run(0, june.start).csat.n + run(june.start, june.end).csat.n, whole.csat.n);
      assert.is(new Set(answers.map(({ ticket }) => ticket)).size, whole.csat.n);
      const mixed = shuffled([...answers, ...answers], seed);
      assert.equal(
        csat({ period: { start: 0, end: june.end }, sent: answers.length, answers: mixed }).csat,
        whole.csat,
      );
      if (whole.csat.ci95) {
        const [low, high] = whole.csat.ci95;
        assert.ok(0 <= low && low <= (whole.csat.pct as number) && (whole.csat.pct as number) <= high && high <= 100);
      }
    }),
  );
  const none = csat({ period: june, sent: 0, answers: [] });
  assert.equal(
    [none.csat.pct, none.csat.ci95, none.responseRatePct, none.csat.status],
    [null, null, null, 'insufficient'],
  );
});

test('software without telemetry is not unused; its bounds hold the value, by seats and by cost', () => {
  const product = (id: string, entitled: number | null, used: number, usageUnknown: number, unitCost = 1) => ({
    id,
    entitled,
    installed: used + usageUnknown,
    used,
    usageUnknown,
    unitCost,
  });
  const found = softwareUtilisation({
    products: [product('a', 100, 60, 20), product('b', null, 5, 0), product('c', 10, 0, 10)],
  });
  assert.equal(
    found.products.map(({ pct, lowPct, highPct }) => [pct, lowPct, highPct]),
    [
      [75, 60, 80],
      [null, null, null],
      [null, 0, 100],
    ],
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat(60), fc.nat(60), fc.nat(9))), (rows) => {
      const all = softwareUtilisation({
        products: rows.map(([entitled, used, unknown, cost], n) => product(`p${n}`, entitled, used, unknown, cost)),
      });
      allFinite(all);
      for (const { pct, lowPct, highPct } of [all.bySeats, all.byCost, ...all.products])
        if (pct !== null)
          assert.ok((lowPct as number) <= pct + 1e-9 && pct <= (highPct as number) + 1e-9 && pct <= 100);
    }),
  );
  const { classes } = softwareUtilisation({
    installs: [
      { flags: [], n: 1 },
      { flags: ['freeware', 'high_risk'], n: 3 },
    ],
  });
  assert.equal([classes.pct.high_risk, classes.pct.freeware, classes.unclassified], [75, 0, 1]);
});

const change = (id: string, more: Partial<ChangeFact> = {}): ChangeFact => ({
  id,
  status: 'implemented',
  implementedAt: at('2026-06-10T10:00:00Z'),
  objectiveMet: true,
  rolledBack: false,
  emergencyFix: false,
  incidents: [],
  targets: 100,
  failedTargets: 0,
  ...more,
});

test('changes: limits of the failed targets, repairs and cancelled ones out, a person may lower but must say why to raise', () => {
  const after = (hours: number, priority = 3) => [{ priority, openedAt: at('2026-06-10T10:00:00Z') + hours * hour }];
  const rows: [ChangeFact, string][] = [
    [change('one in a hundred', { failedTargets: 1 }), 'success'],
    [change('two', { failedTargets: 2 }), 'with_issues'],
    [change('five', { failedTargets: 5 }), 'with_issues'],
    [change('six', { failedTargets: 6 }), 'failed'],
    [change('no targets', { targets: 0 }), 'success'],
    [change('long', { overran: true }), 'with_issues'],
    [change('harm', { incidents: after(71.9) }), 'failed'],
    [change('too late', { incidents: after(72) }), 'success'],
    [change('before', { incidents: after(-1) }), 'success'],
    [change('small', { incidents: after(1, 4) }), 'success'],
    [change('not judged', { objectiveMet: null }), 'success'],
    [change('lowered', { closed: { as: 'failed' } }), 'failed'],
    [change('raised', { rolledBack: true, closed: { as: 'success', reason: 'the vendor asked for it' } }), 'success'],
    [change('raised without a word', { rolledBack: true, closed: { as: 'success', reason: ' ' } }), 'failed'],
  ];
  const out = [
    change('x', { status: 'cancelled' }),
    change('y', { repairs: 'six' }),
    change('z', { implementedAt: june.end }),
  ];
  const found = changeSuccess({
    period: june,
    asOf: june.end,
    changes: [...rows.map(([fact]) => fact), ...out, change('two', { failedTargets: 2 })],
  });
  assert.equal(
    found.changes.map(({ id, outcome }) => [id, outcome]),
    rows.map(([{ id }, outcome]) => [id, outcome]),
  );
  assert.is(found.success.count + found.withIssues + found.failed.count, found.implemented);
  assert.equal(found.targets, { n: 1300, failed: 14 });
  const early = changeSuccess({
    period: june,
    asOf: at('2026-06-11T00:00:00Z'),
    changes: [change('harm', { incidents: after(20) })],
  });
  assert.equal([early.success.count, early.provisional], [1, 1]);
  allFinite(changeSuccess({ period: june, asOf: june.end, changes: [] }));
});

test('a fleet: minutes are pooled and may be weighted; endpoints without evidence are counted apart', () => {
  const minutes = (up: number, down: number, unknown = 0) => ({
    scheduled: up + down + unknown,
    up,
    down,
    unknown,
    idle: 0,
    maintenance: 0,
    upInMaintenance: 0,
  });
  const found = fleetAvailability([
    { id: 'a', minutes: minutes(90, 10), weight: 9 },
    { id: 'b', minutes: minutes(0, 100, 10) },
    { id: 'c', minutes: minutes(0, 0, 50) },
  ]);
  near(found.shares.availability as number, (100 * 810) / 1000);
  assert.equal([found.counted, found.withoutEvidence], [2, 1]);
  assert.ok((found.shares.low as number) < 81 && (found.shares.high as number) > 81);
  assert.is(fleetAvailability([]).shares.availability, null);
});

test.run();
