/**
 * Whether a file may be obeyed or written: nobody but root and the user of this process may be able to change it, or to
 * exchange it or any folder on the way to it. A settings file names programs that run with the agent's rights, so
 * whoever can write it has these rights.
 *
 * Not on Windows: `fs` shows neither owners nor access lists there, so the folder's own access list has to be right.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fail } from '../shared/errors.ts';

export interface Distrust {
  /** The file or folder that somebody else could change. */
  path: string;
  problem: string;
  todo: string;
}

export interface TrustOptions {
  /** It will be written in place: another name of the same file (a hard link) may be that of somebody else's file. */
  written?: boolean;
  /** Nobody else may put anything into it either, as everybody may into a sticky folder. */
  closed?: boolean;
}

/** As the kernel: more links than this are a loop. */
const maxLinks = 40;
const kindOf = (info: Stats) => (info.isDirectory() ? 'folder' : info.isSymbolicLink() ? 'link' : 'file');
const modeOf = (info: Stats) => (info.mode & 0o7777).toString(8).padStart(4, '0');
/** For a command line that people copy. */
export const quoted = (path: string) => (/^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

const linesOf = (file: string) => {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
};

/**
 * Many systems give each user a group of his own, and umask 002: what such a group may write, only its user can. A group
 * that the local files do not know (of a directory service) may have anybody in it.
 */
function hasOnly(gid: number, trusted: readonly number[]): boolean {
  const group = linesOf('/etc/group').find(([, , id]) => id === String(gid));
  if (!group) return false;
  const members = (group[3] ?? '').split(',').filter(Boolean);
  return linesOf('/etc/passwd').every(
    ([name = '', , uid, primary]) =>
      trusted.includes(Number(uid)) || (primary !== String(gid) && !members.includes(name)),
  );
}

const overflowUser = 65_534;
const isMapped = ([first = Number.NaN, , count = 0]: number[]) => overflowUser >= first && overflowUser < first + count;
const userMap = linesOf('/proc/self/uid_map').map(([line = '']) => line.trim().split(/\s+/).map(Number));
/** In a user namespace the files of everybody outside of it, root's among them, appear as those of the overflow user. */
const outside = userMap.some(([first]) => first === 0) && !userMap.some(isMapped) ? [overflowUser] : [];

/** Who else could change this one file or folder; null: nobody. */
function faultOf(
  path: string,
  info: Stats,
  me: number,
  { written = false, closed = false }: TrustOptions,
): Distrust | null {
  const trusted = [0, me, ...outside];
  const what = `the ${kindOf(info)} ${path}`;
  const owner = me === 0 ? 'root' : String(me);
  if (!trusted.includes(info.uid)) {
    const asOwner = me === 0 ? `, or run this command as user ${info.uid}` : '';
    return {
      path,
      problem: `${what} belongs to user ${info.uid} (mode ${modeOf(info)}), who could change it`,
      todo: `Run: chown ${owner} ${quoted(path)}${asOwner}.`,
    };
  }
  // The mode of a link means nothing. In a sticky folder (/tmp) only the owner of an entry can rename or remove it.
  if (info.isSymbolicLink() || (info.isDirectory() && (info.mode & 0o1000) !== 0 && !closed)) return null;
  const others = (info.mode & 0o002) !== 0;
  if (others || ((info.mode & 0o020) !== 0 && !hasOnly(info.gid, trusted))) {
    return {
      path,
      problem: `${others ? 'every user' : `group ${info.gid}`} may write ${what} (owner ${info.uid}, mode ${modeOf(info)})`,
      todo: `Run: chmod ${others ? 'go' : 'g'}-w ${quoted(path)}`,
    };
  }
  if (written && info.isFile() && info.nlink > 1)
    return {
      path,
      problem: `${what} has ${info.nlink} names (hard links), so writing it would change another file`,
      todo: `Look for its other name (find / -xdev -inum ${info.ino}), then remove this one.`,
    };
  return null;
}

/**
 * Walks from / to the file, and through every link on the way. What is not there yet cannot be distrusted: the folder
 * that it would lie in can.
 * @returns null when nobody else can change what this path leads to
 * @throws what the system says of a folder that may not be searched
 */
export function distrust(path: string, options: TrustOptions = {}): Distrust | null {
  const me = process.geteuid?.();
  if (me === undefined) return null;
  const names = resolve(path).split('/').filter(Boolean);
  let at = '/';
  let links = 0;
  let inSticky = false;
  for (let next: string | undefined = ''; next !== undefined; next = names.shift()) {
    const full = join(at, next);
    const info = lstatSync(full, { throwIfNoEntry: false });
    if (!info) return null;
    // A name in /tmp may be a hard link to a trusted file that somebody else has chosen.
    const written = options.written === true || inSticky;
    const fault = faultOf(full, info, me, { written });
    if (fault) return fault;
    inSticky = info.isDirectory() && (info.mode & 0o1000) !== 0 && (info.mode & 0o022) !== 0;
    if (!info.isSymbolicLink()) {
      at = full;
      continue;
    }
    links += 1;
    if (links > maxLinks) throw Object.assign(new Error(`ELOOP: too many links, ${path}`), { code: 'ELOOP', path });
    names.unshift(...resolve(dirname(full), readlinkSync(full)).split('/').filter(Boolean));
    at = '/';
  }
  return null;
}

/**
 * The same of a folder and of everything in it: of what is run. One that is not there yet must lie where nobody else can
 * make it first.
 */
export function distrustTree(folder: string): Distrust | null {
  const me = process.geteuid?.();
  if (me === undefined) return null;
  const fault = distrust(folder);
  const info = lstatSync(folder, { throwIfNoEntry: false });
  if (fault || !info) return fault ?? distrustClosed(dirname(resolve(folder)), me);
  return info.isSymbolicLink() ? distrustInside(realpathSync(folder), me) : distrustInside(folder, me);
}

function distrustClosed(path: string, me: number): Distrust | null {
  const info = statSync(path, { throwIfNoEntry: false });
  return info ? faultOf(path, info, me, { closed: true }) : null;
}

function distrustInside(folder: string, me: number): Distrust | null {
  const fault = distrustClosed(folder, me);
  if (fault) return fault;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = join(folder, entry.name);
    const info = lstatSync(full, { throwIfNoEntry: false });
    // Removed since, by this user or root.
    if (!info) continue;
    const found = info.isDirectory()
      ? distrustInside(full, me)
      : info.isSymbolicLink()
        ? distrust(full)
        : faultOf(full, info, me, {});
    if (found) return found;
  }
  return null;
}

/** @throws EvenkeelError UNTRUSTED_PATH that says which folder or file, whose it is, and the command that mends it */
export function assertTrusted(path: string, options: TrustOptions = {}): void {
  const fault = distrust(path, options);
  if (fault) throw fail('UNTRUSTED_PATH', { file: resolve(path), problem: fault.problem, todo: fault.todo });
}

/** Settings, keys and credentials are small. */
const maxBytes = 16 * 1024 * 1024;

/**
 * The content of a file that is obeyed.
 * @throws EvenkeelError UNTRUSTED_PATH; errors of the file system, ENOENT among them
 */
export function readTrusted(path: string): Buffer {
  assertTrusted(path);
  // A pipe without a writer would hold up the whole process.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const info = fstatSync(file);
    if (!info.isFile()) throw Object.assign(new Error(`it is no plain file`), { path });
    if (info.size > maxBytes) throw Object.assign(new Error(`it has more than ${maxBytes} bytes`), { path });
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
