/**
 * Summary and description of a rule. Substitution only: `{value|unit}` is replaced once by a fact about the alert, and
 * what was put in is never read again. There are no functions, loops or files, and nothing of an endpoint is evaluated.
 * Escaping for HTML or a chat is the work of each channel, which gets plain text.
 */
import { nearest } from '../nearest.ts';
import { disturbing, quoted, unseen } from '../safe-text.ts';
import { duration, number, time } from './format.ts';
import type { Language } from './index.ts';
import { formatLimit, formatValue, type NamedRule, ruleName } from './names.ts';

export const templateNames: readonly string[] = [
  ...['rule', 'severity', 'host', 'endpoint', 'site', 'kind', 'metric', 'instance', 'value', 'limit', 'since'],
];
export const templateFilters = ['unit', 'time', 'duration', 'number'] as const;
type Filter = (typeof templateFilters)[number];

/** What a template may speak of; null: not known, which reads as a dash. */
export interface TemplateFacts {
  rule: NamedRule;
  severity: string;
  /** Name, id, site and kind of the endpoint. */
  endpoint: { id: string; name: string; site: string | null; kind: string };
  metric: string;
  unit: string;
  /** Path, job, device … */
  instance: string;
  value: number | null;
  threshold: number | null;
  /** ms UTC */
  since: number | null;
  now: number;
  zone: string;
}

const none = '—';
/** Of one value: a name from outside must not fill a message. */
const valueAtMost = 200;

/** A name in braces with an optional filter; `{{` and `}}` are braces. */
const piece = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/** What is wrong with a template, in words that read on after its place; null: nothing. */
export function templateProblem(text: string): string | null {
  for (const [whole, inner] of text.matchAll(piece)) {
    if (whole === '{{' || whole === '}}') continue;
    if (inner === undefined)
      return `has a single ${whole}; write {{ or }} for a brace, {value} for a value of the alert`;
    const [name = '', filter, ...rest] = inner.split('|').map((word) => word.trim());
    if (!templateNames.includes(name)) return `names ${quoted(name)}${hintOf(name, templateNames)}`;
    if (rest.length > 0) return `has more than one filter in {${inner}}; one is allowed`;
    if (filter !== undefined && !(templateFilters as readonly string[]).includes(filter))
      return `has the filter ${quoted(filter)} in {${inner}}${hintOf(filter, templateFilters)}`;
  }
  return null;
}

function hintOf(word: string, known: readonly string[]): string {
  const guess = nearest(word, known);
  return `, which is not known; ${guess ? `did you mean ${quoted(guess)}?` : `known: ${known.join(', ')}`}`;
}

/** The text with its facts; a template that was saved has no faults, and what is unknown all the same stays as it is. */
function fillTemplate(text: string, facts: TemplateFacts, language: Language): string {
  return text.replace(piece, (whole: string, inner: string | undefined) => {
    if (whole === '{{') return '{';
    if (whole === '}}') return '}';
    const [name = '', filter] = (inner ?? '').split('|').map((word) => word.trim());
    return templateNames.includes(name) ? harmless(factOf(name, filter as Filter | undefined, facts, language)) : whole;
  });
}

function harmless(text: string): string {
  const clean = text.replace(disturbing, ' ').replace(unseen, '').trim();
  return clean.length > valueAtMost ? `${clean.slice(0, valueAtMost - 1)}…` : clean;
}

function factOf(name: string, filter: Filter | undefined, facts: TemplateFacts, language: Language): string {
  const { metric, unit, value, threshold, since } = facts;
  switch (name) {
    case 'value':
      return asNumber(value, filter, (one) => formatValue(language, metric, one, unit), facts, language);
    case 'limit':
      return asNumber(threshold, filter, (one) => formatLimit(language, metric, one, unit), facts, language);
    case 'since':
      if (since === null) return none;
      if (filter === 'duration') return duration(Math.max(0, (facts.now - since) / 1000), language);
      return filter === 'number' ? String(since) : time(since, language, 'long', facts.zone);
    default:
      return textOf(name, facts, language);
  }
}

function asNumber(
  value: number | null,
  filter: Filter | undefined,
  inUnit: (value: number) => string,
  { zone }: TemplateFacts,
  language: Language,
): string {
  if (value === null) return none;
  if (filter === 'number') return number(value, language, 3);
  if (filter === 'duration') return duration(value, language);
  return filter === 'time' ? time(value, language, 'long', zone) : inUnit(value);
}

function textOf(name: string, facts: TemplateFacts, language: Language): string {
  const { endpoint } = facts;
  const texts: Readonly<Record<string, string | null>> = {
    rule: ruleName(language, facts.rule),
    severity: facts.severity,
    host: endpoint.name,
    endpoint: endpoint.id,
    site: endpoint.site,
    kind: endpoint.kind,
    metric: facts.metric,
    instance: facts.instance,
  };
  return texts[name] || none;
}

export interface RuleTexts {
  /** One line. */
  summary: string | null;
  /** May have several lines. */
  description: string | null;
  /** An address. */
  runbook: string | null;
}

/** As written in the rule. */
export interface RuleTemplates {
  summary?: string;
  description?: string;
  runbook?: string;
}

/** What a rule says about one of its alerts, for pages and messages. */
export function ruleTexts(rule: RuleTemplates, facts: TemplateFacts, language: Language): RuleTexts {
  const filled = (text: string | undefined) => (text ? fillTemplate(text, facts, language) : null);
  return { summary: filled(rule.summary), description: filled(rule.description), runbook: rule.runbook || null };
}
