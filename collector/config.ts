/**
 * The collector's settings: defaults ← evenkeel.yaml ← EVENKEEL_* ← flags. The later one wins. Files are read here and
 * nowhere else; what comes out is complete and checked.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { parseDuration } from '../shared/duration.ts';
import { type EvenkeelError, fail, reasonOf } from '../shared/errors.ts';
import { parseSettings, type SettingsFile } from './config-file.ts';
import { nearest } from './nearest.ts';
import { type Config, type LogLevel, logLevels, type Settings } from './settings.ts';

export type { Config } from './settings.ts';

/** What the command line may say; texts as they were typed. */
export interface Flags {
  config?: string;
  data?: string;
  httpHost?: string;
  httpPort?: string;
  mqttHost?: string;
  mqttPort?: string;
  log?: string;
  localAgent?: boolean;
}

export interface Loaded {
  config: Config;
  /** Sentences for the log: settings that were given and mean nothing. */
  warnings: string[];
}

const known = {
  EVENKEEL_CONFIG: 'config',
  EVENKEEL_DATA: 'data',
  EVENKEEL_HTTP_HOST: 'httpHost',
  EVENKEEL_HTTP_PORT: 'httpPort',
  EVENKEEL_MQTT_HOST: 'mqttHost',
  EVENKEEL_MQTT_PORT: 'mqttPort',
  EVENKEEL_LOG: 'log',
} as const satisfies Record<string, keyof Flags>;
const others = ['EVENKEEL_ADMIN_PASSWORD_FILE'];
/** Read by the agent, which may run beside the collector. */
const agents = /^EVENKEEL_AGENT_/;

/**
 * @param cwd relative paths of flags and environment start here; those in a settings file start at the file's folder
 * @throws EvenkeelError BAD_CONFIG, BAD_FLAG, CONFIG_UNREADABLE, BAD_DURATION, PLAIN_BEYOND_LOOPBACK
 */
export function loadConfig(flags: Flags, env: Readonly<Record<string, string | undefined>>, cwd: string): Loaded {
  const said = { ...fromEnv(env), ...flags };
  const file = settingsPath(said.config, cwd);
  const source = file === null ? none : readSettings(file);
  const home = file === null ? cwd : resolve(file, '..');
  const settings = source.settings;
  const from = (path: string, folder: string) => (isAbsolute(path) ? path : join(folder, path));
  const config: Config = {
    file,
    data: said.data !== undefined ? from(said.data, cwd) : from(settings.data ?? './data', settings.data ? home : cwd),
    http: address('http', 7460, settings.http, said.httpHost, said.httpPort),
    mqtt: address('mqtt', 1883, settings.mqtt, said.mqttHost, said.mqttPort),
    tls: readTls(settings.tls, (path) => from(path, home), source),
    ...durations(settings, source),
    channels: (settings.channels ?? []).map((channel, i) => channelOf(channel, i, (path) => from(path, home), source)),
    rules: (settings.rules ?? []) as Config['rules'],
    zone: zoneOf(settings.zone, source),
    log: logOf(said.log ?? settings.log),
    adminPassword: passwordFile(env.EVENKEEL_ADMIN_PASSWORD_FILE, cwd),
    localAgent: said.localAgent ?? false,
  };
  refusePlain(config);
  return { config, warnings: strangers(env) };
}

const none: SettingsFile = { settings: {}, fault: (_path, problem) => new Error(problem) };

function fromEnv(env: Readonly<Record<string, string | undefined>>): Flags {
  const flags: Flags = {};
  for (const [name, key] of Object.entries(known)) {
    const value = env[name];
    if (value !== undefined && value !== '') flags[key] = value;
  }
  return flags;
}

function strangers(env: Readonly<Record<string, string | undefined>>): string[] {
  const names = [...Object.keys(known), ...others];
  return Object.keys(env)
    .filter((name) => name.startsWith('EVENKEEL_') && !names.includes(name) && !agents.test(name))
    .map((name) => {
      const guess = nearest(name, names);
      return `The environment variable ${name} is not known${guess ? `; did you mean ${guess}?` : ' and does nothing.'}`;
    });
}

/** The named file must be there; `evenkeel.yaml` in the working folder need not. */
function settingsPath(named: string | undefined, cwd: string): string | null {
  const path = resolve(cwd, named ?? 'evenkeel.yaml');
  return named !== undefined || existsSync(path) ? path : null;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw fail('CONFIG_UNREADABLE', { file: path, reason: reasonOf(thrown) }, thrown);
  }
}

