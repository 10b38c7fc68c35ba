/** A new rule while it is created: what it looks at, by its kind, and how. Pure. */
import { catalogue, type Field, fieldOf, tagsOf, type Unit } from '../../../shared/metrics.ts';
import { ruleDefaults } from '../../../shared/rule-defaults.ts';
import { stateOptions } from '../words/value.ts';
import type { Key } from '../words/words.ts';
import { type Amount, amountOf, numberIn, stepBeyond } from './amount.ts';
import type { WebRule } from './family.ts';
import { nothingSaid, type SaidDraft, saidFaults, saidParts } from './said.ts';
import type { WebLimit } from './sentences.ts';

/** What belongs to the condition, beside the kind. */
interface FreshCondition {
  metric: string;
  /** `path=/data, fstype=xfs` */
  tags: string;
  op: WebLimit['op'];
  limit: Amount;
  /** Empty: there is no worse level. */
  critical: Amount;
  clear: Amount;
  /** Of a rate: per so long, over so long. */
  per: Amount;
  over: Amount;
  after: Amount;
  to: 'both' | 'more' | 'less';
  /** A smaller change is none; empty: any is one. */
  by: Amount;
  hold: Amount;
  days: Amount;
  within: Amount;
  side: 'both' | 'above' | 'below';
  /** Of a kind that explains: whether it alerts as well. */
  notify: boolean;
  expr: string;
  clearExpr: string;
  /** Name of the entries that agents count. */
  log: string;
}
export type ConditionPart = keyof FreshCondition;

/** Kinds of the collector with what their forms ask for; `log` is a rate of the counter that agents keep of entries. */
export const freshKinds = {
  threshold: ['metric', 'tags', 'op', 'limit', 'clear', 'critical'],
  rate: ['metric', 'tags', 'op', 'limit', 'per', 'over', 'clear'],
  change: ['metric', 'tags', 'to', 'by', 'hold'],
  baseline: ['metric', 'tags', 'side', 'notify'],
  missing: ['metric', 'after'],
  absence: ['after'],
  log: ['log', 'limit', 'over'],
  forecast: ['tags', 'days'],
  runaway: ['tags', 'within'],
  expression: ['expr', 'clearExpr'],
} as const satisfies Record<string, readonly ConditionPart[]>;
export type FreshKind = keyof typeof freshKinds;

export interface FreshRule extends SaidDraft, FreshCondition {
  id: string;
  /** Typed by hand: it no longer follows the name. */
  ownId: boolean;
  name: string;
  kind: FreshKind;
  forS: Amount;
  severity: WebRule['severity'];
  ticket: WebRule['ticket'];
  urgency: string;
}

const noNumber = amountOf(undefined, 'number');

export const freshRule: FreshRule = {
  ...{ id: '', ownId: false, name: '', kind: 'threshold', metric: '', tags: '', op: '>=' },
  ...{ limit: noNumber, critical: noNumber, clear: noNumber, by: noNumber },
  ...{ per: amountOf(3600, 'seconds'), over: amountOf(3600, 'seconds'), after: amountOf(600, 'seconds') },
  ...{ hold: amountOf(ruleDefaults.hold_s, 'seconds'), within: amountOf(14_400, 'seconds') },
  ...{ to: 'both', days: amountOf(14, 'days'), side: 'both', notify: true, expr: '', clearExpr: '', log: '' },
  forS: amountOf(300, 'seconds'),
  ...{ severity: 'warning', ticket: 'open', urgency: '3' },
  ...nothingSaid,
};

/** How long it must hold, where the condition does not say that itself. */
const usualFor: Partial<Record<FreshKind, number>> = { threshold: 300, expression: 300, baseline: 1800, runaway: 600 };

export function withKind(rule: FreshRule, kind: FreshKind): FreshRule {
  const op = kind === 'rate' && rule.op === '=' ? '>=' : rule.op;
  const next = { ...rule, kind, op, forS: amountOf(usualFor[kind] ?? 0, 'seconds') };
  return kind === 'log' ? { ...next, limit: { text: '', unit: '' } } : withUnit(next);
}

