/**
 * The only way in which a check starts a program. No shell, no standard input, no translated output; whatever the
 * program does (hang, flood, fork) ends with its whole process group. Which file it is, programs.ts decides.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { systemClock } from '../shared/clock.ts';
import { reason } from '../shared/reason.ts';
import type { RunLimits, RunResult } from './checks/check.ts';
import { NoData } from './checks/check.ts';
import { textOfBytes } from './checks/parse.ts';
import { findProgram, programEnvironment } from './programs.ts';

const defaultMaxBytes = 4 * 1024 * 1024;
const posix = process.platform !== 'win32';
/** Idle class: the child gets the disk only when it is idle. */
const ionice = ['/usr/bin/ionice', '/bin/ionice'].find((path) => posix && existsSync(path));

/** Groups that are running now: they must not outlive the agent. */
const running = new Set<ChildProcess>();

/** Ends the process and everything that it has started and that stayed in its group. */
function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(posix ? -child.pid : child.pid, 'SIGKILL');
  } catch {
    // ESRCH: it has ended by itself in the meantime.
  }
}

/** For the agent's own end. */
export function endAll(): void {
  for (const child of running) endGroup(child);
}

function lower(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, posix ? 19 : constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system cannot set priorities: the child only competes with other programs.
  }
}

/** Of a script of the administrator's (scripts/), which does work: too much output is dropped, and does not end it. */
interface OwnScript {
  /** The file that was opened and verified; the child has it as number 3. */
  descriptor: number;
  /** Its path, for messages. */
  path: string;
  cwd: string;
}

/**
 * Runs a program to its end.
 * @returns its output, also when the runner had to end it: `ended` says why
 * @throws NoData when there is no such program, or it may not be started; EvenkeelError UNTRUSTED_PATH
 */
export async function run(file: string, args: readonly string[], limits: RunLimits): Promise<RunResult> {
  return execute(findProgram(file, limits.env?.PATH), args, limits);
}

/**
 * The same of a file that was looked at already.
 * @param own what it prints comes as one text, `stdout`, in the order of its coming
 */
export function execute(
  program: string,
  args: readonly string[],
  { own, ...limits }: RunLimits & { own?: OwnScript },
): Promise<RunResult> {
  const started = systemClock.monotonic();
  const gentle = limits.gentle ?? true;
  const file = own?.path ?? program;
  const [command, words] = gentle && ionice ? [ionice, ['-c3', '-t', program, ...args]] : [program, [...args]];
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      stdio: own ? ['ignore', 'pipe', 'pipe', own.descriptor] : ['ignore', 'pipe', 'pipe'],
      ...(own && { cwd: own.cwd }),
      detached: posix,
      windowsHide: true,
      env: programEnvironment(limits.env),
    });
    running.add(child);
    if (gentle) lower(child.pid);
    let ended: RunResult['ended'] = null;
    const end = (why: RunResult['ended']) => {
      ended ??= why;
      endGroup(child);
      // A grandchild that left the group may hold the pipes open: what matters is here already.
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    const maxBytes = limits.maxBytes ?? defaultMaxBytes;
    let taken = 0;
    const collect = (chunks: Buffer[]) => (chunk: Buffer) => {
      const room = Math.max(0, maxBytes - taken);
      taken += chunk.length;
      if (own) chunks.push(chunk.subarray(0, room));
      else if (chunk.length > room) end('flood');
      else chunks.push(chunk);
    };
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', collect(out));
    child.stderr?.on('data', collect(own ? out : err));
    const timer = setTimeout(() => end('timeout'), limits.timeoutMs);
    let finished = false;
    const finish = () => {
      if (finished) return false;
      finished = true;
      clearTimeout(timer);
      running.delete(child);
      // What it left behind in its group (a daemon, a fork) was not asked for.
      endGroup(child);
      return true;
    };
    child.on('error', (thrown: NodeJS.ErrnoException) => {
      if (!finish()) return;
      if (thrown.code === 'ENOENT') reject(new NoData(reason('not_installed', { program: file })));
      else if (thrown.code === 'EACCES' || thrown.code === 'EPERM')
        reject(new NoData(reason('not_startable', { program: file })));
      else reject(thrown);
    });
    // A program that ends but whose fork holds the pipes would never close: a second is enough for what is in them.
    child.on('exit', () => setTimeout(() => end(null), 1000).unref());
    child.on('close', (code, signal) => {
      if (!finish()) return;
      if (taken > maxBytes) ended ??= 'flood';
      const text = (chunks: Buffer[]) => textOfBytes(Buffer.concat(chunks));
      resolve({ code, signal, stdout: text(out), stderr: text(err), ended, ms: systemClock.monotonic() - started });
    });
  });
}
