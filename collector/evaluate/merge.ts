/** Settings over defaults: rules by id, changed in part, switched off, or new. */
import { fail } from '../../shared/errors.ts';
import { nameOf } from '../../shared/settings-file.ts';
import { type Fault, shown, wordHint } from '../../shared/shape.ts';
import { faultsOfLevel, faultsOfRule } from './check.ts';
import type { Rule } from './rule.ts';

/** What a new rule need not say. */
const usual = {
  enabled: true,
  severity: 'warning',
  applies: 'all',
  for_s: 0,
  clear_for_s: 0,
  ticket: 'open',
  urgency: 3,
};

/**
 * The rules in force: the defaults, each replaced in the parts that the settings name, then the new ones.
 * @param overrides as in evenkeel.yaml: `[{ id: disk-space, for_s: 0 }, { id: my-rule, name, when, … }]`; `name` may be
 *   one text for both languages
 * @throws EvenkeelError BAD_SETTING with everything that is wrong
 */
export function mergeRules(defaults: readonly Rule[], overrides: readonly unknown[]): Rule[] {
  const { rules, faults } = tryMerge(defaults, overrides);
  if (faults.length === 0) return rules;
  const lines = faults.map(({ path, problem }) => `${nameOf({ rules: overrides }, ['rules', ...path])} ${problem}`);
  throw fail('BAD_SETTING', { faults: lines.join('\n') });
}

/** @returns the rules that are good, and what is wrong with the others by the place in the list of overrides */
export function tryMerge(defaults: readonly Rule[], overrides: readonly unknown[]): { rules: Rule[]; faults: Fault[] } {
  const merged = new Map(defaults.map((rule) => [rule.id, rule]));
  const places = new Map<string, number>();
  const faults: Fault[] = [];
  for (const [i, override] of overrides.entries()) {
    const within = (fault: Fault): Fault => ({ ...fault, path: [i, ...fault.path] });
    const { id } = (typeof override === 'object' && override !== null ? override : {}) as { id?: unknown };
    const name = typeof id === 'string' ? id : '';
    const before = merged.get(name);
    const candidate = mergeOne(before, override);
    const own = places.has(name)
      ? [{ path: ['id'], problem: `${shown(id)} is given twice` }]
      : before === undefined
        ? newRuleFaults(candidate, defaults)
        : faultsOfRule(candidate);
    faults.push(...own.map(within));
    if (name !== '') places.set(name, i);
    if (own.length === 0) merged.set((candidate as Rule).id, candidate as Rule);
  }
  for (const rule of merged.values()) {
    // Of a level and its milder rule the one that was written is at fault.
    const place = places.get(rule.id) ?? places.get(rule.level_of ?? '');
    const found = faultsOfLevel(rule, merged);
    if (place !== undefined) faults.push(...found.map((fault) => ({ ...fault, path: [place, ...fault.path] })));
  }
  return { rules: [...merged.values()], faults };
}

/**
 * A rule with parts of it said anew; a whole new one where there was none.
 * @throws EvenkeelError BAD_SETTING with everything that is wrong
 */
export function ruleWith(id: string, before: Rule | undefined, parts: object): Rule {
  const candidate = mergeOne(before, { ...parts, id });
  const faults = before === undefined ? newRuleFaults(candidate, []) : faultsOfRule(candidate);
  if (faults.length === 0) return candidate as Rule;
  throw fail('BAD_SETTING', {
    faults: faults.map(({ path, problem }) => `${[id, ...path].join('.')} ${problem}`).join('\n'),
  });
}

/** @throws EvenkeelError BAD_SETTING for a level of what is no milder level of the same measurement */
export function checkLevels(rules: readonly Rule[]): void {
  const all = new Map(rules.map((rule) => [rule.id, rule]));
  const faults = rules.flatMap((rule) =>
    faultsOfLevel(rule, all).map(({ path, problem }) => `${[rule.id, ...path].join('.')} ${problem}`),
  );
  if (faults.length > 0) throw fail('BAD_SETTING', { faults: faults.join('\n') });
}

/** Kinds as version 0.1.0 called them: settings files that were written then go on to work. */
const wordsOf010: Readonly<Record<string, string>> = { metric: 'threshold', silent: 'absence' };

function mergeOne(before: Rule | undefined, override: unknown): unknown {
  if (typeof override !== 'object' || override === null || Array.isArray(override)) return override;
  const candidate: Record<string, unknown> = { ...(before ?? usual), ...override };
  if (typeof candidate.name === 'string') candidate.name = { en: candidate.name, ja: candidate.name };
  const { when } = candidate as { when?: { kind?: unknown } };
  const word = typeof when?.kind === 'string' ? wordsOf010[when.kind] : undefined;
  return word === undefined ? candidate : { ...candidate, when: { ...when, kind: word } };
}

/** A mistyped id of a default looks like a new rule that lacks everything: that is not said as well. */
function newRuleFaults(candidate: unknown, defaults: readonly Rule[]): Fault[] {
  const { id, name, when } = (candidate ?? {}) as Record<string, unknown>;
  const faults = faultsOfRule(candidate);
  if (typeof id !== 'string' || (name !== undefined && when !== undefined)) return faults;
  const ids = defaults.map((rule) => rule.id);
  const hint = wordHint(id, ids) || '; a new one needs at least `name` and `when`';
  const rest = faults.filter(({ path }) => path.length > 0);
  return [{ path: ['id'], problem: `${shown(id)} is no rule that we know${hint}` }, ...rest];
}
