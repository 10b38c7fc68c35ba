/**
 * Filters and sort keys of the fleet's rows, defined here only. The API describes them, and pages build their fields and
 * queries from that. Thresholds belong to rules: a filter matches a fact, or the level in the alert engine. Pure.
 *
 * One more filter or sort key: an entry here, and its words: of a filter under `filter`, of a sort key under `column`.
 */
import type { EndpointRow, FleetFilters } from '../../shared/api.ts';
import { levels, weightOf, worst, worstOf } from '../../shared/level.ts';
import { backupStates } from './backup-state.ts';

type Test = (row: EndpointRow) => boolean;
export type RowChoice = Pick<FleetFilters['filters'][number]['choices'][number], 'value' | 'label'>;

/** Choices that are always there, or those that occur: then `''` stands for rows that have none. */
export type RowFilter =
  | { tests: Readonly<Record<string, Test>> }
  | { choicesOf(row: EndpointRow): readonly RowChoice[] };

const isOneOf = <T extends string>(values: readonly T[], of: (row: EndpointRow) => T | null) => ({
  tests: Object.fromEntries(values.map((value) => [value, (row: EndpointRow) => of(row) === value])) as Record<T, Test>,
});
const named = (value: string, label: RowChoice['label'] = value): RowChoice => ({ value, label });

/** Nothing is wrong with it as far as anybody knows, which is not far. */
const isUnseen = ({ state }: EndpointRow) => state !== 'online' && state !== 'offline';

const states = ['online', 'offline', 'lost', 'never'] as const;

export const filters = {
  state: {
    tests: {
      ...isOneOf(states, ({ state }) => state).tests,
      unknown: ({ state }) => state === 'unknown' || state === 'never',
    },
  },
  attention: {
    tests: {
      any: (row) => worstOf(row) !== null,
      ...isOneOf([...levels].reverse(), (row) => worstOf(row)).tests,
      none: (row) => worstOf(row) === null,
      fine: (row) => worstOf(row) === null && !isUnseen(row),
      off: (row) => worstOf(row) === null && row.state === 'offline',
      unseen: (row) => worstOf(row) === null && isUnseen(row),
    },
  },
  kind: isOneOf(['server', 'workstation'], ({ kind }) => kind),
  site: { choicesOf: ({ site }) => (site === null ? [] : [named(site)]) },
  backup: {
    tests: {
      ...isOneOf(backupStates, ({ backup }) => backup.state).tests,
      unverified: ({ backup }) => (backup.unverified ?? 0) > 0,
    },
  },
  security: {
    tests: {
      overdue: (row) => worstOf(row, 'patches.oldest_security_age_s') !== null,
      pending: ({ patches }) => (patches.pendingSecurity ?? 0) > 0,
      clear: ({ patches }) => patches.scan === 'ok' && patches.pendingSecurity === 0,
      unknown: ({ patches }) => patches.scan !== 'ok' || patches.pendingSecurity === null,
    },
  },
  reboot: isOneOf(['required', 'not_required', 'unknown'], ({ patches: { rebootRequired } }) =>
    rebootRequired === null ? 'unknown' : rebootRequired ? 'required' : 'not_required',
  ),
  eol: {
    tests: {
      past: ({ patches }) => patches.supportEnded === true,
      soon: (row) => worstOf(row, 'os.end_of_life_days') !== null,
      unknown: ({ patches }) => patches.endOfLife === null,
    },
  },
  disks: isOneOf(['critical', 'warning', 'info', 'ok', 'unknown'], ({ diskHealth }) => diskHealth),
  version: { choicesOf: ({ version }) => (version === null ? [] : [named(version)]) },
  behind: isOneOf(['yes', 'no', 'unknown'], ({ behind }) => (behind === undefined ? 'unknown' : behind ? 'yes' : 'no')),
  tag: { choicesOf: ({ tags }) => tags.map((tag) => named(tag)) },
  group: { choicesOf: ({ groups }) => groups.map(({ id, name }) => named(id, name)) },
  rule: { choicesOf: ({ attention }) => attention.map(({ code, rule }) => named(code, rule)) },
} as const satisfies Record<string, RowFilter>;

export type FilterName = keyof typeof filters;
export const filterNames = Object.keys(filters) as FilterName[];

/** A choice that occurs may also be given by its name. */
export function testOf(name: FilterName, value: string): Test {
  const filter: RowFilter = filters[name];
  if ('tests' in filter) return filter.tests[value] ?? (() => false);
  return (row) => {
    const choices = filter.choicesOf(row);
    return value === '' ? choices.length === 0 : choices.some((one) => one.value === value || one.label === value);
  };
}

