/** Copies of the collector itself, as settings have them. */
import { formatDuration, parseDuration } from '../../shared/duration.ts';
import type { Fault } from '../../shared/shape.ts';
import { type Read, readNamed } from './named-file.ts';
import type { CollectorSettings, Config, OwnBackupSettings } from './settings.ts';

/** Guesses at a copied file are limited by nothing else. */
export const leastPassphrase = 12;

export function ownBackupFaults(section: unknown, read: Read): Fault[] {
  if (typeof section !== 'object' || section === null) return [];
  const { at, every, passphrase_file: file } = section as Record<string, unknown>;
  const faults: Fault[] = [];
  if (at !== undefined && every !== undefined)
    faults.push({ path: ['backup', 'every'], problem: 'and at are both given; leave one of them out' });
  const passphrase = readNamed(file, ['backup', 'passphrase_file'], read, faults)?.trim();
  if (passphrase !== undefined && passphrase.length < leastPassphrase)
    faults.push({
      path: ['backup', 'passphrase_file'],
      problem: `names a file with a passphrase of ${passphrase.length} characters; it needs at least ${leastPassphrase}`,
    });
  return faults;
}

export function readOwnBackup(
  section: CollectorSettings['backup'],
  from: (path: string) => string,
  read: Read,
): OwnBackupSettings | null {
  if (!section) return null;
  const { to, at, every, keep = 7, passphrase_file: file } = section;
  return {
    to: from(to),
    keep,
    when: every === undefined ? { at: at ?? '02:30' } : { everyMs: parseDuration(every) },
    passphrase: file === undefined ? null : read(file).trim(),
  };
}

/** For people who start the collector, or check its settings. */
export function backupLine({ backup, zone }: Pick<Config, 'backup' | 'zone'>): string {
  if (!backup) return 'none of the collector itself: set backup.to in evenkeel.yaml';
  const { to, when, keep, passphrase } = backup;
  const rhythm = 'at' in when ? `daily at ${when.at} (${zone})` : `every ${formatDuration(when.everyMs)}`;
  return `to ${to}, ${rhythm}, ${keep} kept${passphrase === null ? ', without keys and passwords' : ''}`;
}
