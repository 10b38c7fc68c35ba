/** A whole collector inside the test's process: real stores, broker and HTTP on free ports, in a folder of its own. */
import { join } from 'node:path';
import pino from 'pino';
import { createTokens } from '../../collector/accounts/tokens.ts';
import { createCollector, type Started } from '../../collector/collector.ts';
import { loadConfig } from '../../collector/config.ts';
import { openState, type State } from '../../collector/state/open.ts';
import type { Role } from '../../shared/api.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { temporaryFolder } from './processes.ts';

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
  /** Role of the token that is sent; none: nobody. */
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
  close(): Promise<void>;
}

const roles: readonly Role[] = ['viewer', 'operator', 'manager', 'admin'];

export async function openCollector(options: { clock?: Clock; env?: Record<string, string> } = {}) {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const { config } = loadConfig({ data, httpPort: '0', mqttPort: '0' }, options.env ?? {}, folder.path);
  const log = pino({ level: 'silent' });
  const web = join(folder.path, 'no-web');
  const clock = options.clock ?? systemClock;
  const collector = createCollector(config, { clock, log, version: 'test', web });
  const started = await collector.start();
  const state = await openState(join(data, 'state.db'));
  const tokens = createTokens(state, clock.now);
  const secrets = new Map<Role, string>();
  for (const role of roles) secrets.set(role, (await tokens.create({ name: `a ${role}`, role, by: 'test' })).secret);
  const token = (role: Role) => secrets.get(role) as string;

  async function call(path: string, { method = 'GET', body, as, headers = {} }: CallOptions = {}): Promise<Answer> {
    const response = await fetch(started.addresses.http + path, {
      method,
      headers: {
        ...(as === undefined ? {} : { authorization: `Bearer ${token(as)}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (json ? JSON.parse(text) : undefined) as never,
    };
  }

  const inProcess: InProcess = {
    started,
    data,
    state,
    setupSecret: started.setupLink === null ? null : new URL(started.setupLink).hash.slice(1),
    call,
    token,
    async close() {
      await state.destroy();
      await collector.stop();
      folder.remove();
    },
  };
  return inProcess;
}
