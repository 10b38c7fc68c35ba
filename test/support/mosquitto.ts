/** A real Mosquitto from the system's packages, on a free port, in a folder that is thrown away. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifierOf } from '../../collector/accounts/verifier.ts';
import { aclFile, passwordFile } from '../../collector/broker-users/mosquitto-files.ts';
import { freePort } from './port.ts';
import { until } from './until.ts';

const program = '/usr/sbin/mosquitto';
const plugin = '/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so';
const isRoot = process.getuid?.() === 0;

/** Why there can be none; the runner makes a failure of it on CI. */
export const mosquittoMissing = (): string | null => (existsSync(program) ? null : 'mosquitto is not installed');

export interface MosquittoServer {
  port: number;
  pid(): number;
  url: string;
  folder: string;
  /** Reads its files again. */
  reload(): void;
  write(name: string, text: string): void;
  /** Stops answering without closing anything (SIGSTOP), and goes on (SIGCONT). */
  freeze(): void;
  thaw(): void;
  /** @param signal SIGTERM: in order, as a restart by a person */
  stop(signal?: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
  /** The same at once, for the end of the process. */
  stopNow(): void;
}

export interface MosquittoOptions {
  users?: Readonly<Record<string, string>>;
  collectors?: readonly string[];
  acl?: string;
  /** The content of its password file, in place of `users`. */
  passwords?: string;
  /** The content of dynamic-security.json: its users and their rights come from there. */
  dynamicSecurity?: string;
  /** Paths of what it shows: then it speaks TLS only. */
  certificate?: { cert: string; key: string };
  /** Further lines of mosquitto.conf. */
  lines?: readonly string[];
}

export const collectorUser = { name: 'collector', password: 'secret of the collector' } as const;

export async function startMosquitto(options: MosquittoOptions = {}): Promise<MosquittoServer> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-mosquitto-'));
  const port = await freePort();
  const own = (path: string) => void (isRoot && spawnSync('chown', ['mosquitto:mosquitto', path]));
  own(folder);
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    own(join(folder, name));
  };
  const users = { [collectorUser.name]: collectorUser.password, ...options.users };
  write('acl', options.acl ?? aclFile(options.collectors ?? [collectorUser.name]));
  write(
    'passwd',
    options.passwords ??
      passwordFile(Object.entries(users).map(([name, secret]) => ({ name, verifier: verifierOf(secret) }))),
  );
  if (options.dynamicSecurity !== undefined) write('dynamic-security.json', options.dynamicSecurity);
  const access =
    options.dynamicSecurity === undefined
      ? [`password_file ${join(folder, 'passwd')}`, `acl_file ${join(folder, 'acl')}`]
      : [`plugin ${plugin}`, `plugin_opt_config_file ${join(folder, 'dynamic-security.json')}`];
  write(
    'mosquitto.conf',
    [
      'per_listener_settings false',
      `listener ${port} 127.0.0.1`,
      ...(options.certificate
        ? [`certfile ${join(folder, 'server.crt')}`, `keyfile ${join(folder, 'server.key')}`]
        : []),
      'allow_anonymous false',
      ...access,
      'persistence true',
      `persistence_location ${folder}/`,
      'max_inflight_messages 0',
      'max_queued_messages 100000',
      ...(options.lines ?? []),
      '',
    ].join('\n'),
  );
  if (options.certificate) {
    write('server.crt', readFileSync(options.certificate.cert, 'utf8'));
    write('server.key', readFileSync(options.certificate.key, 'utf8'));
  }
  let server: ChildProcess | null = null;
  let output = '';
  // Signals must reach the broker itself: as root it becomes its own user.
  const start = async () => {
    const child = spawn(program, ['-c', join(folder, 'mosquitto.conf')], { stdio: ['ignore', 'pipe', 'pipe'] });
    server = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    await until(
      async () => {
        if (child.exitCode !== null) throw new Error(`mosquitto ended: ${output}`);
        return answers(port);
      },
      10_000,
      'mosquitto',
    );
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    const child = server;
    server = null;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    child.kill('SIGCONT');
    await ended;
  };
  await start();
  return {
    ...{ port, url: `${options.certificate ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`, folder, write, start, stop },
    pid: () => server?.pid ?? 0,
    reload: () => void server?.kill('SIGHUP'),
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async close() {
      await stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
    stopNow() {
      server?.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
