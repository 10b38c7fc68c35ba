/**
 * The contract of a package manager. Adding one: a file beside this one with a pure, total parser and a reader, and a
 * line in index.ts. A reader never changes the system: no refresh, no download, no lock.
 *
 * The rule of all of them: zero pending updates needs the answer of a tool that used lists known to be fresh.
 * Everything else (an empty answer, an error, old lists) is `pending: null` with a reason.
 */

import type { PatchState, PendingUpdate } from '../../../shared/inventory.ts';
import { joinReasons, type Reason, reason } from '../../../shared/reason.ts';
import type { CheckContext } from '../check.ts';
import { short } from '../parse.ts';

export interface PatchManager {
  name: string;
  /** One line for doctor: what is read, with which rights. */
  reads: string;
  platforms: readonly NodeJS.Platform[];
  /** @throws NoData when this machine does not have the manager. */
  read(context: CheckContext): Promise<PatchState>;
}

/** What a parser of pending updates gives: the list, or null with the reasons why there is none. */
export interface Pending {
  list: PendingUpdate[] | null;
  reasons: readonly Reason[];
  /** What the answer leaves out, by name: an enabled repository without metadata. The list is then "at least these". */
  gap?: readonly Reason[];
}

export const hour = 3_600_000;
export const day = 24 * hour;

/**
 * A date that a tool can mean. Outside of these years stands an empty field (1601, 1899, 1970), another calendar read
 * as ours (1448, 2569) or a machine without a clock: none of them means anything.
 */
export function plausible(ms: number | null): number | null {
  return ms !== null && ms >= Date.UTC(2000, 0) && ms < Date.UTC(2100, 0) ? ms : null;
}

/** Lists older than this are no evidence about today (checks.md: 48 h is a warning, 7 d is unknown). */
export const staleAfter = 7 * day;
const maxListed = 1000;

/** A state with nothing known; fill in what is. */
export function unknownState(manager: string, scannedAt: number | null, ...reasons: readonly Reason[]): PatchState {
  return {
    manager,
    thirdParty: false,
    pending: null,
    pendingSecurity: null,
    held: null,
    list: [],
    oldestSecuritySince: null,
    scannedAt,
    metadataAge: null,
    scan: 'unknown',
    reason: joinReasons(reasons),
    autoUpdates: 'unknown',
    lastInstall: null,
  };
}

export function failedState(manager: string, scannedAt: number, ...reasons: readonly Reason[]): PatchState {
  return { ...unknownState(manager, scannedAt, ...reasons), scan: 'failed' };
}

/**
 * Puts a parsed list into the normal form. Lists older than a week, or of unknown age, turn the answer into "unknown":
 * the updates named are kept, because they are still missing, but the count is not claimed. With a gap the count is a
 * lower bound, and none at all where nothing was found.
 * @param securityKnown false where the manager does not know which updates are for security
 */
export function patchState(
  base: Pick<PatchState, 'manager' | 'scannedAt' | 'metadataAge'> & Partial<PatchState>,
  pending: Pending,
  securityKnown: boolean,
): PatchState {
  const state = { ...unknownState(base.manager, base.scannedAt), ...base };
  const gap = pending.gap ?? [];
  if (pending.list === null) {
    const why = joinReasons(gap, pending.reasons) ?? [reason('no_answer', { program: base.manager })];
    return { ...state, scan: 'failed', reason: why };
  }
  const list = sorted(pending.list).slice(0, maxListed).map(bounded);
  const old = ageProblem(base.metadataAge);
  if (old !== null) return { ...state, list, scan: 'unknown', reason: joinReasons(gap, old) };
  const count = pending.list.length;
  const security = securityKnown ? pending.list.filter((update) => update.security).length : null;
  if (gap.length > 0)
    return {
      ...state,
      list,
      scan: count > 0 ? 'unknown' : 'failed',
      reason: joinReasons(gap),
      pending: count || null,
      pendingSecurity: security || null,
    };
  return {
    ...state,
    list,
    scan: 'ok',
    reason: joinReasons(pending.reasons),
    pending: count,
    pendingSecurity: security,
  };
}

/** Why lists of this age are no evidence about today; null when they are. */
export function ageProblem(seconds: number | null): Reason | null {
  if (seconds === null) return reason('lists_age_unknown');
  return seconds * 1000 > staleAfter ? reason('lists_old', { age_s: wholeDays(seconds) }) : null;
}

/** An age that does not change with every scan: what changes is sent again. */
export const wholeDays = (seconds: number): number => Math.floor(seconds / 86_400) * 86_400;

/** Names of repositories that are enabled and whose metadata are not there, as a gap. */
export function missingMetadata(names: readonly string[]): Reason[] {
  return names.length === 0 ? [] : [reason('no_metadata_of', { repositories: short(names.join(', '), 600) })];
}

/** A pending update of a manager that does not say which are for security, nor since when. */
export function plainUpdate(name: string, installed: string | null, candidate: string | null): PendingUpdate {
  return { name, installed, candidate, security: null, since: null };
}

/** Security updates first, so that the cut of a long list never hides them. */
function sorted(list: readonly PendingUpdate[]): PendingUpdate[] {
  return [...list].sort((a, b) => Number(b.security === true) - Number(a.security === true));
}

function bounded(update: PendingUpdate): PendingUpdate {
  const cut = (text: string | null) => (text === null ? null : short(text));
  return { ...update, name: short(update.name), installed: cut(update.installed), candidate: cut(update.candidate) };
}

/** Seconds from `then` to `now`; null when unknown, 0 when the file's clock is slightly ahead of this one. */
export function ageSeconds(now: number, then: number | null): number | null {
  if (then === null) return null;
  const age = (now - then) / 1000;
  return age < -hour / 1000 ? null : Math.max(0, Math.round(age));
}

export function newest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : known.reduce((a, b) => Math.max(a, b));
}
