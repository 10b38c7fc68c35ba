/**
 * Targets: what has no agent (a switch, a printer, a website) and is watched from outside. Here is what both sides and
 * the pages know of them: the kinds with their settings, and what came of a check. The checks themselves: targets/.
 */
export const targetKinds = ['http', 'tcp', 'ping', 'dns', 'mqtt', 'snmp'] as const;
export type TargetKindName = (typeof targetKinds)[number];

/** One setting of a kind: forms, schemas and the checks of both sides come out of it. */
export interface TargetField {
  type: 'text' | 'number' | 'flag' | 'choice';
  required?: true;
  /** Write-only: never answered, logged or noted. */
  secret?: true;
  least?: number;
  most?: number;
  choices?: readonly string[];
  /** What holds when it is left out; shown in forms. */
  standard?: string | number | boolean;
  example?: string;
}

const host: TargetField = { type: 'text', required: true, example: 'switch-1.example.lan' };
const port = (standard?: number): TargetField => ({
  ...{ type: 'number', least: 1, most: 65_535 },
  ...(standard === undefined ? { required: true } : { standard }),
});
const text: TargetField = { type: 'text' };
const secret: TargetField = { type: 'text', secret: true };
const flag = (standard: boolean): TargetField => ({ type: 'flag', standard });

export const targetFields: Readonly<Record<TargetKindName, Readonly<Record<string, TargetField>>>> = {
  http: {
    url: { type: 'text', required: true, example: 'https://www.example.org/' },
    status: { type: 'text', standard: '200-299', example: '200-299, 401' },
    contains: text,
    absent: text,
    redirects: { type: 'number', least: 0, most: 10, standard: 5 },
    verify: flag(true),
    user: text,
    password: secret,
  },
  tcp: { host, port: port() },
  ping: { host },
  dns: {
    name: { type: 'text', required: true, example: 'www.example.org' },
    record: { type: 'choice', choices: ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'TXT'], standard: 'A' },
    server: { type: 'text', required: true, example: '10.0.0.53' },
    port: port(53),
    answer: text,
  },
  mqtt: {
    host,
    port: port(1883),
    tls: flag(false),
    verify: flag(true),
    user: text,
    password: secret,
    topic: text,
  },
  snmp: {
    host,
    port: port(161),
    version: { type: 'choice', choices: ['2c', '3'], standard: '2c' },
    community: secret,
    user: text,
    auth: { type: 'choice', choices: ['none', 'md5', 'sha', 'sha256', 'sha512'], standard: 'none' },
    auth_key: secret,
    privacy: { type: 'choice', choices: ['none', 'des', 'aes', 'aes256b'], standard: 'none' },
    privacy_key: secret,
    interfaces: flag(false),
    ups: flag(false),
    printer: flag(false),
  },
};

export type TargetSettings = Readonly<Record<string, string | number | boolean>>;

/**
 * What came of a check, as the number that travels in `target.result`. Never renumber one: they are stored. From
 * `cannotFrom` on the watcher could not look, which says nothing about the target.
 */
export const targetResults = {
  ok: 0,
  refused: 1,
  timeout: 2,
  unresolved: 3,
  unreachable: 4,
  wrong_status: 5,
  words_missing: 6,
  words_present: 7,
  bad_certificate: 8,
  wrong_answer: 9,
  login_refused: 10,
  broken: 11,
  too_many_redirects: 12,
  bad_state: 13,
  not_allowed: 100,
  no_program: 101,
} as const;
export type TargetResult = keyof typeof targetResults;
const cannotFrom = 100;

const byNumber = new Map<number, TargetResult>(
  Object.entries(targetResults).map(([name, n]) => [n, name as TargetResult] as const),
);
/** `broken` for a number of a newer agent. */
export const targetResultOf = (n: number): TargetResult => byNumber.get(n) ?? 'broken';
/** The watcher could not look: no vote. */
export const isNoVote = (result: TargetResult): boolean => (targetResults[result] as number) >= cannotFrom;

/** Metrics of what an endpoint saw of others: they are not about itself. */
export const isOfTarget = (measurement: string): boolean =>
  measurement === 'target' || measurement.startsWith('target_');

/** What a watcher needs to know of a target. */
export interface TargetOrder {
  id: string;
  kind: TargetKindName;
  /** With its secrets. */
  settings: TargetSettings;
  interval_s: number;
  timeout_s: number;
}

export const targetIntervalS = { least: 10, most: 3600, standard: 60 } as const;
export const targetTimeoutS = { least: 1, most: 60, standard: 10 } as const;
/** The watcher of each target that the collector itself looks at. */
export const collectorWatcher = 'collector';
export const targetTextMost = 1024;
/** The message with their orders stays far below the wire's limit. */
export const targetsPerWatcher = 200;

/** A problem in words, by the setting that has it. Hand-written: the agent loads no schema compiler. */
export interface TargetFault {
  field: string;
  problem: string;
}

