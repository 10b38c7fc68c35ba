/**
 * Updates pending, of every package manager of the machine. Heavy: seconds of CPU when something has changed, next to
 * nothing when nothing has.
 */
import { reasonOf } from '../../shared/errors.ts';
import type { PatchState } from '../../shared/inventory.ts';
import type { Metric } from '../../shared/report.ts';
import { type Check, type CheckContext, type Findings, NoData } from './check.ts';
import type { PatchManager } from './patches/manager.ts';

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
  const { firstSeenOf, withFirstSeen } = await import('./patches/first-seen.ts');
  const read: PatchState[] = [];
  for (const manager of patchManagers.filter((item) => item.platforms.includes(context.platform))) {
    const state = await stateOf(manager, context);
    if (state !== null) read.push(state);
  }
  if (read.length === 0) throw new NoData('no package manager that we know was found');
  const now = context.clock.now();
  const { states, seen } = withFirstSeen(read, firstSeenOf(context.memory.get('patches.seen')), now);
  context.memory.set('patches.seen', seen);
  return { metrics: states.map((state) => metricOf(state, now)), sections: { patches: states } };
}

/** One manager that fails must not hide the others: its failure is its state. */
async function stateOf(manager: PatchManager, context: CheckContext): Promise<PatchState | null> {
  try {
    return await manager.read(context);
  } catch (thrown) {
    if (thrown instanceof NoData) return null;
    context.log.warn({ manager: manager.name, reason: reasonOf(thrown) }, 'A package manager could not be read.');
    const { failedState } = await import('./patches/manager.ts');
    return failedState(manager.name, context.clock.now(), reasonOf(thrown));
  }
}

/** Unknown counts are left out: a chart then has a gap, and no rule sees a zero. */
export function metricOf(state: PatchState, now: number): Metric {
  const { pending, pendingSecurity, oldestSecuritySince, metadataAge } = state;
  const age = oldestSecuritySince === null ? null : Math.max(0, Math.round((now - oldestSecuritySince) / 1000));
  return {
    name: 'patches',
    tags: { manager: state.manager },
    fields: {
      scan_ok: state.scan === 'ok' ? 1 : 0,
      ...(pending === null ? {} : { pending }),
      ...(pendingSecurity === null ? {} : { pending_security: pendingSecurity }),
      ...(age === null ? {} : { oldest_security_age_s: age }),
      ...(metadataAge === null ? {} : { metadata_age_s: metadataAge }),
    },
    timestamp: now,
  };
}