const readSettings = (file: string) => parseSettings(readText(file), file);

function address(
  what: 'http' | 'mqtt',
  standard: number,
  section: Settings['http'],
  host: string | undefined,
  port: string | undefined,
): Config['http'] {
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    throw fail('BAD_FLAG', { problem: `the ${what} port "${port}", which is not a number from 0 to 65535` });
  }
  return {
    host: host ?? section?.host ?? '127.0.0.1',
    port: port === undefined ? (section?.port ?? standard) : Number(port),
    publicUrl: section?.publicUrl?.replace(/\/+$/, '') ?? null,
  };
}

/** Reads what a setting points to; a fault is told at the place of the setting. */
function readNamed(path: string, at: readonly (string | number)[], source: SettingsFile): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw source.fault(at, `${at.join('.')}: the file cannot be read: ${reasonOf(thrown)}`);
  }
}

function readTls(tls: Settings['tls'], from: (path: string) => string, source: SettingsFile): Config['tls'] {
  if (!tls) return null;
  const read = (name: 'cert' | 'key' | 'ca', path: string) => readNamed(from(path), ['tls', name], source);
  return {
    cert: read('cert', tls.cert),
    key: read('key', tls.key),
    ca: tls.ca === undefined ? null : read('ca', tls.ca),
  };
}

function durations(settings: Settings, source: SettingsFile): Pick<Config, 'retention' | 'tickets' | 'agents'> {
  const read = (section: 'retention' | 'tickets' | 'agents', name: string, standard: string): number => {
    const value = (settings[section] as Record<string, string | number> | undefined)?.[name];
    try {
      return parseDuration(value ?? standard, `${section}.${name}`);
    } catch (thrown) {
      const { message, hint } = thrown as EvenkeelError;
      throw source.fault([section, name], `${message} ${hint}`);
    }
  };
  return {
    retention: {
      rawMs: read('retention', 'raw', '14d'),
      fiveMinutesMs: read('retention', 'fiveMinutes', '90d'),
      oneHourMs: read('retention', 'oneHour', '1095d'),
    },
    tickets: {
      openAfterMs: read('tickets', 'openAfter', '2m'),
      resolveAfterMs: read('tickets', 'resolveAfter', '10m'),
      reopenWithinMs: read('tickets', 'reopenWithin', '24h'),
    },
    agents: { intervalMs: read('agents', 'interval', '10s') },
  };
}

/** `password_file: /run/secrets/mail` becomes `password: …`, so that no secret stands in the settings themselves. */
function channelOf(
  channel: NonNullable<Settings['channels']>[number],
  index: number,
  from: (path: string) => string,
  source: SettingsFile,
): Config['channels'][number] {
  const { name, kind, ...rest } = channel as { name: string; kind: string } & Record<string, unknown>;
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    if (!key.endsWith('_file')) settings[key] = value;
    else settings[key.slice(0, -5)] = readNamed(from(String(value)), ['channels', index, key], source).trimEnd();
  }
  return { name, kind, settings };
}

function zoneOf(zone: string | undefined, source: SettingsFile): string {
  if (zone === undefined) return Temporal.Now.timeZoneId();
  try {
    return Temporal.Now.zonedDateTimeISO(zone).timeZoneId;
  } catch {
    // The engine's own words would not say what a person is to write.
    throw source.fault(['zone'], `zone "${zone}" is not a time zone; write it like Europe/Berlin or Asia/Tokyo`);
  }
}

function logOf(level: string | undefined): LogLevel {
  if (level === undefined) return 'info';
  if ((logLevels as readonly string[]).includes(level)) return level as LogLevel;
  throw fail('BAD_FLAG', { problem: `the log level "${level}"; it is one of ${logLevels.join(', ')}` });
}

function passwordFile(path: string | undefined, cwd: string): string | null {
  return path === undefined || path === '' ? null : readText(resolve(cwd, path)).replace(/\r?\n$/, '');
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** A network sees passwords and measurements of plain connections: that must be a decision, never a default. */
function refusePlain({ http, mqtt, tls }: Config): void {
  if (tls) return;
  for (const { host, port } of [http, mqtt]) {
    if (!isLoopback(host)) throw fail('PLAIN_BEYOND_LOOPBACK', { address: `${host}:${port}` });
  }
}
