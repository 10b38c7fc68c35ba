/**
 * The file of a script, opened once: whose it is, what it holds and what is run are all asked of the same descriptor, so
 * that nothing can be exchanged in between. Linux runs a descriptor by its name below /proc.
 */
import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Reason, ReasonedError, reason, reasonsOf } from '../../shared/reason.ts';
import { distrust } from '../trusted-path.ts';
import type { AllowedScript, ListedScript } from './allow-list.ts';
import { signatureFault, signatureOf } from './signed.ts';

export interface OpenedScript {
  descriptor: number;
  close(): void;
}

const largest = 16 * 1024 * 1024;

function fail(why: Reason): never {
  throw new ReasonedError(why);
}

/** SHA-256 of what the descriptor leads to, as hexadecimal digits. */
function digestOf(descriptor: number): string {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
  const part = Buffer.alloc(65_536);
  for (let at = 0; ; ) {
    const length = readSync(descriptor, part, 0, part.length, at);
    if (length === 0) return hash.digest('hex');
    hash.update(part.subarray(0, length));
    at += length;
  }
}

function openAt(path: string): number {
  try {
    // A pipe without a writer would hold up the whole process.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ELOOP') fail(reason('script_link', { path }));
    if (code === 'ENOENT') fail(reason('script_missing', { path }));
    throw new ReasonedError(...reasonsOf(thrown));
  }
}

const armourAtMost = 4096;

/** What stands beside it; null: nothing. */
function signatureAt(path: string): string | null {
  let descriptor: number;
  try {
    descriptor = openAt(path);
  } catch (thrown) {
    if (reasonsOf(thrown)[0]?.code === 'script_missing') return null;
    throw thrown;
  }
  try {
    const part = Buffer.alloc(armourAtMost);
    return part.toString('latin1', 0, readSync(descriptor, part, 0, part.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** The file of a script that is signed, whoever owns it, as it was when its signature was verified. @throws ReasonedError */
function signedContent(script: ListedScript): Buffer {
  const { run: path } = script;
  const descriptor = openAt(path);
  try {
    const info = fstatSync(descriptor);
    if (!info.isFile()) fail(reason('script_no_file', { path }));
    if (info.size > largest) fail(reason('script_too_large', { path, limit_bytes: largest }));
    const content = readFileSync(descriptor);
    const fault = signatureFault(content, signatureAt(signatureOf(path)), script);
    if (fault) fail(fault);
    return content;
  } finally {
    closeSync(descriptor);
  }
}

const sha256Of = (content: Buffer) =>
  process.getBuiltinModule('node:crypto').createHash('sha256').update(content).digest('hex');

/** Of a script that is signed as the list wants it. @throws ReasonedError */
export const signedDigest = (script: ListedScript): string => sha256Of(signedContent(script));

/**
 * Whoever owns the file may change it at any moment: what runs is a copy of what was verified, which nobody else can reach.
 * @param place the agent's own folder; null: nothing is to be run
 */
function openSigned(script: AllowedScript, place: string | null): OpenedScript {
  const { run: path, sha256 } = script;
  const content = signedContent(script);
  const found = sha256Of(content);
  if (found !== sha256) fail(reason('script_changed', { path, found, allowed: sha256 }));
  if (place === null) return { descriptor: -1, close: () => undefined };
  const folder = mkdtempSync(join(place, 'script-'));
  try {
    const copy = join(folder, 'script');
    writeFileSync(copy, content, { mode: 0o500, flag: 'wx' });
    const descriptor = openSync(copy, constants.O_RDONLY | constants.O_NOFOLLOW);
    return { descriptor, close: () => closeSync(descriptor) };
  } finally {
    // It is run by its descriptor: no name of it is left behind, whatever ends the agent.
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param place where a copy of a signed one is made to be run; null: it is only looked at
 * @throws ReasonedError: whatever is not as the administrator of this machine has allowed it
 */
export function openScript(script: AllowedScript, place: string | null): OpenedScript {
  if (script.signed_by) return openSigned(script, place);
  const { run: path, sha256 } = script;
  const fault = distrust(path);
  if (fault) fail(reason('script_untrusted', { path, text: `${fault.problem}. ${fault.todo}` }));
  const descriptor = openAt(path);
  try {
    const info = fstatSync(descriptor);
    const mode = (info.mode & 0o7777).toString(8).padStart(4, '0');
    if (!info.isFile()) fail(reason('script_no_file', { path }));
    if (info.size > largest) fail(reason('script_too_large', { path, limit_bytes: largest }));
    // Again, of what was opened: the walk above looked at names.
    if (info.uid !== 0 && info.uid !== process.geteuid?.()) fail(reason('script_owner', { path, owner: info.uid }));
    if ((info.mode & 0o022) !== 0) fail(reason('script_mode', { path, mode }));
    if ((info.mode & 0o6000) !== 0) fail(reason('script_rights', { path, mode }));
    if ((info.mode & 0o111) === 0) fail(reason('script_not_executable', { path }));
    const found = digestOf(descriptor);
    if (found !== sha256) fail(reason('script_changed', { path, found, allowed: sha256 }));
    return { descriptor, close: () => closeSync(descriptor) };
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
}
