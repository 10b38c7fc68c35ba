/** Names of rules and metrics, and measured values in words: states that a metric carries as numbers, yes and no. Pure. */
import type { ChangeName, NamedRule, TicketName } from '../api.ts';
import { measured, none, number, percent, time } from './format.ts';
import { defaultLanguage, findWord, type Language, languages, type WordKey, word } from './index.ts';

/** Text written by a person: one text for every language, or one per language. */
export type OwnName = string | Readonly<Record<string, string>>;
export type { NamedRule };

export const ownName = (language: Language, name: OwnName | undefined): string | undefined =>
  typeof name === 'string' ? name : (name?.[language] ?? name?.[defaultLanguage] ?? Object.values(name ?? {})[0]);

/** A rule that is gone, and had a name of its own, is called by its id. */
export function ruleName(language: Language, { id, level_of = id, name }: NamedRule): string {
  return ownName(language, name) ?? findWord(language, `rule.${id}`) ?? findWord(language, `rule.${level_of}`) ?? id;
}

/** The collector, which has alerts of its own, is called by its id and has no page; so is an endpoint that was erased. */
export const hasPage = ({ id, name }: { id: string; name: string }): boolean => name !== id;
/** All that is left of it is its id; no name of the others is one. */
const isErased = (endpoint: { id: string; name: string }): boolean => !hasPage(endpoint) && endpoint.id !== 'collector';

export const endpointName = (language: Language, endpoint: { id: string; name: string }): string =>
  isErased(endpoint) ? word(language, 'endpoint.erased') : endpoint.name;

/** All alerts of other monitoring are of these rules: what they are called stands in their instance. */
const outside: readonly string[] = ['outside', 'outside-warning', 'outside-critical'];

/** Sent by other monitoring. */
export const isOutside = ({ id }: Pick<NamedRule, 'id'>): boolean => outside.includes(id);

/** What an alert is called in a list; of other monitoring its sender's own name for it. */
export function alertName(language: Language, rule: NamedRule, tags: Readonly<Record<string, string>>): string {
  return (isOutside(rule) && tags.alertname) || ruleName(language, rule);
}

/** `Disk nearly full (/var)`; of other monitoring its own name for the alert. */
export function subjectName(language: Language, rule: NamedRule, instance: string): string {
  if (isOutside(rule) && instance !== '') return instance;
  return `${ruleName(language, rule)}${instance ? ` (${instance})` : ''}`;
}

export type TitledTicket = Pick<TicketName, 'title' | 'kind' | 'rule' | 'instance' | 'endpoint' | 'site'>;

/** What a ticket is about; what a person wrote stays as it is. */
export function ticketTitle(language: Language, ticket: TitledTicket): string {
  const { title, kind, rule, instance, endpoint, site } = ticket;
  // What a person wrote about an endpoint that was erased since is gone.
  if (title === '' && endpoint) return endpointName(language, endpoint);
  if (title !== null) return title;
  const about = rule ? ruleName(language, rule) : '?';
  const subject = rule ? subjectName(language, rule, instance) : about;
  if (kind === 'budget') return word(language, 'ticket.budget');
  if (kind === 'incident')
    return word(language, 'ticket.incident', { rule: about, rest: site === null ? '' : ` – ${site}` });
  return `${subject}${endpoint ? ` – ${endpointName(language, endpoint)}` : ''}`;
}

/** What a change is about; what was recognised has no title of its own. */
export function changeTitle(language: Language, { title, what, manager, site, packages }: ChangeName): string {
  const by = manager ?? none;
  if (what === 'restart') return word(language, 'change.restart', { site: site ?? word(language, 'stability.noSite') });
  if (what === 'patch' && packages.length > 0)
    return word(language, 'change.patch', { manager: by, n: number(packages.length, language) });
  return what === 'patch' ? word(language, 'change.patchUnknown', { manager: by }) : title;
}

/** All that people may call it by, for a search. */
export const ruleNames = (rule: NamedRule): string => languages.map((language) => ruleName(language, rule)).join(' ');

/** The metric of alerts about endpoints that do not report: its limit is a time, and there is no value to show. */
export const silence = 'endpoint.silent';

