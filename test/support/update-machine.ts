/**
 * A machine whose agent updates itself: the layout of the tar.gz below a folder of the test, the real guard, the real updater,
 * and a stand-in for systemd that does what the units say: the guard before each start, a start after each end, root's part when
 * its files are there. As root the agent runs as a user of its own, as it does on a machine.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentState } from '../../agent/agent.ts';
import { ask } from '../../agent/control-socket.ts';
import { type Credential, writeCredential } from '../../agent/credential.ts';
import { currentVersion } from '../../agent/update/trial.ts';

const guardFile = fileURLToPath(new URL('../../agent/package/linux/guard', import.meta.url));
/** No such user: it owns what it makes. */
const agentUser = 54_321;
const asAgent = process.geteuid?.() === 0 ? { uid: agentUser, gid: agentUser } : {};

export interface UpdateMachine {
  /** Of root: versions, current, guard, keys.json, update. */
  home: string;
  data: string;
  /** The version that the next start runs. */
  version(): string;
  status(): Promise<AgentState | null>;
  /** Everything that agent, guard and updater have written. */
  log(): string;
  /** How often the agent was started. */
  starts(): number;
  agent(): ChildProcess | null;
  updater(): ChildProcess | null;
  /** The machine is switched off: everything ends at once, and nothing starts. */
  off(): Promise<void>;
  on(): void;
  stop(): Promise<void>;
}

export interface UpdateMachineOptions {
  folder: string;
  credential: Credential;
  /** The program that it is installed with. */
  program: string | Uint8Array;
  version: string;
  /** Public keys of its package; null: a package without. */
  keys: string | null;
  updates?: 'off' | 'notify' | 'auto';
  intervalS?: number;
  /** Of a trial, s. */
  trialS?: number;
  steadyS?: number;
  /** Of the stand-in: between an end and the next start, ms. */
  restartMs?: number;
}

export function openMachine(options: UpdateMachineOptions): UpdateMachine {
  const { folder, credential, program, version, keys } = options;
  const [home, data, etc] = [join(folder, 'opt'), join(folder, 'data'), join(folder, 'etc')];
  const restart = join(folder, 'restart');
  const pidFile = join(folder, 'pid');
  mkdirSync(join(home, 'versions'), { recursive: true });
  // A folder of mkdtemp is its maker's alone, and the agent is another user.
  for (const path of [dirname(folder), folder]) chmodSync(path, 0o755);
  writeFileSync(join(home, 'versions', version), program, { mode: 0o755 });
  symlinkSync(`versions/${version}`, join(home, 'current'));
  copyFileSync(guardFile, join(home, 'guard'));
  chmodSync(join(home, 'guard'), 0o755);
  if (keys !== null) writeFileSync(join(home, 'keys.json'), keys);
  // The stand-in starts it again by itself, as Restart=always does.
  writeFileSync(restart, `#!/bin/sh\nkill -TERM "$(cat ${pidFile})" 2>/dev/null\nexit 0\n`, { mode: 0o755 });
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeCredential(data, credential);
  const settings = { v: 1, interval_s: options.intervalS ?? 0.5, remote: { updates: options.updates ?? 'auto' } };
  // Root's, as on a machine: what the agent may do is not the agent's to say.
  mkdirSync(etc, { recursive: true, mode: 0o755 });
  writeFileSync(join(etc, 'agent.settings.json'), JSON.stringify(settings));
  if (asAgent.uid !== undefined)
    for (const path of [data, join(data, 'agent.json')]) chownSync(path, asAgent.uid, asAgent.gid);

  let agent: ChildProcess | null = null;
  let updater: ChildProcess | null = null;
  let isOn = false;
  let starts = 0;
  let log = '';
  let waiting: NodeJS.Timeout | null = null;
  const keepLog = (child: ChildProcess) => {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk));
  };
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TZ: 'UTC', EVENKEEL_AGENT_SETTINGS: etc };

  function startAgent(): void {
    waiting = null;
    if (!isOn) return;
    // ExecStartPre=+
    log += spawnSync(join(home, 'guard'), [], { encoding: 'utf8', env }).stderr;
    starts += 1;
    const child = spawn(join(home, 'current'), ['run', '--data', data], { env, cwd: '/', ...asAgent });
    agent = child;
    if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid));
    keepLog(child);
    const again = () => {
      if (agent !== child) return;
      agent = null;
      if (isOn) waiting = setTimeout(startAgent, options.restartMs ?? 300);
    };
    child.on('error', (error) => {
      log += `${error.message}\n`;
      again();
    });
    child.on('exit', again);
  }

  const begins = [join(data, 'update/request'), join(home, 'update/trial'), join(home, 'update/fell-back')];
  function startUpdater(): void {
    if (!isOn || updater || !begins.some((path) => existsSync(path))) return;
    const words = ['--restart', restart, '--trial-s', String(options.trialS ?? 20)];
    const more = ['--steady-s', String(options.steadyS ?? 2)];
    const child = spawn(join(home, 'guard'), ['update', '--data', data, ...words, ...more], { env, cwd: '/' });
    updater = child;
    keepLog(child);
    const over = () => {
      if (updater === child) updater = null;
    };
    child.on('error', over);
    child.on('exit', over);
  }
  const looking = setInterval(startUpdater, 100);

  async function off(): Promise<void> {
    isOn = false;
    if (waiting) clearTimeout(waiting);
    const running = [agent, updater].filter((child) => child !== null && child.exitCode === null);
    const ended = running.map((child) => new Promise((done) => child?.once('exit', done)));
    for (const child of running) child?.kill('SIGKILL');
    await Promise.all(ended);
    agent = updater = null;
  }
  const machine: UpdateMachine = {
    ...{ home, data },
    version: () => currentVersion(home),
    status: async () => (await ask(data, 'status', 2000)) as AgentState | null,
    log: () => log,
    starts: () => starts,
    agent: () => agent,
    updater: () => updater,
    off,
    on() {
      isOn = true;
      startAgent();
    },
    async stop() {
      clearInterval(looking);
      await off();
    },
  };
  machine.on();
  return machine;
}

/** What root has on record. */
export const recordOf = ({ home }: UpdateMachine) => {
  const path = join(home, 'update/state.json');
  return existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as { state: string; version: string | null })
    : null;
};
