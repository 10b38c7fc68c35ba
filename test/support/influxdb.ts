/** A real InfluxDB 1.x from the system's packages, on free ports, in a folder that is thrown away. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { until } from './until.ts';

export interface InfluxServer {
  url: string;
  folder: string;
  pid(): number;
  /** Runs InfluxQL as the administrator; the parsed answer. */
  ask(
    statement: string,
  ): Promise<{ results: { series?: { tags?: Record<string, string>; values: unknown[][] }[]; error?: string }[] }>;
  /** Stops answering without closing anything (SIGSTOP), and goes on (SIGCONT). */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  /** Starts again on the same data and port. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** The same at once, for the end of the process. */
  stopNow(): void;
}

/** Why there can be none; the runner makes a failure of it on CI. */
export function influxMissing(): string | null {
  try {
    execFileSync('influxd', ['version'], { stdio: 'pipe' });
    return null;
  } catch {
    return 'influxd is not installed';
  }
}

/** For tests: the name of a database no one else uses. */
let databases = 0;
export const freshDatabase = (): string => `t${process.pid}_${++databases}`;

/**
 * @param auth users must log in; `admin` with the password `admin password` is made
 * @param dataLines of its section [data]
 * @param within the folder that its own is made in
 */
export async function startInflux({
  auth = false,
  dataLines = [] as readonly string[],
  within = tmpdir(),
} = {}): Promise<InfluxServer> {
  const folder = mkdtempSync(join(within, 'evenkeel-influx-'));
  chmodSync(folder, 0o700);
  const [port, backup] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const path = (name: string) => {
    mkdirSync(join(folder, name));
    return JSON.stringify(join(folder, name));
  };
  const file = join(folder, 'influxdb.conf');
  writeFileSync(
    file,
    `reporting-disabled = true
bind-address = "127.0.0.1:${backup}"
[meta]
dir = ${path('meta')}
[data]
dir = ${path('data')}
wal-dir = ${path('wal')}
index-version = "tsi1"
query-log-enabled = false
${dataLines.join('\n')}
[http]
bind-address = "127.0.0.1:${port}"
log-enabled = false
auth-enabled = ${auth}
[monitor]
store-enabled = false
[continuous_queries]
enabled = false
`,
  );
  let server: ChildProcess | null = null;
  let output = '';

  const answers = () =>
    fetch(`${url}/ping`, { signal: AbortSignal.timeout(1000) }).then(
      ({ status }) => status === 204,
      () => false,
    );
  const start = async () => {
    server = spawn('influxd', ['run', '-config', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    // It ends with the test's process, and must not keep that alive.
    server.unref();
    (server.stderr as Socket | null)?.unref();
    server.stderr?.on('data', (chunk) => {
      output = (output + chunk).slice(-4000);
    });
    await until(answers, 30_000, 'InfluxDB to answer').catch((thrown: Error) => {
      throw new Error(`${thrown.message}\n${output}`);
    });
  };
  const kill = async () => {
    const ending = server;
    server = null;
    if (!ending || ending.exitCode !== null) return;
    ending.ref();
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill('SIGKILL');
    await ended;
  };
  const ask: InfluxServer['ask'] = async (statement) => {
    const response = await fetch(`${url}/query`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(auth ? { authorization: `Basic ${Buffer.from('admin:admin password').toString('base64')}` } : {}),
      },
      body: new URLSearchParams({ q: statement }),
    });
    return (await response.json()) as Awaited<ReturnType<InfluxServer['ask']>>;
  };
  await start();
  if (auth) await ask(`create user "admin" with password 'admin password' with all privileges`);
  return {
    ...{ url, folder, ask },
    pid: () => server?.pid ?? 0,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    kill,
    start,
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
    stopNow() {
      server?.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let shared: Promise<InfluxServer> | null = null;
const databaseOf = new Map<string, string>();

/**
 * Lines of evenkeel.yaml for the collector over `data`: with EVENKEEL_TEST_SERIES=influx its series are in an InfluxDB of the
 * test's process, in a database of its own; otherwise none.
 */
export async function seriesSettings(data: string): Promise<string> {
  if (process.env.EVENKEEL_TEST_SERIES !== 'influx') return '';
  shared ??= startInflux().then((server) => {
    process.once('exit', () => server.stopNow());
    return server;
  });
  const { url } = await shared;
  const database = databaseOf.get(data) ?? freshDatabase();
  databaseOf.set(data, database);
  return `\nseries: { kind: influx, url: '${url}', database: ${database} }\n`;
}

/** InfluxDB compares with its own clock, and tests have theirs: nothing is too old. */
export const forEver = { raw: 87_600 * 3_600_000, '5m': 876_000 * 3_600_000, '1h': 876_000 * 3_600_000 };
