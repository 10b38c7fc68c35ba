/** Why a KPI, or the index, differs between two periods: by incident, by site and by machine. */
import type { KpiWhy } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { type KpiQuery, periodHead, ticketsNamed, withNewer } from './answer.ts';
import { downAddends, lossesOf } from './down-time.ts';
import { changeOf } from './formulas/change.ts';
import { type Addend, addendsOf, type DifferenceLine, groupedBy } from './formulas/difference.ts';
import { stabilityIndex } from './formulas/stability-index.ts';
import { currencyOf, type Figure, type Kpi } from './kpi.ts';
import type { Month } from './month.ts';
import type { MonthRead, Months } from './months.ts';
import { causeIn } from './stability.ts';

const linesShown = 50;
/** The index is made of KPIs and comes apart as they do. */
const indexId = 'index';

interface DifferenceRead {
  value: { before: number | null; after: number | null };
  /** As far as sites and machines go. */
  addends: { before: Addend[]; after: Addend[] } | null;
  /** The same by incident: down time belongs to the ticket of its outage. */
  ofIncidents: { before: Addend[]; after: Addend[] } | null;
}

/**
 * @param kpi null: the index
 * @throws EvenkeelError BAD_REQUEST when either is no period
 */
export async function whyOf(
  state: State,
  months: Months,
  kpi: Kpi | null,
  query: KpiQuery,
  from: string,
): Promise<KpiWhy> {
  const [before, after] = [
    await months.of(from, query.scope, query.zone),
    await months.of(query.period, query.scope, query.zone),
  ];
  const figureOf = async (own: Kpi, { month }: MonthRead, period: string) =>
    (await withNewer(state, [own], month.figures, { ...query, period }))[own.id] as Figure;
  const figures = kpi && ([await figureOf(kpi, before, from), await figureOf(kpi, after, query.period)] as const);
  const found = kpi && figures ? ofKpi(kpi, [before.month, after.month], figures) : ofIndex(before.month, after.month);
  const { value, addends, ofIncidents } = found;
  const difference = value.before === null || value.after === null ? null : value.after - value.before;
  const places = await placesOf(
    state,
    addends && [...addends.before, ...addends.after, ...(ofIncidents?.before ?? []), ...(ofIncidents?.after ?? [])],
  );
  const side = async (read: MonthRead, period: string, own: number | null) => ({
    ...(await periodHead(state, { ...query, period }, read.month.asOf)),
    ...{ closed: read.closed !== null, value: own },
  });
  const group = async (keysOf: (addend: Addend) => readonly { key: string; share: number }[], of = addends) =>
    of ? listed(state, query, groupedBy(of, keysOf)) : { lines: [], rest: null };
  return {
    kpi: kpi?.id ?? indexId,
    unit: kpi?.unit ?? 'count',
    ...currencyOf(figures?.[1], figures?.[0]),
    from: await side(before, from, value.before),
    to: await side(after, query.period, value.after),
    difference,
    change:
      kpi && figures
        ? changeOf(kpi, figures[0], figures[1], lossesOf(kpi, [before.month, after.month], figures))
        : null,
    incidents: await group(({ ticket, endpoint, alert }) => {
      const number = ticket ?? places.ticketOfAlert.get(alert?.id ?? '');
      if (number !== undefined) return [{ key: `ticket ${number}`, share: 1 }];
      return endpoint === undefined ? [] : [{ key: `endpoint ${endpoint}`, share: 1 }];
    }, ofIncidents),
    sites: await group((addend) => places.sitesOf(addend).map(({ key, share }) => ({ key: `site ${key}`, share }))),
    machines: await group((addend) =>
      places.machinesOf(addend).map(({ key, share }) => ({ key: `endpoint ${key}`, share })),
    ),
  };
}

function ofKpi(kpi: Kpi, months: readonly [Month, Month], [was, is]: readonly [Figure, Figure]): DifferenceRead {
  const value = { before: was.value, after: is.value };
  const addends = addendsOf(kpi, was, is);
  const [then, now] = [downAddends(kpi, months[0], was), downAddends(kpi, months[1], is)];
  if (!addends || !then || !now) return { value, addends, ofIncidents: addends };
  // Down time that no cause has.
  const rest = (all: readonly Addend[], own: readonly Addend[]) => ({ amount: sumOf(all) - sumOf(own) });
  const ofIncidents = {
    before: [...then, rest(addends.before, then)],
    after: [...now, rest(addends.after, now)],
  };
  return { value, addends, ofIncidents };
}

const sumOf = (addends: readonly Addend[]) => addends.reduce((sum, { amount }) => sum + amount, 0);

function ofIndex(before: Month, after: Month): DifferenceRead {
  const [was, is] = [before, after].map(({ parts, endpoints }) => {
    const { index, status, causes, unattributed } = stabilityIndex(parts, endpoints);
    const addends = [
      ...causes.map(({ cause, points }) => ({ ...causeIn(cause), amount: -points })),
      { amount: -unattributed },
    ];
    return { value: status === 'insufficient' ? null : index, addends };
  }) as [{ value: number | null; addends: Addend[] }, { value: number | null; addends: Addend[] }];
  const value = { before: was.value, after: is.value };
  if (was.value === null || is.value === null) return { value, addends: null, ofIncidents: null };
  const addends = { before: was.addends, after: is.addends };
  return { value, addends, ofIncidents: addends };
}

