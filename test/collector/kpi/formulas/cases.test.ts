/** The worked cases of the KPIs of tickets, changes, software and the index, where their file is at hand. */
import { test } from 'uvu';
import { backlog } from '../../../../collector/kpi/formulas/backlog.ts';
import { changeSuccess } from '../../../../collector/kpi/formulas/change-success.ts';
import { costPerTicket } from '../../../../collector/kpi/formulas/cost-per-ticket.ts';
import { csat } from '../../../../collector/kpi/formulas/csat.ts';
import { firstContactResolution } from '../../../../collector/kpi/formulas/first-contact.ts';
import { fleetAvailability } from '../../../../collector/kpi/formulas/fleet-availability.ts';
import { lostBusinessHours } from '../../../../collector/kpi/formulas/lost-hours.ts';
import { majorIncidentRate } from '../../../../collector/kpi/formulas/major-incidents.ts';
import { mttr } from '../../../../collector/kpi/formulas/mttr.ts';
import { slaAttainment } from '../../../../collector/kpi/formulas/sla-attainment.ts';
import { type ClockEvent, slaClock } from '../../../../collector/kpi/formulas/sla-clock.ts';
import { softwareUtilisation } from '../../../../collector/kpi/formulas/software.ts';
import { type StabilityParts, stabilityIndex } from '../../../../collector/kpi/formulas/stability-index.ts';
import { rateRatio, theilSenSlope, ticketVolume } from '../../../../collector/kpi/formulas/volume.ts';
import { caseCalendars, casesOf, compare, type KpiCase } from '../../../support/kpi-cases.ts';
import {
  at,
  changesOf,
  clockEventsOf,
  contactTicketsOf,
  costsOf,
  historiesOf,
  lostHoursInputOf,
  spanOf,
} from '../../../support/kpi-facts.ts';

// biome-ignore lint/suspicious/noExplicitAny: as written in the file of the cases
type Raw = any;

