/** CPU use over the time since the last reading: a difference of counters is the exact average, so nothing is sampled. */

import { availableParallelism, cpus } from 'node:os';
import { ReasonedError, reason } from '../../shared/reason.ts';
import { type Container, groupValue, readContainer } from '../platform/container.ts';
import { parseIostat } from '../platform/macos.ts';
import { readText } from '../platform/read.ts';
import { type Check, type CheckContext, NoData } from './check.ts';
import { metric, round } from './reading.ts';

/** Ticks since boot. Guest time is left out: the kernel has counted it in user and nice already. */
export interface Ticks {
  user: number;
  nice: number;
  system: number;
  idle: number;
  iowait: number;
  irq: number;
  softirq: number;
  steal: number;
}

export interface ProcStat {
  total: Ticks | null;
  cores: Ticks[];
}

const names = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;
/** Linux has all eight since 2.6.11: fewer mean that the line was cut off, not zeros. */
const cpuLine = new RegExp(`^cpu(\\d*)${' +(\\d{1,20})'.repeat(names.length)}(?![^ \n])`, 'gm');

/** `/proc/stat`. Total: what is missing is null. */
export function parseProcStat(text: string): ProcStat {
  const stat: ProcStat = { total: null, cores: [] };
  for (const [, core, ...words] of text.matchAll(cpuLine)) {
    const [user, nice, system, idle, iowait, irq, softirq, steal] = words.map(Number) as NumbersOfCpu;
    const ticks = { user, nice, system, idle, iowait, irq, softirq, steal };
    if (core === '') stat.total = ticks;
    else stat.cores.push(ticks);
  }
  return stat;
}

type NumbersOfCpu = [number, number, number, number, number, number, number, number];

export interface Usage extends Ticks {
  active: number;
}

/** Percent of the time between two readings; null when none passed or the counters started again. */
export function usageBetween(before: Ticks, after: Ticks): Usage | null {
  let total = 0;
  const usage: Usage = { user: 0, nice: 0, system: 0, idle: 0, iowait: 0, irq: 0, softirq: 0, steal: 0, active: 0 };
  for (const name of names) {
    // iowait, and in virtual machines steal, may go back by a little on a tickless kernel: that is 0, not a restart.
    usage[name] = Math.max(0, after[name] - before[name]);
    total += usage[name];
  }
  if (total <= 0 || after.user + after.system + after.idle < before.user + before.system + before.idle) return null;
  for (const name of names) usage[name] = (usage[name] / total) * 100;
  usage.active = 100 - usage.idle - usage.iowait;
  return usage;
}

/** On Windows libuv counts interrupts in `sys` and again in `irq`; there and on macOS they are left out. */
function ticksOfNode(): Ticks[] {
  return cpus().map(({ times }) => ({
    user: times.user,
    nice: times.nice,
    system: times.sys,
    idle: times.idle,
    iowait: 0,
    irq: 0,
    softirq: 0,
    steal: 0,
  }));
}

function sum(cores: readonly Ticks[]): Ticks | null {
  if (cores.length === 0) return null;
  return Object.fromEntries(
    names.map((name) => [name, cores.reduce((all, core) => all + core[name], 0)]),
  ) as unknown as Ticks;
}

function read(context: CheckContext): { total: Ticks | null; cores: Ticks[] } {
  if (context.platform === 'linux') return parseProcStat(readText(context.root, '/proc/stat') ?? '');
  const cores = ticksOfNode();
  return { total: sum(cores), cores };
}

function fieldsOf(usage: Usage, core: number | null, linux: boolean) {
  return {
    usage_active: round(usage.active),
    usage_user: round(usage.user),
    usage_nice: round(usage.nice),
    usage_system: round(usage.system),
    usage_idle: round(usage.idle),
    // Only Linux distinguishes these; elsewhere they are unknown, not 0.
    usage_iowait: linux ? round(usage.iowait) : null,
    usage_irq: linux ? round(usage.irq) : null,
    usage_softirq: linux ? round(usage.softirq) : null,
    usage_steal: linux ? round(usage.steal) : null,
    usage_core_max: round(core),
  };
}

/** macOS hides its CPU counters from some sandboxed services; iostat is not hidden. */
async function readIostat(context: CheckContext): Promise<number> {
  const result = await context.run('/usr/sbin/iostat', ['-c', '2', '-w', '1'], { timeoutMs: 5000, gentle: false });
  const last = parseIostat(result.stdout);
  if (last === null) throw new ReasonedError(reason('not_understood', { source: 'iostat' }));
  return last.busyPercent;
}

/**
 * In a container without lxcfs /proc/stat is the host's. Its group counts its own CPU time, whose share is of what it
 * may use: the processors of its mask and the quota.
 */
function groupUsage(context: CheckContext, before: GroupTime | null): { next: GroupTime; active: number | null } {
  const next = { us: groupValue(context.root, 'cpu.stat', 'usage_usec'), at: context.clock.monotonic() };
  if (next.us === null) throw new NoData(reason('container_cpu_hidden'));
  const elapsedUs = before ? (next.at - before.at) * 1000 * availableParallelism() : 0;
  const used = next.us - (before?.us ?? next.us);
  // The quota is counted in periods: a burst at a border may come out as a little more than all.
  return { next, active: elapsedUs > 0 && used >= 0 ? Math.min(100, (used / elapsedUs) * 100) : null };
}

interface GroupTime {
  us: number | null;
  at: number;
}

const total = { cpu: 'cpu-total' };
const firstReading = [reason('first_reading')];

export function cpu(): Check {
  let container: Container | null | undefined;
  let group: GroupTime | null = null;
  let last: { total: Ticks | null; cores: Ticks[] } | null = null;
  return {
    name: 'cpu',
    every: 10_000,
    reads: '/proc/stat (Linux), os.cpus() (Windows, macOS); no rights needed',
    async run(context) {
      if (container === undefined) container = context.platform === 'linux' ? readContainer(context.root) : null;
      if (container && !container.owns('/proc/stat')) {
        const { next, active } = groupUsage(context, group);
        group = next;
        if (active === null) return { note: firstReading };
        return { metrics: metric('cpu', total, { usage_active: round(active) }, context.clock.now()) };
      }
      const now = read(context);
      if (now.total === null && context.platform === 'darwin') {
        const active = round(await readIostat(context));
        return { metrics: metric('cpu', total, { usage_active: active }, context.clock.now()) };
      }
      if (now.total === null) throw new NoData(reason('no_cpu_times'));
      const before = last;
      last = now;
      const usage = before?.total ? usageBetween(before.total, now.total) : null;
      if (!usage || !before) return { note: firstReading };
      // A core that goes on or off line shifts the list; then there are no values per core.
      const comparable = before.cores.length === now.cores.length;
      const cores = comparable ? now.cores.map((core, i) => usageBetween(before.cores[i] as Ticks, core)) : [];
      const busiest = cores.reduce<number | null>((max, core) => (core ? Math.max(max ?? 0, core.active) : max), null);
      const fields = fieldsOf(usage, busiest, context.platform === 'linux');
      return { metrics: metric('cpu', total, fields, context.clock.now()) };
    },
  };
}
