/** A throw-away PostgreSQL: started once per process on a free port, in a folder of its own, and gone with the process. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port.ts';

export interface PostgresServer {
  port: number;
  /** Of all its processes now. */
  pids(): number[];
  /** Of the database `name`, which is made where it is missing, for the user `evenkeel`, who owns the server. */
  url(name: string, user?: string): string;
  /** Statements as that user. */
  run(database: string, ...statements: string[]): string;
  /** To all processes of the server, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void;
  /** At once, without saying goodbye to anybody. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** The newest version that Debian has installed; null where there is none. */
const home = '/usr/lib/postgresql';
const versions = existsSync(home) ? readdirSync(home).filter((name) => /^\d+$/.test(name)) : [];
const bin = versions.length === 0 ? null : join(home, versions.sort((a, b) => Number(b) - Number(a))[0] ?? '', 'bin');
/** Of its programs. */
export const postgresFolder = (): string => bin ?? home;
const isRoot = process.getuid?.() === 0;
/** PostgreSQL refuses to run as root. */
const asServer = (file: string, args: readonly string[]): [string, string[]] =>
  isRoot ? ['runuser', ['-u', 'postgres', '--', file, ...args]] : [file, [...args]];

function must(file: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(...asServer(join(bin as string, file), args), {
    encoding: 'utf8',
    cwd: '/',
  });
  if (status !== 0) throw new Error(`${file}: ${stderr}`);
  return stdout;
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));
let server: Promise<PostgresServer> | undefined;

/** Why there can be none; the runner makes a failure of it on CI. */
export const postgresMissing = (): string | null =>
  bin === null ? `no PostgreSQL in ${home}: install the package postgresql` : null;

/** @returns the reason why there is none here */
export async function postgresServer(): Promise<PostgresServer | string> {
  const missing = postgresMissing();
  if (missing !== null) return missing;
  server ??= begin();
  return server;
}

async function begin(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-postgres-'));
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (isRoot) for (const path of [folder, data]) spawnSync('chown', ['postgres', path]);
  must('initdb', ['-D', data, '-U', 'evenkeel', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8']);
  // One user has to give a password.
  const rules = join(data, 'pg_hba.conf');
  writeFileSync(rules, `host all locked 127.0.0.1/32 scram-sha-256\n${readFileSync(rules, 'utf8')}`);
  const port = await freePort();
  const made = new Set<string>();
  let child: ChildProcess | undefined;
  const pid = () => Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
  const psql = (database: string, ...statements: string[]) =>
    must('psql', [
      ...['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', String(port), '-U', 'evenkeel'],
      ...['-d', database, ...statements.flatMap((statement) => ['-c', statement])],
    ]);

  async function start(): Promise<void> {
    const options = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' };
    const words = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [file, args] = asServer(join(bin as string, 'postgres'), ['-D', data, '-p', String(port), ...words]);
    // Our process group, so that the runner ends it with us, whatever happens.
    child = spawn(file, args, { stdio: 'ignore', cwd: '/' });
    child.unref();
    const isReady = () =>
      spawnSync(join(bin as string, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]).status === 0;
    const end = performance.now() + 20_000;
    while (!isReady()) {
      if (performance.now() > end) throw new Error('PostgreSQL did not start within 20 s');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const pids = () => {
    const children = spawnSync('pgrep', ['-P', String(pid())], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter(Boolean);
    return [pid(), ...children.map(Number)];
  };

  await start();
  process.on('exit', () => {
    try {
      process.kill(pid(), 'SIGCONT');
      process.kill(pid(), 'SIGQUIT');
      // While it ends it still writes files.
      const end = performance.now() + 2000;
      while (existsSync(join(data, 'postmaster.pid')) && performance.now() < end) Atomics.wait(sleeper, 0, 0, 20);
    } catch {
      // It has ended already.
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  return {
    port,
    url(name, user = 'evenkeel') {
      if (!made.has(name)) psql('postgres', `create database "${name}"`);
      made.add(name);
      return `postgres://${user}@127.0.0.1:${port}/${name}`;
    },
    run: psql,
    pids,
    signal(signal) {
      for (const one of pids()) process.kill(one, signal);
    },
    async stop() {
      const ended = new Promise((resolve) => child?.once('exit', resolve));
      child?.ref();
      process.kill(pid(), 'SIGQUIT');
      await ended;
    },
    start,
  };
}
