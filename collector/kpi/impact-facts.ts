/** What incidents did to people in a period, and how many people there are, by site. */

import { intersect, type Span, subtract, union } from '../../shared/intervals.ts';
import { readCalendars } from '../calendars/calendars.ts';
import { beforeOpeningMs } from '../impact/check.ts';
import { type ImpactRead, readImpacts } from '../impact/impact.ts';
import { isStop } from '../impact/stops.ts';
import { maintenanceOf } from '../maintenance/spans.ts';
import type { State } from '../state/open.ts';
import type { ImpactIncident, PeopleGroup } from './formulas/lost-hours.ts';
import type { KpiQuestion } from './question.ts';
import { inScope } from './ticket-facts.ts';

export interface ImpactFacts {
  /** By the id of the site; those of no site under an empty text. Sites without a head count have as many as were hit. */
  groups: Readonly<Record<string, PeopleGroup>>;
  incidents: readonly ImpactIncident[];
  /** Incidents that were outages of which it is unknown whom they hit: tickets, with their endpoints. */
  unknown: readonly { ticket: number; endpoints: readonly string[] }[];
  /** Endpoints that were down, each with the ticket of that. */
  outages: readonly { ticket: number; endpoint: string; start: number; end: number | null }[];
  /** Names of the sites without a head count. */
  uncounted: readonly string[];
}

export async function readImpact(state: State, question: KpiQuestion): Promise<ImpactFacts> {
  const { window, zone, scope = {} } = question;
  const calendarOf = await readCalendars(state, zone);
  const sites = await state.selectFrom('sites').select(['id', 'name', 'people']).orderBy('name_key').execute();
  const named = scope.site === undefined ? scope.sites : [scope.site];
  const own = named === undefined ? sites : sites.filter(({ name }) => named.includes(name));
  const tickets = await state
    .selectFrom('tickets')
    .select(['id', 'kind', 'site', 'endpoint'])
    // What somebody states of it may have begun that long before.
    .where('opened_at', '<', window.end + beforeOpeningMs)
    .where('state', '<>', 'cancelled')
    .where((eb) =>
      eb.or([
        eb.and([
          eb('opened_at', '<', window.end),
          eb.or([eb('updated_at', '>=', window.start), eb('state', 'in', ['new', 'in_progress', 'on_hold'])]),
        ]),
        eb('id', 'in', eb.selectFrom('impacts').select('ticket')),
      ]),
    )
    .orderBy('id')
    .execute();
  const impacts = await readImpacts(state, tickets.filter(inScope(question)));
  const planned = await plannedOf(state, question);
  const endpointOf = new Map(tickets.map(({ id, endpoint }) => [id, endpoint]));
  const plannedIn = await plannedFor(state, impacts, endpointOf, window);
  const groups: Record<string, PeopleGroup> = {};
  for (const { id, name, people } of own)
    groups[id] = {
      calendar: calendarOf(name, 'working').calendar,
      headcount: people ?? mostHit(impacts, id),
      site: id,
      maintenance: planned.get(name) ?? [],
    };
  if (named === undefined) {
    const rest = mostHit(impacts, null);
    if (rest > 0) groups[''] = { calendar: calendarOf(null, 'working').calendar, headcount: rest, site: '' };
  }
  const known = new Set(Object.keys(groups));
  const inhabited = new Set(question.endpoints.map(({ site }) => site));
  return {
    groups,
    incidents: impacts.flatMap(({ ticket, segments, stated }) => {
      const parts = segments.flatMap((segment) => {
        const affected = segment.affected.flatMap(({ site, people }) =>
          known.has(site ?? '') ? [[site ?? '', people] as const] : [],
        );
        const shared = { factor: segment.factor, confirmed: stated !== null, affected: Object.fromEntries(affected) };
        return splitBy(plannedIn.get(ticket) ?? [], segment).map((part) => ({ ...part, ...shared }));
      });
      return parts.length === 0 ? [] : [{ id: String(ticket), segments: parts }];
    }),
    unknown: impacts.flatMap(({ ticket, unknown }) => (unknown.length === 0 ? [] : [{ ticket, endpoints: unknown }])),
    outages: impacts.flatMap(({ ticket, outages, stated, segments }) => {
      const endpoint = endpointOf.get(ticket) ?? null;
      const stops = stated === null || endpoint === null ? [] : segments.filter(isStop);
      return [
        ...outages.map(({ endpoint, start, end }) => ({ ticket, endpoint, start, end })),
        ...stops.map(({ start, end }) => ({ ticket, endpoint: endpoint as string, start, end })),
      ];
    }),
    // A site that was only named costs nobody an hour.
    uncounted: own.filter(({ name, people }) => people === null && inhabited.has(name)).map(({ name }) => name),
  };
}

/** Maintenance of whole sites, by name, that was entered before its start or that a second person approved. */
async function plannedOf(state: State, { window }: KpiQuestion): Promise<Map<string, Span[]>> {
  const rows = await state
    .selectFrom('maintenance_occurrences')
    .select(['target', 'start_at as start', 'end_at as end'])
    .where('scope', '=', 'site')
    .where('start_at', '<', window.end)
    .where('end_at', '>', window.start)
    .where(({ eb, or, ref }) => or([eb('entered_at', '<=', ref('start_at')), eb('approved_at', 'is not', null)]))
    .execute();
  return Map.groupBy(rows, ({ target }) => target);
}

/**
 * By ticket: when all the endpoints that it is about were in accepted planned work, whatever the window was for. A window for
 * a site says besides that its people expect it.
 */
async function plannedFor(
  state: State,
  impacts: readonly ImpactRead[],
  endpointOf: ReadonlyMap<number, string | null>,
  window: Span,
): Promise<Map<number, Span[]>> {
  const hit = impacts.flatMap(({ ticket, segments, outages }) => {
    const own = outages.length > 0 ? outages.map(({ endpoint }) => endpoint) : [endpointOf.get(ticket) ?? []].flat();
    return segments.length > 0 && own.length > 0 ? [{ ticket, endpoints: [...new Set(own)] }] : [];
  });
  const spans = await maintenanceOf(state, [...new Set(hit.flatMap(({ endpoints }) => endpoints))], window);
  const acceptedFor = (endpoint: string) =>
    union((spans.get(endpoint) ?? []).filter(({ late, approval }) => !late || approval !== null));
  return new Map(
    hit.map(({ ticket, endpoints }) => [ticket, endpoints.map(acceptedFor).reduce((all, own) => intersect(all, own))]),
  );
}

/** The stretches of a segment inside and outside of planned work. The last one lasts where the segment does. */
function splitBy(planned: readonly Span[], { start, end }: { start: number; end: number | null }) {
  const forever = Number.MAX_SAFE_INTEGER;
  const whole = [{ start, end: end ?? forever }];
  return [
    ...intersect(whole, planned).map((span) => ({ ...span, planned: true })),
    ...subtract(whole, planned).map((span) => ({ ...span, planned: false })),
  ].map((part) => ({ ...part, end: part.end === forever ? null : part.end }));
}

/** The largest number of people of a site that was hit at once. */
function mostHit(impacts: readonly ImpactRead[], site: string | null): number {
  const counts = impacts.flatMap(({ segments }) =>
    segments.flatMap(({ affected }) => affected.filter((one) => one.site === site).map(({ people }) => people)),
  );
  return Math.max(0, ...counts);
}
