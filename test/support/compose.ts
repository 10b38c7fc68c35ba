/**
 * What `collector/package/cluster/compose.yaml` starts, without containers: the same programs from Debian's packages with the words,
 * variables and files that stand there. Names of containers become this machine, their ports free ones.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { freePort } from './port.ts';
import { postgresFolder } from './postgres.ts';
import { type Running, runCollector, until } from './processes.ts';

export const clusterFolder = fileURLToPath(new URL('../../collector/package/cluster/', import.meta.url));

export interface ComposeService {
  image: string;
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  volumes: string[];
  ports?: string[];
  profiles?: string[];
  networks?: string[];
  restart?: string;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
}

export interface ComposeFile {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
}

export const readCompose = (): ComposeFile =>
  parse(readFileSync(join(clusterFolder, 'compose.yaml'), 'utf8'), { merge: true }) as ComposeFile;

/** @param folder where secrets, certificates and settings come */
export function prepare(folder: string, name = '127.0.0.1'): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('sh', [join(clusterFolder, 'prepare'), name, folder], {
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

const isRoot = process.getuid?.() === 0;
const users: Record<string, string> = { postgres: 'postgres', influxdb: 'influxdb', mosquitto: 'mosquitto' };

export interface ComposeRun {
  collectors: { name: string; http: string; running: Running; config: string; data: string }[];
  /** The authority, for whoever connects. */
  ca: string;
  get<T>(http: string, path: string, token?: string): Promise<{ status: number; body: T }>;
  post<T>(http: string, path: string, body: object, token?: string): Promise<{ status: number; body: T }>;
  close(): Promise<void>;
}

/** @param made the folder of `prepare` */
export async function runCompose(made: string): Promise<ComposeRun> {
  const home = mkdtempSync(join(tmpdir(), 'evenkeel-compose-'));
  // The servers run as users of their own.
  chmodSync(home, 0o755);
  const { services } = readCompose();
  const ports = { postgres: await freePort(), influxdb: await freePort(), mosquitto: await freePort() };
  const children: ChildProcess[] = [];
  const collectors: ComposeRun['collectors'] = [];
  const ca = readFileSync(join(made, 'authority/ca.crt'), 'utf8');
  let said = '';

  /** Where a path of the container is here: what is mounted, in a copy that the program's user may read. */
  const mounted = new Map<string, Map<string, string>>();
  for (const name of Object.keys(users)) {
    const places = new Map<string, string>();
    for (const volume of (services[name] as ComposeService).volumes) {
      const [from = '', to = ''] = volume.split(':');
      const here = join(home, name, to.replaceAll('/', '_'));
      mkdirSync(here, { recursive: true });
      if (from.startsWith('./made/')) cpSync(join(made, from.slice('./made/'.length)), here, { recursive: true });
      places.set(to, here);
    }
    mounted.set(name, places);
  }
  const here = (service: string, text: string) =>
    [...(mounted.get(service) ?? [])].reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
  const own = (service: string) => {
    if (isRoot) spawnSync('chown', ['-R', users[service] as string, join(home, service)]);
  };
  const asUser = (service: string, file: string, words: readonly string[]): [string, string[]] =>
    isRoot ? ['runuser', ['-u', users[service] as string, '--', file, ...words]] : [file, [...words]];
  const begin = (service: string, file: string, words: readonly string[], env: Record<string, string> = {}) => {
    const child = spawn(...asUser(service, file, words), {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
      env: { PATH: process.env.PATH ?? '', ...env },
    });
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-4000);
    });
    children.push(child);
  };
  const must = (file: string, words: readonly string[], env: Record<string, string> = {}) => {
    const { status, stderr } = spawnSync(file, words, { encoding: 'utf8', cwd: '/', env: { ...process.env, ...env } });
    if (status !== 0) throw new Error(`${file} ${words.join(' ')}: ${stderr}`);
  };
  const call = <T>(url: string, method: string, body?: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; body: T }>((resolve, reject) => {
      const asked = request(url, { method, ca, headers, agent: false, timeout: 20_000 }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          const isJson = text !== '' && /json/.test(response.headers['content-type'] ?? '');
          resolve({ status: response.statusCode ?? 0, body: (isJson ? JSON.parse(text) : text) as T });
        });
      });
      asked.on('timeout', () => asked.destroy(new Error(`${url} did not answer`)));
      asked.on('error', reject);
      asked.end(body);
    });

  async function startPostgres(): Promise<void> {
    const { environment = {}, command = [], healthcheck } = services.postgres as ComposeService;
    const { POSTGRES_USER: user = '', POSTGRES_DB: database = '', POSTGRES_INITDB_ARGS: first = '' } = environment;
    const data = join(here('postgres', '/var/lib/postgresql/data'), 'data');
    const password = here('postgres', environment.POSTGRES_PASSWORD_FILE ?? '');
    own('postgres');
    const initdb = ['-D', data, '-U', user, `--pwfile=${password}`, '--no-sync', ...first.split(' ')];
    must(...asUser('postgres', join(postgresFolder(), 'initdb'), initdb));
    const [program = '', ...words] = command.map((word) => here('postgres', word));
    const place = ['-D', data, '-p', String(ports.postgres), '-c', 'unix_socket_directories=', '-c', 'fsync=off'];
    begin('postgres', join(postgresFolder(), program), [...place, ...words]);
    const [, file = '', ...check] = healthcheck?.test ?? [];
    const isWell = () => spawnSync(join(postgresFolder(), file), [...check, '-p', String(ports.postgres)]).status === 0;
    await until(isWell, 20_000, 'PostgreSQL').catch((thrown) => Promise.reject(new Error(`${thrown}\n${said}`)));
    must(
      'psql',
      [
        '-X',
        '-h',
        '127.0.0.1',
        '-p',
        String(ports.postgres),
        '-U',
        user,
        '-d',
        'postgres',
        '-c',
        `create database ${database}`,
      ],
      {
        PGPASSWORD: readFileSync(password, 'utf8').trim(),
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: join(made, 'authority/ca.crt'),
      },
    );
  }

  async function startInflux(): Promise<void> {
    const { environment = {} } = services.influxdb as ComposeService;
    const folder = here('influxdb', '/var/lib/influxdb');
    const env = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, here('influxdb', String(value))]),
    );
    own('influxdb');
    begin('influxdb', 'influxd', ['run'], {
      ...env,
      INFLUXDB_BIND_ADDRESS: `127.0.0.1:${await freePort()}`,
      INFLUXDB_HTTP_BIND_ADDRESS: `127.0.0.1:${ports.influxdb}`,
      ...{ INFLUXDB_META_DIR: join(folder, 'meta'), INFLUXDB_DATA_DIR: join(folder, 'data') },
      INFLUXDB_DATA_WAL_DIR: join(folder, 'wal'),
    });
    const url = `https://127.0.0.1:${ports.influxdb}`;
    const answers = () =>
      call(`${url}/ping`, 'GET').then(
        ({ status }) => status === 204,
        () => false,
      );
    await until(answers, 30_000, 'InfluxDB').catch((thrown) => Promise.reject(new Error(`${thrown}\n${said}`)));
    // As the image does at its first start.
    const password = readFileSync(join(made, 'influxdb/password'), 'utf8').trim();
    const q = `create user "${env.INFLUXDB_ADMIN_USER}" with password '${password}' with all privileges`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { status, body } = await call(`${url}/query`, 'POST', String(new URLSearchParams({ q })), headers);
    if (status !== 200) throw new Error(`InfluxDB: ${JSON.stringify(body)}`);
  }

  /** As the settings are in the container, but for names, ports and folders. */
  function placeSettings(): void {
    const folder = join(home, 'keel');
    cpSync(join(made, 'keel'), folder, { recursive: true });
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
      const text = readFileSync(join(folder, file), 'utf8')
        .replaceAll('/etc/evenkeel', folder)
        .replace('@postgres:5432', `@127.0.0.1:${ports.postgres}`)
        .replace('https://influxdb:8086', `https://127.0.0.1:${ports.influxdb}`)
        .replace('mqtts://mosquitto:8883', `mqtts://127.0.0.1:${ports.mosquitto}`)
        .replace(/(agents_url: "mqtts:\/\/[^:]+):8883/, `$1:${ports.mosquitto}`);
      writeFileSync(join(folder, file), text, { mode: 0o600 });
    }
  }
  const envOf = (name: string, port?: number): Record<string, string> => ({
    ...Object.fromEntries(
      Object.entries((services[name] as ComposeService).environment ?? {}).map(([key, value]) => [
        key,
        value.replace('/etc/evenkeel', join(home, 'keel')),
      ]),
    ),
    ...(port === undefined ? {} : { EVENKEEL_HTTP_PORT: String(port) }),
  });

  async function startMosquitto(): Promise<void> {
    const folder = here('mosquitto', '/etc/mosquitto/evenkeel');
    const words = (services['broker-files'] as ComposeService).command?.map((word) => here('mosquitto', word)) ?? [];
    const made = await runCollector([...words, '--data', join(home, 'broker-files')], envOf('broker-files')).ended;
    if (made.code !== 0) throw new Error(`broker-config: ${made.stderr}`);
    const file = join(folder, 'mosquitto.conf');
    writeFileSync(
      file,
      here('mosquitto', readFileSync(file, 'utf8')).replace(
        /persistence_location .*/,
        `persistence_location ${here('mosquitto', '/var/lib/mosquitto')}/`,
      ),
    );
    own('mosquitto');
    const [, ...start] = (services.mosquitto as ComposeService).command ?? [];
    begin(
      'mosquitto',
      '/usr/sbin/mosquitto',
      start.map((word) => here('mosquitto', word)),
    );
    const [program = '', ...check] = services.mosquitto?.healthcheck?.test.slice(1) ?? [];
    const at = check.map((word) => word.replace('/8883', `/${ports.mosquitto}`));
    await until(() => spawnSync(program, at).status === 0, 20_000, 'Mosquitto').catch((thrown) =>
      Promise.reject(new Error(`${thrown}\n${said}`)),
    );
  }

  async function close(): Promise<void> {
    for (const { running } of collectors) running.child.kill('SIGTERM');
    await Promise.all(collectors.map(({ running }) => running.ended));
    // runuser passes it on.
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(children.map((child) => child.exitCode ?? new Promise((resolve) => child.once('exit', resolve))));
    rmSync(home, { recursive: true, force: true });
  }

  try {
    await startPostgres();
    await startInflux();
    placeSettings();
    await startMosquitto();
    for (const name of ['keel-1', 'keel-2', 'keel-3']) {
      const [config, data, port] = [join(home, 'keel', `${name}.yaml`), join(home, name), await freePort()];
      // Where containers reach each other by name, processes of one machine have ports.
      const text = readFileSync(config, 'utf8').replace(`"${name}:7462"`, `"127.0.0.1:${await freePort()}"`);
      writeFileSync(config, text.replace('http: { host: 0.0.0.0', 'http: { host: 127.0.0.1'));
      const running = runCollector(['start', '--data', data], envOf(name, port));
      collectors.push({ name, config, data, running, http: `https://127.0.0.1:${port}` });
    }
    const health = services['keel-1']?.healthcheck?.test.slice(2) ?? [];
    for (const { name, data, running, http } of collectors) {
      const env = envOf(name, Number(new URL(http).port));
      const isWell = async () => (await runCollector([...health, '--data', data], env).ended).code === 0;
      await until(isWell, 60_000, `${name} to be well`).catch((thrown) =>
        Promise.reject(new Error(`${thrown}\n${running.stdout()}\n${running.stderr()}`)),
      );
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  const bearer = (token?: string): Record<string, string> =>
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    collectors,
    ca,
    get: (http, path, token) => call(http + path, 'GET', undefined, bearer(token)),
    post: (http, path, body, token) =>
      call(http + path, 'POST', JSON.stringify(body), { 'content-type': 'application/json', ...bearer(token) }),
    close,
  };
}
