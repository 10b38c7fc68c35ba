/**
 * `npm run bench -- agent [--minutes N] [--interval 10] [--program FILE]`: what the agent costs its host, beside the same from a
 * package (FILE is its executable), and node_exporter and collectd where they are installed, on the same machine at the
 * same time and the same interval.
 *
 * "Touched" is what a cycle makes the system keep in memory, or read back where it pages idle memory out: all marks of use are
 * cleared, one interval later those that are set again are counted (`Referenced`). The median of `touchCycles` intervals. A page of
 * a file is marked for all by whoever used it and ended, so all run from copies of programs and libraries that nobody else has.
 *
 * The floor is a bare process of Node with the agent's flags that does nothing but send 900 bytes in each interval, and read an
 * answer: less than that no agent in Node can cost.
 *
 * CPU is what the scheduler counted (ns on a core, all threads). Private is what would be free if the process ended. A
 * process that was started and has ended leaves page faults in its parent's count of its children's: 0 new ones
 * means that none was started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { leanFlags } from '../../agent/lean.ts';
import { agentMain, enrolledFolder, startAgent, temporaryFolder } from '../support/agent.ts';
import { wordsOf } from '../support/arguments.ts';
import { startBroker } from '../support/broker.ts';

interface Cost {
  cpuMs: number;
  rssKiB: number;
  privateKiB: number;
  /** Of these: the rest are pages of a program that nobody else runs, which the system may drop and read again. */
  writtenKiB: number;
  childFaults: number;
}

/** @returns null when the process has ended */
function costOf(pid: number): Cost | null {
  try {
    const smaps = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(smaps)?.[1] ?? Number.NaN);
    const ns = readdirSync(`/proc/${pid}/task`)
      .map((tid) => Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]))
      .reduce((sum, value) => sum + value, 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
    return {
      cpuMs: ns / 1e6,
      rssKiB: kib('Rss'),
      privateKiB: kib('Private_Clean') + kib('Private_Dirty'),
      writtenKiB: kib('Private_Dirty'),
      childFaults: Number(stat[8]),
    };
  } catch {
    // The process has ended.
    return null;
  }
}

const touchCycles = 7;

/** Pages used within one interval, in KiB; of them those of no file. @returns null when the process has ended or marks cannot be cleared */
async function touchedBy(pid: number, intervalS: number): Promise<Touched | null> {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '1');
    await wait(intervalS * 1000);
    const sums: Touched = { kib: 0, ofNoFileKiB: 0, parts: new Map() };
    let name = '';
    let isFile = false;
    for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
      const area = /^[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ (\d+) *(.*)$/.exec(line);
      if (area) {
        isFile = area[2] !== '0';
        name = `${area[3]?.split('/').at(-1) || 'no file'} ${area[1]}`;
      }
      const used = Number(/^Referenced: +(\d+)/.exec(line)?.[1] ?? 0);
      if (used === 0) continue;
      sums.kib += used;
      if (!isFile) sums.ofNoFileKiB += used;
      sums.parts.set(name, (sums.parts.get(name) ?? 0) + used);
    }
    return sums;
  } catch {
    return null;
  }
}

interface Touched {
  kib: number;
  ofNoFileKiB: number;
  /** By file and rights. */
  parts: Map<string, number>;
}

async function touchLine({ name, pid }: Guest, intervalS: number): Promise<string> {
  const seen: Touched[] = [];
  for (let i = 0; i < touchCycles; i++) {
    const touched = await touchedBy(pid, intervalS);
    if (touched) seen.push(touched);
  }
  const middle = seen.sort((a, b) => a.kib - b.kib)[seen.length >> 1];
  if (!middle) return `${name.padEnd(16)} touched: could not be counted`;
  const mb = (kib: number | undefined) => ((kib ?? Number.NaN) / 1024).toFixed(1);
  const parts = [...middle.parts].sort((a, b) => b[1] - a[1]).slice(0, 4);
  const largest = parts.map(([part, kib]) => `${part} ${mb(kib)}`).join(', ');
  const span = `${mb(seen[0]?.kib)}–${mb(seen.at(-1)?.kib)}`;
  return `${name.padEnd(16)} ${mb(middle.kib)} MB touched per cycle (${span}, n ${seen.length}), ${mb(middle.ofNoFileKiB)} of no file: ${largest}`;
}

