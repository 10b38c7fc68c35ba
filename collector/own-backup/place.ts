/** Folders that backups are written to, and what is refused as one. */
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdtempSync,
  realpathSync,
  rmdirSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import { makeFolder } from '../../shared/make-folder.ts';

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
  refuseInside(to, data);
  try {
    makeFolder(to, 0o700);
    return checkedFolder(to);
  } catch (thrown) {
    throw asRefusal(to, thrown);
  }
}

/**
 * The same without leaving anything behind, for whoever only asks: a missing folder is tried as another one beside it.
 * @throws EvenkeelError BACKUP_REFUSED
 */
export function checkPlace(to: string, data: string): void {
  refuseInside(to, data);
  try {
    const there = nearest(to);
    rmdirSync(mkdtempSync(join(there, '.evenkeel-probe-')));
    if (there === to) checkedFolder(to);
  } catch (thrown) {
    throw asRefusal(to, thrown);
  }
}

/** The folder itself or the first above it that is there. */
function nearest(path: string): string {
  const above = dirname(path);
  return lstatSync(path, { throwIfNoEntry: false }) || above === path ? path : nearest(above);
}

function refuseInside(to: string, data: string): void {
  if (isWithin(to, data))
    throw refused(
      `to ${to}`,
      'it lies in the data folder, and would be lost with it',
      'Choose a folder elsewhere, best on another disk.',
    );
}

function checkedFolder(to: string): string {
  const real = realpathSync(to);
  const found = statSync(real);
  if (!found.isDirectory()) throw refused(`to ${to}`, 'it is no folder', 'Choose a folder, or a name that is free.');
  if (isUnix && (found.mode & 0o002) !== 0 && (found.mode & 0o1000) === 0)
    throw refused(`to ${to}`, 'every user of this machine may change what is in it', `Run: chmod o-w ${real}`);
  accessSync(real, constants.R_OK | constants.W_OK | constants.X_OK);
  return real;
}

function asRefusal(to: string, thrown: unknown): unknown {
  if (thrown instanceof EvenkeelError) return thrown;
  const { code } = thrown as NodeJS.ErrnoException;
  const because = (reason: string, todo: string) => refused(`to ${to}`, reason, todo, thrown);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return because(
      `the user of the collector may not write there (${reasonOf(thrown)})`,
      'Make it a folder of that user, or choose another one.',
    );
  if (lstatSync(to, { throwIfNoEntry: false })?.isSymbolicLink() && !existsSync(to))
    return because('it is a link to a folder that is not there', 'Make that folder, or name another one.');
  if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'ELOOP')
    return because(`it is no folder (${reasonOf(thrown)})`, 'Choose a folder, or a name that is free.');
  if (code === 'ENOENT') return because('no folder can be made there', 'Choose a folder on a disk.');
  return because(reasonOf(thrown), 'Correct that, or choose another folder.');
}

/** @param needed bytes. @returns why they do not fit; null when they do */
export function lackOfRoom(folder: string, needed: number): string | null {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  return free >= needed + spareBytes ? null : `it needs ${mib(needed + spareBytes)}, and ${mib(free)} are free there`;
}

export const mib = (bytes: number) => `${Math.ceil(bytes / 1_048_576)} MiB`;
