/**
 * The authority on disk: `<data>/tls`, 0700, with `authority.json` and one file for each private key, all 0600. What counts is
 * in the one JSON file, which is replaced whole: a crash leaves the old state or the new one.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fail, reasonOf } from '../../shared/errors.ts';
import { makeFolder } from '../../shared/make-folder.ts';
import { pinOfPrivate } from './certificates.ts';
import type { ToldFile } from './told.ts';

export interface AuthorityFile {
  v: 1;
  /** Of what agents are told; rises with each change of `current`, `next` and `old`. */
  version: number;
  /** Names and addresses given to `tls init`. */
  names: string[];
  /** PEM. */
  current: string;
  next: string;
  /** The one before, and since when: ms UTC. Agents are told to trust it as well until it is dropped; its signature stays of use after that. */
  old: { root: string; since: number; droppedAt?: number } | null;
  /** When one was given up: ms UTC. */
  abandonedAt?: number;
  /** The current root, signed by the one before it. */
  cross: string | null;
  server: {
    certificate: string;
    names: string[];
    issuedAt: number;
    /** Pins of its key and of the key after it, and since when it is the first. */
    key: string;
    nextKey: string;
    keySince: number;
  };
}

export const folderOf = (data: string) => join(data, 'tls');
const fileOf = (data: string) => join(folderOf(data), 'authority.json');
export const keyFile = (data: string, pin: string) =>
  join(folderOf(data), `${Buffer.from(pin, 'base64').subarray(0, 8).toString('hex')}.key`);

const toldFile = (data: string) => join(folderOf(data), 'trust.json');

export const hasAuthority = (data: string) => existsSync(fileOf(data));

/** What others could read or exchange is no secret and no authority. */
function assertPrivate(path: string): void {
  if (process.platform === 'win32') return;
  const { mode, uid } = statSync(path);
  const isOurs = process.getuid?.() === uid || process.getuid?.() === 0;
  if (isOurs && (mode & 0o077) === 0) return;
  throw fail('TLS_UNUSABLE', {
    path,
    reason: isOurs
      ? `others than its owner may use it (mode ${(mode & 0o777).toString(8)})`
      : 'it belongs to another user',
    todo: isOurs ? `Run: chmod go= ${path}` : 'Start the collector as the user to whom its data folder belongs.',
  });
}

/** @returns null where there is none. @throws EvenkeelError TLS_UNUSABLE */
export function readAuthority(data: string): AuthorityFile | null {
  const path = fileOf(data);
  if (!existsSync(path)) return null;
  for (const one of [folderOf(data), path]) assertPrivate(one);
  const damaged = (reason: string) => fail('TLS_UNUSABLE', { path, reason, todo: restore });
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as AuthorityFile;
    if (file.v === 1 && typeof file.current === 'string' && Array.isArray(file.server?.names)) return file;
  } catch (thrown) {
    throw damaged(reasonOf(thrown));
  }
  throw damaged('it is not of a form that this version knows');
}

const restore =
  'Restore the folder from a backup. Without one: move it away and start again; then every agent has to be enrolled anew.';

/** @throws EvenkeelError TLS_UNUSABLE; names where the key was expected */
export function readKey(data: string, pin: string, whose: string): string {
  const path = keyFile(data, pin);
  const broken = (reason: string) =>
    fail('TLS_UNUSABLE', { path, reason, todo: `It is the private key of ${whose}. Put it back.` });
  if (!existsSync(path)) throw broken('it is missing');
  assertPrivate(path);
  const key = readFileSync(path, 'utf8');
  try {
    if (pinOfPrivate(key) === pin) return key;
  } catch (thrown) {
    throw broken(reasonOf(thrown));
  }
  throw broken('it is another key');
}

function replace(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}

/** Before the authority that names it. @returns its pin */
export function writeKey(data: string, key: string): string {
  const pin = pinOfPrivate(key);
  makeFolder(folderOf(data), 0o700);
  replace(keyFile(data, pin), key);
  return pin;
}

/** @param before what it was made from: a command and the collector may both be at it. @throws EvenkeelError CONFLICT */
export function writeAuthority(data: string, before: AuthorityFile | null, file: AuthorityFile): void {
  alone(`${fileOf(data)}.lock`, () => {
    if (JSON.stringify(readAuthority(data)) !== JSON.stringify(before))
      throw fail('CONFLICT', { problem: 'the certificates were changed at the same moment; run it again' });
    replace(fileOf(data), `${JSON.stringify(file, null, 1)}\n`);
  });
}

const lockedAtMost = 2000;

/** Of two processes the second waits. A lock that stays longer than one file takes to write was left by one that was killed. */
function alone(lock: string, work: () => void): void {
  const since = performance.now();
  while (!isTaken(lock)) {
    if (performance.now() - since > lockedAtMost) rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isTaken(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

/** What agents were told last. One that cannot be read counts as none: then they are told anew. */
export function readTold(data: string): ToldFile | null {
  try {
    const told = JSON.parse(readFileSync(toldFile(data), 'utf8')) as ToldFile;
    return told.v === 1 && Number.isInteger(told.version) && Array.isArray(told.told?.roots) ? told : null;
  } catch {
    return null;
  }
}

export function writeTold(data: string, told: ToldFile): void {
  makeFolder(folderOf(data), 0o700);
  replace(toldFile(data), `${JSON.stringify(told, null, 1)}\n`);
}

/** Keys that nothing names any more. */
export function forgetKeys(data: string, pins: readonly string[]): void {
  const kept = pins.map((pin) => keyFile(data, pin));
  for (const name of readdirSync(folderOf(data))) {
    const path = join(folderOf(data), name);
    if (name.endsWith('.key') && !kept.includes(path)) rmSync(path, { force: true });
  }
}
