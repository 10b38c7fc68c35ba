/**
 * Overrides of rules, from a settings file and from people, over the built-in ones: the rules in force, and the faults.
 * Pure.
 */
import { namesThere } from '../../shared/nearest.ts';
import { reason } from '../../shared/reason.ts';
import { type Fault, shown, wordHint } from '../../shared/shape.ts';
import { createRuleBooks, everywhere, type RuleBooks, type ScopedRule } from './book.ts';
import { faultsOfLevel, faultsOfRule } from './check.ts';
import type { Rule } from './rule.ts';
import type { Scope } from './scope.ts';

/** Parts of one rule, overridden for one scope. */
export interface RuleOverride {
  id: string;
  scope: Scope;
  parts: Readonly<Record<string, unknown>>;
  owner: 'file' | 'people';
  at: number | null;
  by: string | null;
}

/** One rule within one scope. */
export interface ArrangedRule {
  rule: Rule;
  scope: Scope;
  /** Who may change it: anyone (built in), the settings file, people. */
  owner: 'built-in' | RuleOverride['owner'];
  /** The parts that its owner overrides. */
  overrides: RuleOverride['parts'] | null;
  /** False: without the override there is no such rule. */
  hasDefault: boolean;
  changedAt: number | null;
  changedBy: string | null;
}

export interface Arranged {
  books: RuleBooks;
  entries: ArrangedRule[];
  /** Faults of overrides; one with a fault is not in force. */
  faults: { override: RuleOverride; fault: Fault }[];
}

/** Each report is compared with those of its measurements. */
export const rulesAtMost = 2000;
const levelsAtMost = 3;

export const isSameScope = (a: Scope, b: Scope) => a.of === b.of && a.target === b.target;
export const isEverywhere = ({ of }: Scope) => of === 'all';

/** Within a scope a rule may be stricter or milder, but it keeps its subject: one alert, one family. */
const fixed = ['level_of', 'applies'] as const;

export function arrange(builtIn: readonly Rule[], all: readonly RuleOverride[]): Arranged {
  const faults: Arranged['faults'] = [];
  const known = new Set(builtIn.map(({ id }) => id));
  const knownIds = [...known];
  const entryOf = (rule: Rule, override: RuleOverride | null): ArrangedRule => ({
    rule,
    scope: override?.scope ?? everywhere,
    owner: override?.owner ?? 'built-in',
    overrides: override?.parts ?? null,
    hasDefault: known.has(rule.id),
    changedAt: override?.at ?? null,
    changedBy: override?.by ?? null,
  });
  const base = new Map(builtIn.map((rule): [string, ArrangedRule] => [rule.id, entryOf(rule, null)]));
  const scoped: ArrangedRule[] = [];
  const overrideOf = new Map<ArrangedRule, RuleOverride>();

  function take(
    override: RuleOverride,
    before: Rule | undefined,
    check: (rule: Rule) => Fault[] = () => [],
  ): ArrangedRule | null {
    const candidate = merged(override.id, before, override.parts);
    const found = before ? faultsOfRule(candidate) : newRuleFaults(candidate, knownIds);
    if (found.length === 0) found.push(...check(candidate as Rule));
    faults.push(...found.map((fault) => ({ override, fault })));
    if (found.length > 0) return null;
    const entry = entryOf(candidate as Rule, override);
    overrideOf.set(entry, override);
    return entry;
  }

  for (const override of all) {
    const entry = isEverywhere(override.scope) ? take(override, base.get(override.id)?.rule) : null;
    if (entry) base.set(override.id, entry);
  }
  const models = new Map([...base.values()].map(({ rule }) => [rule.id, rule]));
  for (const override of all) {
    if (isEverywhere(override.scope)) continue;
    const model = models.get(override.id);
    const entry = take(override, base.get(override.id)?.rule, (rule) => (model ? differenceFaults(rule, model) : []));
    if (!entry) continue;
    if (!model) models.set(override.id, entry.rule);
    scoped.push(entry);
  }
  faults.push(...allLevelFaults(base, scoped, overrideOf));
  const beyond = [...base.values(), ...scoped][rulesAtMost];
  const tooMany = beyond && overrideOf.get(beyond);
  if (tooMany) {
    const problem = `is one rule too many: ${base.size + scoped.length} are given, those of Evenkeel and of scopes among them, and at most ${rulesAtMost} hold`;
    faults.push({ override: tooMany, fault: { path: ['id'], problem } });
  }
  const rules = [...base.values()].map(({ rule }) => rule);
  const inScopes: ScopedRule[] = scoped.map(({ scope, rule }) => ({ scope, rule }));
  return { books: createRuleBooks(rules, inScopes), entries: [...base.values(), ...scoped], faults };
}

