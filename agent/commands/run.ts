/** `run`: the agent itself, until SIGTERM or SIGINT. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { type Log, silentLog } from '../../shared/log.ts';
import { createAgent } from '../agent.ts';
import { attempt } from '../attempt.ts';
import { NoData } from '../checks/check.ts';
import { createChecks } from '../checks/index.ts';
import { createContext } from '../context.ts';
import { credentialPath, readCredential } from '../credential.ts';
import { markOf, readMachine } from '../fingerprint.ts';
import { agentCommand, keepTidy, stayLean } from '../lean.ts';
import { createLog } from '../log.ts';
import { forgetfulMemory } from '../memory.ts';
import { readStopReason } from '../platform/boot.ts';
import { run as runProgram } from '../run.ts';
import { waitingPath } from '../waiting-path.ts';
import { createWatchdog } from '../watchdog.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';

const warmMs = 5000;

/**
 * Each light check once, for nothing: it loads the modules that a check loads at its first run. No program is started:
 * a custom check must not run for nothing, and one that hangs would outlive the replacement of this process.
 */
async function runOnce(data: string): Promise<void> {
  const start = () => Promise.reject(new NoData());
  const context = { ...createContext(data, systemClock, silentLog, forgetfulMemory()), run: start };
  const light = createChecks().filter((check) => !check.heavy);
  await Promise.all(light.map((check) => attempt(check, context, warmMs)));
}

/** An enrolment that waits for a person is gone on with. @returns whether this may become the agent */
async function isLetIn(data: string, log: Log): Promise<boolean> {
  if (existsSync(credentialPath(data)) || !existsSync(waitingPath(data))) return true;
  log.info({ data }, 'This machine waits until a person approves it');
  return hasDone(['enroll', '--resume', '--data', data], log);
}

/**
 * This may be a copy of the machine that was enrolled, and then it is not to take the place of that one for a moment.
 * @returns whether this may become the agent
 */
async function isItself(data: string, log: Log): Promise<boolean> {
  const credential = readCredential(data);
  if (credential === null || credential.hardware?.mark === markOf(await readMachine(runProgram))) return true;
  return hasDone(['copied', '--data', data], log);
}

/** In a process of its own: what it loads is not needed for months. */
function start(words: readonly string[]): ChildProcess {
  const { file, args } = agentCommand(words);
  return spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'], windowsHide: true });
}

async function hasDone(words: readonly string[], log: Log): Promise<boolean> {
  const child = start(words);
  const alive = createWatchdog(runProgram, () => performance.now(), log);
  const timer = setInterval(() => alive?.(), 60_000);
  let isStopped = false;
  const end = () => {
    isStopped = true;
    child.kill('SIGTERM');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', resolve);
  });
  clearInterval(timer);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.removeListener(signal, end);
  // It may have ended well at the moment of the signal, which nobody sends twice.
  return code === 0 && !isStopped;
}

export const command: AgentCommand = {
  options: { 'with-parent': { type: 'boolean' } },
  async run({ data, words, values }) {
    refuseWords(words);
    // Files of the agent (credential, spool, memory) must not be readable by other users.
    process.umask(0o077);
    const log = createLog();
    if (!(await isLetIn(data, log)) || !(await isItself(data, log))) return 1;
    await stayLean(data, () => runOnce(data));
    keepTidy();
    const exit = (_signal: string): void => process.exit(0);
    let end = exit;
    let isOver = false;
    const ended = (signal: string) => {
      // Handled once: a second signal has no handler, and ends the process by default.
      process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT');
      isOver = true;
      end(signal);
    };
    process.on('SIGTERM', ended);
    process.on('SIGINT', ended);
    // The parent process holds standard input open: when it closes, the parent is gone, however it ended.
    if (values['with-parent']) process.stdin.once('close', () => ended('parent gone')).resume();
    const onEnd = (take: typeof end) => {
      end = take;
    };
    while ((await runUntilEnd(data, log, onEnd)) === 'enrolled_again' && !isOver) {
      end = exit;
      log.info({ data }, 'This machine was enrolled again: the agent goes on under the new identity');
    }
    // Pending work of checks is not waited for.
    process.exit(0);
  },
};

async function runUntilEnd(
  data: string,
  log: Log,
  onEnd: (take: (signal: string) => void) => void,
): Promise<'ended' | 'enrolled_again'> {
  let onCycle = () => {};
  const agent = createAgent({ data, log, onCycle: () => onCycle() });
  await agent.start();
  log.info({ data }, 'The agent has started');
  return new Promise((resolve) => {
    const resuming = resumeWaiting(data, log, () => void stop('enrolled_again'));
    onCycle = resuming.look;
    let stopping: Promise<void> | null = null;
    const stop = (why: 'ended' | 'enrolled_again') => {
      resuming.stop();
      stopping ??= readStopReason(runProgram)
        .then((reason) => agent.stop(reason))
        .catch(() => undefined)
        .then(() => resolve(why));
      return stopping;
    };
    onEnd((signal) => {
      log.info({ signal }, 'The agent stops');
      void stop('ended');
    });
  });
}

const retryMs = 300_000;

/** An enrolment in the place of this identity that waits for a person: it is asked on beside the agent, also after a restart. */
function resumeWaiting(data: string, log: Log, onEnrolled: () => void): { look(): void; stop(): void } {
  let child: ChildProcess | null = null;
  let notBefore = 0;
  let isStopped = false;
  const look = () => {
    if (isStopped || child || performance.now() < notBefore || !existsSync(waitingPath(data))) return;
    log.info({ data }, 'An enrolment in the place of this identity waits until a person approves it');
    child = start(['enroll', '--resume', '--data', data]);
    const close = (code: number | null) => {
      child = null;
      notBefore = performance.now() + retryMs;
      if (code === 0) onEnrolled();
    };
    child.once('error', () => close(1));
    child.once('close', close);
  };
  look();
  return {
    look,
    stop() {
      isStopped = true;
      child?.removeAllListeners('close').kill('SIGTERM');
    },
  };
}
