/**
 * `npm run dev [-- --data DIR --port N]`: the web app from source, changed in the open page, before a collector with an
 * agent for this machine that starts again when its own source changes. Browsers speak to one address: calls pass
 * through with the Host header that the browser sent, because the collector refuses a log-in whose Origin is not Host.
 */
import '../shared/needs-node.ts';

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { wordsOf } from './support/arguments.ts';
import { freePort } from './support/port.ts';

const top = fileURLToPath(new URL('..', import.meta.url));
const main = join(top, 'collector', 'main.ts');
/** What the collector and its agent are made of. */
const watched = ['agent', 'collector', 'shared'].map((room) => join(top, room));
/** An editor that saves several files at once causes one restart. */
const settleMs = 100;
/** Not pages of the web app: what the collector itself answers. */
const answered = '^/(api|metrics|healthz|readyz|openapi)(/|\\.|$|\\?)';

const { values } = wordsOf({ options: { data: { type: 'string' }, port: { type: 'string', default: '5173' } } });
if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
  process.stderr.write(`--port ${values.port} is not a port; give a whole number from 0 (any free one) to 65535.\n`);
  process.exit(2);
}
const data = values.data === undefined ? mkdtempSync(join(tmpdir(), 'evenkeel-dev-')) : resolve(values.data);
mkdirSync(data, { recursive: true });

/** The same for all starts of the collector: the calls of open pages find it again. */
const collectorPort = await freePort();
const behind = `http://127.0.0.1:${collectorPort}`;
const vite = await createServer({
  configFile: join(top, 'dashboards', 'web', 'vite.config.ts'),
  server: {
    host: '127.0.0.1',
    port: Number(values.port),
    proxy: { [answered]: { target: behind, changeOrigin: false } },
    // The words lie in shared/; node_modules may be a link to somewhere else.
    fs: { allow: [top, realpathSync(join(top, 'node_modules'))] },
  },
});
await vite.listen();
// Vite would end the process before the collector has stopped.
process.removeAllListeners('SIGTERM');
process.stdin.removeAllListeners('end');
const address = new URL(vite.resolvedUrls?.local[0] as string).origin;

let collector: ChildProcess | undefined;
/** Ended by us: for a restart, or for good. */
const ended = new WeakSet<ChildProcess>();
let stopping = false;

function start(): void {
  const words = ['start', '--local-agent', '--data', data, '--mqtt-port', '0'];
  const http = ['--http-host', '127.0.0.1', '--http-port', String(collectorPort)];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...words, ...http], {
    // Settings for development lie in its own folder: those of a collector that serves others may ask for TLS.
    cwd: data,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Ctrl+C reaches this process alone, which passes it on once: a second signal would cut the stop short.
    detached: process.platform !== 'win32',
    // Under npm a collector ends when its parent is gone: none outlives us, however we end.
    env: { ...process.env, npm_lifecycle_event: 'dev' },
  });
  collector = child;
  createInterface({ input: child.stdout }).on('line', (line) => console.log(line.replaceAll(behind, address)));
  child.once('exit', (code, signal) => {
    collector = undefined;
    if (!ended.has(child))
      console.log(`The collector has ended (${signal ?? `code ${code}`}); the next change starts it again.`);
  });
}

async function stop(): Promise<void> {
  const child = collector;
  if (!child) return;
  ended.add(child);
  const exit = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await exit;
}

let restarted: Promise<void> = Promise.resolve();
let timer: NodeJS.Timeout | undefined;

vite.watcher.add(watched);
vite.watcher.on('all', (_event, file) => {
  if (stopping || !file.endsWith('.ts') || !watched.some((room) => file.startsWith(room))) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    console.log(`Restarting the collector: ${relative(top, file)} changed`);
    restarted = restarted.then(stop).then(start);
  }, settleMs);
});

async function end(): Promise<void> {
  if (stopping) process.exit(130);
  stopping = true;
  clearTimeout(timer);
  await restarted;
  await Promise.all([stop(), vite.close()]);
  if (values.data === undefined) rmSync(data, { recursive: true, force: true });
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());

start();
