/** A period as the Stability page shows it: the index, what it is made of, what each incident cost, what to do next. */
import type { ChangeName, MadeWith, Stability } from '../../shared/api.ts';
import { changesNamed } from '../changes/names.ts';
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import { type KpiQuery, periodHead, ticketsNamed, valuesOf, withNewer } from './answer.ts';
import { type Beside, comparedWith } from './comparison.ts';
import { forecastDays } from './formulas/disk-forecast.ts';
import { type StabilityIndex, stabilityIndex } from './formulas/stability-index.ts';
import { kpis } from './kpis/index.ts';
import { madeWithOf } from './made-with.ts';
import { type MajorIncident, majorIncidentsOf } from './major-list.ts';
import type { Month } from './month.ts';
import type { MonthRead, Months } from './months.ts';
import { nextActions } from './next-actions.ts';
import { periodOf } from './period.ts';
import { endpointsIn } from './question.ts';
import { causeIn, kpiOfPart, type PartName, partNames, ticketCause } from './stability.ts';

type Cause = Stability['causes'][number];
const causesShown = 50;

/** @throws EvenkeelError BAD_REQUEST when the period is none */
export async function stabilityOf(
  state: State,
  months: Months,
  query: KpiQuery,
  beside: Beside = {},
): Promise<Stability & { madeWith: MadeWith }> {
  const { period, scope } = query;
  const read = await months.of(period, scope, query.zone);
  const { month, closed } = read;
  const own = await withNewer(state, kpis, month.figures, query);
  await breathe();
  const index = stabilityIndex(month.parts, month.endpoints);
  // Of a month that did not keep them as they are known today.
  const majors = month.majors ?? (await majorIncidentsOf(state, own.major_incidents?.evidence ?? []));
  const names = await namesFor(state, read, index, majors, query);
  const causes = causesOf(month, index, names);
  const listed = causes.slice(0, causesShown);
  const lost = Object.values(index.pointsLost).reduce((sum, points) => sum + points, 0);
  return {
    ...(await periodHead(state, query, month.asOf)),
    closed: closed && { at: closed.closedAt, revision: closed.revision, by: closed.by, reason: closed.reason },
    site: scope.site ?? null,
    index: {
      value: index.status === 'insufficient' ? null : index.index,
      band: index.status === 'insufficient' ? null : index.band,
      state: index.status === 'insufficient' ? 'insufficient' : index.index === null ? 'no_data' : 'ok',
      weight: index.weight,
      limitedBy: index.limitedBy && { ...index.limitedBy, part: index.limitedBy.part as PartName },
      definition: month.definition.version,
    },
    parts: partNames.map((part) => {
      const { weight, target, floor, value } = month.parts[part];
      const kpi = kpiOfPart(part);
      const unit = part === 'major_incidents' ? 'count' : 'percent';
      const [score, points] = [index.scores[part] ?? null, index.pointsLost[part] ?? 0];
      return { part, kpi, weight, target, floor, unit, value, score, lost: points };
    }),
    causes: listed,
    otherCauses: Math.max(0, lost - listed.reduce((sum, { points }) => sum + points, 0)),
    ...(await comparedWith(state, months, query, { month, own }, beside)),
    endpoints: month.endpoints,
    coverage: month.coverage,
    kpis: await valuesOf(state, kpis, { figures: own, month, closed: closed !== null }, query),
    madeWith: await madeWithOf(state, month, periodOf(query).period, scope),
    weeks: month.lost.byWeek.map(({ start, end, lost: hours, planned, unconfirmed }) => ({
      ...{ from: start, to: end, lost: hours, planned, unconfirmed },
    })),
    incidents: month.lost.incidents.flatMap(({ ticket, ...hours }) => {
      const name = names.tickets.get(ticket);
      return name ? [{ ticket: name, ...hours }] : [];
    }),
    majors: majorsOf(majors, month, causes, names),
    sites: month.sites,
    rates: month.rates ?? null,
    actions: nextActions({
      ...{ month, figures: own, index, causes, disks: await disksFullSoon(state, query) },
      ticketNamed: (id) => names.tickets.get(id) ?? null,
      endpointNamed: (id) => endpointOf(names, id),
    }),
  };
}

