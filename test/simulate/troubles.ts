/** What can be wrong with a simulated machine. Each trouble shows in what it measures and in its inventory alike. */

export const troubleKinds = [
  // What the fast checks see
  'disk-filling',
  'inodes',
  'disk-read-only',
  'disk-errors',
  'cpu',
  'cpu-steal',
  'load',
  'memory',
  'memory-level',
  'swap',
  'oom',
  // The measuring itself
  'silent',
  'data-lost',
  'spool-growing',
  'check-failing',
  'clock-ahead',
  'clock-behind',
  // Backups
  'backup-late',
  'backup-failed',
  'backup-never',
  'backup-unreadable',
  'backup-small',
  'backup-none',
  'restore-failed',
  // Updates and the system
  'security-updates',
  'update-lists-old',
  'update-scan-failed',
  'update-scan-missing',
  'reboot',
  'end-of-life',
  // Health and posture
  'smart',
  'smart-blind',
  'disk-vanished',
  'array-degraded',
  'array-not-started',
  'pool-filling',
  'service',
  'certificate',
  'encryption',
  'firewall',
  'antivirus',
  'custom-warning',
  'custom-critical',
  'custom-unknown',
  'log-entries',
  'log-unread',
] as const;
export type TroubleKind = (typeof troubleKinds)[number];

export interface Trouble {
  kind: TroubleKind;
  /** ms UTC */
  from: number;
  /** ms UTC; without, it stands for ever. */
  to?: number;
}

interface Troubled {
  troubles: readonly Trouble[];
}

/** How long this has been wrong, ms; null when it is not. */
export function ageOf(machine: Troubled, kind: TroubleKind, at: number): number | null {
  const found = machine.troubles.find((one) => one.kind === kind && at >= one.from && at < (one.to ?? Infinity));
  return found ? at - found.from : null;
}

export const has = (machine: Troubled, kind: TroubleKind, at: number): boolean => ageOf(machine, kind, at) !== null;