/** Every word must occur in name, site, tags, groups, operating system or id. */
export function searchTest(text: string): Test {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ name, site, os, id, tags, groups }) => {
    const all = [name, site, os, id, ...tags, ...groups.map((group) => group.name)].join('\n').toLowerCase();
    return words.every((word) => all.includes(word));
  };
}

export type SortValue = number | string | null;
export interface RowSort {
  /** Numbers descend, worst first; words ascend. */
  first: 'up' | 'down';
  /** null where it is not known: such rows come last either way. */
  value(row: EndpointRow): SortValue;
}

const number = (value: RowSort['value']): RowSort => ({ first: 'down', value });
const word = (value: RowSort['value']): RowSort => ({ first: 'up', value });
const worstStateFirst = ['lost', 'unknown', 'offline', 'never', 'online'];
/** Place in a list, the first one highest. */
const rank = (list: readonly string[], value: string) => list.length - list.indexOf(value);

export const sorts = {
  // The worst level decides, then how many of it: 1000 reasons of one level never outweigh one of the next.
  attention: number(({ attention }) => attention.reduce((sum, { severity }) => sum + 1000 ** weightOf(severity), 0)),
  name: word(({ name }) => name),
  site: word(({ site }) => site),
  state: number(({ state }) => rank(worstStateFirst, state)),
  cpu: number(({ cpuPercent }) => cpuPercent),
  memory: number(({ memoryPercent }) => memoryPercent),
  disk: number(({ disk }) => disk?.usedPercent ?? null),
  // Its level, then its state, then the longest without a good one. Not its age, which moves between two answers.
  backup: number((row) => {
    const { state, lastSuccess } = row.backup;
    return (weightOf(worstOf(row, 'backup.')) * 100 + rank(backupStates, state)) * 1e13 - (lastSuccess ?? 0);
  }),
  updates: number(({ patches }) => patches.pendingSecurity),
  seen: number(({ lastSeenAt }) => lastSeenAt),
} as const satisfies Record<string, RowSort>;

export type SortName = keyof typeof sorts;
export const sortNames = Object.keys(sorts) as SortName[];
export const defaultSort = '-attention';

/** The filters, and how many of these rows each choice matches. */
export function describeFilters(rows: readonly EndpointRow[]): Omit<FleetFilters, 'waiting'> {
  const alerts = { critical: 0, warning: 0, info: 0, unacknowledged: 0 };
  for (const row of rows)
    for (const count of [...levels, 'unacknowledged'] as const) alerts[count] += row.alerts[count];
  return {
    total: rows.length,
    alerts,
    filters: filterNames.map((name) => ({ name, ...choicesOf(filters[name], rows) })),
    sorts: sortNames.map((name) => ({ name, first: sorts[name].first })),
    sort: defaultSort,
  };
}

type DescribedFilter = Omit<FleetFilters['filters'][number], 'name'>;

function choicesOf(filter: RowFilter, rows: readonly EndpointRow[]): DescribedFilter {
  const found = new Map<string, DescribedFilter['choices'][number]>();
  const add = ({ value, label }: RowChoice, row?: EndpointRow) => {
    const choice = found.get(value) ?? { value, label, count: 0, level: null };
    found.set(value, choice);
    if (row === undefined) return;
    choice.count++;
    choice.level = worst([choice.level, worstOf(row)]);
  };
  const isOpen = 'choicesOf' in filter;
  if (!isOpen) for (const value of Object.keys(filter.tests)) add({ value, label: null });
  for (const row of rows) for (const choice of choicesFor(filter, row)) add(choice, row);
  const choices = [...found.values()];
  return { open: isOpen, choices: isOpen ? choices.sort((a, b) => byName(nameOf(a), nameOf(b))) : choices };
}

const nameOf = ({ value, label }: RowChoice) => (typeof label === 'string' ? label : value);

/** The choices that match this row. */
function choicesFor(filter: RowFilter, row: EndpointRow): readonly RowChoice[] {
  if ('tests' in filter) {
    const fitting = Object.entries(filter.tests).filter(([, test]) => test(row));
    return fitting.map(([value]) => ({ value, label: null }));
  }
  const choices = filter.choicesOf(row);
  return choices.length === 0 ? [{ value: '', label: null }] : choices;
}

const collator = new Intl.Collator('en', { numeric: true });
/** Natural order: web-9 before web-10. */
export const byName = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
