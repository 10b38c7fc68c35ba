/**
 * Since when each security update has been pending: remembered by the agent, because few package managers report it.
 * Where the vendor gives no date, the time of the first scan is only "at least since": on a new machine everything is
 * first seen today.
 */
import type { PatchState, PendingUpdate } from '../../../shared/inventory.ts';
import { objectOf } from '../parse.ts';
import { day } from './manager.ts';

/** Per manager and package: when it was first seen pending, in ms since 1970. */
export type FirstSeen = Record<string, Record<string, number>>;

/** Per manager: the last good scan, and which of the remembered dates are more than "at least since". */
export interface Scan {
  /** Age of the lists of the last scan that succeeded, as a time. */
  listsAt: number | null;
  dated: string[];
}
export type Scans = Record<string, Scan>;

/** An update that lists at most this old did not name was published since: then the first scan that saw it dates it. */
const closely = 3 * day;

/**
 * Fills `since`, `sinceAtLeast` and the oldest of them. The date follows the package, not the version: a newer candidate
 * does not make the machine safer. After a scan that failed everything remembered stays; a package no longer pending is
 * forgotten.
 */
export function withFirstSeen(
  states: readonly PatchState[],
  before: FirstSeen,
  now: number,
  scansBefore: Scans = {},
): { states: PatchState[]; seen: FirstSeen; scans: Scans } {
  const seen: FirstSeen = { ...before };
  const scans: Scans = { ...scansBefore };
  const dated = states.map((state) => {
    const known = before[state.manager] ?? {};
    const last = scansBefore[state.manager] ?? { listsAt: null, dated: [] };
    const watched = last.listsAt !== null && now - last.listsAt < closely;
    const security = state.list.filter((update) => update.security === true);
    const since = (update: PendingUpdate) => Math.min(known[update.name] ?? now, update.since ?? now, now);
    // A date of the vendor is exact; one that the agent assigned keeps its precision.
    const isDated = ({ name, since: date, sinceAtLeast }: PendingUpdate) =>
      (date !== null && sinceAtLeast !== true) || last.dated.includes(name) || (watched && !(name in known));
    const fresh = Object.fromEntries(security.map((update) => [update.name, since(update)]));
    const ok = state.scan === 'ok';
    const current = ok ? fresh : { ...known, ...fresh };
    const certain = new Set([
      ...last.dated.filter((name) => name in current),
      ...security.filter(isDated).map((update) => update.name),
    ]);
    seen[state.manager] = current;
    const listsAt = ok && state.metadataAge !== null ? now - state.metadataAge * 1000 : last.listsAt;
    scans[state.manager] = { listsAt, dated: [...certain] };
    const oldest = oldestOf(current);
    return {
      ...state,
      list: state.list.map((update) =>
        update.security === true
          ? { ...update, since: fresh[update.name] ?? null, sinceAtLeast: !certain.has(update.name) }
          : update,
      ),
      oldestSecuritySince: oldest,
      // One that is not dated may be older than the oldest that is.
      oldestSecurityAtLeast: oldest !== null && Object.keys(current).some((name) => !certain.has(name)),
    };
  });
  return { states: dated, seen, scans };
}

function oldestOf(times: Readonly<Record<string, number>>): number | null {
  const known = Object.values(times).filter(Number.isFinite);
  return known.length === 0 ? null : known.reduce((a, b) => Math.min(a, b));
}

/** What was read from memory, believed only where it has the right shape. */
export function firstSeenOf(remembered: unknown): FirstSeen {
  const seen: FirstSeen = {};
  for (const [manager, times] of Object.entries(objectOf(remembered))) {
    if (typeof times !== 'object' || times === null) continue;
    seen[manager] = Object.fromEntries(
      Object.entries(times).filter((pair): pair is [string, number] => typeof pair[1] === 'number'),
    );
  }
  return seen;
}

/** As above. */
export function scansOf(remembered: unknown): Scans {
  const scans = Object.entries(objectOf(remembered)).map(([manager, value]): [string, Scan] => {
    const { listsAt, dated } = objectOf(value);
    const names = Array.isArray(dated) ? dated.filter((name) => typeof name === 'string') : [];
    return [manager, { listsAt: typeof listsAt === 'number' ? listsAt : null, dated: names }];
  });
  return Object.fromEntries(scans);
}
