/** KPIs of a period, and the list behind one of them. */
import type { KpiDetail, KpiLine, Kpis, KpiValue, NamedRule } from '../../shared/api.ts';
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import { isThin } from './availability.ts';
import { type EndpointFact, endpointsIn, type KpiFacts, type KpiScope, readFacts } from './facts.ts';
import { type EvidenceItem, type Figure, type Kpi, totalOf, valueIn } from './kpi.ts';
import { periodOf } from './period.ts';

export interface KpiQuery {
  /** Month such as 2026-11. */
  period: string;
  /** Report zone, IANA. */
  zone: string;
  now: number;
  scope: KpiScope;
  ruleNamed(id: string): NamedRule;
}

/** @throws EvenkeelError BAD_REQUEST when the period is no month */
export async function kpisOf(state: State, kpis: readonly Kpi[], query: KpiQuery): Promise<Kpis> {
  const { answers, head } = await compute(state, kpis, query);
  return { ...head, items: answers.map(({ value }) => value) };
}

/** @param start how many rows to skip at the start. @throws EvenkeelError BAD_REQUEST when the period is no month */
export async function kpiDetail(
  state: State,
  kpi: Kpi,
  query: KpiQuery,
  { start, limit }: { start: number; limit: number },
): Promise<KpiDetail> {
  const { answers, head } = await compute(state, [kpi], query);
  const { value, evidence, lineOf } = answers[0] as (typeof answers)[number];
  const end = start + limit;
  return {
    ...head,
    kpi: value,
    total: { ...totalOf(evidence), of: kpi.of },
    evidence: evidence.slice(start, end).map(lineOf),
    next: evidence.length > end ? String(end) : null,
  };
}

async function compute(state: State, kpis: readonly Kpi[], query: KpiQuery) {
  const { period: name, zone, now, scope, ruleNamed } = query;
  const { period, window, provisional } = periodOf(query);
  const endpoints = await endpointsIn(state, scope, period);
  const named = new Map(endpoints.map((one) => [one.id, one]));
  const needs = kpis.flatMap((kpi) => kpi.needs);
  // Each KPI gets only the facts that it declares: see defineKpi.
  const facts = (await readFacts(state, needs, { endpoints, window, now, zone })) as KpiFacts;
  const answers: ReturnType<typeof answerOf>[] = [];
  for (const kpi of kpis) {
    answers.push(answerOf(kpi, kpi.compute(facts, window), named, ruleNamed));
    await breathe();
  }
  const head = { period: { name, from: period.start, to: period.end, zone }, asOf: now, provisional };
  return { answers, head };
}

type EndpointsById = ReadonlyMap<string, EndpointFact>;

function answerOf(kpi: Kpi, figure: Figure, named: EndpointsById, ruleNamed: KpiQuery['ruleNamed']) {
  const { beside, evidence: unsorted, ...rest } = figure;
  const evidence = worstFirst(kpi, unsorted, named);
  const lineOf = ({ endpoint, alert, at, part, whole }: EvidenceItem): KpiLine => {
    const { id, name, site } = named.get(endpoint) as EndpointFact;
    return {
      endpoint: { id, name, site },
      alert: alert ? { id: alert.id, rule: ruleNamed(alert.rule) } : null,
      ...{ at: at ?? null, part, whole, value: valueIn(kpi.unit, { part, whole }) },
    };
  };
  const few = figure.state === 'insufficient' ? evidence.filter(({ whole }) => whole > 0).map(lineOf) : [];
  const value: KpiValue = {
    id: kpi.id,
    unit: kpi.unit,
    ...rest,
    thin: figure.coverage !== null && isThin(figure.coverage),
    beside: beside.map(({ low = null, high = null, ...one }) => ({ ...one, low, high })),
    few,
    formula: kpi.formula,
  };
  return { value, evidence, lineOf };
}

/** Items that do not count come last; equal ones in the order of names and times, so that pages do not overlap. */
function worstFirst({ worst }: Kpi, items: readonly EvidenceItem[], named: EndpointsById): EvidenceItem[] {
  const sign = worst === 'lowest' ? 1 : -1;
  const share = ({ part, whole }: EvidenceItem) => (whole > 0 ? (sign * part) / whole : Number.POSITIVE_INFINITY);
  return items
    .map((item) => ({ item, share: share(item), name: named.get(item.endpoint)?.name ?? '' }))
    .sort((a, b) => compare(a.share, b.share) || compare(a.name, b.name) || compare(a.item.at ?? 0, b.item.at ?? 0))
    .map(({ item }) => item);
}

/** Infinity minus itself is NaN: hence no subtraction. */
const compare = <T extends string | number>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0);
