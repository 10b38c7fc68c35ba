/**
 * Updates pending, of every package manager of the machine. Heavy: seconds of CPU when something has changed, next to
 * nothing when nothing has.
 */

import type { PatchState } from '../../shared/inventory.ts';
import { reason, reasonsInLog, reasonsOf } from '../../shared/reason.ts';
import type { Metric } from '../../shared/report.ts';
import { type Check, type CheckContext, type Findings, NoData } from './check.ts';
import type { PatchManager } from './patches/manager.ts';
import { metric } from './reading.ts';

export const patches: Check = {
  name: 'patches',
  every: 6 * 3_600_000,
  heavy: true,
  reads:
    'updates that wait, by apt, dnf, zypper, pacman, apk, Windows Update, softwareupdate, and winget, brew, snap, ' +
    'flatpak; dnf needs root; nothing is changed and, but for winget, snap and softwareupdate, nothing is downloaded',
  run,
};

/** The managers are loaded by the run, in the process of the heavy checks. */
async function run(context: CheckContext): Promise<Findings> {
  const { patchManagers } = await import('./patches/index.ts');
  const { firstSeenOf, scansOf, withFirstSeen } = await import('./patches/first-seen.ts');
  const read: PatchState[] = [];
  for (const manager of patchManagers.filter((item) => item.platforms.includes(context.platform))) {
    const state = await stateOf(manager, context);
    if (state !== null) read.push(state);
  }
  if (read.length === 0) throw new NoData(reason('no_package_manager'));
  const now = context.clock.now();
  const before = firstSeenOf(context.memory.get('patches.seen'));
  const { states, seen, scans } = withFirstSeen(read, before, now, scansOf(context.memory.get('patches.scans')));
  context.memory.set('patches.seen', seen);
  context.memory.set('patches.scans', scans);
  return { metrics: states.flatMap((state) => metricOf(state, now)), sections: { patches: states } };
}

/** One manager that fails must not hide the others: its failure is its state. */
async function stateOf(manager: PatchManager, context: CheckContext): Promise<PatchState | null> {
  try {
    return await manager.read(context);
  } catch (thrown) {
    if (thrown instanceof NoData) return null;
    const reasons = reasonsOf(thrown);
    context.log.warn({ manager: manager.name, reason: reasonsInLog(reasons) }, 'Could not read a package manager');
    const { failedState } = await import('./patches/manager.ts');
    return failedState(manager.name, context.clock.now(), ...reasons);
  }
}

/**
 * Unknown counts are left out: a chart then has a gap, and no rule sees a zero. Applications of users that a service
 * cannot see are normal, and no failed scan: only the section shows it, no metric does.
 */
export function metricOf(state: PatchState, now: number): Metric[] {
  const { pending, pendingSecurity, oldestSecuritySince, oldestSecurityAtLeast, metadataAge } = state;
  const age = oldestSecuritySince === null ? null : Math.max(0, Math.round((now - oldestSecuritySince) / 1000));
  const unseen = state.thirdParty && state.scan === 'unknown';
  const fields = {
    scan_ok: unseen ? null : Number(state.scan === 'ok'),
    pending,
    pending_security: pendingSecurity,
    oldest_security_age_s: age,
    oldest_security_age_at_least: age === null ? null : Number(oldestSecurityAtLeast === true),
    metadata_age_s: metadataAge,
  };
  return metric('patches', { manager: state.manager }, fields, now);
}
