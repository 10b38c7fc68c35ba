/**
 * The file of a script, opened once: whose it is, what it holds and what is run are all asked of the same descriptor, so
 * that nothing can be exchanged in between. Linux runs a descriptor by its name below /proc.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Reason, ReasonedError, reason, reasonsOf } from '../../shared/reason.ts';
import { distrust } from '../trusted-path.ts';
import type { AllowedScript } from './allow-list.ts';

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

/** @throws ReasonedError: whatever is not as the administrator of this machine has allowed it */
export function openScript({ run: path, sha256 }: Pick<AllowedScript, 'run' | 'sha256'>): OpenedScript {
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