const asks = ({ kind }: Pick<FreshRule, 'kind'>, part: ConditionPart): boolean =>
  (freshKinds[kind] as readonly ConditionPart[]).includes(part);

export const unitOf = ({ kind, metric }: Pick<FreshRule, 'kind' | 'metric'>): Unit =>
  kind === 'log' ? 'count' : (fieldOf(metric)?.unit ?? 'number');

/** The measurement whose tags may be named. */
export const measurementOf = ({ kind, metric }: Pick<FreshRule, 'kind' | 'metric'>): string =>
  kind === 'forecast' ? 'disk_forecast' : kind === 'runaway' ? 'disk' : (fieldOf(metric)?.measurement ?? '');

/** Measurements with their fields, in the order of the catalogue. */
export const measurements: ReadonlyMap<string, readonly Field[]> = Map.groupBy(
  catalogue,
  ({ measurement }) => measurement,
);

/** Of letters, digits and hyphens, as the collector accepts it; a name in another script alone gives `rule`. */
export function idFrom(name: string, taken: readonly string[]): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 56);
  const base = plain.length < 2 ? 'rule' : plain;
  let id = base;
  for (let n = 2; taken.includes(id) || taken.includes(`${id}-critical`); n++) id = `${base}-${n}`;
  return id;
}

/** With another metric; numbers of another unit mean nothing any more. */
export function withMetric(rule: FreshRule, metric: string): FreshRule {
  const isSame = unitOf(rule) === unitOf({ ...rule, metric });
  return isSame ? { ...rule, metric } : withUnit({ ...rule, metric });
}

function withUnit(rule: FreshRule): FreshRule {
  const unit = unitOf(rule);
  const none = amountOf(undefined, unit);
  const isState = unit === 'bool' && rule.kind === 'threshold';
  const limit = isState ? { text: '0', unit: '' as const } : none;
  return { ...rule, limit, critical: none, clear: none, by: none, op: isState ? '=' : '>=' };
}

/** Begun from a value in a chart, by `seenQuery`: the limit lies beyond it, or the rule would fire at once. */
export function freshFrom(query: URLSearchParams): FreshRule {
  const metric = query.get('metric') ?? '';
  if (!fieldOf(metric)) return freshRule;
  const rule = withMetric(withKind(freshRule, query.get('kind') === 'rate' ? 'rate' : 'threshold'), metric);
  const unit = unitOf(rule);
  const limit = query.get('limit') ? Number(query.get('limit')) : Number.NaN;
  return {
    ...{ ...rule, tags: query.get('tags') ?? '', per: rule.kind === 'rate' ? amountOf(1, 'seconds') : rule.per },
    limit: !Number.isFinite(limit)
      ? rule.limit
      : stateOptions(metric, unit).length > 0
        ? amountOf(Math.round(limit), unit)
        : stepBeyond(limit, unit),
  };
}

const isGiven = ({ text }: Amount) => text.trim() !== '';

/** null: it cannot be read as `name=value, name=value`. */
function tagsIn(text: string): Record<string, string> | null {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  const pairs = parts.map((part) => {
    const [name = '', ...value] = part.split('=');
    return [name.trim(), value.join('=').trim()] as const;
  });
  return pairs.every(([name, value]) => name !== '' && value !== '') ? Object.fromEntries(pairs) : null;
}

type FreshFaults = Partial<Record<keyof FreshRule, Key>>;

const daySeconds = 86_400;
/** Least and greatest of the times that a condition may ask for, in seconds, and the words for that. */
const times = {
  per: [1, daySeconds, 'rules.fault.perDay'],
  over: [10, daySeconds, 'rules.fault.overDay'],
  after: [1, 366 * daySeconds, 'rules.fault.time'],
  hold: [1, 366 * daySeconds, 'rules.fault.time'],
  within: [60, 366 * daySeconds, 'rules.fault.within'],
  days: [0.5, 100, 'rules.fault.days'],
} as const satisfies Partial<Record<ConditionPart, readonly [number, number, Key]>>;

