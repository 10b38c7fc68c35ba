/** KPIs of a period, and the list behind one of them. */
import type { ChangeName, KpiDetail, KpiLine, Kpis, KpiValue, NamedRule, TicketName } from '../../shared/api.ts';
import { changesNamed } from '../changes/names.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { isThin } from './availability.ts';
import { type KpiFacts, readFacts } from './facts.ts';
import { type EvidenceItem, type Figure, type Kpi, totalOf, valueIn } from './kpi.ts';
import { madeWithOf } from './made-with.ts';
import { monitoredIn } from './monitored.ts';
import type { Month, MonthQuery } from './month.ts';
import type { Months } from './months.ts';
import { periodOf } from './period.ts';
import { type EndpointFact, endpointsIn } from './question.ts';

export interface KpiQuery extends MonthQuery {
  ruleNamed(id: string): NamedRule;
}

/**
 * A closed month is answered as it was kept, an open one as it was last computed: `asOf` says when.
 * @throws EvenkeelError BAD_REQUEST when the period is no month
 */
export async function kpisOf(state: State, months: Months, kpis: readonly Kpi[], query: KpiQuery): Promise<Kpis> {
  const own = await figuresOf(state, months, kpis, query);
  return { ...(await periodHead(state, query, own.month.asOf)), items: await valuesOf(state, kpis, own, query) };
}

/** The figures of a month, with those of KPIs that are newer than it. */
interface Figures {
  figures: Readonly<Record<string, Figure>>;
  month: Pick<Month, 'asOf' | 'figures' | 'madeWith' | 'tz'>;
  closed: boolean;
}

/** How a figure was computed: a closed month says how it was, whatever holds today. Null where it did not keep that. */
function formulaOf({ month, closed }: Figures, { id, formula }: Kpi): string | null {
  const isKept = closed && id in month.figures;
  return isKept ? (month.madeWith?.formulas[id] ?? null) : formula;
}

/** The values as the interface shows them, without their lists. */
export async function valuesOf(state: State, kpis: readonly Kpi[], own: Figures, query: KpiQuery): Promise<KpiValue[]> {
  const named = await endpointsNamed(state, query);
  const answers: ReturnType<typeof answerOf>[] = [];
  for (const kpi of kpis) {
    const figure = own.figures[kpi.id];
    if (figure) answers.push(answerOf(kpi, figure, named, query.ruleNamed));
    await breathe();
  }
  const few = answers.flatMap((answer) => answer.few);
  const names = await namesOf(state, few, query.ruleNamed);
  return answers.map(({ kpi, value, few: items, lineOf }) => ({
    ...value,
    ...{ few: items.map(lineOf(names)), formula: formulaOf(own, kpi) },
  }));
}

/** @param start how many rows to skip at the start. @throws EvenkeelError BAD_REQUEST when the period is no month */
export async function kpiDetail(
  state: State,
  months: Months,
  kpi: Kpi,
  query: KpiQuery,
  { start, limit }: { start: number; limit: number },
): Promise<KpiDetail> {
  const own = await figuresOf(state, months, [kpi], query);
  const named = await endpointsNamed(state, query);
  const figure = own.figures[kpi.id] as Figure;
  const { value, few, lineOf } = answerOf(kpi, figure, named, query.ruleNamed);
  const evidence = worstFirst(kpi, figure.evidence, named);
  const end = start + limit;
  const shown = evidence.slice(start, end);
  const names = await namesOf(state, [...few, ...shown], query.ruleNamed);
  return {
    ...(await periodHead(state, query, own.month.asOf)),
    kpi: { ...value, few: few.map(lineOf(names)), formula: formulaOf(own, kpi) },
    total: { how: kpi.total ?? 'ratio', ...totalOf(evidence, kpi.total), of: kpi.of },
    madeWith: await kpiMadeWith(state, kpi, own.month, query),
    evidence: shown.map(lineOf(names)),
    evidenceUntil: evidenceUntil(query, months.evidenceMs),
    next: evidence.length > end ? String(end) : null,
  };
}

