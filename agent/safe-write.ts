/**
 * The only way in which the agent writes files of its own: whole or not at all, readable by their owner only, and never
 * through a link that somebody has planted.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fail } from '../shared/errors.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { assertTrusted, quoted } from './trusted-path.ts';

// Where the system has no O_NOFOLLOW (Windows), O_EXCL alone refuses a name that is taken, links included.
const create = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** What a crash has left is removed; if it is a link, the link and not its target. */
function openDraft(draft: string, mode: number): number {
  rmSync(draft, { force: true });
  return openSync(draft, create, mode);
}

/**
 * Writes a draft in the same folder and renames it: a link or another file of that name is replaced, not written.
 * @param flush for what must survive a power cut
 * @param mode for what root writes and the agent reads
 * @throws EvenkeelError UNTRUSTED_PATH; errors of the file system
 */
export function replaceFile(path: string, text: string, { flush = false, mode = 0o600 } = {}): void {
  assertTrusted(dirname(path));
  const draft = `${path}.${process.pid}`;
  const file = openDraft(draft, mode);
  try {
    try {
      writeFileSync(file, text);
      if (flush) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
    if (flush) flushFolder(dirname(path));
  } catch (thrown) {
    rmSync(draft, { force: true });
    throw thrown;
  }
}

/** Else a power cut could bring the file of before back. */
function flushFolder(folder: string): void {
  // Windows has no such thing: there the rename itself is written through.
  if (process.platform === 'win32') return;
  const opened = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/**
 * A folder that its owner only can read; made where it is missing.
 * @param parents also makes the folders above
 * @throws EvenkeelError UNTRUSTED_PATH; errors of the file system
 */
export function makePrivate(folder: string, { parents = true } = {}): void {
  // Before as well: root must not make folders where somebody else says.
  assertTrusted(folder);
  if (parents) makeFolder(folder, 0o700);
  else if (!isThere(folder)) mkdirSync(folder, { mode: 0o700 });
  assertTrusted(folder);
  const me = process.geteuid?.();
  if (me === undefined) return;
  const owner = statSync(folder).uid;
  // Root's own: trusted, but this user may not write there.
  if (me !== 0 && owner !== me)
    throw fail('UNTRUSTED_PATH', {
      file: folder,
      problem: `it belongs to user ${owner}, and user ${me} has to write there`,
      todo: `Run: chown -R ${me} ${quoted(folder)}`,
    });
  chmodSync(folder, 0o700);
}

const isThere = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * Does the work with the rights of the folder's owner. Root writes into a folder of the agent's user (the outcome of a
 * backup that runs as root): what that user has planted there can lead only to where he may write himself. Synchronous,
 * because the rights are those of the whole process.
 */
export function asOwnerOf<T>(folder: string, work: () => T): T {
  const { geteuid, getegid, getgroups, seteuid, setegid, setgroups } = process;
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (geteuid?.() !== 0 || !owner || owner.uid === 0 || !getegid || !getgroups) return work();
  if (!seteuid || !setegid || !setgroups) return work();
  const [group, groups] = [getegid(), getgroups()];
  try {
    setgroups([]);
    setegid(owner.gid);
    seteuid(owner.uid);
    return work();
  } finally {
    seteuid(0);
    setegid(group);
    setgroups(groups);
  }
}
