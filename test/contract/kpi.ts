/** What every KPI must do. A KPI's test is one call: `kpiContract(kpi)`. Facts for it are made here, from a seed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AlertFact } from '../../collector/kpi/alert-facts.ts';
import type { ContactFact } from '../../collector/kpi/contact-facts.ts';
import type { CostFacts } from '../../collector/kpi/cost-facts.ts';
import type { KpiFacts } from '../../collector/kpi/facts.ts';
import type { ChangeFact } from '../../collector/kpi/formulas/change-success.ts';
import type { ImpactFacts } from '../../collector/kpi/impact-facts.ts';
import { type Kpi, totalOf, valueIn } from '../../collector/kpi/kpi.ts';
import type { MachineFact } from '../../collector/kpi/machine-facts.ts';
import type { EndpointFact } from '../../collector/kpi/question.ts';
import type { SoftwareFacts } from '../../collector/kpi/software-facts.ts';
import type { TicketFact } from '../../collector/kpi/ticket-facts.ts';
import { targetsAt } from '../../collector/tickets/targets.ts';
import { KpiUnit } from '../../shared/api.ts';
import { officeHours } from '../../shared/calendar.ts';
import { dictionaries } from '../../shared/words/index.ts';
import { createRandom } from '../simulate/random.ts';

const period = { start: Date.parse('2026-11-01T00:00:00Z'), end: Date.parse('2026-12-01T00:00:00Z') };
export const noFacts: KpiFacts = {
  ...{ presence: [], alerts: [], tickets: [], ratings: [], now: period.end, since: null },
  created: { tickets: [], zone: 'UTC', calendar: officeHours('UTC'), endpoints: 0 },
  impact: { groups: {}, incidents: [], unknown: [], outages: [], uncounted: [] },
  incidents: { reportedAt: {}, repeats: {} },
  machines: [],
  costs: { currency: 'EUR', hourCents: null, zone: 'UTC', costs: [], expected: ['people'] },
  changes: { asOf: period.end, done: [], overdue: 0 },
  software: null,
};
const day = 86_400_000;

/** A fleet of both kinds, of which some were never seen up or down, its alerts and tickets, and whom they hit. */
export function someFacts(endpoints: number, alerts: number, seed = 1): KpiFacts {
  const random = createRandom(seed);
  const fleet = Array.from({ length: endpoints }, (_, n): EndpointFact => {
    const kind = n % 2 === 0 ? 'server' : 'workstation';
    return { id: `e${n}`, name: `box-${n}`, site: null, kind, retired_at: null, interval_ms: 10_000 };
  });
  const daysBefore = (days: number) => period.end - Math.floor(random() * days * day);
  return {
    now: period.end + day,
    since: 0,
    ratings: Array.from({ length: alerts }, (_, n) => {
      const answer = { rating: 1 + Math.floor(random() * 5), answeredAt: daysBefore(28) };
      return { ticket: n + 1, sentAt: daysBefore(40), ...(n % 3 > 0 ? answer : { rating: null, answeredAt: null }) };
    }),
    created: {
      ...{ zone: 'Europe/Berlin', calendar: officeHours('Europe/Berlin'), endpoints },
      tickets: Array.from({ length: 3 * alerts }, (_, n) => ({
        ...{ id: String(n + 1), createdAt: daysBefore(90), source: ['user', 'monitor', 'script'][n % 3] as string },
        cancelledReason: n % 11 === 0 ? 'duplicate' : null,
      })),
    },
    tickets: Array.from({ length: alerts }, (_, n) => someTicket(n, random)),
    impact: someImpact(alerts, random),
    incidents: {
      reportedAt: Object.fromEntries(Array.from({ length: alerts }, (_, n) => [n * 5, period.start + n * day])),
      repeats: Object.fromEntries(Array.from({ length: alerts }, (_, n) => [n * 4 + 1, n])),
    },
    machines: fleet.map((endpoint) => someMachine(endpoint, random)),
    costs: someCosts(random),
    changes: { asOf: period.end, overdue: 1, done: Array.from({ length: alerts }, (_, n) => someChange(n, random)) },
    software: someSoftware(Math.min(endpoints, 100), random),
    presence: fleet.map((endpoint, n) => {
      const [up, down] = n % 7 === 6 ? [0, 0] : [random() * 40_000, random() * 300];
      const unknown = random() * 100;
      const scheduled = up + down + unknown + 50;
      return {
        endpoint,
        minutes: { scheduled, up, down, unknown, idle: 50, maintenance: 0, upInMaintenance: 0 },
        stretches: [],
      };
    }),
    alerts: Array.from({ length: alerts }, (_, n): AlertFact => {
      const firedAt = period.start + Math.floor((random() * 32 - 2) * day);
      const end = firedAt + Math.floor(random() * day);
      const isTaken = random() < 0.6 && end >= period.start && end < period.end;
      const acknowledgedAt = isTaken ? end : null;
      const resolvedAt = random() < 0.7 ? end + 1 : null;
      return {
        id: `a${n}`,
        endpoint: `e${n % Math.max(1, endpoints)}`,
        rule: 'cpu',
        firedAt,
        acknowledgedAt,
        resolvedAt,
        calendar: officeHours('Europe/Berlin'),
      };
    }),
  };
}

