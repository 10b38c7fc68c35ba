/** Memory, swap, and processes that the kernel killed for lack of memory. */

import { existsSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { reason } from '../../shared/reason.ts';
import { type Container, groupValue, readContainer } from '../platform/container.ts';
import { parseSwapUsage, parseVmStat } from '../platform/macos.ts';
import { pageBytes } from '../platform/page-size.ts';
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

/** Of fifty lines these ten: one expression that leaves out the others costs a third of a look at each. */
const wanted =
  /^(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal|SwapFree|Dirty|CommitLimit|Committed_AS)[ \t:]+(\d{1,20})[ \t]+kB(?!\w)/gm;

/** `/proc/meminfo`. Used is total − available: counting cache as used is the classic mistake. Total. */
export function parseMemInfo(text: string): MemInfo {
  const values = new Map<string, number>();
  for (const [, name = '', value] of text.matchAll(wanted)) values.set(name, Number(value) * 1024);
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

/** One counter of `/proc/vmstat`; null on kernels that do not have it. */
export function parseVmCounter(text: string, name: string): number | null {
  const match = new RegExp(`^${name} (\\d{1,20})$`, 'm').exec(text);
  return match ? Number(match[1]) : null;
}

/** What the ZFS cache would give back under pressure; the kernel counts it as used. Null when unknown. */
export function parseArcSpare(text: string): number | null {
  const lines = text.split('\n');
  const value = (name: string) =>
    Number(lines.find((line) => line.startsWith(`${name} `))?.split(/\s+/, 3)[2] || Number.NaN);
  const spare = value('size') - value('c_min');
  return spare >= 0 ? spare : null;
}

const minOf = (a: number | null, b: number | null) => (a === null || b === null ? null : Math.min(a, b));

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
    // Linux may promise more than it has: beyond the limit is all of it.
    commit_percent: round(percent(minOf(info.committedBytes, info.commitLimitBytes), info.commitLimitBytes)),
  };
}

/** Null without swap: 0 of 0 is not 100 %, and not 0 % either. */
export function swapFields(total: number | null, free: number | null) {
  if (total === null || total === 0) return null;
  const used = minus(total, free);
  return { total, used, free, used_percent: round(percent(used, total)) };
}

const arcstats = '/proc/spl/kstat/zfs/arcstats';

/**
 * /proc/vmstat is 2,500 lines of text, which cost the kernel more CPU than the whole check costs the agent: not read
 * each time.
 */
const vmstatEvery = 6;

function linux(context: CheckContext, turn: number, container: Container | null): Findings {
  const text = readText(context.root, '/proc/meminfo');
  if (text === null) throw new NoData(reason('file_unreadable', { path: '/proc/meminfo' }));
  if (container) return inContainer(context, turn, container, parseMemInfo(text));
  const info = parseMemInfo(text);
  // Most machines have no ZFS: asked first, because a failed open costs an exception and its stack.
  const arc = existsSync(context.root + arcstats) ? readText(context.root, arcstats) : null;
  const now = context.clock.now();
  const vmstat = turn % vmstatEvery === 0 ? (readText(context.root, '/proc/vmstat') ?? '') : null;
  const swap = swapFields(info.swapTotalBytes, info.swapFreeBytes);
  const page = pageBytes(context.root);
  const pages = (name: string) => {
    const value = vmstat === null ? null : parseVmCounter(vmstat, name);
    return value === null || page === null ? null : value * page;
  };
  return {
    metrics: [
      ...metric('mem', {}, memFields(info, arc === null ? 0 : (parseArcSpare(arc) ?? 0)), now),
      ...(swap ? metric('swap', {}, { ...swap, in: pages('pswpin'), out: pages('pswpout') }, now) : []),
      ...(vmstat === null ? [] : metric('kernel_vmstat', {}, { oom_kill: parseVmCounter(vmstat, 'oom_kill') }, now)),
    ],
  };
}

/**
 * The container's own memory: lxcfs shows it in the usual file; else its group has its use and its limit. The host's
 * cache (ARC), swap traffic and killed processes are not its own.
 */
function inContainer(context: CheckContext, turn: number, container: Container, info: MemInfo): Findings {
  const { root } = context;
  const now = context.clock.now();
  const kills = turn % vmstatEvery === 0 ? groupValue(root, 'memory.events', 'oom_kill') : null;
  const killed = metric('kernel_vmstat', {}, { oom_kill: kills }, now);
  if (container.owns('/proc/meminfo')) {
    const swap = swapFields(info.swapTotalBytes, info.swapFreeBytes) ?? {};
    return { metrics: [...metric('mem', {}, memFields(info), now), ...metric('swap', {}, swap, now), ...killed] };
  }
  const [current, spare] = [groupValue(root, 'memory.current'), groupValue(root, 'memory.stat', 'inactive_file')];
  // Without a limit there is no whole of which it uses a part.
  const total = groupValue(root, 'memory.max');
  const used = minus(current, spare);
  const available = minus(total, used);
  const shares = { used_percent: round(percent(used, total)), available_percent: round(percent(available, total)) };
  const metrics = [...metric('mem', {}, { total, available, used, ...shares }, now), ...killed];
  if (metrics.length === 0) throw new NoData(reason('container_memory_hidden'));
  return { metrics };
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
  const used = minus(total, available);
  const shares = { used_percent: round(percent(used, total)), available_percent: round(percent(available, total)) };
  return { metrics: metric('mem', {}, { total, available, used, ...shares }, context.clock.now()) };
}

export function memory(platform: NodeJS.Platform = process.platform): Check {
  let turn = 0;
  let container: Container | null = null;
  return {
    name: 'memory',
    // macOS needs two small processes for it, which belong in no fast loop.
    every: platform === 'darwin' ? 60_000 : 10_000,
    reads: '/proc/meminfo, /proc/vmstat (Linux), vm_stat and sysctl (macOS), os.freemem() (Windows); no rights needed',
    async run(context) {
      if (context.platform === 'linux') {
        if (turn % vmstatEvery === 0) container = readContainer(context.root);
        return linux(context, turn++, container);
      }
      return context.platform === 'darwin' ? macos(context) : windows(context);
    },
  };
}
