/**
 * `npm run demo`: a collector with months behind it and a fleet that goes on, in a folder of its own that is removed at the
 * end. Nothing of it touches ./data.
 */
import '../../shared/needs-node.ts';

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../../shared/errors.ts';
import { wordsOf } from '../support/arguments.ts';
import { alertingSettings, setUpAlerting, startReceiver } from './alerting.ts';
import { createSimulated, type Simulated } from './endpoint.ts';
import { createApi } from './history/api.ts';
import { demoPlan } from './history/demo-plan.ts';
import { type FilledEndpoint, fillHistory } from './history/fill.ts';
import { Stopped, stopOnSignal } from './stop.ts';

const top = fileURLToPath(new URL('../..', import.meta.url));
const usage = `npm run demo -- [options]
  --days N          how long the history is (90)
  --http-port N     of the web app (7460; 0: any free one, printed)
  --seed S          the same seed is the same history (1)
  --keep            leave the folder when it ends, and say where it is`;

const { values } = wordsOf(
  {
    options: {
      days: { type: 'string', default: '90' },
      'http-port': { type: 'string', default: '7460' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  },
  usage,
);

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-demo-'));
const data = join(folder, 'data');
const endpoints: Simulated[] = [];
let collector: ChildProcess | undefined;
let builder: ChildProcess | undefined;
let isEnding = false;

function wholeNumber(name: 'days' | 'http-port' | 'seed', least: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${name} ${values[name]} is no whole number from ${least} on.\n\n${usage}`);
}

const lookAgainMs = 2000;
const app = join(top, 'dashboards', 'web');

/** What is older than its source would show yesterday's pages. */
function isBuilt(): boolean {
  const page = join(app, 'dist', 'index.html');
  if (!existsSync(page)) return false;
  const builtAt = statSync(page).mtimeMs;
  const files = [app, join(top, 'shared')].flatMap((from) =>
    readdirSync(from, { recursive: true, encoding: 'utf8' }).map((name) => join(from, name)),
  );
  return !files.some((file) => !file.startsWith(join(app, 'dist')) && statSync(file).mtimeMs > builtAt);
}

/** @throws Stopped; Error when it has failed */
async function build(): Promise<void> {
  if (isBuilt()) return;
  console.log('Builds the web app …');
  const vite = join(top, 'node_modules', 'vite', 'bin', 'vite.js');
  const words = ['build', '--config', join(app, 'vite.config.ts'), '--logLevel', 'warn'];
  builder = spawn(process.execPath, [vite, ...words], { cwd: top, stdio: 'inherit' });
  const [status, signal] = await once(builder, 'exit');
  // Ctrl+C reaches it, too.
  if (signal !== null) throw new Stopped('Stopped while the web app was built; npm run demo begins anew.');
  if (status !== 0) throw new Error('The web app could not be built; the lines above say why.');
}

/** As a person starts it. @returns where agents connect and people look, once it runs */
function startCollector(httpPort: number): Promise<{ agents: string; web: string }> {
  const main = join(top, 'collector', 'main.ts');
  const words = ['start', '--data', data, '--http-port', String(httpPort), '--mqtt-port', '0'];
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('EVENKEEL_'));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...words], {
    // Settings of a collector that serves others are none of the demo's.
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Ctrl+C reaches this process alone, which passes it on once.
    detached: process.platform !== 'win32',
    // Under npm a collector ends when its parent is gone.
    env: { ...Object.fromEntries(own), npm_lifecycle_event: 'demo' },
  });
  collector = child;
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      collector = undefined;
      if (isEnding) return;
      reject(new Error(`The collector has ended (code ${code}).`));
      void end(1);
    });
    let web = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      console.log(line);
      web = /(http:\/\/\S+?)\/setup#/.exec(line)?.[1] ?? web;
      const agents = /^ {2}Agents +(\S+)/.exec(line)?.[1];
      if (agents !== undefined) resolve({ agents, web });
    });
  });
}

/** The same endpoints go on, over the network now. */
function goOn(filled: readonly FilledEndpoint[], url: string): void {
  for (const { machine, credential } of filled) {
    const simulated = createSimulated({ machine, credential: { ...credential, mqtt: { url } }, intervalMs: 10_000 });
    endpoints.push(simulated);
    simulated.start();
  }
}

async function end(code: number): Promise<void> {
  if (isEnding) process.exit(130);
  isEnding = true;
  builder?.kill();
  for (const endpoint of endpoints) endpoint.quiet();
  await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
  if (collector) {
    const ended = new Promise((resolve) => collector?.once('exit', resolve));
    collector.kill('SIGTERM');
    await ended;
  }
  if (values.keep) console.log(`The data is in ${data}; npm start -- --data ${data} shows it again.`);
  else rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}

/** Once there is an admin: with the first other user the set-up would be closed. */
async function alertingOnce(web: string): Promise<void> {
  const api = createApi(web, (await readFile(join(data, 'local.token'), 'utf8')).trim());
  for (;;) {
    const { items } = (await api.call('GET', '/api/v1/users')) as { items: unknown[] };
    if (items.length > 0) break;
    await setTimeout(lookAgainMs, undefined, { ref: false });
    if (isEnding) return;
  }
  const { url } = await startReceiver();
  await setUpAlerting({ api, receiver: url, web, now: Date.now() });
}

async function demo(): Promise<void> {
  const started = performance.now();
  const days = wholeNumber('days', 1);
  const httpPort = wholeNumber('http-port', 0);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const plan = demoPlan(days, Date.now(), timeZone, wholeNumber('seed', 0));
  const { signal, release } = stopOnSignal('nothing is left of it; npm run demo begins anew.');
  // Beside the history, on another core; without it there is no use in going on.
  const unbuilt = new AbortController();
  const building = build().catch((thrown: unknown) => unbuilt.abort(thrown));
  const filling = {
    plan,
    data,
    until: Date.now,
    onDay: console.log,
    signal: AbortSignal.any([signal, unbuilt.signal]),
  };
  const filled = await fillHistory(filling);
  await building;
  unbuilt.signal.throwIfAborted();
  release();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => void end(0));
  writeFileSync(join(folder, 'evenkeel.yaml'), alertingSettings);
  const { agents, web } = await startCollector(httpPort);
  goOn(filled, agents);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  alertingOnce(web).catch((thrown: unknown) => {
    if (!isEnding) console.error(`Without on-call and targets: ${reasonOf(thrown)}`);
  });
  console.log(`${filled.length} endpoints at ${plan.sites.length} sites, ${days} days, after ${seconds} s.`);
}

if (values.help) {
  console.log(usage);
  rmSync(folder, { recursive: true, force: true });
} else {
  demo().catch((thrown: unknown) => {
    console.error(reasonOf(thrown));
    void end(thrown instanceof Stopped ? 130 : 1);
  });
}
