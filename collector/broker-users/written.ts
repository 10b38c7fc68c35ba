/**
 * Files for another program, written into a folder again and again. What a person has changed there is not replaced: the new one
 * lies beside it. Digests of what was written are kept in the folder, because nothing else tells the one from the other.
 */
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, reasonOf } from '../../shared/errors.ts';
import { makeFolder } from '../../shared/make-folder.ts';

export interface FileForOthers {
  name: string;
  text: string;
}

export type FileOutcome = 'made' | 'replaced' | 'as it was' | 'kept';

const digestsName = '.evenkeel-written.json';
export const besideIt = (name: string) => `${name}.evenkeel`;

const digestOf = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

/** @returns of each what became of it; `kept`: somebody has changed it, and ours is beside it. @throws EvenkeelError NOT_WRITTEN */
export function writeFiles(folder: string, files: readonly FileForOthers[]): { name: string; written: FileOutcome }[] {
  try {
    makeFolder(folder, 0o700);
    const digests = digestsIn(folder);
    const results = files.map(({ name, text }) => {
      const there = readOr(join(folder, name));
      const isOurs = there === null || digests[name] === digestOf(there);
      if (there === text) chmodSync(join(folder, name), 0o600);
      else replace(join(folder, isOurs ? name : besideIt(name)), text);
      if (isOurs || there === text) digests[name] = digestOf(text);
      const written: FileOutcome =
        there === null ? 'made' : there === text ? 'as it was' : isOurs ? 'replaced' : 'kept';
      return { name, written };
    });
    replace(join(folder, digestsName), `${JSON.stringify(digests, null, 1)}\n`);
    return results;
  } catch (thrown) {
    throw fail('NOT_WRITTEN', { path: folder, reason: reasonOf(thrown) }, thrown);
  }
}

/** Whole or not at all: a broker may read it at any moment. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.partial`, text, { mode: 0o600 });
  renameSync(`${path}.partial`, path);
}

export function readOr(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    // Where the folder is a file, writing says so.
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw thrown;
  }
}

function digestsIn(folder: string): Record<string, string> {
  const text = readOr(join(folder, digestsName));
  if (text === null) return {};
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    // Then everything that differs counts as changed by somebody.
    return {};
  }
}