function someMachine(endpoint: EndpointFact, random: () => number): MachineFact {
  const good = Math.floor(random() * 20);
  return {
    ...{ endpoint, months: random(), os: 'Ubuntu 24.04', model: null },
    days: {
      backup: { good, bad: 2, unknown: 1 },
      restore: { good, bad: 20 - good },
      patches: { compliant: 20, overdue: 1 },
    },
    last: { day: '2026-11-30', backup: 'good', restore: 'bad', patches: 'unknown', os: 'Ubuntu 24.04', model: null },
  };
}

function someChange(n: number, random: () => number): ChangeFact {
  const implementedAt = period.start + Math.floor((random() * 34 - 2) * day);
  return {
    ...{ id: String(n + 1), status: 'implemented', implementedAt, objectiveMet: n % 9 === 0 ? false : null },
    ...{ rolledBack: n % 13 === 0, emergencyFix: false, overran: n % 7 === 0, targets: 40, failedTargets: n % 4 },
    incidents: n % 5 === 0 ? [{ priority: 1 + (n % 4), openedAt: implementedAt + day }] : [],
    repairs: n % 11 === 10 ? '1' : null,
  };
}

const hours = officeHours('Europe/Berlin');

function someTicket(n: number, random: () => number): TicketFact {
  const openedAt = period.start + Math.floor((random() * 36 - 6) * day);
  const answered = openedAt + Math.floor(random() * day);
  const resolved = answered + Math.floor(random() * 3 * day);
  const isDone = random() < 0.8;
  return {
    ...{ id: String(n + 1), number: n + 1, kind: 'incident', touched: random() < 0.9, endpoint: null, site: null },
    ...{ isFromMonitor: n % 2 === 0, openedAt, calendar: hours },
    targets: targetsAt([], openedAt).targets,
    priorities: [{ at: openedAt, priority: 1 + (n % 4) }],
    firstResponseAt: random() < 0.9 ? answered : null,
    contact: someContact(n, isDone ? resolved : null),
    events: [
      { at: openedAt, state: 'new' },
      { at: answered, state: 'in_progress' },
      ...(isDone ? [{ at: resolved, state: 'resolved' as const }] : []),
    ],
  };
}

function someContact(n: number, resolvedAt: number | null): ContactFact {
  const channel = ['portal', 'phone', 'mail'][n % 3] as string;
  return {
    ...{
      source: 'user',
      channel,
      resolvedAt,
      reopenedAt: resolvedAt !== null && n % 13 === 0 ? resolvedAt + day : null,
    },
    ...{
      cancelledReason: null,
      escalated: n % 7 === 0,
      agentPublicReplies: n % 4,
      requesterReplies: n % 5 === 0 ? 1 : 0,
    },
    ...{
      resolvedInContact: n % 2 === 0 ? null : n % 4 === 1,
      firstContactPossible: n % 9 > 0,
      tier: 1,
      selfService: false,
    },
  };
}

function someCosts(random: () => number): CostFacts {
  const costs = ['people', 'tools', 'people'].map((category, n) => {
    const cents = 1 + Math.floor(random() * 1e7);
    const span = { kind: 'monthly' as const, months: 1, from: '2026-01', to: null };
    return { id: `k${n}`, name: `cost ${n}`, category, cents, ...span };
  });
  return { currency: 'EUR', hourCents: 4800, zone: 'Europe/Berlin', costs, expected: ['people', 'facilities'] };
}

function someSoftware(count: number, random: () => number): SoftwareFacts {
  const upTo = (most: number) => Math.floor(random() * most);
  const products = Array.from({ length: count }, (_, n) => {
    const [used, usageUnknown] = [upTo(50), upTo(10)];
    const installed = used + usageUnknown + upTo(10);
    return {
      id: `p${n}`,
      name: `product ${n}`,
      entitled: 1 + upTo(90),
      installed,
      used,
      usageUnknown,
      unitCost: upTo(9000),
    };
  });
  const installs = (['licensed', 'freeware', 'high_risk', 'malware'] as const).map((flag) => ({
    flags: [flag],
    n: 1 + upTo(400),
  }));
  return { currency: 'EUR', products, installs: [...installs, { flags: [], n: 7 }] };
}

function someImpact(count: number, random: () => number): ImpactFacts {
  const incidents = Array.from({ length: count }, (_, n) => {
    const start = period.start + Math.floor(random() * 29 * day);
    const segment = { start, end: start + Math.floor(random() * day), factor: random(), confirmed: n % 3 > 0 };
    return { id: String(n + 1), segments: [{ ...segment, affected: { s1: 1 + Math.floor(random() * 40) } }] };
  });
  return { groups: { s1: { calendar: hours, headcount: 40 } }, incidents, unknown: [], outages: [], uncounted: [] };
}

