/** A rule while it is edited: what was typed, what is wrong with it, and the resulting overrides. Pure. */
import type { RuleEntry } from '../../../shared/api.ts';
import { fieldOf, type Unit } from '../../../shared/metrics.ts';
import type { Key } from '../words/words.ts';
import { type Amount, amountOf, numberIn } from './amount.ts';
import type { RuleReach, WebRule } from './family.ts';
import { type SaidDraft, saidFaults, saidOf, saidParts } from './said.ts';
import { conditionsOf, metricOf, type WebLimit } from './sentences.ts';

export interface ConditionDraft {
  metric: string;
  unit: Unit;
  op: WebLimit['op'];
  value: Amount;
  clear: Amount;
  /** A changed limit moves its clear value along, until that is set by hand. */
  clearFollows: boolean;
}

/** With the word of the form for each. */
export const numberParts = {
  ...{ value: 'rate', clear: 'clear', per_s: 'per', over_s: 'over', after_s: 'after' },
  ...{ by: 'by', hold_s: 'hold', within_days: 'days', within_s: 'within' },
} as const;
export type NumberPart = keyof typeof numberParts;

export interface LevelDraft extends SaidDraft {
  rule: WebRule;
  overrides: RuleEntry['overrides'];
  enabled: boolean;
  severity: WebRule['severity'];
  ticket: WebRule['ticket'];
  urgency: string;
  noData: NonNullable<WebRule['no_data']>;
  /** null: its kind of rule always alerts. */
  notify: boolean | null;
  forS: Amount;
  clearForS: Amount;
  /** Numbers and expressions of its condition beside limits, by their name in it. */
  numbers: Partial<Record<NumberPart, Amount>>;
  expressions: Partial<Record<'expr' | 'clear', string>>;
  conditions: ConditionDraft[];
}

/** @param scope overrides of this scope are saved again; elsewhere there are none yet */
export function draftOf({ rule, overrides, scope: at }: RuleEntry, scope: RuleReach): LevelDraft {
  const isHere = at.of === scope.of && at.target === scope.target;
  return {
    rule,
    overrides: isHere ? overrides : null,
    enabled: rule.enabled,
    severity: rule.severity,
    ticket: rule.ticket,
    urgency: String(rule.urgency),
    ...saidOf(rule),
    noData: rule.no_data ?? 'keep',
    notify: rule.when.kind === 'baseline' ? (rule.notify ?? false) : null,
    forS: amountOf(rule.for_s, 'seconds'),
    clearForS: amountOf(rule.clear_for_s, 'seconds'),
    numbers: numbersOf(rule.when),
    expressions: expressionsOf(rule.when),
    conditions: conditionsOf(rule).map((condition): ConditionDraft => {
      const metric = metricOf(condition, rule.when.measurement);
      const unit = fieldOf(metric)?.unit ?? 'number';
      const { op, value, clear } = condition;
      return { metric, unit, op, value: amountOf(value, unit), clear: amountOf(clear, unit), clearFollows: true };
    }),
  };
}

/** Of a condition that has no limits of its own. */
export function unitOfNumber(when: WebRule['when'], name: string): Unit {
  if (name.endsWith('_s')) return 'seconds';
  return name.endsWith('_days') ? 'days' : (fieldOf(`${when.measurement}.${when.field}`)?.unit ?? 'number');
}

function numbersOf(when: WebRule['when']): LevelDraft['numbers'] {
  // A rate may be given a value at which it clears.
  const parts: Record<string, unknown> = when.kind === 'rate' ? { clear: undefined, ...when } : when;
  const names = (Object.keys(numberParts) as NumberPart[]).filter((name) =>
    Object.hasOwn(parts, name) ? typeof parts[name] !== 'string' : false,
  );
  return Object.fromEntries(
    names.map((name) => [name, amountOf(parts[name] as number | undefined, unitOfNumber(when, name))]),
  );
}

/** What ends it may be left out, and be given. */
function expressionsOf(when: WebRule['when']): LevelDraft['expressions'] {
  const { kind, expr, clear } = when as { kind: string; expr?: string; clear?: string };
  return kind === 'expression' ? { expr: expr ?? '', clear: clear ?? '' } : {};
}

/** What was typed into one draft, in another one of the same rule: the scope was chosen after the limit. */
export function carriedOver(typed: LevelDraft, from: LevelDraft, to: LevelDraft): LevelDraft {
  const names = Object.keys(typed) as (keyof LevelDraft)[];
  const differing = names.filter(
    (name) => name !== 'rule' && name !== 'overrides' && !isEqual(typed[name], from[name]),
  );
  return { ...to, ...Object.fromEntries(differing.map((name) => [name, typed[name]])) };
}

/** With another limit; `clear` keeps its distance. */
export function withLimit(draft: ConditionDraft, value: Amount): ConditionDraft {
  const [before, after, clear] = [numberIn(draft.value), numberIn(value), numberIn(draft.clear)];
  if (!draft.clearFollows || before === null || after === null || clear === null) return { ...draft, value };
  return { ...draft, value, clear: amountOf(Math.round((clear + after - before) * 1e6) / 1e6, draft.unit) };
}

/** By place, as the collector names it: `disk-space.when.all.0.clear`. */
export type Faults = Readonly<Record<string, Key>>;