function differenceFaults(rule: Rule, model: Rule): Fault[] {
  const measured = ({ when }: Rule) => `${when.kind} ${'measurement' in when ? when.measurement : ''}`;
  const problem = 'is the same in every scope; within one, change limits and times';
  return [
    ...fixed.filter((part) => rule[part] !== model[part]).map((part) => ({ path: [part], problem })),
    ...(measured(rule) === measured(model) ? [] : [{ path: ['when', 'measurement'], problem }]),
  ];
}

/** Faults of levels, everywhere and within each scope. Of a level and its milder rule, the override is at fault. */
function allLevelFaults(
  base: ReadonlyMap<string, ArrangedRule>,
  scoped: readonly ArrangedRule[],
  overrideOf: ReadonlyMap<ArrangedRule, RuleOverride>,
): Arranged['faults'] {
  const faults: Arranged['faults'] = [];
  const check = (own: ReadonlyMap<string, ArrangedRule>) => {
    const here = new Map([...base, ...own].map(([id, { rule }]) => [id, rule]));
    const levels = new Map<string, number>();
    for (const rule of here.values()) {
      const entries = [own.get(rule.id), own.get(rule.level_of ?? '')];
      const override = entries.flatMap((entry) => (entry && overrideOf.get(entry)) ?? [])[0];
      const found = override ? faultsOfLevel(rule, here) : [];
      const mildest = rule.level_of ?? rule.id;
      if (rule.enabled && found.length === 0) {
        const count = (levels.get(mildest) ?? 0) + 1;
        levels.set(mildest, count);
        const problem = `makes it level ${count} of ${mildest}; a rule has at most ${levelsAtMost}`;
        if (count > levelsAtMost) found.push({ path: ['level_of'], problem });
      }
      if (override) faults.push(...found.map((fault) => ({ override, fault })));
    }
  };
  check(base);
  for (const entries of Map.groupBy(scoped, ({ scope }) => JSON.stringify(scope)).values())
    check(new Map(entries.map((entry) => [entry.rule.id, entry])));
  return faults;
}

/** Names of kinds in version 0.1.0: settings files from then still work. */
const wordsOf010: Readonly<Record<string, string>> = { metric: 'threshold', silent: 'absence' };

/** Defaults for a new rule. */
const usual = {
  enabled: true,
  severity: 'warning',
  applies: 'all',
  for_s: 0,
  clear_for_s: 0,
  ticket: 'open',
  urgency: 3,
};

function merged(id: string, before: Rule | undefined, parts: RuleOverride['parts']): Record<string, unknown> {
  const candidate: Record<string, unknown> = { ...(before ?? usual), ...parts, id };
  const { when } = candidate as { when?: { kind?: unknown } };
  const word = typeof when?.kind === 'string' ? wordsOf010[when.kind] : undefined;
  return word === undefined ? candidate : { ...candidate, when: { ...when, kind: word } };
}

/** A mistyped id of a default looks like a new rule that lacks everything: those faults are not listed as well. */
function newRuleFaults(candidate: Record<string, unknown>, ids: readonly string[]): Fault[] {
  const { id, name, when } = candidate;
  const faults = faultsOfRule(candidate);
  if (name !== undefined && when !== undefined) return faults;
  const hint = wordHint(id, ids) || '; a new one needs at least `name` and `when`';
  const rest = faults.filter(({ path }) => path.length > 0);
  const why = reason('rule_unknown', { name: shown(id), ...namesThere(String(id), ids) });
  return [{ path: ['id'], problem: `${shown(id)} is no rule that we know${hint}`, why }, ...rest];
}

/** `disk-space.when.all.0.clear` */
export const placeOf = (id: string, { path }: Fault) => [id, ...path].join('.');
