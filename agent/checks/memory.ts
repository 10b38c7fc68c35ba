/** Memory, swap, and processes that the kernel killed for lack of memory. */
import { existsSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { parseSwapUsage, parseVmStat } from '../platform/macos.ts';
import { readText } from '../platform/read.ts';
import { type Check, type CheckContext, type Findings, NoData } from './check.ts';
import { metric, minus, percent, round } from './reading.ts';

export interface MemInfo {
  totalBytes: number | null;
  freeBytes: number | null;
  availableBytes: number | null;
  buffersBytes: number | null;
  cachedBytes: number | null;
  swapTotalBytes: number | null;
  swapFreeBytes: number | null;
  dirtyBytes: number | null;
  commitLimitBytes: number | null;
  committedBytes: number | null;
  usedPercent: number | null;
}

/** `/proc/meminfo`. Used is total − available: counting cache as used is the classic mistake. Total. */
export function parseMemInfo(text: string): MemInfo {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^(\w+(?:\(\w+\))?):\s+(\d+) kB\s*$/.exec(line);
    if (match) values.set(match[1] as string, Number(match[2]) * 1024);
  }
  const get = (name: string) => values.get(name) ?? null;
  const totalBytes = get('MemTotal');
  const availableBytes = get('MemAvailable');
  return {
    totalBytes,
    availableBytes,
    freeBytes: get('MemFree'),
    buffersBytes: get('Buffers'),
    cachedBytes: get('Cached'),
    swapTotalBytes: get('SwapTotal'),
    swapFreeBytes: get('SwapFree'),
    dirtyBytes: get('Dirty'),
    commitLimitBytes: get('CommitLimit'),
    committedBytes: get('Committed_AS'),
    usedPercent: percent(minus(totalBytes, availableBytes), totalBytes),
  };
}

export interface Swap {
  path: string;
  type: string;
  sizeBytes: number;
  usedBytes: number;
  priority: number;
}

/** `/proc/swaps`. Blanks in a path are written as `\040`. Total. */
export function parseSwaps(text: string): Swap[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(\/\S*|\S+)\s+(partition|file)\s+(\d+)\s+(\d+)\s+(-?\d+)\s*$/.exec(line);
    if (!match) return [];
    const path = (match[1] as string).replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const [sizeBytes, usedBytes] = [Number(match[3]) * 1024, Number(match[4]) * 1024];
    return [{ path, type: match[2] as string, sizeBytes, usedBytes, priority: Number(match[5]) }];
  });
}

/** One counter of `/proc/vmstat`; null on kernels that do not have it. */
export function parseVmCounter(text: string, name: string): number | null {
  const match = new RegExp(`^${name} (\\d+)$`, 'm').exec(text);
  return match ? Number(match[1]) : null;
}

/** What the ZFS cache would give back under pressure; the kernel counts it as used. 0 without ZFS. */
export function parseArcSpare(text: string): number {
  const value = (name: string) => Number(new RegExp(`^${name}\\s+\\d+\\s+(\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  const spare = value('size') - value('c_min');
  return Number.isFinite(spare) ? Math.max(0, spare) : 0;
}

export function memFields(info: MemInfo, spare = 0) {
  const available = info.availableBytes === null ? null : info.availableBytes + spare;
  const used = minus(info.totalBytes, available);
  return {
    total: info.totalBytes,
    available,
    used,
    free: info.freeBytes,
    cached: info.cachedBytes,
    buffered: info.buffersBytes,
    used_percent: round(percent(used, info.totalBytes)),
    available_percent: round(percent(available, info.totalBytes)),
    commit_percent: round(percent(info.committedBytes, info.commitLimitBytes)),
  };
}

/** Null without swap: 0 of 0 is not 100 %, and not 0 % either. */
export function swapFields(total: number | null, free: number | null) {
  if (total === null || total === 0) return null;
  const used = minus(total, free);
  return { total, used, free, used_percent: round(percent(used, total)) };
}

const arcstats = '/proc/spl/kstat/zfs/arcstats';

/** /proc/vmstat is 2,500 lines of text whose making costs the kernel more than ours costs us: not each time. */
const vmstatEvery = 6;
const pageBytes = 4096;

function linux(context: CheckContext, turn: number): Findings {
  const text = readText(context.root, '/proc/meminfo');
  if (text === null) throw new NoData('/proc/meminfo cannot be read');
  const info = parseMemInfo(text);
  // Most machines have no ZFS: asked first, because a failed open costs an exception and its stack.
  const arc = existsSync(context.root + arcstats) ? readText(context.root, arcstats) : null;
  const now = context.clock.now();
  const vmstat = turn % vmstatEvery === 0 ? (readText(context.root, '/proc/vmstat') ?? '') : null;
  const swap = swapFields(info.swapTotalBytes, info.swapFreeBytes);
  const pages = (name: string) => {
    const value = vmstat === null ? null : parseVmCounter(vmstat, name);
    return value === null ? null : value * pageBytes;
  };
  return {
    metrics: [
      ...metric('mem', {}, memFields(info, arc === null ? 0 : parseArcSpare(arc)), now),
      ...(swap ? metric('swap', {}, { ...swap, in: pages('pswpin'), out: pages('pswpout') }, now) : []),
      ...(vmstat === null ? [] : metric('kernel_vmstat', {}, { oom_kill: parseVmCounter(vmstat, 'oom_kill') }, now)),
    ],
  };
}

async function macos(context: CheckContext): Promise<Findings> {
  const limits = { timeoutMs: 5000, gentle: false };
  const vm = parseVmStat((await context.run('/usr/bin/vm_stat', [], limits)).stdout);
  const sysctl = (
    await context.run('/usr/sbin/sysctl', ['vm.swapusage', 'kern.memorystatus_vm_pressure_level'], limits)
  ).stdout;
  const swap = parseSwapUsage(sysctl);
  const level = /kern\.memorystatus_vm_pressure_level: (\d)/.exec(sysctl)?.[1];
  const total = totalmem();
  const used = minus(total, vm.availableBytes);
  const now = context.clock.now();
  return {
    metrics: [
      ...metric(
        'mem',
        {},
        {
          total,
          available: vm.availableBytes,
          used,
          free: vm.freeBytes,
          used_percent: round(percent(used, total)),
          available_percent: round(percent(vm.availableBytes, total)),
          pressure_level: level === undefined ? null : Number(level),
        },
        now,
      ),
      ...metric('swap', {}, swapFields(swap.totalBytes, swap.freeBytes) ?? {}, now),
    ],
  };
}

/** `os.freemem()` is what Windows calls available. */
function windows(context: CheckContext): Findings {
  const [total, available] = [totalmem(), freemem()];
  const used = total - available;
  const shares = { used_percent: round(percent(used, total)), available_percent: round(percent(available, total)) };
  return { metrics: metric('mem', {}, { total, available, used, ...shares }, context.clock.now()) };
}

export function memory(platform: NodeJS.Platform = process.platform): Check {
  let turn = 0;
  return {
    name: 'memory',
    // macOS needs two small processes for it, which belong in no fast loop.
    every: platform === 'darwin' ? 60_000 : 10_000,
    reads: '/proc/meminfo, /proc/vmstat (Linux), vm_stat and sysctl (macOS), os.freemem() (Windows); no rights needed',
    async run(context) {
      if (context.platform === 'linux') return linux(context, turn++);
      return context.platform === 'darwin' ? macos(context) : windows(context);
    },
  };
}
