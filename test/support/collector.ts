/** A whole collector inside the test's process: real stores, broker and HTTP on free ports, in a folder of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import { createTokens } from '../../collector/accounts/tokens.ts';
import { createCollector, type Started } from '../../collector/collector.ts';
import { loadConfig } from '../../collector/settings/config.ts';
import { openState, type State } from '../../collector/state/open.ts';
import type { Role } from '../../shared/api.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { seriesSettings } from './influxdb.ts';
import { temporaryFolder } from './processes.ts';
import { stateEnv, statePlace } from './state.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed JSON; undefined for anything else. */
  body: never;
}

export interface CallOptions {
  method?: string;
  body?: unknown;
  /** Role of the token that is sent; none: no one. */
  as?: Role | undefined;
  headers?: Record<string, string>;
}

export interface InProcess {
  started: Started;
  data: string;
  /** A second handle on the same state, for what a test puts there. */
  state: State;
  setupSecret: string | null;
  call(path: string, options?: CallOptions): Promise<Answer>;
  token(role: Role): string;
  /** What was logged as warning or worse. */
  logged: { level: number; msg: string; [field: string]: unknown }[];
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Starts it again on the same data after `stop`, with other settings if given; tokens are new ones. */
  again(settings?: string): Promise<InProcess>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface OpenOptions {
  clock?: Clock;
  env?: Record<string, string>;
  /** Text of evenkeel.yaml. */
  settings?: string;
  /** Port of HTTP, for a collector whose public address is another one; default any. */
  httpPort?: number;
  /** Folder of the built web app; none is served without it. */
  web?: string;
}

const roles: readonly Role[] = ['viewer', 'operator', 'manager', 'admin'];

/** What the collector writes meanwhile cannot end while SQLite waits for it: both are in this process. */
export async function onceFree<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await write();
    } catch (thrown) {
      if (tries >= 20 || (thrown as { code?: string }).code !== 'STATE_UNAVAILABLE') throw thrown;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

export async function openCollector(options: OpenOptions = {}, folder = temporaryFolder()): Promise<InProcess> {
  const data = join(folder.path, 'data');
  const series = await seriesSettings(data);
  if (options.settings !== undefined || series !== '')
    writeFileSync(join(folder.path, 'evenkeel.yaml'), `${options.settings ?? ''}${series}`);
  const { config } = loadConfig(
    { data, httpPort: String(options.httpPort ?? 0), mqttPort: '0' },
    { ...stateEnv(data), ...options.env },
    folder.path,
  );
  const logged: InProcess['logged'] = [];
  const log = pino(
    { level: 'warn' },
    new Writable({
      write(line, _encoding, done) {
        logged.push(JSON.parse(String(line)));
        done();
      },
    }),
  );
  const web = options.web ?? join(folder.path, 'no-web');
  const clock = options.clock ?? systemClock;
  const collector = createCollector(config, { clock, log, version: 'test', web });
  const started = await collector.start();
  const state = await openState(statePlace(data));
  const tokens = createTokens(state, clock.now);
  const secrets = new Map<Role, string>();
  for (const role of roles) {
    const name = `a ${role}`;
    // Of the start before, on the same folder.
    await onceFree(() => tokens.revokeNamed(name));
    secrets.set(role, (await onceFree(() => tokens.create({ name, role, by: 'test' }))).secret);
  }
  const token = (role: Role) => secrets.get(role) as string;

  const own = options.httpPort === undefined ? started.addresses.http : `http://127.0.0.1:${options.httpPort}`;

  async function call(path: string, { method = 'GET', body, as, headers = {} }: CallOptions = {}): Promise<Answer> {
    const response = await fetch(own + path, {
      method,
      headers: {
        ...(as === undefined ? {} : { authorization: `Bearer ${token(as)}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('/json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (json ? JSON.parse(text) : undefined) as never,
    };
  }

  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= state.destroy().then(() => collector.stop());
    return stopped;
  };
  async function close(): Promise<void> {
    await stop();
    folder.remove();
  }

  const inProcess: InProcess = {
    started,
    data,
    state,
    setupSecret: started.setupLink === null ? null : new URL(started.setupLink).hash.slice(1),
    call,
    token,
    logged,
    stop,
    again: (settings) => openCollector(settings === undefined ? options : { ...options, settings }, folder),
    close,
    [Symbol.asyncDispose]: close,
  };
  return inProcess;
}
