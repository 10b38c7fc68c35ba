/**
 * Firing alerts outside any incident, by site and check, in the order of their fires: candidates for one outage. Those
 * that have left are skipped, and dropped once per hour.
 */
import type { TicketState } from './ticket-state.ts';

export interface IncidentGroups {
  /** Does nothing for a state that does not fire, or is part of an incident. */
  add(state: TicketState): void;
  /**
   * Of the same site and check, within one window that ends with the latest fire; newest first.
   * @param enough stops once this many endpoints are among them
   */
  recentOf(state: TicketState, enough?: number): TicketState[];
  forget(): void;
  clear(): void;
}

/** Only compared, never taken apart: its parts stand in columns. `storm/` is in the tables of older versions. */
export const incidentKey = (site: string | null, check: string) =>
  `storm/${encodeURIComponent(site ?? '')}/${check}`.toLowerCase();

/** Fires, and is part of no incident. */
const isUngrouped = (state: TicketState) => state.firing && !state.isIncident && state.parent === null;

/** @param staysApart whether an alert must not join a group at present: in maintenance, or its ticket is in work */
export function createGroups(windowMs: number, staysApart: (state: TicketState) => boolean): IncidentGroups {
  const groups = new Map<string, { state: TicketState; firedAt: number }[]>();
  /** The fire at which a state entered its group. */
  const groupedAt = new Map<TicketState, number>();

  return {
    add(state) {
      if (!isUngrouped(state) || groupedAt.get(state) === state.firedAt) return;
      groupedAt.set(state, state.firedAt);
      const key = incidentKey(state.site, state.check);
      const list = groups.get(key) ?? [];
      const isLate = (list.at(-1)?.firedAt ?? 0) > state.firedAt;
      list.push({ state, firedAt: state.firedAt });
      if (isLate) list.sort((a, b) => a.firedAt - b.firedAt);
      groups.set(key, list);
    },
    recentOf(state, enough = Infinity) {
      // Endpoints without a site share nothing that could fail.
      if (state.site === null) return [];
      const list = groups.get(incidentKey(state.site, state.check)) ?? [];
      // A change that was undone may have left it in the list twice.
      const recent = new Set<TicketState>();
      const endpoints = new Set<string>();
      let latest: number | null = null;
      for (let i = list.length - 1; i >= 0 && endpoints.size < enough; i--) {
        const { state: other, firedAt } = list[i] as (typeof list)[number];
        if (firedAt !== other.firedAt) continue;
        if (latest !== null && latest - other.firedAt > windowMs) break;
        if (!isUngrouped(other) || other.site !== state.site || staysApart(other)) continue;
        latest ??= other.firedAt;
        recent.add(other);
        endpoints.add(other.endpoint);
      }
      return [...recent];
    },
    forget() {
      for (const [key, list] of groups) {
        const loose = list.filter(({ state, firedAt }) => isUngrouped(state) && firedAt === state.firedAt);
        if (loose.length === 0) groups.delete(key);
        else groups.set(key, loose);
      }
      for (const state of groupedAt.keys()) if (!isUngrouped(state)) groupedAt.delete(state);
    },
    clear() {
      groups.clear();
      groupedAt.clear();
    },
  };
}
