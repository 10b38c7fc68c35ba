/** What checks remember across restarts: one small JSON file per key, written whole or not at all. */
import { join } from 'node:path';
import { reasonOf } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { makePrivate, replaceFile } from './safe-write.ts';
import { readTrusted } from './trusted-path.ts';

export interface AgentMemory {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

/** Files, not one document in this process: heavy checks run in a process of their own and remember here too. */
export function openMemory(folder: string, log: Log): AgentMemory {
  let refused: string | null = null;
  const fileOf = (key: string) => join(folder, `${key.replace(/[^a-z0-9_.-]/gi, '_')}.json`);
  return {
    get(key) {
      try {
        return JSON.parse(readTrusted(fileOf(key)).toString('utf8'));
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT')
          log.warn(
            { key, reason: reasonOf(thrown) },
            'Could not read a state file of the agent; starting with an empty one',
          );
        return undefined;
      }
    },
    set(key, value) {
      try {
        // Not recursive: where the agent's own folder was deleted, it must not be created again.
        makePrivate(folder, { parents: false });
        replaceFile(fileOf(key), JSON.stringify(value));
        refused = null;
      } catch (thrown) {
        // A full disk must not make a check fail: only the memory is not updated.
        const { code = reasonOf(thrown) } = thrown as NodeJS.ErrnoException;
        if (code !== refused) log.warn({ key, reason: reasonOf(thrown) }, 'Could not write a state file of the agent');
        refused = code;
      }
    },
  };
}

/** For `once` and `doctor`, which leave no traces. */
export function forgetfulMemory(from?: AgentMemory): AgentMemory {
  const values = new Map<string, unknown>();
  return {
    get: (key) => (values.has(key) ? values.get(key) : from?.get(key)),
    set: (key, value) => values.set(key, value),
  };
}
