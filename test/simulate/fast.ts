/** What the fast checks of an agent measure on a simulated machine, by the names and tags of the real ones. */
import { metric, round } from '../../agent/checks/reading.ts';
import type { Metric } from '../../shared/report.ts';
import { bootedAt, type Machine, rhythm } from './machine.ts';
import { noise } from './random.ts';
import { ageOf, has } from './troubles.ts';

const minute = 60_000;
const day = 86_400_000;
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** One reading of everything that is measured each interval. Counters count since the start of the machine. */
export function metricsAt(machine: Machine, at: number): Metric[] {
  const isLinux = machine.os.platform === 'linux';
  const uptime = (at - bootedAt(machine, at)) / 1000;
  const load = loadAt(machine, at);
  return [
    ...cpuAt(machine, load, at),
    ...memoryAt(machine, at),
    ...(isLinux ? pressureAt(machine, uptime, at) : []),
    ...diskAt(machine, at),
    ...metric(
      'diskio',
      { name: 'disk0' },
      {
        reads: Math.round(uptime * 9),
        writes: Math.round(uptime * 21),
        read_bytes: Math.round(uptime * 300_000),
        write_bytes: Math.round(uptime * 700_000),
        io_util: round(load.cpu / 4),
        io_await: round(1 + load.jitter * 4),
        iops_in_progress: Math.round(load.jitter * 2),
      },
      at,
    ),
    ...metric(
      'net',
      { interface: 'eth0' },
      {
        bytes_recv: Math.round(uptime * 90_000),
        bytes_sent: Math.round(uptime * 40_000),
        packets_recv: Math.round(uptime * 90),
        packets_sent: Math.round(uptime * 60),
        err_in: 0,
        err_out: 0,
        drop_in: 0,
        drop_out: 0,
      },
      at,
    ),
    ...metric(
      'system',
      {},
      {
        // Windows has no load.
        ...(machine.os.platform === 'win32' ? {} : load.load),
        n_cpus: machine.cores,
        n_users: machine.kind === 'server' ? 0 : 1,
        uptime: Math.round(uptime),
      },
      at,
    ),
  ];
}

function loadAt(machine: Machine, at: number) {
  const step = Math.floor(at / 10_000);
  const jitter = noise(machine.seed, step);
  const usual = machine.quietCpu + machine.busyCpu * rhythm(machine, at) * (0.6 + 0.8 * jitter);
  const cpu = has(machine, 'cpu', at) ? 97 : clamp(usual + (jitter > 0.995 ? 60 : 0), 0.1, 99.9);
  const perCpu = has(machine, 'load', at) ? 3 : Math.min(cpu, 80) / 100;
  return {
    cpu,
    jitter,
    load: {
      load1: round(perCpu * machine.cores),
      load5: round(perCpu * machine.cores * 0.95),
      load15: round(perCpu * machine.cores * 0.9),
      load15_per_cpu: round(perCpu * 0.9),
    },
  };
}

function cpuAt(machine: Machine, { cpu, jitter }: { cpu: number; jitter: number }, at: number): Metric[] {
  const steal = has(machine, 'cpu-steal', at) ? 20 : 0.1;
  const fields = {
    usage_active: round(cpu),
    usage_user: round(cpu * 0.7),
    usage_system: round(cpu * 0.25),
    usage_iowait: round(cpu * 0.05),
    usage_nice: 0,
    usage_idle: round(100 - cpu),
    usage_irq: 0,
    usage_softirq: round(cpu * 0.01),
    usage_steal: steal,
    usage_core_max: round(clamp(cpu + 10 * jitter, 0, 100)),
  };
  const { usage_active, usage_user, usage_system, usage_idle, usage_core_max } = fields;
  const elsewhere = { usage_active, usage_user, usage_system, usage_idle, usage_core_max };
  return metric('cpu', { cpu: 'cpu-total' }, machine.os.platform === 'linux' ? fields : elsewhere, at);
}

