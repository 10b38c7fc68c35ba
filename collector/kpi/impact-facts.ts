/** What incidents did to people in a period, and how many people there are, by site. */

import type { Span } from '../../shared/intervals.ts';
import { readCalendars } from '../calendars/calendars.ts';
import { type ImpactRead, readImpacts } from '../impact/impact.ts';
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
  const own = scope.site === undefined ? sites : sites.filter(({ name }) => name === scope.site);
  const tickets = await state
    .selectFrom('tickets')
    .select(['id', 'kind', 'site', 'endpoint'])
    .where('opened_at', '<', window.end)
    .where('state', '<>', 'cancelled')
    .where((eb) =>
      eb.or([
        eb('updated_at', '>=', window.start),
        eb('state', 'in', ['new', 'in_progress', 'on_hold']),
        eb('id', 'in', eb.selectFrom('impacts').select('ticket')),
      ]),
    )
    .orderBy('id')
    .execute();
  const impacts = await readImpacts(state, tickets.filter(inScope(question)));
  const planned = await plannedOf(state, question);
  const groups: Record<string, PeopleGroup> = {};
  for (const { id, name, people } of own)
    groups[id] = {
      calendar: calendarOf(name, 'working').calendar,
      headcount: people ?? mostHit(impacts, id),
      site: id,
      maintenance: planned.get(name) ?? [],
    };
  if (scope.site === undefined) {
    const rest = mostHit(impacts, null);
    if (rest > 0) groups[''] = { calendar: calendarOf(null, 'working').calendar, headcount: rest, site: '' };
  }
  const known = new Set(Object.keys(groups));
  const inhabited = new Set(question.endpoints.map(({ site }) => site));
  return {
    groups,
    incidents: impacts.flatMap(({ ticket, segments, stated }) => {
      const parts = segments.map(({ start, end, factor, affected }) => ({
        ...{ start, end, factor, confirmed: stated !== null },
        affected: Object.fromEntries(
          affected.flatMap(({ site, people }) => (known.has(site ?? '') ? [[site ?? '', people]] : [])),
        ),
      }));
      return parts.length === 0 ? [] : [{ id: String(ticket), segments: parts }];
    }),
    unknown: impacts.flatMap(({ ticket, unknown }) => (unknown.length === 0 ? [] : [{ ticket, endpoints: unknown }])),
    outages: impacts.flatMap(({ ticket, outages }) =>
      outages.map(({ endpoint, start, end }) => ({ ticket, endpoint, start, end })),
    ),
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

/** The largest number of people of a site that was hit at once. */
function mostHit(impacts: readonly ImpactRead[], site: string | null): number {
  const counts = impacts.flatMap(({ segments }) =>
    segments.flatMap(({ affected }) => affected.filter((one) => one.site === site).map(({ people }) => people)),
  );
  return Math.max(0, ...counts);
}
