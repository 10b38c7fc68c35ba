/**
 * The collector's settings: defaults ← evenkeel.yaml ← EVENKEEL_* ← flags. The later one wins. Files are read here and
 * nowhere else; what comes out is complete and checked.
 */
import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { formatDuration, parseDuration } from '../../shared/duration.ts';
import { fail, reasonOf } from '../../shared/errors.ts';
import { isLoopback } from '../../shared/loopback.ts';
import { nearest } from '../../shared/nearest.ts';
import { internet } from '../../shared/outgoing.ts';
import { parseSettingsFile, type SettingsFile } from '../../shared/settings-file.ts';
import { type Fault, faultsOf, repeated, wordHint } from '../../shared/shape.ts';
import { layersOfFile } from '../agent-settings/file.ts';
import { doubtsInSettings, labelsOfSettings } from '../alerts/matcher-doubts.ts';
import { ownRules } from '../alerts/own-rules.ts';
import { slipsInTree } from '../alerts/tree-doubts.ts';
import { defaultRules } from '../evaluate/defaults.ts';
import { mergeRules } from '../evaluate/merge.ts';
import {
  faultsOfInhibit,
  faultsOfUplinks,
  InhibitSettings,
  inhibitRulesOf,
  UplinkSettings,
} from '../outages/settings.ts';
import { places as ownPlaces, type UsualPlaces } from '../package/places.ts';
import { readRouting } from '../routing/file.ts';
import { seriesKinds } from '../series/index.ts';
import { postgresFault, postgresPlace, rootCertificateOf } from '../state/drivers/postgres-address.ts';
import { targetsOfFile } from '../targets/settings.ts';
import { hasAuthority } from '../tls/store.ts';
import { auditFaults, readAuditHead } from './audit.ts';
import { readBroker } from './broker.ts';
import { readChannels } from './channels.ts';
import { readCluster } from './cluster.ts';
import { deadmanFaults, readDeadman } from './deadman.ts';
import { logInFaults, readLogIn } from './log-in.ts';
import { MirrorsSettings, mirrorFaults, plainMirrors, readMirrors } from './mirrors.ts';
import { type Read, readNamed } from './named-file.ts';
import { ownBackupFaults, readOwnBackup } from './own-backup.ts';
import { readFurther } from './read-further.ts';
import { readTls } from './read-tls.ts';
import { readRules } from './rule-files.ts';
import { readScripts } from './scripts.ts';
import { openSecrets, secretsIn } from './secret-files.ts';
import { readSelfService } from './self-service.ts';
import { CollectorSettings, type Config, type LogFormat, type LogLevel, logFormats, logLevels } from './settings.ts';
import { clusterFaults, plainPassword, plainPublic, samePort } from './together.ts';

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
  logFormat?: string;
  localAgent?: boolean;
}

export interface LoadedConfig {
  config: Config;
  /** Sentences for the log: settings that were given and mean nothing. */
  warnings: string[];
  /** Channels and users that are named and not in the file: what is set up on pages is known to a running collector only. */
  absent: string[];
}

const known = {
  EVENKEEL_CONFIG: 'config',
  EVENKEEL_DATA: 'data',
  EVENKEEL_HTTP_HOST: 'httpHost',
  EVENKEEL_HTTP_PORT: 'httpPort',
  EVENKEEL_MQTT_HOST: 'mqttHost',
  EVENKEEL_MQTT_PORT: 'mqttPort',
  EVENKEEL_LOG: 'log',
  EVENKEEL_LOG_FORMAT: 'logFormat',
} as const satisfies Record<string, keyof Flags>;
const others = ['EVENKEEL_ADMIN_PASSWORD_FILE', 'EVENKEEL_STATE', 'EVENKEEL_STATE_PASSWORD_FILE'];
/** Read by the agent, which may run beside the collector. */
const agents = /^EVENKEEL_AGENT_/;

/**
 * @param cwd relative paths of flags and environment start here; those in a settings file start at the file's folder
 * @param command to run once what is wrong has been corrected
 * @param places of settings and data when nothing names them
 * @throws EvenkeelError BAD_CONFIG with everything that is wrong; BAD_FLAG, CONFIG_UNREADABLE
 */
