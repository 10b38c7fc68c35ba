/**
 * Which endpoints have given proof of life, by site, and the incidents of sites. What could not be saved is taken back.
 * `everywhere` stands for the whole fleet: when nearly all of it is silent, the collector is what is cut off.
 */
import { createDueQueue } from '../due.ts';
import { createUndo } from '../tickets/undo.ts';
import {
  onBack,
  onSilent,
  onSiteDue,
  quietSite,
  restarted,
  type SiteEvent,
  type SiteIncidentSettings,
  type SiteState,
  silentMembers,
  siteDue,
} from './site-incident.ts';

export const everywhere = '*';
/** Of all endpoints, and of at least so many sites. */
const isolatedPercent = 80;
const isolatedSites = 2;

export type OutageMemory = ReturnType<typeof createOutageMemory>;

/** The members of an incident that are silent now. */
export interface OutageMembers {
  silent: number;
  of: number;
  ids: readonly string[];
  /** It had ended a short time before. */
  isReopened: boolean;
}

export function createOutageMemory(settings: SiteIncidentSettings) {
  const states = new Map<string, SiteState>();
  /** The site of each endpoint with proof of life; of each silent one, where it was then. */
  const alive = new Map<string, string>();
  const silentAt = new Map<string, string>();
  const aliveCount = new Map<string, number>();
  const changed = new Set<string>();
  const due = createDueQueue();
  const { change, keep, undo } = createUndo(() => undefined);

  function assign<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
    const before = map.get(key);
    if (before === value) return;
    change(() => (before === undefined ? map.delete(key) : map.set(key, before)));
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }

  const stateOf = (site: string) => states.get(site) ?? quietSite;
  const count = (site: string) => aliveCount.get(site) ?? 0;

  function setAlive(endpoint: string, site: string | undefined): void {
    const before = alive.get(endpoint);
    if (before === site) return;
    assign(alive, endpoint, site);
    for (const one of [before, before === undefined ? undefined : everywhere])
      if (one !== undefined) assign(aliveCount, one, count(one) - 1);
    for (const one of [site, site === undefined ? undefined : everywhere])
      if (one !== undefined) assign(aliveCount, one, count(one) + 1);
  }

  function put(site: string, state: SiteState): void {
    if (state === stateOf(site)) return;
    assign(states, site, state);
    changed.add(site);
    const key = site;
    const before = due.at(key);
    change(() => due.set(key, before));
    due.set(key, siteDue(state, settings));
  }

  function need(site: string): ((online: number) => number) | undefined {
    if (site !== everywhere) return undefined;
    const sites = new Set([...Object.keys(stateOf(everywhere).silent)].map((id) => silentAt.get(id)));
    return (online) => (sites.size < isolatedSites ? Infinity : Math.ceil((online * isolatedPercent) / 100));
  }

  return {
    keep() {
      changed.clear();
      keep();
    },
    undo() {
      changed.clear();
      undo();
    },
    nextDue: due.next,
    /** Those whose state differs from what is saved. */
    changed: (): readonly [string, SiteState][] => [...changed].map((site) => [site, stateOf(site)]),
    isAlive: (endpoint: string) => alive.has(endpoint),
    siteOf: (endpoint: string) => alive.get(endpoint) ?? silentAt.get(endpoint),

    /** @param site empty where it has none: it then counts for the whole fleet only */
    born(endpoint: string, site: string, at: number): void {
      setAlive(endpoint, site);
      const was = silentAt.get(endpoint);
      if (was === undefined) return;
      for (const one of [was, everywhere]) put(one, onBack(stateOf(one), endpoint, at, settings));
      assign(silentAt, endpoint, undefined);
    },

    /** It said goodbye, is retired, or is in maintenance: it is neither there nor silent. */
    gone(endpoint: string, at: number): void {
      setAlive(endpoint, undefined);
      const was = silentAt.get(endpoint);
      if (was === undefined) return;
      for (const one of [was, everywhere]) put(one, onBack(stateOf(one), endpoint, at, settings));
      assign(silentAt, endpoint, undefined);
    },

    /** @returns what follows, by site */
    silent(endpoint: string, at: number): { site: string; events: SiteEvent[] }[] {
      const site = alive.get(endpoint);
      if (site === undefined) return [];
      assign(silentAt, endpoint, site);
      const found = [everywhere, ...(site === '' ? [] : [site])].map((one) => {
        const aliveThere = count(one);
        const step = onSilent(stateOf(one), endpoint, at, aliveThere, settings, need(one));
        put(one, step.state);
        return { site: one, events: step.events };
      });
      setAlive(endpoint, undefined);
      return found;
    },

    /** What time has ended. */
    take(now: number): { site: string; at: number; events: SiteEvent[] } | undefined {
      const next = due.take(now);
      if (!next) return undefined;
      change(() => due.set(next.key, next.at));
      const { state, events } = onSiteDue(stateOf(next.key), next.at, settings);
      put(next.key, state);
      return { site: next.key, at: next.at, events };
    },

    /** The site in whose incident the endpoint is. */
    incidentOf(endpoint: string): string | undefined {
      const site = silentAt.get(endpoint) ?? alive.get(endpoint);
      return site !== undefined && stateOf(site).incident?.members.includes(endpoint) ? site : undefined;
    },
    incident: (site: string) => stateOf(site).incident,
    isSilent: (endpoint: string) => silentAt.has(endpoint),

    /** Of the incident that goes on, or of the last one. */
    members(site: string): OutageMembers {
      const state = stateOf(site);
      const { members = [], openedAt, since } = state.incident ?? state.last ?? {};
      const ids = state.incident ? silentMembers(state) : members.filter((id) => Object.hasOwn(state.silent, id));
      return { silent: ids.length, of: members.length, ids, isReopened: since !== openedAt };
    },

    /** @param found what was saved, by site; @param places endpoints by whether they may be silent, with their sites */
    restore(
      found: ReadonlyMap<string, SiteState>,
      places: Iterable<{ id: string; site: string; isSilent: boolean }>,
      at: number,
    ): void {
      for (const map of [states, alive, silentAt, aliveCount]) map.clear();
      due.clear();
      for (const [site, state] of found) {
        for (const id of Object.keys(state.silent)) if (site !== everywhere) silentAt.set(id, site);
        put(site, restarted(state, at, settings));
      }
      for (const { id, site, isSilent } of places) {
        if (silentAt.has(id)) continue;
        if (!isSilent) setAlive(id, site);
      }
      changed.clear();
      keep();
    },
  };
}