interface Guest {
  name: string;
  pid: number;
  /** Asks it for one cycle, where it does nothing by itself. */
  poke?: () => Promise<unknown>;
  stop(): Promise<void>;
}

const stopChild = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.on('exit', () => resolve());
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 3000).unref();
  });

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

interface Ours extends Guest {
  reports(): number;
}

/** Node and the libraries of this process, once more: their pages are those of one guest. */
interface Copies {
  node: string;
  env: { LD_LIBRARY_PATH: string };
  remove(): void;
}

/** The name by which a program asks for it: `libstdc++.so.6` of `libstdc++.so.6.0.30`. */
const soname = (file: string) => basename(file).replace(/(\.so\.\d+)[.\d]*$/, '$1');

function copies(): Copies {
  const { path, remove } = temporaryFolder();
  const libraries = join(path, 'lib');
  mkdirSync(libraries);
  const mapped = new Set(readFileSync('/proc/self/maps', 'utf8').match(/\/\S+\.so(\.\d+)*$/gm));
  // The loader itself is named in each program.
  for (const file of mapped) if (!basename(file).startsWith('ld-')) copyFileSync(file, join(libraries, soname(file)));
  const node = join(path, 'node');
  copyFileSync(process.execPath, node);
  return { node, env: { LD_LIBRARY_PATH: libraries }, remove };
}