export function loadConfig(
  flags: Flags,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  command = 'check-config',
  places: Readonly<UsualPlaces> = ownPlaces,
): LoadedConfig {
  refuseFlags(flags);
  const given = fromEnv(env);
  const options = { ...given, ...flags };
  const shownAs = options.config ?? places.settings;
  const file = settingsPath(options.config, resolve(cwd, shownAs));
  const source = file === null ? none : parseSettingsFile(readText(file, shownAs), shownAs);
  const home = file === null ? cwd : resolve(file, '..');
  const from = (path: string, folder: string) => (isAbsolute(path) ? path : join(folder, path));
  const read = (path: string) => readFileSync(from(path, home), 'utf8');

  const faults = faultsOf(CollectorSettings, source.value);
  // What is not as it should be has been noted, and is left out below.
  const settings = source.value as Partial<Record<keyof CollectorSettings, unknown>>;
  const tls = readTls(settings.tls, home, read, faults);
  const series = readSeries(settings.series, read, faults);
  const broker = readBroker(settings.broker, settings.mqtt, read, faults);
  const channels = readChannels(settings.channels, read, faults);
  const further = readFurther(settings, read, faults);
  faults.push(...deadmanFaults(settings.deadman, read));
  faults.push(...ownBackupFaults(settings.backup, read), ...logInFaults(settings.login, read));
  faults.push(...auditFaults(settings.audit, read));
  if (faultsOf(MirrorsSettings, settings.mirrors ?? []).length === 0)
    faults.push(...mirrorFaults((source.value as CollectorSettings).mirrors ?? [], read));
  faults.push(
    ...faultsOfInhibit(rightInhibit(settings.inhibit)).map((fault) => ({ ...fault, path: ['inhibit', ...fault.path] })),
  );
  const rulesFolder = from(typeof settings.rules_folder === 'string' ? settings.rules_folder : 'rules', home);
  if (faultsOf(UplinkSettings, settings.uplinks ?? []).length === 0)
    for (const fault of faultsOfUplinks((settings.uplinks ?? []) as UplinkSettings))
      faults.push({ ...fault, path: ['uplinks', ...fault.path] });
  const { rules, inFiles } = readRules(settings.rules, rulesFolder, faults);
  const targets = readTargetList(settings.targets, read, faults);
  const layers = layersOfFile(settings.agent_settings);
  faults.push(...layers.faults.map((fault) => ({ ...fault, path: ['agent_settings', ...fault.path] })));
  const routing = readRouting(settings);
  faults.push(...routing.faults);
  const password = passwordFile('EVENKEEL_ADMIN_PASSWORD_FILE', env, cwd);
  const statePassword = passwordFile('EVENKEEL_STATE_PASSWORD_FILE', env, cwd);
  const state = readState(settings, env.EVENKEEL_STATE, statePassword, read, faults);
  const good = source.value as CollectorSettings;
  const inEnv = faultsOfEnv(given);
  const isRight = (...keys: string[]) => !faults.some(({ path: [key] }) => keys.includes(String(key)));
  if (isRight('notify')) faults.push(...oftenRepeats(notifyOf(good)));
  const addresses = () => ({
    http: address(7460, good.http, options.httpHost, options.httpPort),
    mqtt: address(1883, good.mqtt, options.mqttHost, options.mqttPort),
  });
  if (isRight('http', 'mqtt') && inEnv.length === 0) faults.push(...samePort(addresses()));
  const listening = (http: Config['mqtt']): Config['http'] => ({
    ...http,
    ...{ names: good.http?.names ?? [], trustProxy: good.http?.trustProxy ?? [] },
  });
  const data =
    options.data !== undefined ? from(options.data, cwd) : from(good.data ?? places.data, good.data ? home : cwd);
  if (faults.length === 0 && inEnv.length === 0 && good.cluster !== undefined) {
    const { http, mqtt } = addresses();
    const ownTls = ownTlsOf({ tls, http: listening(http), mqtt, data }, good.tls);
    faults.push(...clusterFaults({ cluster: readCluster(good.cluster), state, series, broker, ownTls }));
  }
  const lines = [...source.describe(faults), ...inFiles, ...inEnv, ...password.faults, ...statePassword.faults];
  if (lines.length > 0) throw fail('BAD_CONFIG', { faults: lines.join('\n'), command });

  const { http, mqtt } = addresses();
  const secrets = secretsIn(source.value);
  const passphraseFile = good.backup?.passphrase_file && from(good.backup.passphrase_file, home);
  const config: Config = {
    file,
    data,
    state,
    http: listening(http),
    // Agents are told of it wherever they are told of the own one.
    mqtt: broker ? { ...mqtt, publicUrl: broker.agentsUrl } : mqtt,
    broker,
    webSocket: good.mqtt?.websocket ?? true,
    tls,
    ownTls: ownTlsOf({ tls, http: listening(http), mqtt, data }, good.tls),
    packages: good.packages === undefined ? null : from(good.packages, home),
    ...durations(good),
    series,
    cluster: readCluster(good.cluster),
    channels,
    ...further,
    routing: routing.documents,
    mirrors: readMirrors(good.mirrors, read),
    outgoing: { allow: good.outgoing?.allow ?? [] },
    inhibit: inhibitRulesOf(good.inhibit ?? []),
    uplinks: good.uplinks ?? [],
    agentSettings: layers.layers,
    maintenance: { agentsMayAsk: good.maintenance?.agents_may_ask ?? false },
    scripts: readScripts(good.scripts),
    selfService: readSelfService(good.self_service),
    targets: { allow: good.targets?.allow ?? [internet], list: targets },
    rules: rules as Config['rules'],
    rulesFolder,
    deadman: readDeadman(good.deadman, read),
    zone: good.zone ?? Temporal.Now.timeZoneId(),
    backup: readOwnBackup(good.backup, (path) => from(path, home), read),
    named: {
      secret: secrets.files.map((path) => from(path, home)).filter((path) => path !== passphraseFile),
      plain: [good.tls?.cert, good.tls?.ca, good.login?.openid?.ca, good.broker?.ca, good.ldap?.ca].flatMap((path) =>
        path === undefined ? [] : [from(path, home)],
      ),
      holdsSecrets: file !== null && secrets.isInText,
    },
    browser: good.browser === undefined ? null : from(good.browser, home),
    log: (options.log ?? good.log ?? 'info') as LogLevel,
    logFormat: (options.logFormat ?? good.logFormat ?? 'text') as LogFormat,
    auditHead: readAuditHead(good.audit, read),
    openId: readLogIn(good.login, read),
    adminPassword: password.text,
    localAgent: options.localAgent ?? false,
  };
  const passwordFiles = [env.EVENKEEL_ADMIN_PASSWORD_FILE, env.EVENKEEL_STATE_PASSWORD_FILE];
  const open = openSecrets([
    ...(file !== null && secrets.isInText ? [file] : []),
    ...secrets.files.map((path) => from(path, home)),
    ...passwordFiles.flatMap((path) => (path ? [resolve(cwd, path)] : [])),
  ]);
  const warnings = [
    ...unknownVariables(env),
    ...plainPassword(config),
    ...plainMirrors(config.mirrors),
    ...plainPublic(config),
    ...open,
  ];
  const slips = doubtsInSettings(config, labelsOfSettings([...mergeRules(defaultRules, config.rules), ...ownRules]));
  const absent = source.describe([
    ...routing.absent(channels.map(({ name }) => name)),
    ...slips,
    ...slipsInTree(config.routing.routes),
  ]);
  return { config, warnings, absent };
}