const outputs: Record<string, (input: Raw) => Record<string, unknown>> = {
  slaClock(input) {
    const target = { calendar: caseCalendars[input.calendar], minutes: input.target_minutes };
    const events = clockEventsOf(input.events, target);
    const now = input.now ? at(input.now) : Math.max(...events.map((event) => event.at));
    const { dueAt, usedMinutes } = slaClock(target, events, now);
    return { due_at: dueAt, used_minutes: usedMinutes };
  },
  slaAttainment(input) {
    const calendar = caseCalendars[input.calendar];
    const items = input.tickets.map((ticket: Raw) => {
      const events: ClockEvent[] = [{ type: 'start', at: at(ticket.opened_at) }];
      if (ticket.first_response_at) events.push({ type: 'stop', at: at(ticket.first_response_at) });
      return { id: ticket.id, clock: slaClock({ calendar, minutes: ticket.target_minutes }, events, at(input.as_of)) };
    });
    const { met, breached, notDue, attainment } = slaAttainment(items);
    return { met, breached, not_due: notDue, attainment_pct: attainment.pct, status: attainment.status };
  },
  fleetAvailability(input) {
    const { shares, counted, withoutEvidence } = fleetAvailability(
      input.endpoints.map((one: Raw) => ({
        id: one.id,
        minutes: {
          scheduled: 0,
          up: one.up_minutes,
          down: one.down_minutes,
          unknown: 0,
          idle: 0,
          maintenance: 0,
          upInMaintenance: 0,
        },
        ...(one.users === undefined ? {} : { weight: one.users }),
      })),
    );
    return {
      pooled_pct: shares.availability,
      endpoints_counted: counted,
      endpoints_without_evidence: withoutEvidence,
    };
  },
  lostBusinessHours(input) {
    const found = lostBusinessHours(lostHoursInputOf(input));
    return {
      lost_person_hours: found.lost,
      scheduled_person_hours: found.scheduled,
      lost_share_pct: found.lostSharePct,
      planned_lost_person_hours: found.planned,
      business_down_hours: found.businessDown,
      by_incident: Object.fromEntries(found.byIncident.map(({ incident, lost }) => [incident, lost])),
    };
  },
  mttr(input) {
    const found = mttr({
      calendar: caseCalendars[input.calendar],
      period: spanOf(input.period),
      asOf: at(input.as_of),
      tickets: historiesOf(input.tickets),
    });
    return {
      n: found.n,
      mean_minutes: found.mean,
      median_minutes: found.median,
      p90_minutes: found.p90,
      median_ci95_minutes: found.medianCi95,
      net_mean_minutes: found.netMean,
      first_resolution_mean_minutes: found.firstMean,
      reopened_n: found.reopened,
      open_n: found.open.n,
      km_median_minutes: found.kmMedian,
      auto_resolved_n: found.selfHealed.length,
      status: found.status,
    };
  },
  backlog(input) {
    const pace = input.resolved_last_28d;
    const found = backlog({
      at: at(input.at),
      tickets: historiesOf(input.tickets),
      ...(input.period ? { period: spanOf(input.period) } : {}),
      ...(pace ? { pace: { resolved: pace.count, businessDays: pace.business_days } } : {}),
    });
    return {
      count: found.count,
      by_waiting: found.waiting,
      age_lt10d: found.age.under10Days,
      age_10_30d: found.age.upTo30Days,
      age_gt30d: found.age.over30Days,
      days_of_work: found.daysOfWork,
      flow: found.flow,
    };
  },
  ticketVolume(input) {
    const tickets = input.tickets.map((ticket: Raw) => ({
      id: ticket.id,
      createdAt: at(ticket.created_at),
      source: ticket.source,
      cancelledReason: ticket.cancelled_reason ?? null,
    }));
    const found = ticketVolume({ period: spanOf(input.period), zone: input.zone, tickets });
    return { count: found.count, by_source: found.bySource, excluded: found.excluded.length };
  },
  rateRatio({ before, after }) {
    const rate = (raw: Raw) => ({ count: raw.count, businessDays: raw.business_days });
    const { ratio, ci95, significant } = rateRatio(rate(before), rate(after));
    return { rate_ratio: ratio, ci95, significant };
  },
  theilSenSlope: ({ weekly }) => ({ slope_per_week: theilSenSlope(weekly) }),
  costPerTicket(input) {
    const found = costPerTicket({
      costs: costsOf(input.costs),
      handled: input.tickets.handled,
      untouched: input.tickets.auto_untouched,
      ...(input.tiers ? { tiers: input.tiers } : {}),
    });
    const units = (cents: number | null) => (cents === null ? null : cents / 100);
    return {
      operating_cost: units(found.operating),
      cost_per_ticket: units(found.perTicket),
      cost_per_ticket_all: units(found.perTicketOfAll),
      by_tier: Object.fromEntries(Object.entries(found.byTier).map(([name, tier]) => [name, units(tier.perTicket)])),
    };
  },
  firstContactResolution(input) {
    const { gross, net, provisional } = firstContactResolution({
      calendar: caseCalendars[input.calendar],
      reopenWindow: input.reopen_window_business_days,
      asOf: at(input.as_of),
      ...(input.period ? { period: spanOf(input.period) } : {}),
      tickets: contactTicketsOf(input.tickets),
    });
    return {
      eligible: gross.n,
      first_contact: gross.count,
      gross_pct: gross.pct,
      net_pct: net.pct,
      provisional,
      status: gross.status,
      gross_ci95_pct: gross.ci95,
    };
  },
  csat(input) {
    const found = csat({
      period: spanOf(input.period),
      sent: input.surveys_sent,
      answers: input.answers.map((answer: Raw) => ({ ...answer, answeredAt: at(answer.answered_at) })),
    });
    return {
      n: found.csat.n,
      csat_pct: found.csat.pct,
      status: found.csat.status,
      csat_ci95_pct: found.csat.ci95,
      response_rate_pct: found.responseRatePct,
    };
  },
  softwareUtilisation(input) {
    const found = softwareUtilisation({
      products: (input.products ?? []).map((product: Raw) => ({
        ...product,
        usageUnknown: product.usage_unknown,
        unitCost: product.unit_cost,
      })),
      installs: input.installs ?? [],
    });
    return {
      by_product: Object.fromEntries(
        found.products.map((product) => [
          product.id,
          {
            utilisation_pct: product.pct,
            utilisation_low_pct: product.lowPct,
            utilisation_high_pct: product.highPct,
            installed_unused: product.installedUnused,
            unallocated: product.unallocated,
            over_deployed: product.overDeployed,
          },
        ]),
      ),
      portfolio_seats_pct: found.bySeats.pct,
      portfolio_cost_pct: found.byCost.pct,
      class_pct: found.classes.pct,
    };
  },
  changeSuccess(input) {
    const found = changeSuccess({
      period: spanOf(input.period),
      asOf: at(input.as_of),
      changes: changesOf(input.changes),
    });
    return {
      implemented: found.implemented,
      success: found.success.count,
      with_issues: found.withIssues,
      failed: found.failed.count,
      success_pct: found.success.pct,
      fail_rate_pct: found.failed.pct,
      success_ci95_pct: found.success.ci95,
      provisional: found.provisional,
      status: found.success.status,
    };
  },
  majorIncidentRate(input) {
    const some = (priority: number, n: number) =>
      Array.from({ length: n }, (_, index) => ({ id: `${priority}-${index}`, priority }));
    const incidents = [...some(1, input.p1), ...some(2, input.p2)];
    const { endpoints, period_days: periodDays } = input;
    return { rate: majorIncidentRate({ incidents, endpoints, periodDays }).rate };
  },
  stabilityIndex(input) {
    const found = stabilityIndex(input.components as StabilityParts, input.endpoints);
    return {
      index: found.index,
      scores: found.scores,
      points_lost: found.pointsLost,
      points_lost_by_cause: Object.fromEntries(found.causes.map(({ cause, points }) => [cause, points])),
      weight: found.weight,
      limited_by: found.limitedBy?.part ?? null,
    };
  },
};