interface AddendPlaces {
  ticketOfAlert: ReadonlyMap<string, number>;
  machinesOf(addend: Addend): { key: string; share: number }[];
  sitesOf(addend: Addend): { key: string; share: number }[];
}

/** Where the lines belong: an incident of several machines is shared between them in equal parts. */
async function placesOf(state: State, addends: readonly Addend[] | null): Promise<AddendPlaces> {
  const all = addends ?? [];
  const unique = <Key>(keys: readonly (Key | undefined)[]) =>
    [...new Set(keys.filter((key) => key !== undefined))] as Key[];
  const ticketOfAlert = new Map<string, number>();
  for (const some of chunks(unique(all.map(({ alert }) => alert?.id))))
    for (const { id, ticket } of await state
      .selectFrom('alerts')
      .select(['id', 'ticket'])
      .where('id', 'in', some)
      .execute())
      if (ticket !== null) ticketOfAlert.set(id, ticket);
  const tickets = new Map<number, { site: string | null; endpoint: string | null; machines: string[] }>();
  for (const some of chunks(unique(all.map(({ ticket }) => ticket)))) {
    const rows = await state.selectFrom('tickets').select(['id', 'site', 'endpoint']).where('id', 'in', some).execute();
    const hit = await state
      .selectFrom('alerts')
      .select(['ticket', 'endpoint'])
      .distinct()
      .where('ticket', 'in', some)
      .execute();
    const byTicket = Map.groupBy(hit, ({ ticket }) => ticket);
    for (const { id, site, endpoint } of rows) {
      const machines = (byTicket.get(id) ?? []).map((one) => one.endpoint);
      tickets.set(id, {
        site,
        endpoint,
        machines: machines.length > 0 ? machines : endpoint === null ? [] : [endpoint],
      });
    }
  }
  const machineIds = unique([
    ...all.map(({ endpoint }) => endpoint),
    ...[...tickets.values()].flatMap(({ machines }) => machines),
  ]);
  const siteOf = new Map<string, string | null>();
  for (const some of chunks(machineIds))
    for (const { id, site } of await state
      .selectFrom('endpoints')
      .select(['id', 'site'])
      .where('id', 'in', some)
      .execute())
      siteOf.set(id, site);
  const machinesOf = ({ endpoint, ticket }: Addend) => {
    const own = endpoint === undefined ? (tickets.get(ticket ?? -1)?.machines ?? []) : [endpoint];
    return own.map((key) => ({ key, share: 1 / own.length }));
  };
  return {
    ticketOfAlert,
    machinesOf,
    sitesOf(addend) {
      const site = tickets.get(addend.ticket ?? -1)?.site;
      if (site) return [{ key: site, share: 1 }];
      return machinesOf(addend).flatMap(({ key, share }) => {
        const name = siteOf.get(key);
        return name ? [{ key: name, share }] : [];
      });
    },
  };
}

/** With names, at most 50: `rest` is what the others add, and what belongs to none. */
async function listed(state: State, query: KpiQuery, all: readonly DifferenceLine[]): Promise<KpiWhy['sites']> {
  const named = all
    .filter(({ key, before, after }) => key !== '' && (before !== 0 || after !== 0))
    .slice(0, linesShown);
  const rest =
    all.reduce((sum, line) => sum + line.after - line.before, 0) -
    named.reduce((sum, line) => sum + line.after - line.before, 0);
  const ofKind = (kind: string) =>
    named.flatMap(({ key }) => (key.startsWith(`${kind} `) ? key.slice(kind.length + 1) : []));
  const tickets = await ticketsNamed(state, ofKind('ticket').map(Number), query.ruleNamed);
  const ids = ofKind('endpoint');
  const rows =
    ids.length === 0 ? [] : await state.selectFrom('endpoints').select(['id', 'name']).where('id', 'in', ids).execute();
  const endpoints = new Map(rows.map((row) => [row.id, row]));
  return {
    lines: named.map(({ key, before, after }) => {
      const at = key.indexOf(' ');
      const [kind, id] = [key.slice(0, at), key.slice(at + 1)];
      return {
        ticket: kind === 'ticket' ? (tickets.get(Number(id)) ?? null) : null,
        endpoint: kind === 'endpoint' ? (endpoints.get(id) ?? { id, name: id }) : null,
        site: kind === 'site' ? id : null,
        ...{ before, after, by: after - before },
      };
    }),
    rest,
  };
}

/** @throws EvenkeelError NOT_FOUND */
export function kpiNamed(kpis: readonly Kpi[], id: string): Kpi | null {
  if (id === indexId) return null;
  const kpi = kpis.find((one) => one.id === id);
  if (!kpi) throw fail('NOT_FOUND', { what: 'KPI', id });
  return kpi;
}