/** Facts of which any that the KPI has not asked for is missing. */
function given(kpi: Kpi, facts: KpiFacts): KpiFacts {
  const own = Object.fromEntries(kpi.needs.map((name) => [name, facts[name]]));
  return new Proxy(own, {
    get(all, name) {
      assert.ok(Object.hasOwn(all, name), `${kpi.id} reads "${String(name)}", which is not among its needs`);
      return all[name as string];
    },
  }) as unknown as KpiFacts;
}

export function kpiContract(kpi: Kpi): void {
  const test = suite(`KPI ${kpi.id}`);
  const compute = (facts: KpiFacts) => kpi.compute(given(kpi, facts), period);

  test('names facts, a unit and a version of its formula', () => {
    assert.match(kpi.id, /^[a-z][a-z0-9_]{2,63}$/);
    assert.ok(kpi.needs.length > 0);
    assert.ok(KpiUnit.enum.includes(kpi.unit) && KpiUnit.enum.includes(kpi.of));
    assert.match(kpi.formula, /^[a-z_]+\/\d+: \S/);
  });

  test('without facts it is no data: neither 0 nor 100, and nothing beside it pretends to be known', () => {
    const figure = compute(noFacts);
    assert.is(figure.value, null);
    assert.is(figure.state, 'no_data');
    assert.equal([figure.n, figure.evidence, figure.low, figure.high, figure.coverage], [0, [], null, null, null]);
    for (const { code, value, unit } of figure.beside)
      assert.ok(value === null || (unit === 'count' && value === 0), code);
  });

  test('the value is that of its list, within its range, and marked where few lines count', () => {
    for (const [endpoints, alerts] of [
      [1, 1],
      [6, 6],
      [40, 30],
      [200, 400],
    ] as const) {
      const figure = compute(someFacts(endpoints, alerts));
      const { value, n, low, high, evidence } = figure;
      const total = totalOf(evidence, kpi.total);
      assert.is(value, kpi.total === 'sum' ? total.part : valueIn(kpi.unit, total));
      assert.is(n, evidence.filter(({ whole }) => whole > 0).length);
      const enough = kpi.total !== undefined || n >= 30 ? 'ok' : n < 5 ? 'insufficient' : 'low_n';
      assert.is(figure.state, value === null ? 'no_data' : enough);
      if (low !== null && high !== null && value !== null)
        assert.ok(low <= value && value <= high, `${low} ${value} ${high}`);
      if (kpi.unit === 'percent' && value !== null) assert.ok(value >= 0 && value <= 100, String(value));
      assert.ok(evidence.every(({ part, whole }) => part >= 0 && whole >= 0));
    }
    assert.is(compute(someFacts(200, 400)).state, 'ok', 'the facts of this test give it a value');
  });

  test('the same facts give the same value, in whichever order they come, and are left as they were', () => {
    const facts = someFacts(60, 80);
    const copy = structuredClone(facts);
    const first = compute(facts);
    assert.equal(facts, copy);
    assert.equal(compute(facts), first);
    const { presence, alerts, tickets, impact, incidents, machines, ratings, created, costs, changes, software } =
      facts;
    const turned = compute({
      ...{ ...facts, ratings: ratings.toReversed() },
      created: { ...created, tickets: created.tickets.toReversed() },
      ...{ presence: presence.toReversed(), alerts: alerts.toReversed(), tickets: tickets.toReversed() },
      impact: { ...impact, incidents: impact.incidents.toReversed() },
      ...{ incidents, machines: machines.toReversed(), changes: { ...changes, done: changes.done.toReversed() } },
      costs: { ...costs, costs: costs.costs?.toReversed() ?? null },
      software: software && { ...software, products: software.products.toReversed() },
    });
    const close = (a: number | null, b: number | null) => assert.ok(Math.abs((a ?? 0) - (b ?? 0)) < 1e-6, `${a} ${b}`);
    close(turned.value, first.value);
    for (const [n, { value }] of turned.beside.entries()) close(value, first.beside[n]?.value ?? null);
  });

  test('has a name, a meaning and words for all that it shows, in every language', () => {
    const { beside, evidence } = compute(someFacts(200, 400));
    const codes = beside.map(({ code }) => `beside.${code}`);
    if (evidence.some(({ at }) => at !== undefined)) codes.push('at');
    for (const why of new Set(evidence.flatMap(({ why }) => why ?? []))) codes.push(`why.${why}`);
    for (const [language, words] of dictionaries)
      for (const key of ['name', 'meaning', 'n', 'nothing', ...codes])
        assert.ok(words.has(`kpi.${kpi.id}.${key}`), `${language}: kpi.${kpi.id}.${key}`);
  });

  test.run();
}