/** Of our own, in the same form: they run also where the file is not there. */
const own: KpiCase[] = [
  {
    id: 'own-1',
    fn: 'costPerTicket',
    title: 'a year and a purchase by the month',
    input: {
      costs: [
        { kind: 'annual', amount: 1200 },
        { kind: 'capital', amount: 90, months: 9 },
      ],
      tickets: { handled: 10, auto_untouched: 1 },
      tiers: { T1: { minutes: 30, tickets: 5 }, T2: { minutes: 10, tickets: 0 } },
    },
    expected: { operating_cost: 110, cost_per_ticket: 11, cost_per_ticket_all: 10, by_tier: { T1: 16.5, T2: null } },
  },
  {
    id: 'own-2',
    fn: 'csat',
    title: 'neutral answers stay in the divisor',
    input: {
      period: { start: '2026-06-01T00:00:00Z', end: '2026-07-01T00:00:00Z' },
      surveys_sent: 8,
      answers: [3, 4, 5, 1].map((rating, n) => ({ ticket: `t${n}`, rating, answered_at: '2026-06-02T00:00:00Z' })),
    },
    expected: { n: 4, csat_pct: 50, status: 'insufficient', response_rate_pct: 50 },
  },
  {
    id: 'own-3',
    fn: 'backlog',
    title: 'a hold for a vendor, and what came and went',
    input: {
      at: '2026-07-01T00:00:00Z',
      period: { start: '2026-06-01T00:00:00Z', end: '2026-07-01T00:00:00Z' },
      tickets: [
        {
          id: 'a',
          events: [
            { at: '2026-05-30T00:00:00Z', state: 'new' },
            { at: '2026-06-02T00:00:00Z', state: 'on_hold', reason: 'awaiting_vendor' },
          ],
        },
        {
          id: 'b',
          events: [
            { at: '2026-06-03T00:00:00Z', state: 'new' },
            { at: '2026-06-04T00:00:00Z', state: 'resolved' },
          ],
        },
      ],
    },
    expected: {
      by_waiting: { us: 0, requester: 0, third_party: 1 },
      age_gt30d: 1,
      flow: { start: 1, opened: 1, reopened: 0, resolved: 1, cancelled: 0, end: 1 },
    },
  },
];

for (const [fn, output] of Object.entries(outputs)) {
  const cases = casesOf(fn);
  for (const one of [...cases, ...own.filter((mine) => mine.fn === fn)])
    test(`${one.id} ${one.title}`, () => compare(one, output(one.input)));
  if (cases.length === 0) test.skip(`${fn}: the file of the worked cases is not there`, () => {});
}

test.run();
