/**
 * Rules as files beside the settings, in the words of Prometheus: `when`, `for`, `clear`, `no_data`, `severity`, `labels`,
 * `summary`, `description`, `runbook`, `ticket`. Each entry becomes an entry of `rules:` as evenkeel.yaml has it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatDuration, parseDuration } from '../../shared/duration.ts';
import { fail, reasonOf } from '../../shared/errors.ts';
import { parseSettingsFile, type SettingsFile } from '../../shared/settings-file.ts';
import { type Fault, type Path, shown, unknownKey } from '../../shared/shape.ts';
import { rulesAtMost } from '../evaluate/arrange.ts';
import { defaultRules } from '../evaluate/defaults.ts';
import { tryMerge } from '../evaluate/merge.ts';
import { Rule } from '../evaluate/rule.ts';

export type WrittenRule = Readonly<Record<string, unknown>>;

export interface RuleFiles {
  rules: WrittenRule[];
  /** `rules/disks.yaml:3:9: …`: of what could not even be read. */
  faults: string[];
  /** Faults of the rules by their place in the list, in the words of the file. */
  describe(faults: readonly Fault[]): string[];
  /** Places of rules that `faults` refuses as a whole. */
  faulty: ReadonlySet<number>;
  /** Some rules are not known, because their file could not be read. */
  isPart: boolean;
  names: string[];
}

interface Source {
  file: SettingsFile;
  name: string;
  /** Of the entry within the file. */
  path: Path;
}

const filesAtMost = 200;
const bytesAtMost = 1024 * 1024;

/** Parts that are written otherwise inside: where a fault of one is shown. */
const durations: Readonly<Record<string, string>> = {
  for: 'for_s',
  clear_for: 'clear_for_s',
  gone_after: 'gone_s',
  stale_after: 'stale_after_s',
};
const writtenAs: ReadonlyMap<string, string> = new Map(
  Object.entries(durations).map(([ours, inside]) => [inside, ours]),
);

/** What a rule may hold, in the words of the file. */
const keys = [...Object.keys(Rule.properties).map((key) => writtenAs.get(key) ?? key), 'clear', 'scope'];

/** @throws EvenkeelError CONFIG_UNREADABLE */
export function readRuleFiles(folder: string): RuleFiles {
  const faults: string[] = [];
  const rules: WrittenRule[] = [];
  const faulty = new Set<number>();
  const sources: Source[] = [];
  /** The first of each rule and scope. */
  const given = new Map<string, Source>();
  const names = namesIn(folder);
  let filesRead = 0;
  if (names.length > filesAtMost)
    faults.push(`${folder} has ${names.length} files of rules; at most ${filesAtMost} are read`);
  for (const name of names.slice(0, filesAtMost)) {
    const shownAs = join(basename(folder), name);
    const text = readText(join(folder, name), shownAs);
    if (text.length > bytesAtMost) {
      faults.push(`${shownAs} is larger than 1 MiB, which no list of rules is`);
      continue;
    }
    const tab = text.split('\n').findIndex((line) => /^ *\t/.test(line));
    if (tab >= 0) {
      faults.push(`${shownAs}:${tab + 1}:1: a tab at the begin of a line; YAML is indented with blanks`);
      continue;
    }
    const file = parseSettingsFile(text, shownAs);
    const broken = file.describe([]);
    faults.push(...broken);
    if (broken.length > 0) continue;
    const { list, path } = listIn(file.value);
    if (list === null) {
      const problem = 'must be a list of rules, or have one under `rules:`';
      faults.push(...file.describe([{ path: [], problem }]));
      continue;
    }
    filesRead++;
    for (const [n, entry] of list.entries()) {
      if (rules.length === rulesAtMost) {
        const problem = `is one rule too many: at most ${rulesAtMost} hold, and those after it are not read`;
        faults.push(...file.describe([{ path: [...path, n], problem }]));
        break;
      }
      const own: Fault[] = [];
      const rule = ruleOf(entry, [...path, n], own);
      faults.push(...file.describe(own));
      if (rule.id === undefined && own.length > 0) faulty.add(rules.length);
      const scope = JSON.stringify(rule.scope ?? 'all');
      const where = JSON.stringify([rule.id, scope]);
      const first = rule.id === undefined ? undefined : given.get(where);
      if (first) {
        const [place] = first.file.describe([{ path: [...first.path, 'id'], problem: '' }]);
        const problem = `${shown(rule.id)} is given twice; the first one stands at ${place?.replace(/: \S*\s*$/, '').replace(/:\s*$/, '')}`;
        faults.push(...file.describe([{ path: [...path, n, 'id'], problem }]));
        faulty.add(rules.length);
      }
      rules.push(rule);
      const source = { file, name: shownAs, path: [...path, n] };
      sources.push(source);
      if (!first) given.set(where, source);
    }
  }
  return {
    rules,
    faults,
    faulty,
    isPart: filesRead < names.length,
    names,
    describe: (found) =>
      found.flatMap((fault) => {
        const source = sources[Number(fault.path[0])];
        if (!source) return [];
        const { path, ...rest } = inWordsOfFiles(source, { ...fault, path: fault.path.slice(1) });
        return source.file.describe([{ ...rest, path: [...source.path, ...path] }]);
      }),
  };
}

