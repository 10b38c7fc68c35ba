/**
 * The package of a release, taken from the agent's folder into root's and made a version there. The agent's folder may hold
 * anything, links among it: it is opened with the rights of its owner, copied, and only the copy is looked at and used.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { reason } from '../../shared/reason.ts';
import { type ReleaseFile, ReleaseRefused } from '../../shared/release.ts';
import { findProgram, programEnvironment } from '../programs.ts';
import { asOwnerOf } from '../safe-write.ts';
import { assertTrusted } from '../trusted-path.ts';
import { packagePath, rootPaths } from './place.ts';
import { flushFolder } from './trial.ts';

const chunkBytes = 1024 * 1024;
const [versionMs, unpackMs] = [20_000, 300_000];
const readSafely = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const create = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** @throws ReleaseRefused, errors of the file system */
function openOf(data: string, path: string): number {
  const file = asOwnerOf(data, () => openSync(path, readSafely));
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new ReleaseRefused(reason('update_not_copied', { text: `${path} is no plain file` }));
}

/** A small file of the agent's. @throws as above */
export function readOf(data: string, path: string, mostBytes: number): Buffer {
  const file = openOf(data, path);
  try {
    const bytes = Buffer.alloc(mostBytes + 1);
    let length = 0;
    for (let more = -1; more !== 0 && length < bytes.length; length += more)
      more = readSync(file, bytes, length, bytes.length - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** @returns the path of root's copy, whose bytes are those of the manifest. @throws ReleaseRefused, errors of the file system */
export function copyPackage(home: string, data: string, { size, sha256 }: ReleaseFile): string {
  const { copy } = rootPaths(home);
  rmSync(copy, { force: true });
  const from = openOf(data, packagePath(data, sha256));
  const to = openSync(copy, create, 0o600);
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.alloc(chunkBytes);
    let total = 0;
    for (let length = readSync(from, chunk); length > 0; length = readSync(from, chunk)) {
      total += length;
      if (total > size) break;
      hash.update(chunk.subarray(0, length));
      for (let written = 0; written < length; ) written += writeSync(to, chunk, written, length - written);
    }
    if (total !== size || hash.digest('hex') !== sha256) throw new ReleaseRefused(reason('update_wrong_hash'));
  } finally {
    closeSync(from);
    closeSync(to);
  }
  return copy;
}

/** The copy, unpacked, and the version: enough that neither runs into a full disk. @throws ReleaseRefused */
export function checkRoom(folder: string, { size }: ReleaseFile, times: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < size * times)
    throw new ReleaseRefused(
      reason('update_no_room', { folder, free_bytes: bavail * bsize, needed_bytes: size * times }),
    );
}

/**
 * Makes the copy a version, beside the others; nothing runs it yet but for its number.
 * @throws ReleaseRefused where it does not start
 */
export function installVersion(home: string, data: string, copy: string, { name }: ReleaseFile, version: string): void {
  const { versions } = rootPaths(home);
  assertTrusted(versions);
  const draft = join(versions, `${version}.new`);
  rmSync(draft, { force: true });
  const file = openSync(draft, create, 0o600);
  try {
    const member = `${basename(name, '.tar.gz')}/evenkeel-agent`;
    const tar = spawnSync(findProgram('tar'), ['-xzOf', copy, '--', member], {
      ...{ stdio: ['ignore', file, 'pipe'], timeout: unpackMs, env: programEnvironment(), encoding: 'utf8' },
    });
    if (tar.status !== 0 || fstatSync(file).size === 0)
      throw new ReleaseRefused(reason('update_not_unpacked', { text: textOf(tar) }));
    fchmodSync(file, 0o755);
    fsyncSync(file);
  } finally {
    closeSync(file);
    rmSync(copy, { force: true });
  }
  askVersion(draft, data, version);
  renameSync(draft, join(versions, version));
  flushFolder(versions);
}

const textOf = ({ stderr, stdout, error, signal, status }: Partial<ReturnType<typeof spawnSync>>): string =>
  `${error?.message ?? ''} ${stderr ?? ''} ${stdout ?? ''}`.trim().slice(-1000) || `it ended with ${signal ?? status}`;

/** As the agent's user: code that was never tried gets no more rights than it will have. */
function askVersion(program: string, data: string, version: string): void {
  const owner = statSync(data);
  const user = process.geteuid?.() === 0 && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : {};
  const found = spawnSync(program, ['--version'], {
    ...{ cwd: '/', timeout: versionMs, env: programEnvironment(), encoding: 'utf8', maxBuffer: 64 * 1024 },
    ...user,
  });
  if (found.status !== 0) throw new ReleaseRefused(reason('update_not_started', { version, text: textOf(found) }));
  if (found.stdout.trim() !== version)
    throw new ReleaseRefused(
      reason('update_not_started', { version, text: `it says that it is ${found.stdout.trim().slice(0, 100)}` }),
    );
}

/** Only these two stay. */
export function pruneVersions(home: string, kept: readonly string[]): void {
  const { versions } = rootPaths(home);
  for (const name of readdirSync(versions)) if (!kept.includes(name)) rmSync(join(versions, name), { force: true });
}

/** Root's own folder for it, which the agent may read. */
export function makeStateFolder(home: string): void {
  assertTrusted(home);
  mkdirSync(rootPaths(home).state, { recursive: true, mode: 0o755 });
  assertTrusted(rootPaths(home).state);
  // Drafts of one that was killed: replaceFile names them by their process.
  for (const name of readdirSync(rootPaths(home).state))
    if (/\.\d+$/.test(name)) rmSync(join(rootPaths(home).state, name), { force: true });
}
