/**
 * What of a condition on labels can fit no alert, as it is known now: a slip of the pen hides nothing, and nobody would
 * notice. A warning and no fault: the site, rule or label may be there tomorrow.
 */
import { nearest } from '../../shared/nearest.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { shown } from '../../shared/shape.ts';
import { impossibleIn, type Matcher, parseMatcher } from '../alerts/matcher.ts';
import type { Context } from './context.ts';

type LabelSources = Pick<Context, 'fleet' | 'groups' | 'rules' | 'silences'>;

/** Labels that every alert has; `collector/alerts/labels.ts`. */
const always = [
  ...['alertname', 'instance', 'rule', 'severity', 'endpoint', 'host', 'site', 'kind', 'metric', 'group', 'tag'],
];
/** So many of the possible values are named. */
const namedAtMost = 12;

export function matcherWarnings(sources: LabelSources, texts: readonly string[]): Reason[] {
  const valuesOf = valuesIn(sources);
  const labels = knownLabels(sources);
  return texts.flatMap((text) => warningOf(parseMatcher(text), labels, valuesOf) ?? []);
}

function warningOf(
  matcher: Matcher,
  labels: ReadonlySet<string>,
  valuesOf: (label: string) => ReadonlySet<string> | null,
): Reason | null {
  const { label, op, value } = matcher;
  const impossible = impossibleIn(matcher);
  if (impossible) return impossible;
  if (!labels.has(label)) return unknown('label', 'label', label, [...labels]);
  const values = op === '=' && value !== '' ? valuesOf(label) : null;
  return values === null || values.has(value) ? null : unknown('value', label, value, [...values]);
}

function unknown(what: 'label' | 'value', label: string, value: string, all: readonly string[]): Reason {
  const known = all.length === 0 ? '–' : all.slice(0, namedAtMost).join(', ') + (all.length > namedAtMost ? ', …' : '');
  const meant = nearest(value, all);
  const said = { label, value: shown(value), known };
  if (what === 'label')
    return meant === undefined
      ? reason('matcher_no_label', { value: said.value, known })
      : reason('matcher_no_label_meant', { value: said.value, known, meant });
  return meant === undefined ? reason('matcher_no_value', said) : reason('matcher_no_value_meant', { ...said, meant });
}

/** Those that every alert has, those that rules give, and those of the alerts there are. */
function knownLabels({ rules, silences }: LabelSources): ReadonlySet<string> {
  return new Set([
    ...always,
    ...rules
      .books()
      .all()
      .flatMap(({ labels = {} }) => Object.keys(labels)),
    ...silences.firing().flatMap(({ labels }) => Object.keys(labels)),
  ]);
}

/** Null: a label whose values nobody can list. */
function valuesIn({ fleet, groups, rules }: LabelSources) {
  return (label: string): ReadonlySet<string> | null => {
    const endpoints = [...fleet.all()];
    if (label === 'site') return new Set(endpoints.flatMap(({ site }) => site ?? []));
    if (label === 'host' || label === 'instance') return new Set(endpoints.map(({ name }) => name));
    if (label === 'group')
      return new Set(endpoints.flatMap(({ id }) => groups.namedGroupsOf(id).map(({ name }) => name)));
    if (label !== 'rule' && label !== 'alertname') return null;
    const all = rules.books().all();
    return new Set(all.map(({ id, level_of }) => level_of ?? id));
  };
}
