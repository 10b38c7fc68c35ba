/** What KPIs are asked of: which endpoints, in which time. */
import type { Calendar } from '../../shared/calendar.ts';
import type { Span } from '../../shared/intervals.ts';
import type { EndpointKind } from '../fleet/fleet.ts';
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import { sightNow } from '../state/sight.ts';

export interface EndpointFact {
  id: string;
  name: string;
  site: string | null;
  kind: EndpointKind;
  retired_at: number | null;
  interval_ms: number | null;
}

/** All given fields must match; without any it is the whole fleet. */
export interface KpiScope {
  kind?: EndpointKind | undefined;
  /** Its name. */
  site?: string | undefined;
  /** Its id. */
  group?: string | undefined;
  endpoint?: string | undefined;
  /** Names: of the sites that whoever asks is limited to, where these are several. */
  sites?: readonly string[] | undefined;
}

/** What is asked, within the sites of the caller. Of one site it is the question of that site, whoever asks it. */
export function withinSight(scope: KpiScope): KpiScope {
  const sight = sightNow();
  if (sight === undefined || (scope.site !== undefined && sight.names.includes(scope.site))) return scope;
  const [only, ...others] = sight.names;
  if (scope.site === undefined && only !== undefined && others.length === 0) return { ...scope, site: only };
  return { ...scope, sites: sight.names };
}

export interface KpiQuestion {
  endpoints: readonly EndpointFact[];
  /** Ends at `now` at the latest. */
  window: Span;
  now: number;
  /** Report zone, IANA. */
  zone: string;
  /** Default all. */
  scope?: KpiScope;
  /** Default the service hours of each site. */
  calendar?: Calendar;
}

/** The endpoints that were in the fleet at some time of the period, in the order of their names. */
export async function endpointsIn(state: State, scope: KpiScope, period: Span): Promise<EndpointFact[]> {
  let query = state
    .selectFrom('endpoints')
    .select(['id', 'name', 'site', 'kind', 'retired_at', 'interval_ms'])
    .where('enrolled_at', '<', period.end)
    .where((eb) => eb.or([eb('retired_at', 'is', null), eb('retired_at', '>', period.start)]))
    .orderBy('name');
  const own = idsIn(state, scope);
  if (own) query = query.where('id', 'in', own);
  const found = await query.execute();
  await breathe();
  return found;
}

/** The ids of the endpoints of a scope; null: all. */
export function idsIn(state: State, { kind, site, group, endpoint, sites }: KpiScope) {
  if ([kind, site, group, endpoint, sites].every((one) => one === undefined)) return null;
  let query = state.selectFrom('endpoints').select('id');
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (site !== undefined) query = query.where('site', '=', site);
  if (sites !== undefined) query = query.where('site', 'in', sites.length === 0 ? [''] : [...sites]);
  if (endpoint !== undefined) query = query.where('id', '=', endpoint);
  if (group !== undefined)
    query = query.where('id', 'in', state.selectFrom('group_members').select('endpoint').where('group_id', '=', group));
  return query;
}
