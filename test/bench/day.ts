/**
 * `npm run bench -- day [--runs N] [--seconds N]`: what all checks cost an idle Linux endpoint in a day, in seconds of
 * CPU, and how far apart two reports are while every heavy check runs.
 *
 * Each check is run in the process that runs it in production (the agent's own, or the one of the heavy checks), with the
 * agent's real runner of programs. CPU is user + system of that process and of every child that it has waited for. The
 * first run of a check pays for its modules and has nothing remembered; the ones after it find the machine unchanged, as
 * nearly all runs of a day do. A day is one changed input a check (an update of the package lists) and the rest unchanged.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createChecks } from '../../agent/checks/index.ts';
import { memoryPath } from '../../agent/context.ts';
import { paceOf } from '../../agent/intervals.ts';
import { leanFlags } from '../../agent/lean.ts';
import { enrolledFolder, startAgent, temporaryFolder } from '../support/agent.ts';
import { wordsOf } from '../support/arguments.ts';
import { startBroker } from '../support/broker.ts';
import type { CheckCost } from './day-child.ts';

const child = fileURLToPath(new URL('./day-child.ts', import.meta.url));
const secondsADay = 86_400;

interface Line {
  name: string;
  runs: number;
  first: number;
  later: number;
  /** Seconds of CPU a day. */
  day: number;
}

/** Runs the checks in a process of their own. @returns user + system ms of each run of each check */
function costsOf(names: readonly string[], runs: number, data: string): Promise<CheckCost[]> {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(data, 'cache') };
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, [...leanFlags, child, data, String(runs), ...names], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    let text = '';
    started.stdout.on('data', (chunk) => {
      text += chunk;
    });
    started.on('close', (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`exit code ${code}`))));
  });
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Heavy checks that are due together share a process, whose start is paid once for each round. */
async function table(runs: number): Promise<Line[]> {
  const folder = temporaryFolder();
  try {
    const checks = createChecks();
    const names = (heavy: boolean) => checks.filter((one) => Boolean(one.heavy) === heavy).map(({ name }) => name);
    // Once for nothing: it fills the compile cache, as the first start of an agent does; what it remembers is forgotten.
    await costsOf([...names(false), ...names(true)], 1, folder.path);
    rmSync(memoryPath(folder.path), { recursive: true, force: true });
    const measured = new Map<string, CheckCost>();
    for (const cost of await costsOf(names(false), runs, folder.path)) measured.set(cost.name, cost);
    // What a heavy check remembers lies in files, so a process of its own for each costs what it costs in production.
    for (const name of names(true))
      for (const cost of await costsOf([name], Math.min(runs, 3), folder.path)) measured.set(name, cost);
    return checks.map((check) => {
      const { everyMs } = paceOf(check, { v: 1 });
      const perDay = (secondsADay * 1000) / everyMs;
      const { start = 0, ms = [] } = measured.get(check.name) ?? {};
      const [first = 0, ...others] = ms;
      const later = median(others);
      const again = check.heavy ? later + start : later;
      return { name: check.name, runs: perDay, first, later, day: (first + start + (perDay - 1) * again) / 1000 };
    });
  } finally {
    folder.remove();
  }
}

const pad = (value: string | number, width: number) => String(value).padStart(width);

function print(lines: readonly Line[]): void {
  console.log(
    `${'check'.padEnd(14)} ${pad('runs a day', 11)} ${pad('first ms', 10)} ${pad('later ms', 10)} ${pad('s a day', 9)}`,
  );
  for (const { name, runs, first, later, day } of [...lines].sort((a, b) => b.day - a.day)) {
    console.log(
      `${name.padEnd(14)} ${pad(Math.round(runs), 11)} ${pad(first.toFixed(1), 10)} ${pad(later.toFixed(2), 10)} ${pad(day.toFixed(2), 9)}`,
    );
  }
  const sum = lines.reduce((total, { day }) => total + day, 0);
  console.log(
    `FIGURE day: all checks together ${sum.toFixed(1)} s of CPU (${((sum / secondsADay) * 100).toFixed(3)} % of one core)`,
  );
}

/** Processes below one, with their nice value, from /proc. */
function childrenOf(pid: number): { pid: number; nice: number; name: string }[] {
  const found: { pid: number; nice: number; name: string }[] = [];
  const below = new Set([pid]);
  const rows = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/stat`, 'latin1');
        const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
        const title = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
        return [{ pid: Number(name), parent: Number(rest[1]), nice: Number(rest[16]), name: title }];
      } catch {
        // It has ended since it was listed.
        return [];
      }
    })
    .sort((a, b) => a.pid - b.pid);
  for (let grew = true; grew; ) {
    grew = false;
    for (const row of rows) {
      if (below.has(row.pid) || !below.has(row.parent)) continue;
      below.add(row.pid);
      found.push(row);
      grew = true;
    }
  }
  return found;
}

const stopChild = (process: ChildProcess) =>
  new Promise<void>((resolve) => {
    process.on('exit', () => resolve());
    process.kill('SIGTERM');
  });

/** A real agent, one report a second, every heavy check again and again: how far apart are two reports? */
async function gaps(seconds: number): Promise<void> {
  const broker = await startBroker();
  const folder = enrolledFolder(broker.port);
  const heavy = createChecks()
    .filter((check) => check.heavy)
    .map(({ name }) => [name, { every_s: 0.5 }]);
  const local = { v: 1, interval_s: 1, checks: Object.fromEntries(heavy) };
  writeFileSync(join(folder.path, 'agent.settings.json'), JSON.stringify(local));
  const agent = startAgent(['run', '--data', folder.path]);
  const nice = new Map<string, number>();
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    for (const row of childrenOf(agent.child.pid as number))
      nice.set(row.name, Math.min(row.nice, nice.get(row.name) ?? 19));
    await wait(50);
  }
  await stopChild(agent.child);
  await broker.down();
  const times = broker.kept
    .filter(({ leaf }) => leaf === 'report')
    .map(({ at }) => at)
    .sort((a, b) => a - b);
  // The first three find their own rhythm: at once, after 2 s, then at a random moment.
  const between = times.slice(3).map((at, index) => at - (times[index + 2] as number));
  console.log(
    `FIGURE day: largest gap between two of ${times.length} reports ${Math.max(...between)} ms (interval 1000 ms, heavy checks running)`,
  );
  const eager = [...nice].filter(([, value]) => value < 19).map(([name]) => name);
  console.log(`FIGURE day: ${nice.size} kinds of heavy children seen, not at nice 19: ${eager.join(', ') || 'none'}`);
  folder.remove();
}

/** Prints the table and the figures. Linux only: elsewhere there is no /proc to look in. */
export async function run(args: string[]): Promise<void> {
  const { values } = wordsOf({ args, options: { runs: { type: 'string' }, seconds: { type: 'string' } } });
  if (process.platform !== 'linux') return console.log('SKIP day bench: it looks in /proc, which only Linux has');
  print(await table(Number(values.runs ?? 20)));
  await gaps(Number(values.seconds ?? 60));
}
