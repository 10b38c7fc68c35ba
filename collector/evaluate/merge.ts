/** `rules:` of a settings file over the defaults: overridden, switched off, or new; everywhere or within a scope. */
import { fail } from '../../shared/errors.ts';
import { nameOf } from '../../shared/settings-file.ts';
import { type Fault, faultsOf, shown, wordHint } from '../../shared/shape.ts';
import { arrange, isEverywhere, type RuleOverride } from './arrange.ts';
import { everywhere, type RuleBooks } from './book.ts';
import { faultsOfRule } from './check.ts';
import type { Rule } from './rule.ts';
import { Scope, scopeKinds } from './scope.ts';

/**
 * The rules that hold everywhere: the defaults, with the parts in the settings replaced, then the new ones.
 * @param overrides as in evenkeel.yaml: `[{ id: disk-space, for_s: 0 }, { id: my-rule, name, when, … }]`; `name` may be
 *   one text, or one for each language
 * @throws EvenkeelError BAD_SETTING with all faults
 */
export function mergeRules(defaults: readonly Rule[], overrides: readonly unknown[]): Rule[] {
  const { rules, faults } = tryMerge(defaults, overrides);
  refuse(faults, overrides);
  return rules;
}

/** The rules of files as they hold without changes by people. @throws EvenkeelError BAD_SETTING with all faults */
export function booksOf(defaults: readonly Rule[], overrides: readonly unknown[]): RuleBooks {
  refuse(tryMerge(defaults, overrides).faults, overrides);
  return arrange(defaults, overridesInFile(overrides).valid).books;
}

/** @throws EvenkeelError BAD_SETTING with all faults */
export function refuse(faults: readonly Fault[], overrides: readonly unknown[]): void {
  if (faults.length === 0) return;
  const lines = faults.map(({ path, problem }) => `${nameOf({ rules: overrides }, ['rules', ...path])} ${problem}`);
  throw fail('BAD_SETTING', { faults: lines.join('\n') });
}

/** @returns the valid rules, and the faults of the others by their place in the list of overrides */
export function tryMerge(defaults: readonly Rule[], overrides: readonly unknown[]): { rules: Rule[]; faults: Fault[] } {
  const { valid, faults } = overridesInFile(overrides);
  const arranged = arrange(defaults, valid);
  const places = new Map<RuleOverride, number>(valid.map((one) => [one, one.place]));
  const found = arranged.faults.map(({ override: of, fault }) => ({
    ...fault,
    path: [places.get(of) ?? 0, ...fault.path],
  }));
  const rules = arranged.entries.filter(({ scope }) => isEverywhere(scope)).map(({ rule }) => rule);
  return { rules, faults: [...faults, ...found] };
}

interface OverrideInFile extends RuleOverride {
  /** In the list of overrides. */
  place: number;
}

/** The valid part of the list, and the faults of the rest. */
export function overridesInFile(overrides: readonly unknown[]): { valid: OverrideInFile[]; faults: Fault[] } {
  const valid: OverrideInFile[] = [];
  const taken = new Set<string>();
  const faults: Fault[] = [];
  for (const [place, override] of overrides.entries()) {
    const own = (list: readonly Fault[]) =>
      faults.push(...list.map(({ path, ...rest }) => ({ ...rest, path: [place, ...path] })));
    const isSection = typeof override === 'object' && override !== null && !Array.isArray(override);
    const { id, scope: given, ...parts } = (isSection ? override : {}) as Record<string, unknown>;
    if (typeof id !== 'string') {
      own(faultsOfRule(override).filter(({ path }) => path.length === 0 || path[0] === 'id'));
      continue;
    }
    const { scope, faults: wrong } = scopeOf(given);
    own(wrong);
    const where = JSON.stringify([id, scope.of, scope.target]);
    if (taken.has(where)) own([{ path: ['id'], problem: `${shown(id)} is given twice` }]);
    else if (wrong.length === 0) {
      taken.add(where);
      valid.push({ id, scope, parts, owner: 'file', at: null, by: null, place });
    }
  }
  return { valid, faults };
}

const words = scopeKinds.filter((kind) => kind !== 'all');

/** `scope: { site: Berlin }`; without one, a rule holds everywhere. */
function scopeOf(given: unknown): { scope: Scope; faults: Fault[] } {
  if (given === undefined || given === 'all') return { scope: everywhere, faults: [] };
  const wrong = (path: Fault['path'], problem: string) => ({ scope: everywhere, faults: [{ path, problem }] });
  const pairs = typeof given === 'object' && given !== null && !Array.isArray(given) ? Object.entries(given) : [];
  const [key = '', target] = pairs[0] ?? [];
  const of = words.find((word) => word === key);
  const wanted = `all, or one of ${words.map((word) => `{ ${word}: … }`).join(', ')}`;
  if (pairs.length !== 1) return wrong(['scope'], `${shown(given)} must be ${wanted}`);
  if (!of) return wrong(['scope', key], `must be ${wanted}${wordHint(key, words)}`);
  if (of === 'kind' && target !== 'server' && target !== 'workstation')
    return wrong(
      ['scope', of],
      `${shown(target)} must be server or workstation${wordHint(target, ['server', 'workstation'])}`,
    );
  if (target === '') return wrong(['scope', of], `must name a ${of}`);
  const faults = faultsOf(Scope.properties.target, target, ['scope', of]);
  return faults.length > 0 ? { scope: everywhere, faults } : { scope: { of, target: target as string }, faults };
}
