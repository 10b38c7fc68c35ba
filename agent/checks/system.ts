/** Load, time since start, users logged in. */
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg, uptime } from 'node:os';
import { listNames, readText } from '../platform/read.ts';
import type { Check, CheckContext } from './check.ts';
import { metric, round } from './reading.ts';

export interface LoadAvg {
  load1: number;
  load5: number;
  load15: number;
  running: number;
  total: number;
}

/** `/proc/loadavg`. Total. */
export function parseLoadAvg(text: string): LoadAvg | null {
  const match = /^([\d.]+) ([\d.]+) ([\d.]+) (\d+)\/(\d+)/.exec(text);
  if (!match) return null;
  const [load1, load5, load15, running, total] = match.slice(1).map(Number) as [number, number, number, number, number];
  return [load1, load5, load15].every(Number.isFinite) ? { load1, load5, load15, running, total } : null;
}

const recordBytes = 384;
const userProcess = 7;

/** Sessions of people in `/run/utmp` (glibc's record of 384 bytes, type first). Total. */
export function countUtmp(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let users = 0;
  for (let at = 0; at + recordBytes <= bytes.length; at += recordBytes)
    if (view.getInt16(at, true) === userProcess) users += 1;
  return users;
}

/** systemd's own list where utmp is gone, as on newer systems; null when neither is there. */
function readUsers(root: string): number | null {
  try {
    return countUtmp(readFileSync(`${root}/run/utmp`));
  } catch {
    // No utmp on this system. See above.
  }
  const sessions = listNames(root, '/run/systemd/sessions').filter((name) => !name.endsWith('.ref'));
  if (sessions.length === 0 && readText(root, '/proc/1/comm')?.trim() !== 'systemd') return null;
  return sessions.filter((name) => /^CLASS=user$/m.test(readText(root, `/run/systemd/sessions/${name}`) ?? '')).length;
}

function readLoad(context: CheckContext): Pick<LoadAvg, 'load1' | 'load5' | 'load15'> | null {
  if (context.platform === 'linux') return parseLoadAvg(readText(context.root, '/proc/loadavg') ?? '');
  // Windows has no load: Node says 0, 0, 0, which would be a lie.
  if (context.platform === 'win32') return null;
  const [load1 = 0, load5 = 0, load15 = 0] = loadavg();
  return { load1, load5, load15 };
}

/** People come and go by the minute, processors hardly ever. */
const usersEvery = 6;

export function system(): Check {
  let turn = 0;
  let users: number | null = null;
  let cpus = availableParallelism();
  return {
    name: 'system',
    every: 10_000,
    reads: '/proc/loadavg, /run/utmp or /run/systemd/sessions (Linux), os.loadavg() (macOS); no rights needed',
    async run(context) {
      const load = readLoad(context);
      if (turn++ % usersEvery === 0) {
        cpus = availableParallelism();
        if (context.platform === 'linux') users = readUsers(context.root);
      }
      const fields = {
        load1: load?.load1 ?? null,
        load5: load?.load5 ?? null,
        load15: load?.load15 ?? null,
        load15_per_cpu: load === null ? null : round(load.load15 / cpus),
        n_cpus: cpus,
        n_users: users,
        uptime: Math.floor(uptime()),
      };
      return { metrics: metric('system', {}, fields, context.clock.now()) };
    },
  };
}
