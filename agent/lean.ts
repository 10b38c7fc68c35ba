/**
 * An agent must be small. Node keeps the compiler of TypeScript (12 MB) and machine code that is optimised for busy
 * servers. So the agent replaces itself, in the same process (`execve`: same number, no child), by one with a compile
 * cache, which holds the stripped code, and without optimising compilers: measured, resident memory goes from 85 to 55
 * MB and a cycle costs no more, because ten checks every ten seconds are too few to be optimised.
 */
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { programFile } from './home.ts';
import { distrustTree } from './trusted-path.ts';

/**
 * Measured side by side at one cycle every five or ten seconds: the quick compiler (sparkplug) costs 0.8 MB and saves less
 * than can be seen; compiled regular expressions cost nothing and stay on; the optimising ones cost 4 MB and more time
 * than they save. A single thread for V8 saves no memory, but its five others were woken twenty times a minute. What reduces
 * memory when V8 thinks fit is `keepTidy`: V8's own way marked the whole heap step by step, 80 ms after each start.
 */
export const leanFlags = [
  '--max-semi-space-size=1',
  '--min-semi-space-size=1',
  '--no-memory-reducer',
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--optimize-for-size',
  '--lazy-feedback-allocation',
  '--single-threaded',
  '--expose-gc',
  '--disable-warning=ExperimentalWarning',
];
/** Counts the replacements, so that a system on which it does not help ends with a working, larger agent. */
const counter = 'EVENKEEL_LEAN';

/**
 * What lies in a compile cache is run: one that another user can change, as far down as it goes, is not used. Root may have
 * been given that of somebody else (sudo -E), or a folder that was theirs. Undefined: there is none.
 */
export function cacheFor(data: string): string | undefined {
  const given = process.env.NODE_COMPILE_CACHE;
  return [...(given ? [given] : []), join(data, 'cache')].find((cache) => isOnlyOurs(cache));
}

function isOnlyOurs(cache: string): boolean {
  try {
    return distrustTree(cache) === null;
  } catch {
    // What cannot be looked at is not known to be.
    return false;
  }
}

function replace(data: string, count: number): void {
  if (typeof process.execve !== 'function' || process.platform === 'win32') return;
  const script = process.argv[1];
  // A single binary has its code compiled in, and no script to start again.
  if (!script?.endsWith('.ts') || process.execArgv.some((flag) => flag.startsWith('--inspect'))) return;
  const cache = cacheFor(data);
  if (cache === undefined) return;
  const env = { ...process.env, NODE_COMPILE_CACHE: cache, [counter]: String(count) };
  try {
    process.execve(process.execPath, [process.execPath, ...leanFlags, ...process.argv.slice(1)], env);
  } catch {
    // Forbidden (seccomp, a mount without exec): go on without the replacement, only larger.
  }
}

/** Before anything else is loaded. Returns only where nothing is to be gained. */
export function becomeLean(data: string): void {
  if (process.env[counter] === undefined) replace(data, 1);
}

/**
 * After everything is loaded. A first start has filled the cache but also loaded the compiler for it; after another
 * replacement it is not needed.
 * @param warm loads what is loaded later, at the first run of each check
 */
export async function stayLean(data: string, warm: () => Promise<unknown>): Promise<void> {
  // Node's own list of what it has loaded; not documented, so its absence only means a larger first run.
  const { moduleLoadList = [] } = process as { moduleLoadList?: string[] };
  if (process.env[counter] !== '1' || !moduleLoadList.some((name) => name.includes('amaro'))) return;
  await warm();
  flushCompileCache();
  replace(data, 2);
}

const firstTidyMs = 45_000;
const tidyMs = 1_800_000;

/**
 * Frees the memory that the start took, and from time to time what accumulated: 3 MB for 30 to 50 ms of work. Without
 * this, an idle process keeps the largest heap that it ever needed. Every half hour, not more often: the loop leaves
 * 0.07 MB per minute, and collecting every five minutes cost a quarter of all that the agent uses.
 */
export function keepTidy(): void {
  const collect = (globalThis as { gc?: (options: object) => void }).gc;
  if (!collect) return;
  const tidy = () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  setTimeout(tidy, firstTidyMs).unref();
  setInterval(tidy, tidyMs).unref();
}

/** How to start this same agent with other words, from source or as a single binary. */
export function agentCommand(words: readonly string[]): { file: string; args: string[] } {
  const script = process.argv[1];
  if (!script?.endsWith('.ts')) return { file: programFile(), args: [...words] };
  return { file: process.execPath, args: ['--disable-warning=ExperimentalWarning', script, ...words] };
}
