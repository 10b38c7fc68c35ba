/**
 * What of a condition on labels can fit no alert, as it is known now: a slip of the pen hides nothing, or notifies nobody,
 * and nobody would notice. A doubt and no fault: the site, rule or label may be there tomorrow. Pure.
 */
import { tagsOf } from '../../shared/metrics.ts';
import { namesThere } from '../../shared/nearest.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { type Fault, shown } from '../../shared/shape.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import { impossibleIn, type Matcher, parseMatcher, textOfMatcher } from './matcher.ts';

export interface KnownLabels {
  labels: ReadonlySet<string>;
  /** Null: a label whose values nobody can list. */
  valuesOf(label: string): ReadonlySet<string> | null;
  /** Not all is known here: only what looks like a slip of something known is doubted. */
  isPart?: boolean;
}

/** What of a fleet the values of labels come from. */
export interface LabelFacts {
  endpoints: readonly { name: string; tags: readonly string[] }[];
  /** Names. */
  sites: readonly string[];
  groups: readonly string[];
  rules: readonly { id: string; level_of?: string; labels?: Readonly<Record<string, string>> }[];
  /** Labels of alerts that are there. */
  labels?: Iterable<string>;
}

/** Labels that every alert has (labels.ts), and those that the collector's own and the targets' have. */
const always = [
  ...['alertname', 'instance', 'rule', 'severity', 'endpoint', 'host', 'site', 'kind', 'metric', 'group', 'tag'],
  ...['schedule', 'channel', 'job', 'service'],
];

export function labelsKnown({ endpoints, sites, groups, rules, labels = [] }: LabelFacts): KnownLabels {
  const ruleNames = new Set(rules.map(({ id, level_of }) => level_of ?? id));
  const hosts = new Set(endpoints.map(({ name }) => name));
  const values: Readonly<Record<string, ReadonlySet<string>>> = {
    ...{ site: new Set(sites), group: new Set(groups), host: hosts, instance: hosts },
    ...{ rule: ruleNames, alertname: ruleNames, tag: new Set(endpoints.flatMap(({ tags }) => tags)) },
  };
  return {
    labels: new Set([
      ...always,
      ...Object.values(tagsOf).flatMap((tags) => Object.keys(tags)),
      ...rules.flatMap((rule) => Object.keys(rule.labels ?? {})),
      ...labels,
    ]),
    valuesOf: (label) => (Object.hasOwn(values, label) ? (values[label] as ReadonlySet<string>) : null),
  };
}

/** Of settings alone: of what other people name, such as sites, nothing is known. */
export const labelsOfSettings = (rules: LabelFacts['rules']): KnownLabels => {
  const { labels, valuesOf } = labelsKnown({ endpoints: [], sites: [], groups: [], rules });
  return { labels, valuesOf: (label) => (label === 'rule' ? valuesOf(label) : null), isPart: true };
};

/** @param text of a matcher without a fault; null: it may fit an alert */
export function doubtOf(text: string, known: KnownLabels): Reason | null {
  const matcher = parseMatcher(text);
  const { label } = matcher;
  const impossible = impossibleIn(matcher);
  if (impossible) return impossible;
  if (!known.labels.has(label)) return unknown('label', 'label', label, [...known.labels], known.isPart);
  const values = known.valuesOf(label);
  if (values === null) return null;
  const wrong = wordsOf(matcher).find((word) => word !== '' && !values.has(word));
  return wrong === undefined ? null : unknown('value', label, wrong, [...values], known.isPart);
}

/** The values that it asks for: of a pattern those that are plain words. What it leaves out does no harm. */
function wordsOf({ op, value }: Matcher): string[] {
  if (op === '=') return [value];
  return op === '=~' && /^[\w|-]+$/.test(value) ? value.split('|') : [];
}

function unknown(
  what: 'label' | 'value',
  label: string,
  value: string,
  all: readonly string[],
  isPart = false,
): Reason | null {
  const there = namesThere(value, all);
  if (isPart && there.meant === undefined) return null;
  const said = { value: shown(value), ...there };
  return what === 'label' ? reason('matcher_no_label', said) : reason('matcher_no_value', { label, ...said });
}

export interface DoubtAt {
  /** Of the text in what was read, such as `children.0.match.1`. */
  at: readonly (string | number)[];
  why: Reason;
}

interface MatchingNode {
  match?: readonly string[];
  children?: readonly MatchingNode[];
}

/** In a tree of routes. */
export function doubtsInRoutes({ match = [], children = [] }: MatchingNode, known: KnownLabels): DoubtAt[] {
  const own = match.flatMap((text, n): DoubtAt[] => {
    const why = doubtOf(text, known);
    return why ? [{ at: ['match', n], why }] : [];
  });
  const below = children.flatMap((child, n) =>
    doubtsInRoutes(child, known).map(({ at, why }) => ({ at: ['children', n, ...at], why })),
  );
  return [...own, ...below];
}

interface MatchingSettings {
  routing: { routes: MatchingNode | null };
  inhibit: readonly { source: readonly Matcher[]; target: readonly Matcher[] }[];
}

/** Of evenkeel.yaml, each with its place. */
export function doubtsInSettings({ routing, inhibit }: MatchingSettings, known: KnownLabels): Fault[] {
  const side = (n: number, name: string, matchers: readonly Matcher[]): DoubtAt[] =>
    matchers.flatMap((matcher, i) => {
      const why = doubtOf(textOfMatcher(matcher), known);
      return why ? [{ at: ['inhibit', n, name, i], why }] : [];
    });
  const found = [
    ...doubtsInRoutes(routing.routes ?? {}, known).map(({ at, why }) => ({ at: ['routes', ...at], why })),
    ...inhibit.flatMap(({ source, target }, n) => [...side(n, 'source', source), ...side(n, 'target', target)]),
  ];
  return found.map(({ at, why }) => ({ path: [...at], problem: `can match nothing: ${formatReasons('en', [why])}` }));
}