interface Names {
  tickets: Awaited<ReturnType<typeof ticketsNamed>>;
  changes: ReadonlyMap<number, ChangeName>;
  endpoints: ReadonlyMap<string, string>;
}

async function namesFor(
  state: State,
  { month }: MonthRead,
  index: StabilityIndex,
  majors: readonly MajorIncident[],
  query: KpiQuery,
): Promise<Names> {
  const ofCauses = index.causes
    .map(({ cause }) => causeIn(cause))
    .flatMap((one) => ('ticket' in one ? one.ticket : []));
  const numbers = [
    ...ofCauses,
    ...month.lost.incidents.map(({ ticket }) => ticket),
    ...month.unknown.map((one) => one.ticket),
    ...majors.map(({ ticket }) => ticket),
  ];
  const endpoints = await endpointsIn(state, {}, periodOf(query).period);
  return {
    tickets: await ticketsNamed(state, numbers, query.ruleNamed),
    changes: await changesNamed(
      state,
      majors.flatMap(({ change }) => change ?? []),
    ),
    endpoints: new Map(endpoints.map(({ id, name }) => [id, name])),
  };
}

function causesOf(month: Month, { causes }: StabilityIndex, names: Names): Cause[] {
  const hours = new Map(month.lost.incidents.map(({ ticket, lost }) => [ticketCause(ticket), lost]));
  return causes.map(({ cause, points, byPart }) => {
    const what = causeIn(cause);
    return {
      ticket: 'ticket' in what ? (names.tickets.get(what.ticket) ?? null) : null,
      endpoint: 'endpoint' in what ? endpointOf(names, what.endpoint) : null,
      ...{ points, byPart, hours: hours.get(cause) ?? 0 },
    };
  });
}

/** Those that cost most come first. */
function majorsOf(
  majors: readonly MajorIncident[],
  { lost }: Month,
  causes: readonly Cause[],
  names: Names,
): NonNullable<Stability['majors']> {
  const hours = new Map(lost.incidents.map((one) => [one.ticket, one]));
  const points = new Map(causes.flatMap((one) => (one.ticket ? [[one.ticket.id, one.points] as const] : [])));
  const cost = ({ lost, unconfirmed }: { lost: number; unconfirmed: number }) => lost + unconfirmed;
  return majors
    .flatMap(({ ticket: id, change, ...rest }) => {
      const ticket = names.tickets.get(id);
      const { lost: sure, unconfirmed } = hours.get(id) ?? { lost: 0, unconfirmed: 0 };
      const about = { lost: sure, unconfirmed, points: points.get(id) ?? 0 };
      return ticket ? [{ ticket, ...rest, change: names.changes.get(change ?? -1) ?? null, ...about }] : [];
    })
    .sort((a, b) => cost(b) - cost(a) || b.points - a.points || a.from - b.from);
}

const endpointOf = ({ endpoints }: Names, id: string) => ({ id, name: endpoints.get(id) ?? id });

/** Today's forecasts say nothing about what was to be done a season ago. */
const forecastHoldsMs = 40 * 86_400_000;

async function disksFullSoon(state: State, query: KpiQuery): Promise<{ endpoint: string; days: number }[]> {
  const { period, window } = periodOf(query);
  if (query.now - window.end > forecastHoldsMs) return [];
  const ids = new Set((await endpointsIn(state, query.scope, period)).map(({ id }) => id));
  const rows = await state
    .selectFrom('disk_forecasts')
    .select(['endpoint', 'days'])
    .where('days', '<=', forecastDays)
    .orderBy('days')
    .orderBy('endpoint')
    .orderBy('path')
    .execute();
  return rows.flatMap(({ endpoint, days }) => (days !== null && ids.has(endpoint) ? [{ endpoint, days }] : []));
}
