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
import { EvenkeelError, reasonOf } from '../../shared/errors.ts';
import { makeFolder } from '../../shared/make-folder.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { backupRefused as refused } from '../state/backup-refused.ts';

/** Space that a backup leaves free: its disk may be that of others as well. */
const spareBytes = 64 * 1024 * 1024;

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
  if (isWithin(to, data)) throw refused(`to ${to}`, reason('own_backup_inside_data'), reason('own_backup_elsewhere'));
}

function checkedFolder(to: string): string {
  const real = realpathSync(to);
  const found = statSync(real);
  if (!found.isDirectory()) throw refused(`to ${to}`, reason('own_backup_no_folder'), reason('own_backup_free_name'));
  if (isUnix && (found.mode & 0o002) !== 0 && (found.mode & 0o1000) === 0)
    throw refused(
      `to ${to}`,
      reason('own_backup_open_to_all'),
      reason('own_backup_run', { command: `chmod o-w ${real}` }),
    );
  accessSync(real, constants.R_OK | constants.W_OK | constants.X_OK);
  return real;
}

function asRefusal(to: string, thrown: unknown): unknown {
  if (thrown instanceof EvenkeelError) return thrown;
  const { code } = thrown as NodeJS.ErrnoException;
  const because = (why: Reason, todo: Reason) => refused(`to ${to}`, why, todo, thrown);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return because(reason('own_backup_not_writable', { said: reasonOf(thrown) }), reason('own_backup_folder_of_user'));
  if (lstatSync(to, { throwIfNoEntry: false })?.isSymbolicLink() && !existsSync(to))
    return because(reason('own_backup_dangling'), reason('own_backup_make_it'));
  if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'ELOOP')
    return because(reason('own_backup_no_folder'), reason('own_backup_free_name'));
  if (code === 'ENOENT') return because(reason('own_backup_not_made'), reason('own_backup_on_disk'));
  return because(reason('verbatim', { text: reasonOf(thrown) }), reason('own_backup_correct'));
}

/** @param needed bytes. @returns why they do not fit; null when they do */
export function lackOfRoom(folder: string, needed: number): Reason | null {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= needed + spareBytes) return null;
  return reason('own_backup_no_room', { needed_bytes: needed + spareBytes, free_bytes: free });
}

export const mib = (bytes: number) => `${Math.ceil(bytes / 1_048_576)} MiB`;
