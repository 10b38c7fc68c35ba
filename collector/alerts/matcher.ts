/**
 * A condition on one label, as Alertmanager writes it: `site="berlin"`, `rule=~"disk-.*"`. It has to fit the whole value;
 * a label that is missing is empty. Patterns are RE2, whose time is linear: people write them, and none may stop the
 * collector.
 */
import { RE2JS } from 're2js';
import { reasonOf } from '../../shared/errors.ts';
import { nearest } from '../../shared/nearest.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { shown } from '../../shared/shape.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { Labels } from './labels.ts';

const matcherOps = ['=', '!=', '=~', '!~'] as const;
export type MatcherOp = (typeof matcherOps)[number];

export interface Matcher {
  label: string;
  op: MatcherOp;
  value: string;
}

const labelPattern = /^[A-Za-z_][A-Za-z0-9_.:-]*$/;
const labelAtMost = 128;
const valueAtMost = 1024;
/** Each character of a value costs as much as its pattern has instructions; a repetition counts as it were written out. */
const instructionsAtMost = 2000;

const compiled = new Map<string, RE2JS>();
const compiledAtMost = 5000;

/** @throws by RE2JS, for what is no pattern */
function patternOf(value: string): RE2JS {
  let pattern = compiled.get(value);
  if (!pattern) {
    pattern = RE2JS.compile(value);
    if (compiled.size >= compiledAtMost) compiled.clear();
    compiled.set(value, pattern);
  }
  return pattern;
}

export const isLabel = (name: string): boolean => name.length <= labelAtMost && labelPattern.test(name);
const isPattern = ({ op }: Pick<Matcher, 'op'>) => op === '=~' || op === '!~';

/** Null: nothing is wrong with it. */
export function faultIn(matcher: Matcher): Reason | null {
  const { label, op, value } = matcher;
  if (!isLabel(label)) return reason('matcher_label', { label: shown(label), limit: labelAtMost });
  if (!matcherOps.includes(op)) return reason('matcher_op', { op: shown(op) });
  if (value.length > valueAtMost) return reason('matcher_long', { label, limit: valueAtMost });
  if (!isPattern(matcher)) return null;
  try {
    return patternOf(value).programSize() > instructionsAtMost ? reason('matcher_large', { label }) : null;
  } catch (thrown) {
    return reason('matcher_pattern', { label, error: reasonOf(thrown) });
  }
}

/** `label="value"`, the quotes are optional for a plain value. @throws EvenkeelError BAD_MATCHER */
export function parseMatcher(text: string): Matcher {
  const [matcher, ...more] = parseMatchers(text);
  if (!matcher) throw bad(text, reason('matcher_none'));
  if (more.length > 0) throw bad(text, reason('matcher_many', { count: more.length + 1 }));
  return matcher;
}

/** Several, with commas between them, in braces or without. @throws EvenkeelError BAD_MATCHER */
export function parseMatchers(text: string): Matcher[] {
  const inner = /^\s*\{([\s\S]*)\}\s*$/.exec(text)?.[1] ?? text;
  const matchers: Matcher[] = [];
  let rest = inner.trim();
  while (rest !== '') {
    const found = /^([^\s=!~"{},]+)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s",{}]*))\s*(,\s*|$)/.exec(rest);
    if (!found) throw bad(text, reason('matcher_form', { text: shown(rest.slice(0, 40)) }));
    const [whole, label, op, quoted, plain] = found;
    const matcher = { label: label as string, op: op as MatcherOp, value: plain ?? plainOf(quoted as string) };
    const fault = faultIn(matcher);
    if (fault) throw bad(text, fault);
    matchers.push(matcher);
    rest = rest.slice(whole.length);
  }
  return matchers;
}

const bad = (text: string, why: Reason) => refusal('BAD_MATCHER', why, { text: text.slice(0, 200) });

/** As Go writes a text: other characters after a backslash stay with it, as patterns need them. */
const plainOf = (text: string) => text.replace(/\\([\\"n])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));

export const textOfMatcher = ({ label, op, value }: Matcher): string =>
  `${label}${op}"${value.replace(/[\\"\n]/g, (letter) => (letter === '\n' ? '\\n' : `\\${letter}`))}"`;

/** @param matcher without a fault */
export function matches(matcher: Matcher, labels: Labels): boolean {
  const { label, op, value } = matcher;
  const own = Object.hasOwn(labels, label) ? (labels[label] as string | readonly string[]) : '';
  const fits = isPattern(matcher) ? (one: string) => patternOf(value).matches(one) : (one: string) => one === value;
  const some = typeof own === 'string' ? fits(own) : own.length === 0 ? fits('') : own.some(fits);
  return op === '=' || op === '=~' ? some : !some;
}

export const matchesAll = (matchers: readonly Matcher[], labels: Labels): boolean =>
  matchers.every((matcher) => matches(matcher, labels));

/** Labels that the monitor itself gives, with all values that they can have. */
const allValues: ReadonlyMap<string, readonly string[]> = new Map([
  ['severity', ['info', 'warning', 'critical']],
  ['kind', ['server', 'workstation', 'target', 'collector']],
]);
const plainWords = /^[\w|-]+$/;

/** A value that no alert can have, as that of `severity=critcal`; null: there is none. Each word of `a|b` counts. */
export function impossibleIn(matcher: Matcher): Reason | null {
  const { label, op, value } = matcher;
  const values = allValues.get(label);
  // `kind!=""` leaves nothing out, and does no harm.
  if (!values || (op.startsWith('!') && !plainWords.test(value))) return null;
  const words = isPattern(matcher) && plainWords.test(value) ? value.split('|') : [value];
  const wrong = words.find(
    (word) =>
      !values.some((one) => matches({ label, op: isPattern(matcher) ? '=~' : '=', value: word }, { [label]: one })),
  );
  if (wrong === undefined) return null;
  const meant = nearest(wrong, values);
  const said = { label, value: shown(wrong), known: values.join(', ') };
  return meant === undefined
    ? reason('matcher_impossible', said)
    : reason('matcher_impossible_meant', { ...said, meant });
}

/** It also fits an alert without the label, so that alone it selects nearly all. */
export const fitsMissing = (matcher: Matcher): boolean => matches(matcher, {});
