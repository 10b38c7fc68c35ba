/**
 * What an outage did to people, as far as the monitor can know it: from when to when, and how many are known to depend
 * on what was down. Nobody has confirmed it. Pure.
 */
import type { EstimateReason } from '../../shared/api.ts';
import { union } from '../../shared/intervals.ts';

/** A stretch of an incident during which the same people were hindered as much. */
export interface ImpactSegment {
  /** ms UTC. */
  start: number;
  /** Null while it lasts. */
  end: number | null;
  /** 1 cannot work, 0.5 a major part is blocked, 0.2 a nuisance, 0 none. */
  factor: number;
  affected: readonly Affected[];
}

export interface Affected {
  /** Id: a name may change; null: people of no site. */
  site: string | null;
  people: number;
}

/** An alert that says that something was down. */
export interface OutageAlert {
  endpoint: string;
  /** Id. */
  site: string | null;
  /** Who depends on the endpoint; null: not known. */
  people: number | null;
  /** The earliest evidence. */
  start: number;
  /** Null while it lasts. */
  end: number | null;
}

/** Why the estimate is what it is, also where there is none. */
export interface ReasonFor {
  code: EstimateReason;
  /** Ids of the endpoints that it is about. */
  endpoints: string[];
}

export interface Estimate {
  segments: ImpactSegment[];
  /** Endpoints that were down and of which it is not known who depends on them. */
  unknown: string[];
  reasons: ReasonFor[];
}

/** What else is known of the incident. */
export interface EstimateContext {
  /** Everybody at the site of a site incident; null where this is none, or they are not known. */
  atSite: Affected | null;
  isSiteIncident: boolean;
  /** Workstations that did not respond: they may have been off, which hinders nobody. */
  workstations: readonly string[];
}

/**
 * A site incident stops everybody at the site. A server alone stops those who depend on it.
 */
export function estimateImpact(alerts: readonly OutageAlert[], context: EstimateContext): Estimate {
  const { atSite, isSiteIncident, workstations } = context;
  const endpointsOf = (some: readonly OutageAlert[]) => [...new Set(some.map(({ endpoint }) => endpoint))];
  if (alerts.length === 0) {
    const code = workstations.length > 0 ? 'workstations_only' : 'no_outage';
    return { segments: [], unknown: [], reasons: [{ code, endpoints: [...workstations] }] };
  }
  if (atSite !== null) {
    const reasons: ReasonFor[] = [{ code: 'site_stopped', endpoints: endpointsOf(alerts) }];
    return { segments: segmentsOf(alerts, [atSite]), unknown: [], reasons };
  }
  const known = alerts.filter(({ people }) => people !== null);
  const segments = [...Map.groupBy(known, ({ endpoint }) => endpoint).values()].flatMap((own) =>
    segmentsOf(own, [{ site: own[0]?.site ?? null, people: own[0]?.people ?? 0 }]),
  );
  const unknown = endpointsOf(alerts.filter(({ people }) => people === null));
  const reasons: ReasonFor[] = [
    { code: 'site_uncounted', endpoints: isSiteIncident ? endpointsOf(alerts) : [] },
    { code: 'dependants', endpoints: endpointsOf(known.filter(({ people }) => people !== 0)) },
    { code: 'no_dependants', endpoints: endpointsOf(known.filter(({ people }) => people === 0)) },
    { code: 'dependants_unknown', endpoints: unknown },
  ];
  return {
    segments: segments.filter(({ affected }) => affected.some(({ people }) => people > 0)),
    unknown,
    reasons: reasons.filter(({ endpoints }) => endpoints.length > 0),
  };
}

/** An outage that lasts has no end that could be joined with another. */
const open = Number.MAX_SAFE_INTEGER;

function segmentsOf(alerts: readonly OutageAlert[], affected: readonly Affected[]): ImpactSegment[] {
  const spans = union(alerts.map(({ start, end }) => ({ start, end: end ?? open })));
  return spans.map(({ start, end }) => ({
    ...{ start, end: end === open ? null : end },
    ...{ factor: 1, affected },
  }));
}