async function kpiMadeWith(
  state: State,
  kpi: Kpi,
  month: Figures['month'],
  query: KpiQuery,
): Promise<KpiDetail['madeWith']> {
  const hours = kpi.hours ?? null;
  const { calendars, exclusions, otherExclusions, tz } = await madeWithOf(
    state,
    month,
    periodOf(query).period,
    query.scope,
  );
  const own = hours === null ? [] : (calendars?.filter(({ use }) => use === hours) ?? null);
  return {
    ...{ tz, hours, calendars: own },
    exclusions: kpi.isWithoutMaintenance ? exclusions : null,
    otherExclusions: kpi.isWithoutMaintenance ? otherExclusions : 0,
  };
}

/** Until when all that a period's list is made of was kept; null while it is. */
function evidenceUntil(query: KpiQuery, evidenceMs: number): number | null {
  const until = periodOf(query).period.start + evidenceMs;
  return until < query.now ? until : null;
}

export async function periodHead(state: State, query: KpiQuery, asOf: number) {
  const { period, provisional } = periodOf(query);
  return {
    period: { name: query.period, from: period.start, to: period.end, zone: query.zone },
    ...{ asOf, provisional, ...(await monitoredIn(state, query)) },
  };
}

async function endpointsNamed(state: State, query: KpiQuery): Promise<EndpointsById> {
  const endpoints = await endpointsIn(state, query.scope, periodOf(query).period);
  return new Map(endpoints.map((one) => [one.id, one]));
}

/** Those of the Stability page, so that a list adds up to the tile that opens it; a KPI that is newer than them is computed. */
async function figuresOf(state: State, months: Months, kpis: readonly Kpi[], query: KpiQuery): Promise<Figures> {
  const { month, closed } = await months.of(query.period, query.scope, query.zone);
  return { figures: await withNewer(state, kpis, month.figures, query), month, closed: closed !== null };
}

/** The figures of a closed month as they were kept. KPIs that are newer than it are computed. */
export async function withNewer(
  state: State,
  kpis: readonly Kpi[],
  kept: Readonly<Record<string, Figure>>,
  query: KpiQuery,
): Promise<Record<string, Figure>> {
  const newer = kpis.filter(({ id }) => !(id in kept));
  return newer.length === 0 ? kept : { ...kept, ...(await computed(state, newer, query)) };
}

async function computed(state: State, kpis: readonly Kpi[], query: KpiQuery): Promise<Record<string, Figure>> {
  const { zone, now, scope } = query;
  const { period, window } = periodOf(query);
  const endpoints = await endpointsIn(state, scope, period);
  const needs = kpis.flatMap((kpi) => kpi.needs);
  // Each KPI gets only the facts that it declares: see defineKpi.
  const facts = (await readFacts(state, needs, { endpoints, window, now, zone, scope })) as KpiFacts;
  const figures: Record<string, Figure> = {};
  for (const kpi of kpis) {
    figures[kpi.id] = kpi.compute(facts, window);
    await breathe();
  }
  return figures;
}

type EndpointsById = ReadonlyMap<string, EndpointFact>;