export function faultsOfFresh(rule: FreshRule, taken: readonly string[]): FreshFaults {
  const faults: FreshFaults = { ...saidFaults(rule), ...conditionFaults(rule) };
  if (rule.name.trim() === '') faults.name = 'rules.fault.name';
  if (!/^[a-z][a-z0-9-]{1,54}$/.test(rule.id)) faults.id = 'rules.fault.id';
  else if (taken.includes(rule.id) || taken.includes(`${rule.id}-critical`)) faults.id = 'rules.fault.taken';
  const forS = numberIn(rule.forS);
  if (forS === null || forS < 0) faults.forS = 'rules.fault.time';
  return faults;
}

/** Of what its kind asks for; what was typed for another one does not matter. */
function conditionFaults(rule: FreshRule): FreshFaults {
  const faults: FreshFaults = {};
  if (!fieldOf(rule.metric)) faults.metric = 'rules.fault.metric';
  if (numberIn(rule.limit) === null) faults.limit = 'rules.fault.number';
  for (const name of ['critical', 'clear', 'by'] as const)
    if (isGiven(rule[name]) && numberIn(rule[name]) === null) faults[name] = 'rules.fault.number';
  Object.assign(faults, sideFaults(rule));
  for (const [name, [least, greatest, fault]] of Object.entries(times)) {
    const value = numberIn(rule[name as keyof typeof times]);
    if (value === null || value < least || value > greatest) faults[name as keyof typeof times] = fault;
  }
  if ((numberIn(rule.by) ?? 0) < 0) faults.by = 'rules.fault.by';
  const tags = tagFault(rule);
  if (tags) faults.tags = tags;
  if (rule.expr.trim() === '') faults.expr = 'rules.fault.expr';
  if (rule.log.trim() === '') faults.log = 'rules.fault.log';
  if (rule.kind === 'log' && (numberIn(rule.limit) ?? 1) <= 0) faults.limit = 'rules.fault.count';
  const asked = Object.entries(faults).filter(([name]) => asks(rule, name as ConditionPart));
  return Object.fromEntries(asked);
}

function sideFaults(rule: FreshRule): FreshFaults {
  const faults: FreshFaults = {};
  const [limit, critical, clear] = [numberIn(rule.limit), numberIn(rule.critical), numberIn(rule.clear)];
  const isUp = rule.op.startsWith('>');
  if (limit !== null && critical !== null && (isUp ? critical <= limit : critical >= limit))
    faults.critical = 'rules.fault.worse';
  if (limit !== null && clear !== null && (isUp ? clear > limit : clear < limit))
    faults.clear = isUp ? 'rules.fault.clearAbove' : 'rules.fault.clearBelow';
  return faults;
}

function tagFault(rule: FreshRule): Key | undefined {
  const tags = tagsIn(rule.tags);
  if (tags === null) return 'rules.fault.tags';
  const known = tagsOf[measurementOf(rule)] ?? {};
  return Object.keys(tags).every((name) => Object.hasOwn(known, name)) ? undefined : 'rules.fault.tagName';
}