export function faultsOf(levels: readonly LevelDraft[]): Faults {
  const faults: Record<string, Key> = {};
  levels.forEach((level, n) => {
    const at = (place: string) => `${level.rule.id}.${place}`;
    const time = (place: string, amount: Amount, least = 0) => {
      const value = numberIn(amount);
      if (value === null || value < least) faults[at(place)] = 'rules.fault.time';
    };
    time('for_s', level.forS);
    time('clear_for_s', level.clearForS);
    for (const [name, amount] of Object.entries(level.numbers))
      if (name.endsWith('_s')) time(`when.${name}`, amount, 1);
      else if (numberIn(amount) === null && (name !== 'clear' || amount.text.trim() !== ''))
        faults[at(`when.${name}`)] = 'rules.fault.number';
    if (level.expressions.expr?.trim() === '') faults[at('when.expr')] = 'rules.fault.expr';
    for (const [place, fault] of Object.entries(saidFaults(level))) faults[at(place)] = fault;
    level.conditions.forEach((condition, i) => {
      const limit =
        limitFault(condition) ??
        (levels.slice(0, n).some((milder) => isMilder(condition, milder, level)) ? 'rules.fault.worse' : null);
      if (limit) faults[at(`when.all.${i}.value`)] = limit;
      const clear = clearFault(condition);
      if (clear) faults[at(`when.all.${i}.clear`)] = clear;
    });
  });
  return faults;
}

function limitFault({ value, unit }: ConditionDraft): Key | null {
  const limit = numberIn(value);
  if (limit === null) return 'rules.fault.number';
  return unit === 'percent' && (limit < 0 || limit > 1000) ? 'rules.fault.percent' : null;
}

function clearFault({ op, value, clear }: ConditionDraft): Key | null {
  if (clear.text.trim() === '') return null;
  const [limit, at] = [numberIn(value), numberIn(clear)];
  if (at === null) return 'rules.fault.number';
  if (op === '=') return 'rules.fault.noClear';
  if (limit === null) return null;
  if (op.startsWith('>')) return at > limit ? 'rules.fault.clearAbove' : null;
  return at < limit ? 'rules.fault.clearBelow' : null;
}

/** A worse level that begins before the milder one leaves that one without effect. */
function isMilder(condition: ConditionDraft, milder: LevelDraft, level: LevelDraft): boolean {
  if (!milder.enabled || !level.enabled || condition.op === '=') return false;
  const other = milder.conditions.find((one) => one.metric === condition.metric && one.op[0] === condition.op[0]);
  const [mine, theirs] = [numberIn(condition.value), other ? numberIn(other.value) : null];
  if (mine === null || theirs === null) return false;
  return condition.op.startsWith('>') ? mine < theirs : mine > theirs;
}

/** The rule as it was typed; only of a draft without faults. */
export function ruleOf(draft: LevelDraft): WebRule {
  const { rule } = draft;
  const all = conditionsOf(rule).map((condition, n) => {
    const typed = draft.conditions[n] as ConditionDraft;
    const { clear: _, ...rest } = condition;
    const clear = numberIn(typed.clear);
    return { ...rest, value: numberIn(typed.value) ?? condition.value, ...(clear === null ? {} : { clear }) };
  });
  const { clear: _, ...before } = rule.when as Record<string, unknown> & WebRule['when'];
  const when = {
    ...before,
    ...typedParts(draft),
    ...(rule.when.all ? { all } : {}),
  };
  return {
    ...rule,
    enabled: draft.enabled,
    severity: draft.severity,
    ticket: draft.ticket,
    urgency: Number(draft.urgency),
    ...(draft.noData === (rule.no_data ?? 'keep') ? {} : { no_data: draft.noData }),
    ...(draft.notify === null || draft.notify === (rule.notify ?? false) ? {} : { notify: draft.notify }),
    ...saidParts(draft, rule),
    for_s: numberIn(draft.forS) ?? 0,
    clear_for_s: numberIn(draft.clearForS) ?? 0,
    when,
  };
}

/** An empty one is left out. */
function typedParts({ numbers, expressions }: LevelDraft): Record<string, number | string> {
  const typed: Record<string, number | string> = {};
  for (const [name, amount] of Object.entries(numbers)) {
    const value = numberIn(amount);
    if (value !== null) typed[name] = value;
  }
  for (const [name, text] of Object.entries(expressions)) if (text.trim() !== '') typed[name] = text.trim();
  return typed;
}

/** Key order does not matter: a form writes it in its own. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [mine, theirs] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = new Set([...Object.keys(mine), ...Object.keys(theirs)]);
  return [...names].every((name) => isEqual(mine[name], theirs[name]));
}

/** The overrides to save: the former ones, and what differs now. null: nothing was typed that differs. */
export function partsOf(draft: LevelDraft): Record<string, unknown> | null {
  const typed = ruleOf(draft) as Record<string, unknown>;
  const before = draft.rule as Record<string, unknown>;
  const names = Object.keys(typed).filter((name) => !isEqual(typed[name], before[name]));
  if (names.length === 0) return null;
  return { ...draft.overrides, ...Object.fromEntries(names.map((name) => [name, typed[name]])) };
}