const none: SettingsFile = { value: {}, describe: (faults) => faults.map(({ problem }) => problem) };

function fromEnv(env: Readonly<Record<string, string | undefined>>): Flags {
  const flags: Flags = {};
  for (const [name, key] of Object.entries(known)) {
    const value = env[name];
    if (value !== undefined && value !== '') flags[key] = value;
  }
  return flags;
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const names = [...Object.keys(known), ...others];
  return Object.keys(env)
    .filter((name) => name.startsWith('EVENKEEL_') && !names.includes(name) && !agents.test(name))
    .map((name) => {
      const guess = nearest(name, names);
      return `The environment variable ${name} is not known${guess ? `; did you mean ${guess}?` : ' and does nothing.'}`;
    });
}

/** The named file must be there; the usual one need not. One that is there for others only is no reason to go on without it. */
function settingsPath(named: string | undefined, path: string): string | null {
  if (named !== undefined) return path;
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined ? null : path;
  } catch {
    return path;
  }
}

function readText(path: string, shownAs: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw fail('CONFIG_UNREADABLE', { file: shownAs, reason: reasonOf(thrown) }, thrown);
  }
}

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;

/** What is wrong with the values of flags or of the environment, by the name of each. */
function faultsOfWords({ httpPort, mqttPort, log, logFormat }: Flags, nameOf: (key: keyof Flags) => string): string[] {
  const faults: string[] = [];
  const ports = { httpPort, mqttPort };
  for (const [key, port] of Object.entries(ports))
    if (port !== undefined && !isPort(port))
      faults.push(`${nameOf(key as keyof Flags)} ${repeated(port, [])}must be a whole number from 0 to 65535`);
  const oneOf = (key: 'log' | 'logFormat', word: string | undefined, words: readonly string[]) => {
    if (word !== undefined && !words.includes(word))
      faults.push(`${nameOf(key)} ${repeated(word, [])}must be one of ${words.join(', ')}${wordHint(word, words)}`);
  };
  oneOf('log', log, logLevels);
  oneOf('logFormat', logFormat, logFormats);
  return faults;
}