/** The condition as the collector takes it; of a form without faults. */
function whenOf(rule: FreshRule, value: number): Record<string, unknown> {
  const { kind } = rule;
  const { measurement, field, kind: sort } = fieldOf(rule.metric) ?? { measurement: '', field: '', kind: 'gauge' };
  const number = (name: ConditionPart) => numberIn(rule[name] as Amount) ?? 0;
  const own = tagsIn(rule.tags) ?? {};
  const tags = Object.keys(own).length > 0 ? { tags: own } : {};
  const typed = numberIn(rule.clear);
  // Each level clears as far below its own limit.
  const clear = typed === null ? {} : { clear: Math.round((typed + value - number('limit')) * 1e6) / 1e6 };
  switch (kind) {
    case 'threshold': {
      const isCounter = sort === 'counter';
      const ends = rule.op === '=' || isCounter ? {} : clear;
      const all = [{ field, op: rule.op, value, ...(isCounter ? { growth: true } : {}), ...ends }];
      return { kind, measurement, ...tags, all };
    }
    case 'rate': {
      const spans = { per_s: number('per'), over_s: number('over') };
      return { kind, measurement, ...tags, field, op: rule.op, value, ...spans, ...clear };
    }
    case 'change': {
      const by = isGiven(rule.by) ? { by: number('by') } : {};
      return {
        ...{ kind, measurement, ...tags, field, ...by, hold_s: number('hold') },
        ...(rule.to === 'both' ? {} : { to: rule.to }),
      };
    }
    case 'baseline':
      return { kind, measurement, ...tags, field, ...(rule.side === 'both' ? {} : { side: rule.side }) };
    case 'missing':
      return { kind, measurement, field, after_s: number('after') };
    case 'absence':
      return { kind, after_s: number('after') };
    case 'log': {
      const [over, entry] = [number('over'), { log: rule.log.trim() }];
      const of = { kind: 'rate', measurement: 'log', tags: entry, field: 'total' };
      return { ...of, op: '>=', value, per_s: over, over_s: over };
    }
    case 'forecast':
      return { kind, ...tags, within_days: number('days') };
    case 'runaway':
      return { kind, ...tags, within_s: number('within') };
    case 'expression': {
      const end = rule.clearExpr.trim();
      return { kind, expr: rule.expr.trim(), ...(end === '' ? {} : { clear: end }) };
    }
  }
}

/** As long as the built-in rules of that kind: a value at the edge comes and goes. */
const clearForS = (kind: FreshKind) => (kind === 'baseline' ? 900 : 0);

/** One rule, or two levels; of a form without faults. */
export function changesOf(rule: FreshRule): { rule: string; parts: Record<string, unknown> }[] {
  const { ticket, kind } = rule;
  const spans = { for_s: numberIn(rule.forS) ?? 0, clear_for_s: clearForS(kind) };
  const common = { name: rule.name.trim(), ticket, urgency: Number(rule.urgency), ...spans, ...saidParts(rule, {}) };
  const critical = hasWorse(rule) ? numberIn(rule.critical) : null;
  const notify = kind === 'baseline' ? { notify: rule.notify } : {};
  const when = whenOf(rule, numberIn(rule.limit) ?? 0);
  const mild = { rule: rule.id, parts: { ...common, ...notify, severity: rule.severity, when } };
  if (critical === null) return [mild];
  const worse = { ...common, severity: 'critical', level_of: rule.id, when: whenOf(rule, critical) };
  return [mild, { rule: `${rule.id}-critical`, parts: worse }];
}

/** Nothing is worse than critical, and a state has no worse side. */
export const hasWorse = ({ kind, severity, op }: FreshRule): boolean =>
  kind === 'threshold' && severity !== 'critical' && op !== '=';

/** Where the collector says that a fault is, by the field of the form. */
const places: Readonly<Record<string, keyof FreshRule>> = {
  'when.measurement': 'metric',
  'when.field': 'metric',
  'when.all.0.field': 'metric',
  'when.op': 'op',
  'when.all.0.op': 'op',
  'when.value': 'limit',
  'when.all.0.value': 'limit',
  'when.clear': 'clear',
  'when.all.0.clear': 'clear',
  'when.per_s': 'per',
  'when.over_s': 'over',
  'when.after_s': 'after',
  'when.by': 'by',
  'when.hold_s': 'hold',
  'when.within_days': 'days',
  'when.within_s': 'within',
  'when.expr': 'expr',
  for_s: 'forS',
};

/** @param at `disk-hot.when.all.0.value`. Undefined: no field of the form. */
export function fieldAt(rule: FreshRule, at: string): keyof FreshRule | undefined {
  const isWorse = at.startsWith(`${rule.id}-critical.`);
  if (!isWorse && !at.startsWith(`${rule.id}.`)) return undefined;
  const place = at.slice(at.indexOf('.') + 1);
  if (place.startsWith('when.tags')) return rule.kind === 'log' ? 'log' : 'tags';
  if (rule.kind === 'expression' && place === 'when.clear') return 'clearExpr';
  const field =
    places[place] ?? (['name', 'summary', 'description', 'runbook', 'labels'] as const).find((one) => one === place);
  return isWorse && field === 'limit' ? 'critical' : field;
}
