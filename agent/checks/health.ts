/**
 * Health and posture: files and quick programs every five minutes; what takes longer hourly on Windows, else every six
 * hours.
 */
import type { Check } from './check.ts';
import { minute } from './health/source.ts';

/** Modules are loaded by the first run, so that they do not slow down the start of the agent. */
export const health: Check = {
  name: 'health',
  every: 5 * minute,
  reads:
    'RAID, ZFS, btrfs, LVM, ext4, services, battery, encryption, firewall, antivirus, users and crashes from files and quick ' +
    'programs (nft and lvs need root); certificate files named in checks.yaml',
  async run(context) {
    const { quickSources } = await import('./health/index.ts');
    const { readDue } = await import('./health/due.ts');
    return readDue(quickSources, context);
  },
};

export const healthSlow: Check = {
  name: 'health_slow',
  every: (process.platform === 'win32' ? 60 : 360) * minute,
  heavy: true,
  reads: 'disks by smartctl (root, sleeping disks stay asleep); Windows: one PowerShell batch an hour',
  async run(context) {
    const { slowSources } = await import('./health/index.ts');
    const { readDue } = await import('./health/due.ts');
    return readDue(slowSources, context);
  },
};