function refuseFlags(flags: Flags): void {
  const faults = faultsOfWords(flags, (key) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  if (faults.length > 0) throw fail('BAD_FLAG', { problem: faults.join('; ') });
}

const faultsOfEnv = (given: Flags) =>
  faultsOfWords(given, (key) => Object.entries(known).find(([, name]) => name === key)?.[0] ?? key);

function address(
  standard: number,
  section: CollectorSettings['mqtt'],
  host: string | undefined,
  port: string | undefined,
): Config['mqtt'] {
  return {
    host: host ?? section?.host ?? '127.0.0.1',
    port: port === undefined ? (section?.port ?? standard) : Number(port),
    publicUrl: section?.publicUrl?.replace(/\/+$/, '') ?? null,
  };
}

/** Beyond this machine nothing goes unencrypted: without a certificate from outside the collector makes its own. */
function ownTlsOf(
  { tls, http, mqtt, data }: Pick<Config, 'tls' | 'http' | 'mqtt' | 'data'>,
  section: CollectorSettings['tls'],
): Config['ownTls'] {
  const isWanted = section !== undefined || hasAuthority(data) || [http, mqtt].some(({ host }) => !isLoopback(host));
  return tls === null && isWanted ? { names: section?.names ?? [] } : null;
}

function durations(settings: CollectorSettings): Pick<Config, 'retention' | 'notify' | 'tickets' | 'agents'> {
  const { retention, tickets, agents } = settings;
  return {
    retention: {
      rawMs: parseDuration(retention?.raw ?? '14d'),
      fiveMinutesMs: parseDuration(retention?.fiveMinutes ?? '90d'),
      oneHourMs: parseDuration(retention?.oneHour ?? '1095d'),
      evidenceMs: parseDuration(retention?.evidence ?? '1826d'),
    },
    notify: notifyOf(settings),
    tickets: {
      openAfterMs: parseDuration(tickets?.openAfter ?? '2m'),
      resolveAfterMs: parseDuration(tickets?.resolveAfter ?? '10m'),
      reopenWithinMs: parseDuration(tickets?.reopenWithin ?? '24h'),
      chat: tickets?.chat ?? null,
    },
    agents: { intervalMs: parseDuration(agents?.interval ?? '10s'), announceNew: agents?.announce_new ?? false },
  };
}

const notifyOf = ({ notify }: CollectorSettings): Config['notify'] => ({
  by: notify?.by ?? ['rule', 'site'],
  waitMs: parseDuration(notify?.wait ?? '30s'),
  intervalMs: parseDuration(notify?.interval ?? '5m'),
  repeatMs: {
    critical: parseDuration(notify?.repeat?.critical ?? '4h'),
    warning: parseDuration(notify?.repeat?.warning ?? '24h'),
    info: parseDuration(notify?.repeat?.info ?? '0s'),
  },
});

/** Each entry whose shape is right; another one stands for each that is not, so that places stay. */
const rightInhibit = (section: unknown): InhibitSettings =>
  (Array.isArray(section) ? section : []).map((one: unknown, n) =>
    faultsOf(InhibitSettings, [one]).length === 0
      ? (one as InhibitSettings[number])
      : { source: [`rule="unread ${n}"`], target: [`rule="of unread ${n}"`] },
  );

function oftenRepeats({ intervalMs, repeatMs }: Config['notify']): Fault[] {
  const [severity, ms] = Object.entries(repeatMs).find(([, one]) => one > 0 && one < intervalMs) ?? [];
  if (ms === undefined) return [];
  const repeat = `notify.repeat.${severity} (${formatDuration(ms)})`;
  const problem = `is ${formatDuration(intervalMs)}, longer than ${repeat}; make it shorter, or write 0s there for never`;
  return [{ path: ['notify', 'interval'], problem }];
}

/** What belongs to one kind and not to the other, and secrets out of their files. */
function readSeries(section: unknown, read: Read, faults: Fault[]): Config['series'] {
  const { kind: name = seriesKinds[0].kind, ...given } = (
    typeof section === 'object' && section !== null ? section : {}
  ) as Record<string, unknown>;
  const kind = seriesKinds.find((one) => one.kind === name);
  // What is no kind at all has been noted by the shape.
  if (!kind) return seriesKinds[0].place({});
  const faultAt = ({ path, problem }: Fault) => void faults.push({ path: ['series', ...path], problem });
  for (const other of seriesKinds)
    for (const key of Object.keys(other.keys).filter((one) => given[one] !== undefined && !(one in kind.keys)))
      faultAt({ path: [key], problem: `${repeated(given[key], [key])}is for \`kind: ${other.kind}\` only` });
  kind.faults?.(given).forEach(faultAt);
  const values = Object.entries(given).map(([key, value]) =>
    key.endsWith('_file')
      ? [key.slice(0, -'_file'.length), readNamed(value, ['series', key], read, faults)?.trimEnd()]
      : [key, value],
  );
  return kind.place(Object.fromEntries(values));
}

/** Those that stand in the file, with secrets out of files of their own. */
function readTargetList(section: unknown, read: Read, faults: Fault[]): Config['targets']['list'] {
  const { list } = (section ?? {}) as { list?: unknown };
  const at = (fault: Fault): Fault => ({ ...fault, path: ['targets', 'list', ...fault.path] });
  const { targets, faults: found } = targetsOfFile(Array.isArray(list) ? list : [], (path, place) =>
    readNamed(path, ['targets', 'list', ...place], read, faults)?.trimEnd(),
  );
  faults.push(...found.map(at));
  return targets;
}

interface FromFile {
  text: string | null;
  faults: string[];
}

function passwordFile(name: string, env: Readonly<Record<string, string | undefined>>, cwd: string): FromFile {
  const faults: Fault[] = [];
  const text = readNamed(env[name], [], (named) => readFileSync(resolve(cwd, named), 'utf8'), faults);
  return { text: text?.replace(/\r?\n$/, '') ?? null, faults: faults.map(({ problem }) => `${name} ${problem}`) };
}

/** The address and the password may each stand in the file or in the environment; what the address names is read here. */
function readState(
  { state, state_password_file: file }: Partial<Record<keyof CollectorSettings, unknown>>,
  fromEnv: string | undefined,
  password: FromFile,
  read: Read,
  faults: Fault[],
): Config['state'] {
  const given = fromEnv || state;
  const inFile = readNamed(file, ['state_password_file'], read, faults)?.replace(/\r?\n$/, '');
  if (typeof given !== 'string') {
    if (given === undefined) {
      if (file !== undefined) faults.push({ path: ['state_password_file'], problem: 'is given without `state`' });
      if (password.text !== null) password.faults.push('EVENKEEL_STATE_PASSWORD_FILE is given without `state`');
    }
    return null;
  }
  const problem = postgresFault(given);
  if (problem !== null) {
    // That of the file has been noted with the others.
    if (fromEnv) password.faults.push(`EVENKEEL_STATE ${problem}`);
    return null;
  }
  const ca = readNamed(rootCertificateOf(given), ['state'], read, faults);
  return postgresPlace(given, password.text ?? inFile ?? null, ca ?? null);
}