function entryOf({ file, path }: Pick<Source, 'file' | 'path'>): Record<string, unknown> {
  let entry: unknown = file.value;
  for (const step of path) entry = (entry as Record<string | number, unknown> | undefined)?.[step];
  return (entry ?? {}) as Record<string, unknown>;
}

/** What the check of rules says, for who has written the file: its keys, and times with a unit. */
function inWordsOfFiles(source: Source, fault: Fault): Fault {
  const [key, ...below] = fault.path;
  const path = placeOf(source, fault.path);
  if (fault.isKey && typeof key === 'string' && below.length === 0) return unknownKey([], key, keys);
  const range = / must be a number from (\d+) to (\d+)$/.exec(fault.problem);
  const name = writtenAs.get(String(key));
  if (!range || name === undefined || path[0] !== name) return { ...fault, path };
  const [least, most] = range.slice(1).map((seconds) => formatDuration(Number(seconds) * 1000));
  return { path, problem: `${shown(entryOf(source)[name])} must be a duration from ${least} to ${most}` };
}

/** `when` may be one text, and times have other names here. */
function placeOf({ file, path }: Source, inside: Path): Path {
  const [part, ...rest] = inside;
  if (typeof part !== 'string') return inside;
  const given = entryOf({ file, path });
  if (part === 'when')
    return typeof given.when === 'string' ? [rest.includes('clear') && 'clear' in given ? 'clear' : 'when'] : inside;
  const name = writtenAs.get(part);
  return name !== undefined && name in given ? [name] : inside;
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
      .sort();
  } catch (thrown) {
    throw fail('CONFIG_UNREADABLE', { file: folder, reason: reasonOf(thrown) }, thrown);
  }
}

function readText(path: string, shownAs: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw fail('CONFIG_UNREADABLE', { file: shownAs, reason: reasonOf(thrown) }, thrown);
  }
}

function listIn(value: unknown): { list: unknown[] | null; path: Path } {
  if (Array.isArray(value)) return { list: value, path: [] };
  const inside = (value as { rules?: unknown } | null)?.rules;
  if (Array.isArray(inside)) return { list: inside, path: ['rules'] };
  return { list: Object.keys((value as object | null) ?? {}).length === 0 ? [] : null, path: [] };
}

/** One entry in the words of the settings file; what does not fit is passed on, and refused by the check of rules. */
function ruleOf(entry: unknown, path: Path, faults: Fault[]): Record<string, unknown> {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    faults.push({ path, problem: `${shown(entry)} must be a rule, with \`id\` and what it is about` });
    return {};
  }
  const { when, clear, ...rest } = entry as Record<string, unknown>;
  const rule: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    const inside = Object.hasOwn(durations, key) ? durations[key] : undefined;
    if (inside === undefined) rule[key] = value;
    else rule[inside] = secondsOf(value, [...path, key], faults);
  }
  if (when !== undefined) rule.when = withClear(typeof when === 'string' ? conditionOf(when) : kinded(when), clear);
  else if (clear !== undefined)
    faults.push({ path: [...path, 'clear'], problem: 'belongs to `when`, which is not given here' });
  return rule;
}