/** What is wrong with the settings of a kind, secrets included. */
export function faultsOfTarget(kind: TargetKindName, settings: Readonly<Record<string, unknown>>): TargetFault[] {
  const fields = targetFields[kind];
  const faults = Object.keys(settings)
    .filter((name) => !(name in fields))
    .map((name): TargetFault => ({ field: name.slice(0, 64), problem: `is no setting of the kind ${kind}` }));
  for (const [name, field] of Object.entries(fields)) {
    const value = settings[name];
    const problem =
      value === undefined || value === '' ? (field.required ? 'is missing' : null) : problemOfValue(field, value);
    if (problem !== null) faults.push({ field: name, problem });
  }
  return faults.length > 0 ? faults : faultsTogether(kind, settings as TargetSettings);
}

function problemOfValue({ type, least, most, choices }: TargetField, value: unknown): string | null {
  switch (type) {
    case 'number':
      return Number.isInteger(value) && (value as number) >= (least ?? 0) && (value as number) <= (most ?? 1e9)
        ? null
        : `must be a whole number from ${least} to ${most}`;
    case 'flag':
      return typeof value === 'boolean' ? null : 'must be true or false';
    case 'choice':
      return choices?.includes(value as string) ? null : `must be one of ${choices?.join(', ')}`;
    case 'text':
      if (typeof value !== 'string') return 'must be a text; put it in quotes';
      if (value.length > targetTextMost) return `is longer than ${targetTextMost} characters`;
      return [...value].some((one) => one < ' ' || one === '\u007f') ? 'holds a control character' : null;
  }
}

const hostPattern = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?|[0-9A-Fa-f:.]{2,45})$/;

/** What only a look at several settings tells, or at what stands in one. */
function faultsTogether(kind: TargetKindName, settings: TargetSettings): TargetFault[] {
  const faults: TargetFault[] = [];
  const fault = (field: string, problem: string) => void faults.push({ field, problem });
  const { host: machine, server, url, status, auth, privacy } = settings;
  if (typeof machine === 'string' && !hostPattern.test(machine))
    fault('host', 'is not a host; write a name or an address alone, such as 10.0.0.7');
  if (typeof server === 'string' && !/^[0-9.]{7,15}$|^[0-9A-Fa-f:.]{2,45}$/.test(server))
    fault('server', 'is not an address; write the address of a name server, such as 10.0.0.53');
  if (kind === 'http') {
    const address = URL.parse(String(url));
    if (!address || !['http:', 'https:'].includes(address.protocol) || address.hostname === '')
      fault('url', 'is not an http or https address; write it like https://www.example.org/');
    else if (address.username !== '' || address.password !== '')
      fault('url', 'holds a user or a password; write them under `user` and `password`');
    if (status !== undefined && status !== '' && statusRanges(String(status)) === null)
      fault('status', 'is not a list of statuses; write it like 200-299 or 200, 401');
  }
  if (kind === 'snmp' && settings.version !== '3' && !settings.community) fault('community', 'is missing');
  if (kind === 'snmp' && settings.version === '3') {
    if (!settings.user) fault('user', 'is missing');
    const hasAuth = auth !== undefined && auth !== 'none';
    if (hasAuth && String(settings.auth_key ?? '').length < 8) fault('auth_key', 'has fewer than 8 characters');
    if (privacy !== undefined && privacy !== 'none') {
      if (!hasAuth) fault('auth', 'is missing: what is encrypted is authenticated, too');
      if (String(settings.privacy_key ?? '').length < 8) fault('privacy_key', 'has fewer than 8 characters');
    }
  }
  return faults;
}

/** `200-299, 401` as ranges; null when it is none. */
export function statusRanges(written: string): [number, number][] | null {
  const ranges: [number, number][] = [];
  for (const part of written.split(',')) {
    const [, low, high = low] = /^\s*([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?\s*$/.exec(part) ?? [];
    if (low === undefined || Number(high) < Number(low)) return null;
    ranges.push([Number(low), Number(high)]);
  }
  return ranges;
}

/** The value of a setting, or what holds without it. */
export function settingOf<T extends string | number | boolean>(
  kind: TargetKindName,
  settings: TargetSettings,
  name: string,
): T | undefined {
  const value = settings[name];
  return (value === undefined || value === '' ? targetFields[kind][name]?.standard : value) as T | undefined;
}

/** Where the secrets of a target go, and how well they are protected on their way. Equal texts: to the same place. */
export function secretsGoTo(kind: TargetKindName, settings: TargetSettings): string {
  const origin = URL.parse(String(settings.url ?? ''))?.origin;
  const way = ['host', 'port', 'tls', 'verify'].map((name) => settingOf(kind, settings, name));
  return JSON.stringify([kind, origin ?? null, ...way.map((value) => String(value ?? '').toLowerCase())]);
}
