/** Since when each security update has been pending: remembered by us, because no package manager does. */
import type { PatchState } from '../../../shared/inventory.ts';

/** Per manager and package: when it was first seen pending, in ms since 1970. */
export type FirstSeen = Record<string, Record<string, number>>;

/**
 * Fills `since` and `oldestSecuritySince`. The date follows the package, not the version: a newer candidate does not make
 * the machine safer. After a scan that failed everything remembered stays; a package no longer pending is forgotten.
 */
export function withFirstSeen(
  states: readonly PatchState[],
  before: FirstSeen,
  now: number,
): { states: PatchState[]; seen: FirstSeen } {
  const seen: FirstSeen = { ...before };
  const dated = states.map((state) => {
    const known = before[state.manager] ?? {};
    const security = state.list.filter((update) => update.security === true);
    const current = Object.fromEntries(
      security.map(({ name, since }) => [name, Math.min(known[name] ?? now, since ?? now, now)]),
    );
    seen[state.manager] = state.scan === 'ok' ? current : { ...known, ...current };
    const list = state.list.map((update) => ({ ...update, since: current[update.name] ?? update.since }));
    return { ...state, list, oldestSecuritySince: oldestOf(seen[state.manager] ?? {}) };
  });
  return { states: dated, seen };
}

function oldestOf(times: Readonly<Record<string, number>>): number | null {
  const known = Object.values(times).filter(Number.isFinite);
  return known.length === 0 ? null : Math.min(...known);
}

/** What was read from memory, believed only where it has the right shape. */
export function firstSeenOf(remembered: unknown): FirstSeen {
  const seen: FirstSeen = {};
  for (const [manager, times] of Object.entries((remembered ?? {}) as Record<string, unknown>)) {
    if (typeof times !== 'object' || times === null) continue;
    seen[manager] = Object.fromEntries(
      Object.entries(times).filter((pair): pair is [string, number] => typeof pair[1] === 'number'),
    );
  }
  return seen;
}
