/**
 * Many endpoints of a site silent at once are one incident. Pure: silences, returns and the time go in, the next state and
 * what happened come out.
 */
export interface SiteIncidentSettings {
  minEndpoints: number;
  sharePercent: number;
  windowMs: number;
  /** From the opening to its message. */
  waitMs: number;
  backPercent: number;
  stableMs: number;
  reopenMs: number;
}

export const siteIncidentDefaults: SiteIncidentSettings = {
  minEndpoints: 5,
  sharePercent: 10,
  windowMs: 300_000,
  waitMs: 30_000,
  backPercent: 80,
  stableMs: 120_000,
  reopenMs: 900_000,
};

/** Plain data: it is saved as it is. */
export interface SiteState {
  /** Those that are silent, since when. */
  silent: Readonly<Record<string, number>>;
  incident: SiteIncident | null;
  /** The last one, for as long as it may be reopened. */
  last: SiteIncident | null;
}

export interface SiteIncident {
  openedAt: number;
  /** When it was opened last: the same as `openedAt` unless it was reopened. */
  since: number;
  resolvedAt: number | null;
  /** Endpoints that went silent since it was opened, or just before. */
  members: readonly string[];
  /** All of them, those before it was reopened as well. */
  everMembers: readonly string[];
  /** Endpoints with proof of life before the first silence. */
  online: number;
  /** Since when enough members are back without a break. */
  stableSince: number | null;
}

export type SiteEvent = { at: number; silent: number } & (
  | { type: 'opened' | 'reopened'; of: number; members: readonly string[] }
  | { type: 'joined'; endpoint: string }
  /** `members`: those that are still silent, which go on alone. */
  | { type: 'resolved'; of: number; members: readonly string[] }
);

export const quietSite: SiteState = { silent: {}, incident: null, last: null };

function needOf(online: number, { minEndpoints, sharePercent }: SiteIncidentSettings): number {
  return Math.max(2, Math.min(online, Math.max(minEndpoints, Math.ceil((online * sharePercent) / 100))));
}

export interface SiteStep {
  state: SiteState;
  events: SiteEvent[];
}

/** @param alive endpoints of the site with proof of life just before, this one among them */
export function onSilent(
  state: SiteState,
  endpoint: string,
  at: number,
  alive: number,
  settings: SiteIncidentSettings,
  need: (online: number) => number = (online) => needOf(online, settings),
): SiteStep {
  if (Object.hasOwn(state.silent, endpoint)) return { state, events: [] };
  const silent = { ...state.silent, [endpoint]: at };
  const { incident, last } = state;
  if (incident) {
    const isNew = !incident.members.includes(endpoint);
    const members = isNew ? [...incident.members, endpoint] : incident.members;
    const next = { ...incident, members, everMembers: union(incident.everMembers, [endpoint]) };
    const events: SiteEvent[] = isNew ? [{ type: 'joined', at, endpoint, silent: silentOf(members, silent) }] : [];
    return { state: { silent, incident: judged(next, silent, at, settings), last }, events };
  }
  // Of those that an incident left silent nothing new has happened.
  const since = Math.max(at - settings.windowMs, last?.resolvedAt ?? Number.NEGATIVE_INFINITY);
  const recent = Object.entries(silent).filter(([, from]) => from >= since);
  const online = alive + recent.length - 1;
  if (recent.length < need(online)) return { state: { silent, incident, last }, events: [] };
  const members = recent.map(([id]) => id);
  const goesOn = last?.resolvedAt != null && at - last.resolvedAt <= settings.reopenMs ? last : null;
  const opened: SiteIncident = {
    openedAt: goesOn?.openedAt ?? at,
    since: at,
    resolvedAt: null,
    members,
    everMembers: union(goesOn?.everMembers ?? [], members),
    online,
    stableSince: null,
  };
  const type = goesOn ? 'reopened' : 'opened';
  return {
    state: { silent, incident: opened, last: null },
    events: [{ type, at, members, silent: members.length, of: online }],
  };
}

/** It is back, or has said goodbye, or is no longer of the site. */
export function onBack(state: SiteState, endpoint: string, at: number, settings: SiteIncidentSettings): SiteState {
  if (!Object.hasOwn(state.silent, endpoint)) return state;
  const { [endpoint]: _, ...silent } = state.silent;
  return { ...state, silent, incident: state.incident && judged(state.incident, silent, at, settings) };
}

/** When time alone ends the incident; null: not before more are back. */
export const siteDue = ({ incident }: SiteState, { stableMs }: SiteIncidentSettings): number | null =>
  incident?.stableSince == null ? null : incident.stableSince + stableMs;

export function onSiteDue(state: SiteState, at: number, settings: SiteIncidentSettings): SiteStep {
  const dueAt = siteDue(state, settings);
  const { incident } = state;
  if (!incident || dueAt === null || dueAt > at) return { state, events: [] };
  const resolved = { ...incident, resolvedAt: dueAt, stableSince: null };
  const left = incident.members.filter((id) => Object.hasOwn(state.silent, id));
  const event: SiteEvent = {
    ...{ type: 'resolved', at: dueAt, members: left, silent: left.length, of: incident.members.length },
  };
  return { state: { silent: state.silent, incident: null, last: resolved }, events: [event] };
}

/** After a restart the stable time begins again. */
export const restarted = (state: SiteState, at: number, settings: SiteIncidentSettings): SiteState =>
  state.incident
    ? { ...state, incident: judged({ ...state.incident, stableSince: null }, state.silent, at, settings) }
    : state;

export const silentMembers = ({ incident, silent }: SiteState): string[] =>
  (incident?.members ?? []).filter((id) => Object.hasOwn(silent, id));

const silentOf = (members: readonly string[], silent: SiteState['silent']) =>
  members.filter((id) => Object.hasOwn(silent, id)).length;

function judged(
  incident: SiteIncident,
  silent: SiteState['silent'],
  at: number,
  { backPercent }: SiteIncidentSettings,
): SiteIncident {
  const { members } = incident;
  const back = members.length - silentOf(members, silent);
  const isEnough = back * 100 >= members.length * backPercent;
  return { ...incident, stableSince: isEnough ? (incident.stableSince ?? at) : null };
}

const union = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])];
