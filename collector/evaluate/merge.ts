/** Settings over defaults: rules by id, changed in part, switched off, or new. */
import { Compile } from 'typebox/compile';
import { fail } from '../../shared/errors.ts';
import { Rule } from './rule.ts';

const validator = Compile(Rule);
type Loose = Record<string, unknown>;

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
 * @throws EvenkeelError BAD_SETTING, naming the rule and the part
 */
export function mergeRules(
  defaults: readonly Rule[],
  overrides: readonly ({ id: string } & Record<string, unknown>)[],
): Rule[] {
  const merged = new Map(defaults.map((rule) => [rule.id, rule]));
  const seen = new Set<string>();
  for (const override of overrides) {
    if (seen.has(override.id)) throw fail('BAD_SETTING', { what: `rules.${override.id}`, problem: 'is given twice' });
    seen.add(override.id);
    merged.set(override.id, mergeOne(override.id, merged.get(override.id), override));
  }
  for (const rule of merged.values()) checkLevel(rule, merged);
  return [...merged.values()];
}

function mergeOne(id: string, before: Rule | undefined, override: Loose): Rule {
  const what = `rules.${id}`;
  const candidate: Loose = { ...(before ?? usual), ...override };
  if (typeof candidate.name === 'string') candidate.name = { en: candidate.name, ja: candidate.name };
  if (before === undefined && (candidate.when === undefined || candidate.name === undefined))
    throw fail('BAD_SETTING', { what, problem: 'is no rule that we know; a new one needs at least `name` and `when`' });
  if (validator.Check(candidate)) return candidate;
  const { path, problem } = problemIn(candidate);
  throw fail('BAD_SETTING', { what: what + path.replaceAll('/', '.'), problem });
}

function checkLevel(rule: Rule, all: Map<string, Rule>): void {
  if (rule.level_of === undefined) return;
  const what = `rules.${rule.id}.level_of`;
  const milder = all.get(rule.level_of);
  if (!milder || milder.level_of !== undefined)
    throw fail('BAD_SETTING', { what, problem: `names "${rule.level_of}", which is not the mildest level of a rule` });
  const measurement = (of: Rule) => (of.when.kind === 'metric' ? of.when.measurement : null);
  if (measurement(rule) === null || measurement(rule) !== measurement(milder))
    throw fail('BAD_SETTING', { what, problem: `names "${rule.level_of}", which looks at another measurement` });
}

/** What is wrong, in words. A union reports each of its branches; the deepest path is the one that was written. */
function problemIn(candidate: Loose): { path: string; problem: string } {
  const depth = (path: string) => path.split('/').length;
  const errors = [...validator.Errors(candidate)].sort((a, b) => depth(b.instancePath) - depth(a.instancePath));
  const path = errors[0]?.instancePath ?? '';
  const here = errors.filter((error) => error.instancePath === path);
  const allowed = here.flatMap((error) => ('allowedValue' in error.params ? [String(error.params.allowedValue)] : []));
  if (allowed.length > 0) return { path, problem: `must be one of ${allowed.join(', ')}` };
  if (here.some((error) => error.message === 'schema is false')) return { path, problem: 'is not known' };
  return { path, problem: here[0]?.message ?? 'is not valid' };
}