/** Metrics of the collector's own alerts whose value is an instant, ms: when nobody is on call, or what ends or was last well. */
export const isInstant = (metric: string): boolean => instants.has(metric);
const instants: ReadonlySet<string> = new Set([
  ...['collector.schedule-gap', 'collector.channel-failed', 'collector.certificate-ending', 'collector.own-backup-old'],
  ...['collector.update-stopped', 'collector.new-endpoints', 'collector.mirror-behind', 'collector.desk-failed'],
  'collector.broker-users-behind',
]);

const health: readonly WordKey[] = ['health.ok', 'health.warning', 'health.critical', 'health.unknown'];
/** Metrics whose number is a state: what 0, 1, 2 … mean. */
const states: Readonly<Record<string, readonly WordKey[]>> = {
  'backup.result': [
    'backup.state.ok',
    'backup.state.warning',
    'backup.state.failed',
    'backup.state.running',
    'backup.state.never',
    'backup.state.unknown',
  ],
  'backup.verify_result': ['backup.state.ok', 'backup.state.failed'],
  'smart.severity': health.slice(0, 3),
  'array.severity': health.slice(0, 3),
  'custom.status': health,
};

/** Numbers that stand for a state, with its word; none where a number is a number. */
export function stateOptions(language: Language, metric: string, unit: string): [value: string, word: string][] {
  const keys: readonly WordKey[] = states[metric] ?? (unit === 'bool' ? ['common.no', 'common.yes'] : []);
  return keys.map((key, value) => [String(value), word(language, key)]);
}

export const metricName = (language: Language, metric: string): string =>
  findWord(language, `metric.${metric}`) ?? metric;

/** Where numbers are shown as numbers: `Disk health (0 OK, 1 Warning, 2 Critical)`. */
export function metricTitle(language: Language, metric: string): string {
  const name = metricName(language, metric);
  if (!states[metric]) return name;
  const meanings = stateOptions(language, metric, '').map((pair) => pair.join(' '));
  return `${name} (${meanings.join(', ')})`;
}

/** `value` of `metric` in words: `Failed`, `Yes`, `93.5%`. */
export function formatValue(language: Language, metric: string, value: number | null, unit: string): string {
  if (isInstant(metric) && value !== null) return time(value, language, 'full');
  const state = stateOptions(language, metric, unit).find(([number]) => number === String(value));
  return state?.[1] ?? measured(value, metric === silence ? 'seconds' : unit, language);
}

/** As formatValue, but a limit entered as 90 reads 90%, not 90.0%. */
export function formatLimit(language: Language, metric: string, value: number, unit: string): string {
  return unit === 'percent' && Number.isInteger(value)
    ? percent(value, language, 0)
    : formatValue(language, metric, value, unit);
}

/** Units whose values mean nothing without the name of what was measured. */
const bare: ReadonlySet<string> = new Set(['load', 'count', 'number', 'bool']);
/** Percents of something else than a capacity: nobody guesses of what. */
const relative: ReadonlySet<string> = new Set([
  ...['backup.age_percent', 'backup.size_percent', 'intake.held_percent', 'mem.commit_percent'],
]);

const downs: ReadonlySet<string> = new Set(['target.down', 'target.service_down']);

interface Measured {
  metric: string;
  value: number | null;
  threshold: number | null;
  unit: string;
}

/**
 * The value of an alert and its limit: `93.5%` and `90%`, `Load per core, 15 min: 2.79` and `2`, `Service runs: No`. A state is a
 * word, and that one state was the limit of another says nothing.
 */
export function formatMeasured(language: Language, { metric, value, threshold, unit }: Measured) {
  const text = formatValue(language, metric, value, unit);
  const isState = stateOptions(language, metric, unit).length > 0;
  // Of a state that the name of the metric says already, Yes or No says little.
  if (downs.has(metric) && value !== null)
    return { value: word(language, value === 0 ? 'target.state.up' : 'target.state.down'), limit: null };
  const isNamed = relative.has(metric) || (bare.has(unit) && !states[metric]);
  const name = isNamed && value !== null ? findWord(language, `metric.${metric}`) : undefined;
  return {
    value: name === undefined ? text : `${name}: ${text}`,
    limit: threshold === null || isState ? null : formatLimit(language, metric, threshold, unit),
  };
}