/** What no agent in Node can go below. */
async function floor(intervalS: number): Promise<Guest> {
  const { node, env, remove } = copies();
  const server = createServer((socket) => socket.on('error', () => {}).on('data', () => socket.write('an answer')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const tidy = "gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })";
  const script = `
    const socket = require('node:net').connect(${port}, '127.0.0.1').on('data', () => {});
    setTimeout(() => ${tidy}, 5000);
    setInterval(() => socket.write('x'.repeat(900)), ${intervalS * 1000});`;
  const child = spawn(node, [...leanFlags, '--eval', script], { stdio: 'ignore', env: { ...process.env, ...env } });
  const stop = async () => {
    await stopChild(child);
    server.close();
    remove();
  };
  return { name: 'floor: bare node', pid: child.pid as number, stop };
}

/** @param program of a package; none: from source */
async function ours(intervalS: number, program?: string): Promise<Ours> {
  const own = copies();
  const broker = await startBroker();
  const folder = enrolledFolder(broker.port);
  writeFileSync(join(folder.path, 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: intervalS }));
  // The first start of all fills the compile cache; the one that lasts is the second.
  const agent = startAgent(
    ['run', '--data', folder.path],
    undefined,
    own.env,
    program === undefined ? [own.node, '--disable-warning=ExperimentalWarning', agentMain] : [program],
  );
  return {
    name: program === undefined ? 'evenkeel agent' : 'from a package',
    pid: agent.child.pid as number,
    reports: () => broker.kept.filter((message) => message.leaf === 'report').length,
    async stop() {
      await stopChild(agent.child);
      await broker.down();
      folder.remove();
      own.remove();
    },
  };
}

async function nodeExporter(): Promise<Guest | null> {
  const file = '/usr/bin/prometheus-node-exporter';
  if (!existsSync(file)) return null;
  const port = await freePort();
  const child = spawn(file, [`--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  const poke = () => fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text());
  return { name: 'node_exporter', pid: child.pid as number, poke, stop: () => stopChild(child) };
}

async function collectd(intervalS: number): Promise<Guest | null> {
  const file = '/usr/sbin/collectd';
  if (!existsSync(file)) return null;
  const folder = temporaryFolder();
  const plugins = ['cpu', 'memory', 'load', 'df', 'disk', 'interface', 'swap', 'processes', 'uptime', 'users', 'csv'];
  const lines = [
    'Hostname "bench"',
    'FQDNLookup false',
    `Interval ${intervalS}`,
    `BaseDir "${folder.path}"`,
    `PIDFile "${join(folder.path, 'collectd.pid')}"`,
    ...plugins.map((name) => `LoadPlugin ${name}`),
    `<Plugin csv>\n DataDir "${join(folder.path, 'csv')}"\n</Plugin>`,
  ];
  const config = join(folder.path, 'collectd.conf');
  writeFileSync(config, `${lines.join('\n')}\n`);
  const own = copies();
  const child = spawn(file, ['-f', '-C', config], { stdio: 'ignore', env: { ...process.env, ...own.env } });
  const stop = async () => {
    await stopChild(child);
    own.remove();
    folder.remove();
  };
  return { name: 'collectd', pid: child.pid as number, stop };
}

function line(name: string, cost: Cost, cpuPerCycle: number): string {
  const mb = (kib: number) => (kib / 1024).toFixed(1).padStart(6);
  return `${name.padEnd(16)} ${cpuPerCycle.toFixed(2).padStart(6)} ms CPU a cycle  ${mb(cost.rssKiB)} MB resident  ${mb(cost.privateKiB)} MB private, ${mb(cost.writtenKiB)} of it written`;
}

/** Runs the comparison and prints one line a guest. Linux only: elsewhere there is no /proc to count in. */
export async function run(args: string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = wordsOf({ args, options: { minutes: text, interval: text, program: text } });
  const minutes = Number(values.minutes ?? 10);
  const intervalS = Number(values.interval ?? 10);
  if (process.platform !== 'linux') return console.log('SKIP agent bench: it counts in /proc, which only Linux has');
  const agents = [await ours(intervalS), ...(values.program ? [await ours(intervalS, values.program)] : [])];
  const others = [await floor(intervalS), await nodeExporter(), await collectd(intervalS)].filter(
    (guest) => guest !== null,
  );
  const guests: Guest[] = [...agents, ...others];
  const poking = setInterval(() => {
    for (const guest of others) void guest.poke?.().catch(() => {});
  }, intervalS * 1000);
  try {
    // The first inventory starts one process, and after 45 s the agent gives back what its start took; what follows is the loop.
    const warmUpS = Math.min(60, minutes * 20);
    await wait(warmUpS * 1000);
    const before = guests.map((guest) => costOf(guest.pid));
    const reports = agents.map((agent) => agent.reports());
    const started = performance.now();
    await wait(minutes * 60_000 - warmUpS * 1000);
    const cycles = (performance.now() - started) / 1000 / intervalS;
    for (const [i, guest] of guests.entries()) {
      const [from, to] = [before[i], costOf(guest.pid)];
      if (!from || !to) {
        console.log(`${guest.name.padEnd(16)} ended before the measurement did`);
        continue;
      }
      console.log(`FIGURE ${line(guest.name, to, (to.cpuMs - from.cpuMs) / cycles)}`);
      const agent = agents[i];
      if (!agent) continue;
      const children = to.childFaults - from.childFaults;
      const name = agent.name.padEnd(16);
      console.log(`FIGURE ${name} ${children === 0 ? '0 processes' : 'some processes were'} started in the loop`);
      console.log(`FIGURE ${name} ${agent.reports() - (reports[i] ?? 0)} reports in ${cycles.toFixed(1)} cycles`);
    }
    // After the CPU: clearing the marks costs page faults of its own.
    const lines = await Promise.all(guests.map((guest) => touchLine(guest, intervalS)));
    for (const line of lines) console.log(`FIGURE ${line}`);
  } finally {
    clearInterval(poking);
    for (const guest of guests) await guest.stop();
  }
}
