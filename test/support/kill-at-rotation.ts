/**
 * Loaded into a real agent by `node --import`: ends it with SIGKILL, and what it has started with it, before one step of a
 * rotation: `KILL_AT_ROTATION=child 3` is the third of the process that fetches, `parent 1` the first of the agent itself.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';

const require = createRequire(import.meta.url);
const fs = require('node:fs') as Record<string, (...words: unknown[]) => unknown>;
const http = require('node:http') as { request: (...words: unknown[]) => NodeJS.EventEmitter & { end: () => unknown } };
const isChild = process.argv.includes('rotate');
const [whose, at] = (process.env.KILL_AT_ROTATION ?? '').split(' ');
let steps = 0;

export function step(): void {
  steps += 1;
  if (whose !== (isChild ? 'child' : 'parent') || steps !== Number(at)) return;
  // A machine that loses its power takes both.
  if (isChild) process.kill(process.ppid, 'SIGKILL');
  process.kill(process.pid, 'SIGKILL');
}

const drafts = new Set<unknown>();
const isDraft = (word: unknown) => String(word).includes('agent.json.') || drafts.has(word);

for (const name of ['openSync', 'writeFileSync', 'fsyncSync', 'renameSync']) {
  const original = fs[name] as (...words: unknown[]) => unknown;
  fs[name] = (...words: unknown[]) => {
    const isOurs = isDraft(words[0]);
    if (isOurs) step();
    const answer = original(...words);
    if (name === 'openSync' && isOurs) drafts.add(answer);
    if (name === 'renameSync' && isOurs) step();
    return answer;
  };
}

const original = http.request;
http.request = (...words) => {
  const asked = original(...words);
  if (!String(words[0]).includes('/agent/credential')) return asked;
  step();
  // Answered: the collector has given one out.
  asked.prependListener('response', step);
  return asked;
};
syncBuiltinESMExports();
