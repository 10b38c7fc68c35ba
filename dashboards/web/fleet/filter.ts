/**
 * Which endpoints are shown, and in which order: pure functions on the rows of the fleet. Filters live in the address
 * of the page, so that every number elsewhere can link to the list behind it.
 */
import type { EndpointRow } from '../../../shared/api.ts';

const day = 86_400;

/** Each filter: its name in the query, and its choices. A choice is a test of one row. */
export const choices = {
  state: {
    online: (row) => row.state === 'online',
    offline: (row) => row.state === 'offline',
    lost: (row) => row.state === 'lost',
    unknown: (row) => row.state === 'unknown' || row.state === 'never',
  },
  kind: {
    server: (row) => row.kind === 'server',
    workstation: (row) => row.kind === 'workstation',
  },
  attention: {
    any: (row) => row.attention.length > 0,
    critical: (row) => row.attention.some((item) => item.severity === 'critical'),
    none: (row) => row.attention.length === 0,
  },
  backup: {
    none: (row) => row.backup.state === 'none',
    late: (row) => row.backup.state === 'late',
    failed: (row) => row.backup.state === 'failed',
    never: (row) => row.backup.state === 'never',
    unknown: (row) => row.backup.state === 'unknown',
    unverified: (row) => (row.backup.unverified ?? 0) > 0,
    over1: (row) => (row.backup.ageSeconds ?? 0) > day,
    over7: (row) => (row.backup.ageSeconds ?? 0) > 7 * day,
  },
  security: {
    pending: (row) => (row.patches.pendingSecurity ?? 0) > 0,
    clear: (row) => row.patches.scan === 'ok' && row.patches.pendingSecurity === 0,
    unknown: (row) => row.patches.scan !== 'ok' || row.patches.pendingSecurity === null,
  },
  reboot: {
    required: (row) => row.patches.rebootRequired === true,
    unknown: (row) => row.patches.rebootRequired === null,
  },
  eol: {
    past: (row, now) => row.patches.endOfLife !== null && row.patches.endOfLife <= now,
    soon: (row) => row.attention.some(({ metric }) => metric === 'os.end_of_life_days'),
    unknown: (row) => row.patches.endOfLife === null,
  },
  disks: {
    critical: (row) => row.diskHealth === 'critical',
    warning: (row) => row.diskHealth === 'warning',
    unknown: (row) => row.diskHealth === 'unknown',
  },
} as const satisfies Record<string, Record<string, (row: EndpointRow, now: number) => boolean>>;

export type FilterName = keyof typeof choices;
const filterNames = Object.keys(choices) as FilterName[];

export interface Wanted {
  /** Lower case; every word must occur in name, site, tags, groups, operating system or id. */
  words: string[];
  site: string | null;
  tag: string | null;
  /** Id; '' for endpoints in no group. */
  group: string | null;
  chosen: Partial<Record<FilterName, string>>;
}

/** Reads the query of the page; values that are no choice are ignored. */
export function wantedOf(search: string): Wanted {
  const params = new URLSearchParams(search);
  const chosen: Wanted['chosen'] = {};
  for (const name of filterNames) {
    const value = params.get(name);
    if (value !== null && Object.hasOwn(choices[name], value)) chosen[name] = value;
  }
  const words = (params.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return { words, site: params.get('site'), tag: params.get('tag'), group: params.get('group'), chosen };
}

/** How many filters are set, the search not counted. */
export function filterCount(wanted: Wanted): number {
  const { site, tag, group, chosen } = wanted;
  return Object.keys(chosen).length + [site, tag, group].filter((one) => one !== null).length;
}

export function matches(row: EndpointRow, wanted: Wanted, now: number): boolean {
  if (wanted.site !== null && (row.site ?? '') !== wanted.site) return false;
  if (wanted.tag !== null && !row.tags.includes(wanted.tag)) return false;
  if (wanted.group === '' && row.groups.length > 0) return false;
  if (wanted.group && !row.groups.some(({ id }) => id === wanted.group)) return false;
  for (const [name, value] of Object.entries(wanted.chosen)) {
    const tests: Record<string, (row: EndpointRow, now: number) => boolean> = choices[name as FilterName];
    if (!tests[value]?.(row, now)) return false;
  }
  if (wanted.words.length === 0) return true;
  const groups = row.groups.map(({ name }) => name);
  const text = [row.name, row.site, row.os, row.id, ...row.tags, ...groups].join(' ').toLowerCase();
  return wanted.words.every((word) => text.includes(word));
}

/** 3 critical, 2 warning, 1 info, 0 nothing. */
export function urgency(row: EndpointRow): number {
  const weights = { critical: 3, warning: 2, info: 1 } as const;
  return row.attention.reduce((worst, item) => Math.max(worst, weights[item.severity]), 0);
}

const backupOrder = ['failed', 'none', 'never', 'late', 'unknown', 'warning', 'running', 'ok'];

type Value = number | string | null;
const keys = {
  attention: (row) => urgency(row) * 100 + Math.min(99, row.attention.length),
  name: (row) => row.name,
  site: (row) => row.site,
  cpu: (row) => row.cpuPercent,
  memory: (row) => row.memoryPercent,
  disk: (row) => row.disk?.usedPercent ?? null,
  backup: (row) => (backupOrder.length - backupOrder.indexOf(row.backup.state)) * 1e10 + (row.backup.ageSeconds ?? 0),
  updates: (row) => row.patches.pendingSecurity,
  seen: (row) => row.lastSeenAt,
} as const satisfies Record<string, (row: EndpointRow) => Value>;

export type SortKey = keyof typeof keys;
const sortKeys = Object.keys(keys) as SortKey[];
/** Numbers are most interesting from above, words from the beginning. */
const rising: readonly SortKey[] = ['name', 'site'];

export interface Order {
  key: SortKey;
  down: boolean;
}

/** `-cpu` sorts by CPU from above. Default: what needs attention first. */
export function orderOf(text: string | null): Order {
  const down = text?.startsWith('-') ?? true;
  const key = sortKeys.find((name) => name === text?.replace(/^-/, ''));
  return key ? { key, down } : { key: 'attention', down: true };
}

export function orderText({ key, down }: Order): string {
  return `${down ? '-' : ''}${key}`;
}

/** The order after a click on a column: its natural direction first, then the other. */
export function nextOrder(order: Order, key: SortKey): Order {
  return order.key === key ? { key, down: !order.down } : { key, down: !rising.includes(key) };
}

/** A sorted copy. Unknown values come last in both directions; equals are in the order of their names. */
export function sorted(rows: readonly EndpointRow[], { key, down }: Order): EndpointRow[] {
  const compare = new Intl.Collator('en', { numeric: true }).compare;
  const valued = rows.map((row) => ({ row, value: keys[key](row) as Value }));
  valued.sort((a, b) => {
    if (a.value === null || b.value === null) {
      if (a.value !== b.value) return a.value === null ? 1 : -1;
    } else if (a.value !== b.value) {
      const order = typeof a.value === 'string' ? compare(a.value, String(b.value)) : a.value - (b.value as number);
      if (order !== 0) return down ? -order : order;
    }
    return compare(a.row.name, b.row.name);
  });
  return valued.map(({ row }) => row);
}
