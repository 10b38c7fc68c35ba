/**
 * Loaded into a real command by `node --import`: ends its process with SIGKILL before the nth call that changes a name or opens a
 * file to write, from KILL_AT_FILE. Without the variable it writes how many there were, to the file COUNT_FILES_TO.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const require = createRequire(import.meta.url);
const at = Number(process.env.KILL_AT_FILE ?? Number.POSITIVE_INFINITY);
let calls = 0;

function step(): void {
  calls += 1;
  if (calls === at) process.kill(process.pid, 'SIGKILL');
}

type Call = (...words: never[]) => unknown;

function watch(module: Record<string, Call>, names: readonly string[]): void {
  for (const name of names) {
    const original = module[name] as Call;
    module[name] = (...words: never[]) => {
      step();
      return original(...words);
    };
  }
}

if (isMainThread && (process.env.KILL_AT_FILE ?? process.env.COUNT_FILES_TO) !== undefined) {
  watch(require('node:fs/promises'), ['open', 'rename', 'mkdir', 'rm', 'link']);
  watch(require('node:fs'), ['renameSync', 'linkSync']);
  syncBuiltinESMExports();
  const to = process.env.COUNT_FILES_TO;
  const { writeFileSync } = require('node:fs') as typeof import('node:fs');
  if (to !== undefined) process.on('exit', () => writeFileSync(to, String(calls)));
}
