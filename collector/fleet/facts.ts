/**
 * The few values of each inventory section that a row of the fleet page needs, so that a thousand endpoints with a
 * thousand packages each stay small in memory. Sections were validated on arrival.
 */
import type { BackupJob, CheckState, HealthItem, Host, OsState, PatchState } from '../../shared/inventory.ts';

export interface EndpointFacts {
  os: string | null;
  /** null: not reported yet, or the check failed. */
  backups: readonly BackupJob[] | null;
  patches: readonly Omit<PatchState, 'list'>[] | null;
  osState: OsState | null;
  disks: readonly { name: string; status: HealthItem['status'] }[] | null;
}

export const noFacts: EndpointFacts = { os: null, backups: null, patches: null, osState: null, disks: null };

/** The sections that matter for a row; others never cause a read. */
export const factSections: readonly string[] = ['host', 'backups', 'patches', 'os', 'health', 'checks'];

const diskKinds = /^(disk|smart|nvme|array|md|raid|zfs|btrfs|lvm|ext4|filesystem)/;

/** @param sections parsed documents by section name */
export function factsOf(sections: ReadonlyMap<string, unknown>): EndpointFacts {
  const host = sections.get('host') as Host | undefined;
  const backups = sections.get('backups') as BackupJob[] | undefined;
  const patches = sections.get('patches') as PatchState[] | undefined;
  const health = sections.get('health') as HealthItem[] | undefined;
  const checks = (sections.get('checks') as CheckState[] | undefined) ?? [];
  const failed = (word: string) => checks.some((one) => one.check.startsWith(word) && one.status === 'failed');
  return {
    os: host ? [host.os.name, host.os.version].filter(Boolean).join(' ') || null : null,
    // An empty list means "none" only where looking for them did not fail.
    backups: backups === undefined || (backups.length === 0 && failed('backup')) ? null : backups,
    patches: patches?.map(({ list: _, ...rest }) => rest) ?? null,
    osState: (sections.get('os') as OsState | undefined) ?? null,
    disks: health?.filter((item) => diskKinds.test(item.kind)).map(({ name, status }) => ({ name, status })) ?? null,
  };
}

/** As pages show it: every Windows would begin with the name of its maker. */
export const shownOs = ({ os }: Pick<EndpointFacts, 'os'>): string | null => os?.replace(/^Microsoft /, '') ?? null;