function answerOf(kpi: Kpi, figure: Figure, named: EndpointsById, ruleNamed: KpiQuery['ruleNamed']) {
  const { beside, evidence, isProvisional = false, isForgotten: _, weeks = [], ...rest } = figure;
  const lineOf =
    ({ tickets, changes }: NamesOfLines) =>
    ({ endpoint, alert, ticket, change, named: other, why, gross, at, part, whole }: EvidenceItem): KpiLine => {
      const changed = changes.get(change?.id ?? -1);
      const { id, name, site } = named.get(endpoint ?? '') ?? {};
      const onTicket = tickets.get(ticket ?? -1) ?? null;
      return {
        endpoint: id === undefined || name === undefined ? null : { id, name, site: site ?? null },
        site: site ?? onTicket?.site ?? named.get(onTicket?.endpoint?.id ?? '')?.site ?? null,
        alert: alert ? { id: alert.id, rule: ruleNamed(alert.rule) } : null,
        ticket: onTicket,
        change: change && changed ? { ...changed, outcome: change.outcome, reasons: [...change.reasons] } : null,
        ...{ why: why ?? null, at: at ?? null, part, whole },
        named: other ?? null,
        ...(gross === undefined ? {} : { gross }),
        value: lineValue(kpi, part, whole),
      };
    };
  const value: Omit<KpiValue, 'formula'> = {
    id: kpi.id,
    unit: kpi.unit,
    ...rest,
    thin: figure.coverage !== null && isThin(figure.coverage),
    beside: beside.map(({ low = null, high = null, ...one }) => ({ ...one, low, high })),
    few: [],
    weeks: weeks.map(({ start, end, count }) => ({ from: start, to: end, count })),
    provisional: isProvisional,
  };
  // Only these are shown with a value: a large fleet's whole list is not put in order for each page.
  const few = figure.state === 'insufficient' ? evidence.filter(({ whole }) => whole > 0) : [];
  return { kpi, value, few: worstFirst(kpi, few, named), lineOf };
}

function lineValue({ total = 'ratio', unit }: Kpi, part: number, whole: number): number | null {
  if (total === 'ratio') return valueIn(unit, { part, whole });
  return total === 'quotient' && whole > 0 ? null : part;
}

type TicketsByNumber = ReadonlyMap<number, TicketName>;

interface NamesOfLines {
  tickets: TicketsByNumber;
  changes: ReadonlyMap<number, ChangeName>;
}

async function namesOf(
  state: State,
  items: readonly EvidenceItem[],
  ruleNamed: KpiQuery['ruleNamed'],
): Promise<NamesOfLines> {
  const tickets = items.flatMap(({ ticket }) => ticket ?? []);
  const changes = items.flatMap(({ change }) => change?.id ?? []);
  return { tickets: await ticketsNamed(state, tickets, ruleNamed), changes: await changesNamed(state, changes) };
}

export async function ticketsNamed(
  state: State,
  numbers: readonly number[],
  ruleNamed: KpiQuery['ruleNamed'],
): Promise<TicketsByNumber> {
  const found = new Map<number, TicketName>();
  for (const some of chunks([...new Set(numbers)])) {
    const rows = await state
      .selectFrom('tickets as t')
      .leftJoin('endpoints as e', 'e.id', 't.endpoint')
      .select(['t.id', 't.title', 't.kind', 't.instance', 't.site', 't.endpoint', 't.rule', 't.priority', 't.state'])
      .select('e.name as endpoint_name')
      .where('t.id', 'in', some)
      .execute();
    for (const { endpoint, endpoint_name: name, rule, ...row } of rows)
      found.set(row.id, {
        ...row,
        endpoint: endpoint === null ? null : { id: endpoint, name: name ?? endpoint },
        rule: rule === null ? null : ruleNamed(rule),
      });
  }
  return found;
}

/** Items that do not count come last; equal ones in the order of names and times, so that pages do not overlap. */
function worstFirst({ worst, total }: Kpi, items: readonly EvidenceItem[], named: EndpointsById): EvidenceItem[] {
  const sign = worst === 'lowest' ? 1 : -1;
  // Of a quotient the parts come first, the largest before all.
  const share = ({ part, whole }: EvidenceItem) =>
    whole > 0 ? (sign * part) / whole : total === 'quotient' ? -part : Number.POSITIVE_INFINITY;
  const nameOf = ({ endpoint, ticket, change, named: other }: EvidenceItem) =>
    named.get(endpoint ?? '')?.name ?? other?.name ?? String(ticket ?? change?.id ?? '').padStart(12, '0');
  return items
    .map((item) => ({ item, share: share(item), name: nameOf(item) }))
    .sort((a, b) => compare(a.share, b.share) || compare(a.name, b.name) || compare(a.item.at ?? 0, b.item.at ?? 0))
    .map(({ item }) => item);
}

/** Infinity minus itself is NaN: hence no subtraction. */
const compare = <T extends string | number>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0);
