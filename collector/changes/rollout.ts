/** What counts as an installation or a restart, and which of them belong to one roll-out. Pure. */
import type { PatchState } from '../../shared/inventory.ts';
import type { EndpointKind } from '../fleet/fleet.ts';
import { birthOf, runsOf } from '../kpi/absence.ts';

export interface Observation {
  endpoint: string;
  what: 'patch' | 'restart';
  fingerprint: string;
  at: number;
  manager: string | null;
  packages: string[];
}

/** Observations further apart are not one roll-out. */
export const rolloutMs = 24 * 3_600_000;
/** A workstation that was off for longer was put to use again, not restarted. */
const briefMs = 30 * 60_000;
const packagesAtMost = 200;

interface PatchSection {
  states: readonly PatchState[];
  /** When its agent made it, ms UTC. */
  at: number;
}

/**
 * Installations between two sections of one endpoint. A manager that was not in the section before, or could not read
 * what is pending, is a beginning and no installation.
 */
export function installsIn(endpoint: string, before: PatchSection, after: PatchSection): Observation[] {
  return after.states.flatMap((now): Observation[] => {
    const was = before.states.find(({ manager }) => manager === now.manager);
    if (!was) return [];
    const packages = namesGone(was, now);
    const at = installedAt(was, now, packages.length, before.at, after.at);
    if (at === null) return [];
    const { manager } = now;
    return [{ endpoint, what: 'patch', fingerprint: `${manager}:${at}`, at, manager, packages }];
  });
}

function namesGone(was: PatchState, now: PatchState): string[] {
  if (was.scan !== 'ok' || now.scan !== 'ok') return [];
  const left = new Set(now.list.map(({ name }) => name));
  const gone = was.list.flatMap(({ name }) => (left.has(name) ? [] : [name]));
  return [...new Set(gone)].sort().slice(0, packagesAtMost);
}

/** Null: nothing was installed. What a manager says of its last installation counts for more than what is missing from a list. */
function installedAt(was: PatchState, now: PatchState, gone: number, before: number, after: number): number | null {
  const last = now.lastInstall;
  if (last === null) return was.lastInstall === null && gone > 0 ? Math.min(now.scannedAt ?? after, after) : null;
  // The machine's clock was set back, or runs ahead.
  const at = Math.min(last, after);
  return at > (was.lastInstall ?? before) ? at : null;
}

export interface BirthRow {
  at: number;
  boot_id: string | null;
  reason: string | null;
  last_seen: number | null;
  birth: string | null;
}

interface ReturnFacts {
  /** The birth, and the birth before it. */
  back: BirthRow;
  before: BirthRow;
  /** The last signal between them. */
  last: { kind: string; reason: string | null } | null;
  kind: EndpointKind;
}

/** When a machine that was restarted in order was up again, ms UTC; null where it was not, or nothing says that it was in order. */
export function restartedAt({ back, before, last, kind }: ReturnFacts): number | null {
  const factsOf = ({ boot_id, reason, birth }: BirthRow) =>
    birthOf(boot_id, reason, birth === null ? {} : JSON.parse(birth));
  const birth = factsOf(back);
  const start = back.last_seen ?? before.at;
  const span = { start, end: back.at };
  if (runsOf({ ...span, why: 'lost', before: factsOf(before), back: { at: back.at, birth } }) !== 'new') return null;
  if (birth.ended === 'unclean') return null;
  const announced = last?.kind === 'offline' ? last.reason : null;
  if (birth.ended !== 'clean' && announced !== 'restart' && announced !== 'shutdown') return null;
  const upAt = Math.max(start, back.at - (birth.uptimeMs ?? 0));
  const isBrief = upAt - start <= briefMs;
  return kind === 'server' || announced === 'restart' || isBrief ? upAt : null;
}

export interface Rollout {
  what: 'patch' | 'restart';
  manager: string | null;
  site: string | null;
  packages: readonly string[];
  start: number;
  end: number;
}

/**
 * Whether an observation belongs to a roll-out: all within 24 h, of the same kind; updates of the same manager where the
 * smaller set shares at least half of its packages; restarts of the same site.
 */
export function joins(
  rollout: Rollout,
  one: Omit<Observation, 'endpoint' | 'fingerprint'>,
  site: string | null,
): boolean {
  const { start, end } = rollout;
  if (Math.max(end, one.at) - Math.min(start, one.at) > rolloutMs) return false;
  if (rollout.what !== one.what) return false;
  if (one.what === 'restart') return rollout.site === site;
  if (rollout.manager !== one.manager) return false;
  const smaller = Math.min(rollout.packages.length, one.packages.length);
  // Where it is not known what was installed, manager and time decide.
  if (smaller === 0) return true;
  const known = new Set(rollout.packages);
  return 2 * one.packages.filter((name) => known.has(name)).length >= smaller;
}

/** Names of all observations of a roll-out, each once. */
export const packagesOf = (lists: Iterable<readonly string[]>): string[] =>
  [...new Set([...lists].flat())].sort().slice(0, packagesAtMost);
