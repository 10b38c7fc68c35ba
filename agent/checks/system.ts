/** Load, time since start, users logged in. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, uptime } from 'node:os';
import { type Container, readContainer } from '../platform/container.ts';
import { firstLine, listNames, readText } from '../platform/read.ts';
import type { Check, CheckContext } from './check.ts';
import { parseProcStat } from './cpu.ts';
import { parseProcessStat } from './processes.ts';
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
  const match = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) (\d+)\/(\d+)/.exec(text);
  if (!match) return null;
  const [load1, load5, load15, running, total] = match.slice(1).map(Number) as [number, number, number, number, number];
  return [load1, load5, load15].every(Number.isFinite) ? { load1, load5, load15, running, total } : null;
}

/** A list of the kernel, such as `0-3,8`: how many it names. Null when it is none. Total. */
export function countCpuList(text: string): number | null {
  let count = 0;
  for (const part of text.trim().split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    const size = match ? Number(match[2] ?? match[1]) - Number(match[1]) + 1 : 0;
    if (size <= 0) return null;
    count += size;
  }
  return count;
}

/**
 * Processors of the machine, because its load is the machine's: what a mask (`taskset`, a service's `CPUAffinity=`)
 * leaves to the agent is `availableParallelism()`. In a container that is the right number, and the load is unknown.
 */
function countCpus({ platform, root }: CheckContext, container: Container | null): number | null {
  if (container) return availableParallelism();
  if (platform !== 'linux') return cpus().length || null;
  const online = countCpuList(firstLine(root, '/sys/devices/system/cpu/online') ?? '');
  return online ?? (parseProcStat(readText(root, '/proc/stat') ?? '').cores.length || null);
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

function readLoad(
  context: CheckContext,
  container: Container | null,
): Pick<LoadAvg, 'load1' | 'load5' | 'load15'> | null {
  // The host's, also below lxcfs: that covers the file and shows the host's in it unless it is configured to count its
  // own.
  if (container) return null;
  if (context.platform === 'linux') return parseLoadAvg(readText(context.root, '/proc/loadavg') ?? '');
  // Windows has no load: Node returns 0, 0, 0, which would be false.
  if (context.platform === 'win32') return null;
  const [load1 = 0, load5 = 0, load15 = 0] = loadavg();
  return { load1, load5, load15 };
}

/** Of a container since its first process; the kernel's own clock runs since the start of the host. */
function readUptime(root: string, container: Container | null): number | null {
  if (!container) return Math.floor(uptime());
  const first = parseProcessStat(readText(root, '/proc/1/stat') ?? '');
  const host = Number.parseFloat(firstLine(root, '/proc/uptime') ?? '');
  if (container.owns('/proc/uptime')) return Number.isFinite(host) ? Math.floor(host) : null;
  return first === null || !(host >= first.startedAt / 100) ? null : Math.floor(host - first.startedAt / 100);
}

/** Sessions change by the minute, processors hardly ever. */
const usersEvery = 6;

export function system(): Check {
  let turn = 0;
  let users: number | null = null;
  let count: number | null = null;
  let container: Container | null = null;
  return {
    name: 'system',
    every: 10_000,
    reads: '/proc/loadavg, /run/utmp or /run/systemd/sessions (Linux), os.loadavg() (macOS); no rights needed',
    async run(context) {
      if (turn++ % usersEvery === 0) {
        container = context.platform === 'linux' ? readContainer(context.root) : null;
        count = countCpus(context, container);
        if (context.platform === 'linux') users = readUsers(context.root);
      }
      const load = readLoad(context, container);
      const fields = {
        load1: load?.load1,
        load5: load?.load5,
        load15: load?.load15,
        load15_per_cpu: load === null || count === null ? null : round(load.load15 / count),
        n_cpus: count,
        n_users: users,
        uptime: readUptime(context.root, container),
      };
      return { metrics: metric('system', {}, fields, context.clock.now()) };
    },
  };
}
