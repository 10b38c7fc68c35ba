/**
 * Windows File History. What can honestly be known from outside a user's session: up to when that user's files are
 * protected (registry value ProtectedUpToTime, a FILETIME; absent or 0 between two cycles, which is not "never"), and
 * errors in its event log. It copies chosen folders of one user, so it is a job of that user, never of the machine.
 */

import type { BackupJob } from '../../../shared/inventory.ts';
import { reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { linesIn } from '../parse.ts';
import { readEvents, type WindowsEvent } from './events.ts';
import { believable } from './instants.ts';
import { jobOf, latest, type Product } from './product.ts';

const key = 'Software\\Microsoft\\Windows\\CurrentVersion\\FileHistory';

/** 100 ns steps since 1601 → ms since 1970; null for 0 and for what cannot be the time of a backup. */
export function filetime(value: bigint): number | null {
  return believable(Number(value / 10_000n) - 11_644_473_600_000);
}

/** `reg query …\FileHistory /v ProtectedUpToTime` → ms; null when the value is not there or zero. */
export function parseProtectedUpTo(stdout: string): number | null {
  const line = linesIn(stdout).find((one) => /^ProtectedUpToTime\s/i.test(one));
  const match = /\sREG_QWORD\s+0x([0-9a-f]{1,16})$/i.exec(line ?? '');
  return match ? filetime(BigInt(`0x${match[1]}`)) : null;
}

/** `reg query HKU` → the keys of people's accounts; services and templates have other numbers. */
export function parseUsers(stdout: string): string[] {
  return linesIn(stdout).flatMap((line) => /^HKEY_USERS\\(S-1-(?:5-21|12-1)-[\d-]+)$/.exec(line)?.[1] ?? []);
}

/** A warning or an error newer than the last protection means that something was left out since. */
export function jobFrom(user: string, upTo: number | null, events: readonly WindowsEvent[] | null): BackupJob {
  const bad = (events ?? []).filter(({ level, time }) => (level === 2 || level === 3) && (time ?? 0) > (upTo ?? 0));
  const known = upTo !== null && events !== null;
  return jobOf('file-history', `File History ${user}`, events === null ? 'registry' : 'event', {
    lastRun: latest([upTo, ...bad.map(({ time }) => time)]),
    lastSuccess: upTo,
    result: bad.length > 0 ? 'warning' : known ? 'ok' : 'unknown',
    reasons:
      bad.length > 0
        ? [reason('problems_logged', { problems: bad.length, event: String(bad[0]?.id) })]
        : known
          ? []
          : [reason('protection_time_not_told')],
  });
}

async function discover(context: CheckContext): Promise<BackupJob[]> {
  if (context.platform !== 'win32') throw new NoData(reason('only_on', { systems: 'Windows' }));
  const users = parseUsers((await context.run('reg.exe', ['query', 'HKU'], { timeoutMs: 10_000 })).stdout);
  const found: [user: string, upTo: number | null][] = [];
  for (const user of users) {
    const run = await context.run('reg.exe', ['query', `HKU\\${user}\\${key}`], { timeoutMs: 10_000 });
    // Without the key the user has never set it up.
    if (run.code === 0 && /ProtectedUpToTime/i.test(run.stdout)) found.push([user, parseProtectedUpTo(run.stdout)]);
  }
  if (found.length === 0) throw new NoData(reason('no_file_history'));
  const log = 'Microsoft-Windows-FileHistory-Engine/BackupLog';
  const events = await readEvents(context, { log, provider: 'Microsoft-Windows-FileHistory-Engine', days: 35 }).catch(
    // The log is missing or not readable: the registry alone still has the time.
    () => null,
  );
  return found.map(([user, upTo]) => jobFrom(user, upTo, events));
}

export const fileHistory: Product = {
  name: 'file-history',
  reads: 'registry value ProtectedUpToTime of each user who is logged in, and the event log of File History',
  every: 3_600_000,
  forgets: true,
  programs: [],
  discover,
};