function memoryAt(machine: Machine, at: number): Metric[] {
  const usual = clamp(35 + 30 * rhythm(machine, at) + 10 * noise(machine.seed, Math.floor(at / (5 * minute))), 5, 80);
  const used = has(machine, 'memory', at) ? 96 : usual;
  const swapping = ageOf(machine, 'swap', at);
  const killing = ageOf(machine, 'oom', at);
  const { memoryBytes: total, os } = machine;
  const share = (percent: number) => Math.round((total * percent) / 100);
  const mac = os.platform === 'darwin' ? { pressure_level: has(machine, 'memory-level', at) ? 2 : 1 } : {};
  const swapped = swapping === null ? used / 10 : 95;
  return [
    ...metric(
      'mem',
      {},
      {
        total,
        available: share(100 - used),
        used: share(used),
        free: share((100 - used) / 2),
        cached: share((100 - used) / 3),
        buffered: share((100 - used) / 20),
        used_percent: round(used),
        available_percent: round(100 - used),
        commit_percent: round(used * 0.9),
        ...mac,
      },
      at,
    ),
    ...metric(
      'swap',
      {},
      {
        total: total / 2,
        used: share(swapped / 2),
        free: share((100 - swapped) / 2),
        used_percent: round(swapped),
        in: swapping === null ? 0 : Math.round(swapping),
        out: swapping === null ? 0 : Math.round(swapping * 2),
      },
      at,
    ),
    // One process more every minute, since the trouble began; before, none since the machine was started.
    ...(os.platform === 'linux' || os.platform === 'win32'
      ? metric('kernel_vmstat', {}, { oom_kill: killing === null ? 0 : Math.ceil(killing / minute) }, at)
      : []),
  ];
}

function pressureAt(machine: Machine, uptime: number, at: number): Metric[] {
  const kinds = ['some', 'full'] as const;
  return (['cpu', 'memory', 'io'] as const).flatMap((resource) =>
    // The kernel has no "full" for the CPU of a whole machine.
    (resource === 'cpu' ? kinds.slice(0, 1) : kinds).flatMap((type) => {
      const pressed = resource === 'memory' && has(machine, 'memory', at);
      const average = pressed ? 20 : round(0.4 * noise(machine.seed, Math.floor(at / minute)));
      const total = Math.round(uptime * 2 + (ageOf(machine, 'memory', at) ?? 0) / 5);
      return metric('pressure', { resource, type }, { avg10: average, avg60: average, avg300: average, total }, at);
    }),
  );
}

/** Healthy: it fills up by fifteen points and is cleaned up again. Filling: within a day nothing is left. */
function diskAt(machine: Machine, at: number): Metric[] {
  const isLinux = machine.os.platform === 'linux';
  const cycle = ((at / day + noise(machine.seed, 2) * machine.diskDays) % machine.diskDays) / machine.diskDays;
  const usual = machine.diskStart + 15 * cycle;
  const filling = ageOf(machine, 'disk-filling', at);
  const used = filling === null ? usual : Math.min(99.8, usual + (filling / day) * 100);
  const inodes = has(machine, 'inodes', at) ? 97 : 4;
  const total = machine.diskBytes;
  const path = machine.os.platform === 'win32' ? 'C:' : '/';
  const fstype = { linux: 'ext4', win32: 'NTFS', darwin: 'apfs' }[machine.os.platform] ?? 'ext4';
  const linuxOnly = {
    inodes_total: 16_000_000,
    inodes_free: Math.round(160_000 * (100 - inodes)),
    inodes_used_percent: inodes,
    errors: has(machine, 'disk-errors', at) ? 3 : 0,
  };
  const fields = {
    total,
    used: Math.round((total * used) / 100),
    used_percent: round(used),
    free: Math.round((total * (100 - used)) / 100),
    read_only: has(machine, 'disk-read-only', at) ? 1 : 0,
    ...(isLinux ? linuxOnly : {}),
  };
  return metric('disk', { path, device: isLinux ? '/dev/sda2' : 'disk0', fstype }, fields, at);
}