/** A condition without a kind has limits. */
const kinded = (when: unknown): unknown =>
  typeof when === 'object' && when !== null && !('kind' in when) ? { kind: 'threshold', ...when } : when;

function secondsOf(value: unknown, path: Path, faults: Fault[]): unknown {
  try {
    return parseDuration(value as string) / 1000;
  } catch {
    faults.push({ path, problem: `${shown(value)} is no duration; write it like 30s, 5m, 12h or 7d` });
    // Fits everywhere, so that the rest of the rule is checked.
    return 60;
  }
}

const limit =
  /^([a-z_]+)\.([a-z0-9_]+)(?:\{([^{}]*)\})?\s*(>=|<=|==|=|>|<)\s*(-?\d+(?:\.\d+)?)\s*(%|KiB|MiB|GiB|TiB|s|m|h|d)?$/;
const factors: Readonly<Record<string, number>> = {
  ...{ '%': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 },
  ...{ s: 1, m: 60, h: 3600, d: 86_400 },
};

/** `disk.used_percent > 90 and disk.free < 20GiB`: limits; whatever is more than that is an expression. */
export function conditionOf(text: string): Record<string, unknown> {
  const parts = text
    .trim()
    .split(/\s+(?:and|&&)\s+/)
    .map((part) => limit.exec(part.trim()));
  if (parts.length > 4 || parts.some((part) => part === null)) return { kind: 'expression', expr: text.trim() };
  const [first] = parts;
  const measurement = first?.[1];
  const all = parts.flatMap((part, n) => {
    if (!part) return [];
    const [, of, field, tags, op, number, unit] = part;
    const elsewhere = of === measurement ? {} : { measurement: of, ...(tags ? { tags: tagsOf(tags) } : {}) };
    if (n > 0 && of === measurement && tags) return [null];
    return [{ field, op: op === '==' ? '=' : op, value: Number(number) * (factors[unit ?? ''] ?? 1), ...elsewhere }];
  });
  if (all.includes(null)) return { kind: 'expression', expr: text.trim() };
  return { kind: 'threshold', measurement, ...(first?.[3] ? { tags: tagsOf(first[3]) } : {}), all };
}

const tagsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(',').map((pair) => {
      const [name = '', value = ''] = pair.split('=').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
      return [name, value];
    }),
  );

/** Of the first limit; of an expression another one. */
function withClear(when: unknown, clear: unknown): unknown {
  if (clear === undefined || typeof when !== 'object' || when === null) return when;
  const { all } = when as { all?: unknown[] };
  if (!Array.isArray(all)) return { ...when, clear };
  const [first, ...others] = all;
  return { ...when, all: [{ ...(first as object), clear }, ...others] };
}

/** Of the settings file and of the files beside it: one list, checked together, with the faults of each where they stand. */
export function readRules(section: unknown, folder: string, faults: Fault[]): { rules: unknown[]; inFiles: string[] } {
  const own = Array.isArray(section) ? section : [];
  const files = readRuleFiles(folder);
  const inFiles = [...files.faults];
  const rules = [...own, ...files.rules];
  const builtIn = new Set(defaultRules.map(({ id }) => id));
  /** What a file that cannot be read would bring is not known: a rule that is not whole may be completed there. */
  const isKnown = (place: number) => {
    const { id, when } = (rules[place] ?? {}) as { id?: string; when?: unknown };
    return !files.isPart || builtIn.has(id ?? '') || when !== undefined;
  };
  for (const fault of tryMerge(defaultRules, rules).faults) {
    const [place, ...rest] = fault.path;
    if (files.faulty.has(Number(place) - own.length) || !isKnown(Number(place))) continue;
    if (Number(place) < own.length) faults.push({ ...fault, path: ['rules', ...fault.path] });
    else inFiles.push(...files.describe([{ ...fault, path: [Number(place) - own.length, ...rest] }]));
  }
  return { rules, inFiles };
}
