/** How many processes in which state, and the few that use most. A scan of /proc: once per minute, not each cycle. */
import { reason } from '../../shared/reason.ts';
import type { Metric } from '../../shared/report.ts';
import { pageBytes } from '../platform/page-size.ts';
import { namesIn, readText } from '../platform/read.ts';
import { type Check, type CheckContext, type Findings, NoData } from './check.ts';
import { metric, round } from './reading.ts';

export interface ProcessStat {
  name: string;
  state: string;
  /** Ticks of 1/100 s, user and system together. */
  ticks: number;
  /** Ticks after boot: distinguishes a process from a later one with the same number. */
  startedAt: number;
  rssPages: number;
}

/** A program may take its own name away, and a tag without a value is refused. */
const nameless = '?';

/**
 * State, and of the twenty-one numbers behind it those of utime, stime, starttime and rss [proc_pid_stat(5)]. One expression, because a
 * machine has hundreds of processes: to split fifty words of each made half of what this check costs.
 */
const figures = /^ *(\S+) (?:\S+ ){10}(\d{1,20}) (\d{1,20}) (?:\S+ ){6}(\d{1,20}) \S+ (-?\d{1,20})(?!\S)/;

/** `/proc/<pid>/stat`. The name may hold blanks and brackets, so the fields count from the last one. Total. */
export function parseProcessStat(text: string): ProcessStat | null {
  const [open, close] = [text.indexOf('('), text.lastIndexOf(')')];
  if (open < 0 || close < open) return null;
  const found = figures.exec(text.slice(close + 1));
  if (!found) return null;
  const [, state = '', user, system, startedAt, rssPages] = found;
  return {
    name: text.slice(open + 1, close) || nameless,
    state,
    ticks: Number(user) + Number(system),
    startedAt: Number(startedAt),
    rssPages: Math.max(0, Number(rssPages)),
  };
}

export interface ProcessGroup {
  name: string;
  count: number;
  rssPages: number;
  /** Since the last scan, by processes seen in both; null at the first scan. */
  ticks: number | null;
}

/** Processes by name. `before` maps a process number to what it was at the last scan. Pure. */
export function groupByName(
  now: ReadonlyMap<string, ProcessStat>,
  before: ReadonlyMap<string, ProcessStat> | null,
): ProcessGroup[] {
  const groups = new Map<string, ProcessGroup>();
  for (const [pid, stat] of now) {
    const group = groups.get(stat.name) ?? { name: stat.name, count: 0, rssPages: 0, ticks: before ? 0 : null };
    groups.set(stat.name, group);
    group.count += 1;
    group.rssPages += stat.rssPages;
    if (group.ticks === null) continue;
    const earlier = before?.get(pid);
    const same = earlier !== undefined && earlier.startedAt === stat.startedAt;
    group.ticks += Math.max(0, stat.ticks - (same ? earlier.ticks : 0));
  }
  return [...groups.values()];
}

const perList = 5;

/** The largest few by CPU and by memory, without those that use nothing. */
export function largest(groups: readonly ProcessGroup[]): ProcessGroup[] {
  const byCpu = groups.filter((group) => (group.ticks ?? 0) > 0).sort((a, b) => (b.ticks ?? 0) - (a.ticks ?? 0));
  const byMemory = groups.filter((group) => group.rssPages > 0).sort((a, b) => b.rssPages - a.rssPages);
  return [...new Set([...byCpu.slice(0, perList), ...byMemory.slice(0, perList)])];
}

/** Linux gives user space 100 ticks per second on every architecture that Node runs on. */
const msPerTick = 10;

const isBlocked = (state: string) => state === 'D';
const isSleeping = (state: string) => state === 'S' || state === 'I';

function counts(stats: Iterable<ProcessStat>) {
  const sums = { total: 0, running: 0, sleeping: 0, blocked: 0, zombies: 0 };
  for (const { state } of stats) {
    sums.total += 1;
    if (state === 'R') sums.running += 1;
    else if (isSleeping(state)) sums.sleeping += 1;
    else if (isBlocked(state)) sums.blocked += 1;
    else if (state === 'Z') sums.zombies += 1;
  }
  return sums;
}

function scan(root: string): Map<string, ProcessStat> {
  const found = new Map<string, ProcessStat>();
  for (const pid of namesIn(root, '/proc')) {
    const first = pid.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const text = readText(root, `/proc/${pid}/stat`);
    const stat = text === null ? null : parseProcessStat(text);
    if (stat) found.set(pid, stat);
  }
  return found;
}

function linux(context: CheckContext, last: { at: number; stats: Map<string, ProcessStat> } | null) {
  const stats = scan(context.root);
  if (stats.size === 0) throw new NoData(reason('no_processes'));
  const [at, now] = [context.clock.monotonic(), context.clock.now()];
  const elapsedMs = last ? at - last.at : 0;
  const page = pageBytes(context.root);
  const groups = largest(groupByName(stats, last?.stats ?? null));
  const top: Metric[] = groups.flatMap((group) => {
    const cpu = group.ticks === null || elapsedMs <= 0 ? null : ((group.ticks * msPerTick) / elapsedMs) * 100;
    const rss = page === null ? null : group.rssPages * page;
    const fields = { cpu_usage: round(cpu), memory_rss: rss, num_procs: group.count };
    return metric('procstat', { process_name: group.name }, fields, now);
  });
  const findings: Findings = { metrics: [...metric('processes', {}, counts(stats.values()), now), ...top] };
  return { findings, next: { at, stats } };
}

/** On Windows and macOS by systeminformation, which starts one process for it. */
async function elsewhere(context: CheckContext): Promise<Findings> {
  const { processes: list } = await import('systeminformation');
  const { all, running, sleeping, blocked, list: each } = await list();
  const now = context.clock.now();
  const groups = new Map<string, { cpu: number; rss: number; count: number }>();
  for (const { name: given, cpu, memRss } of each) {
    const name = given || nameless;
    const group = groups.get(name) ?? { cpu: 0, rss: 0, count: 0 };
    groups.set(name, { cpu: group.cpu + cpu, rss: group.rss + memRss * 1024, count: group.count + 1 });
  }
  const names = (by: 'cpu' | 'rss') => [...groups].sort((a, b) => b[1][by] - a[1][by]).slice(0, perList);
  const top = new Map([...names('cpu'), ...names('rss')]);
  return {
    metrics: [
      ...metric('processes', {}, { total: all, running, sleeping, blocked }, now),
      ...[...top].flatMap(([process_name, { cpu, rss, count }]) =>
        metric('procstat', { process_name }, { cpu_usage: round(cpu), memory_rss: rss, num_procs: count }, now),
      ),
    ],
  };
}

export function processes(platform: NodeJS.Platform = process.platform): Check {
  let last: { at: number; stats: Map<string, ProcessStat> } | null = null;
  return {
    name: 'processes',
    every: platform === 'linux' ? 60_000 : 300_000,
    reads: '/proc/*/stat (Linux), systeminformation (Windows, macOS); no rights needed',
    async run(context) {
      if (context.platform !== 'linux') return elsewhere(context);
      const { findings, next } = linux(context, last);
      last = next;
      return findings;
    },
  };
}
