/**
 * What a collector may set on its agents: the closed list, its bounds, and the digest by which both sides know that they
 * mean the same. Loads nothing: the agent reads it, and the pages do. Shapes: AgentConfig in report.ts (what is sent),
 * agent-layer.ts (what people write).
 */

/** Switches over what of a message is about people; on without a setting. */
export const personalFields = ['users', 'software', 'usage', 'addresses', 'serials'] as const;
export type PersonalField = (typeof personalFields)[number];
export type Privacy = Partial<Record<PersonalField, boolean>>;

/** Lists of names: nothing in them is a command. */
export const listKeys = ['services', 'certificates', 'custom'] as const;
export type ListKey = (typeof listKeys)[number];
export const settingKeys = ['interval_s', 'checks', ...listKeys, 'privacy'] as const;
export type SettingKey = (typeof settingKeys)[number];

export const namesAtMost = 100;
/** What agents take, from whomever; people set more narrowly from afar, see `intervalBounds` and `paceBounds`. */
export const wireBounds = { interval_s: { least: 0.5, most: 3600 }, every_s: { least: 0.5, most: 604_800 } } as const;
/** More often only on the machine itself, or for the whole fleet in the settings file. */
export const intervalBounds = { least: 5, most: 3600 } as const;

/** Anchored sources of patterns: the schemas and the agent's own reader use the same. */
export const listPatterns: Readonly<Record<ListKey, string>> = {
  services: '^[A-Za-z0-9][A-Za-z0-9_.@:$ -]{0,127}$',
  // No way up, no control characters.
  certificates: '^(?!.*(?:^|[/\\\\])\\.\\.(?:[/\\\\]|$))(?:/|[A-Za-z]:\\\\)[^\\x00-\\x1f\\x7f-\\x9f]{1,511}$',
  custom: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
};

/** Where certificates may be named from afar: where programs keep their settings, never the folders of people. */
const certificateFolders = [
  '/etc/',
  '/usr/local/etc/',
  '/opt/',
  '/srv/',
  '/var/lib/',
  'C:\\ProgramData\\',
  'C:\\Program Files\\',
  'C:\\inetpub\\',
] as const;
export const isCertificatePlace = (path: string): boolean =>
  certificateFolders.some((folder) => path.slice(0, folder.length).toLowerCase() === folder.toLowerCase());

/** Checks of every agent, and how often one may be asked for at most, s: a heavy one takes seconds of work. */
export const settableChecks: Readonly<Record<string, { least: number }>> = {
  ...Object.fromEntries(
    ['cpu', 'memory', 'pressure', 'disk', 'diskio', 'network', 'system'].map((name) => [name, { least: 5 }]),
  ),
  ...Object.fromEntries(
    ['processes', 'temperature', 'custom', 'logs', 'agent', 'targets', 'scripts'].map((name) => [name, { least: 15 }]),
  ),
  ...Object.fromEntries(['backup', 'health'].map((name) => [name, { least: 60 }])),
  ...Object.fromEntries(
    ['host', 'hardware', 'patches', 'os_state', 'health_slow', 'software'].map((name) => [name, { least: 900 }]),
  ),
};
export const paceMost = 604_800;

/** The settings of a message, without what is said to one agent alone. */
export interface AgentSettingsDocument {
  interval_s?: number;
  checks?: Record<string, { enabled?: boolean; every_s?: number }>;
  services?: string[];
  certificates?: string[];
  custom?: string[];
  privacy?: Privacy;
}

/** Without keys that are not of the list, and without empty parts. */
export function settingsIn(config: AgentSettingsDocument): AgentSettingsDocument {
  return Object.fromEntries(
    settingKeys.flatMap((key) => {
      const value = config[key];
      const isEmpty = value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
      // A list that is empty on purpose is a setting: none of the own checks.
      return value === undefined || (isEmpty && !Array.isArray(value)) ? [] : [[key, value]];
    }),
  );
}

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, one]) => [key, sorted(one)]),
      )
    : value;

/** FNV-1a twice, 16 hex digits: against mistakes, not against people; it needs no library. */
export function digestOfSettings(config: AgentSettingsDocument): string {
  const text = JSON.stringify(sorted(settingsIn(config)));
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193) >>> 0;
    b = Math.imul(b ^ unit ^ (b >>> 13), 0x01000193) >>> 0;
  }
  return [a, b].map((half) => half.toString(16).padStart(8, '0')).join('');
}

/**
 * Whether a key names one setting or a part of one, as `remote.lock` of a machine does: `interval_s`, `checks`,
 * `checks.smart`, `privacy.users`.
 */
export const isLockKey = (text: string): boolean =>
  (settingKeys as readonly string[]).includes(text) ||
  /^checks\.[a-z][a-z0-9_]{0,63}$/.test(text) ||
  (text.startsWith('privacy.') && (personalFields as readonly string[]).includes(text.slice('privacy.'.length)));
