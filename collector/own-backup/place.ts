/** Folders that backups are written to, and what is refused as one. */
import { accessSync, constants, existsSync, mkdirSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';

/** Space that a backup leaves free: its disk may be that of others as well. */
const spareBytes = 64 * 1024 * 1024;

export const refused = (what: string, reason: string, todo: string, thrown?: unknown): EvenkeelError =>
  fail('BACKUP_REFUSED', { what, reason, todo }, thrown);

/** With links followed as far as the path is there. */
export function realOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const above = dirname(path);
  return above === path ? path : join(realOf(above), relative(above, path));
}

export function isWithin(path: string, folder: string): boolean {
  const way = relative(realOf(folder), realOf(path));
  return way === '' || (!way.startsWith('..') && !/^[A-Za-z]:/.test(way));
}

const isUnix = process.platform !== 'win32';

/**
 * Makes the folder where it is missing. @returns its real path
 * @throws EvenkeelError BACKUP_REFUSED
 */
export function preparePlace(to: string, data: string): string {
  const what = `to ${to}`;
  if (isWithin(to, data))
    throw refused(
      what,
      'it lies in the data folder, and would be lost with it',
      'Choose a folder elsewhere, best on another disk.',
    );
  try {
    mkdirSync(to, { recursive: true, mode: 0o700 });
    const real = realpathSync(to);
    const found = statSync(real);
    if (!found.isDirectory()) throw refused(what, 'it is no folder', 'Choose a folder, or a name that is free.');
    if (isUnix && (found.mode & 0o002) !== 0 && (found.mode & 0o1000) === 0)
      throw refused(what, 'every user of this machine may change what is in it', `Run: chmod o-w ${real}`);
    accessSync(real, constants.R_OK | constants.W_OK | constants.X_OK);
    return real;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
      throw refused(
        what,
        `the user of the collector may not write there (${reasonOf(thrown)})`,
        'Make it a folder of that user, or choose another one.',
        thrown,
      );
    if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'ELOOP')
      throw refused(what, `it is no folder (${reasonOf(thrown)})`, 'Choose a folder, or a name that is free.', thrown);
    if (code === 'ENOENT')
      throw refused(
        what,
        `it is a link to a folder that is not there`,
        'Make that folder, or name another one.',
        thrown,
      );
    if (code !== undefined && code !== 'BACKUP_REFUSED')
      throw refused(what, reasonOf(thrown), 'Correct that, or choose another folder.', thrown);
    throw thrown;
  }
}

/** @param needed bytes. @returns why they do not fit; null when they do */
export function lackOfRoom(folder: string, needed: number): string | null {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  return free >= needed + spareBytes ? null : `it needs ${mib(needed + spareBytes)}, and ${mib(free)} are free there`;
}

export const mib = (bytes: number) => `${Math.ceil(bytes / 1_048_576)} MiB`;
