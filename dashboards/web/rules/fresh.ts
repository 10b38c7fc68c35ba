/** A new rule while it is created: a metric of the catalogue beyond a limit, with a worse level where wanted. Pure. */
import { catalogue, type Field, fieldOf } from '../../../shared/metrics.ts';
import type { Key } from '../words/words.ts';
import { type Amount, amountOf, numberIn } from './amount.ts';
import type { WebRule } from './family.ts';
import { nothingSaid, type SaidDraft, saidFaults, saidParts } from './said.ts';
import type { WebLimit } from './sentences.ts';

export interface FreshRule extends SaidDraft {
  id: string;
  /** Typed by hand: it no longer follows the name. */
  ownId: boolean;
  name: string;
  metric: string;
  op: WebLimit['op'];
  limit: Amount;
  /** Empty: there is no worse level. */
  critical: Amount;
  clear: Amount;
  forS: Amount;
  severity: WebRule['severity'];
  ticket: WebRule['ticket'];
  urgency: string;
}

export const freshRule: FreshRule = {
  ...{ id: '', ownId: false, name: '', metric: '', op: '>=' },
  ...{
    limit: amountOf(undefined, 'number'),
    critical: amountOf(undefined, 'number'),
    clear: amountOf(undefined, 'number'),
  },
  forS: amountOf(300, 'seconds'),
  ...{ severity: 'warning', ticket: 'open', urgency: '3' },
  ...nothingSaid,
};

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
  const before = fieldOf(rule.metric)?.unit;
  const unit = fieldOf(metric)?.unit ?? 'number';
  if (before === unit) return { ...rule, metric };
  const none = amountOf(undefined, unit);
  return {
    ...rule,
    metric,
    limit: unit === 'bool' ? { text: '0', unit: '' } : none,
    critical: none,
    clear: none,
    op: unit === 'bool' ? '=' : '>=',
  };
}

const isGiven = ({ text }: Amount) => text.trim() !== '';

export function faultsOfFresh(rule: FreshRule, taken: readonly string[]): Partial<Record<keyof FreshRule, Key>> {
  const faults: Partial<Record<keyof FreshRule, Key>> = saidFaults(rule);
  const limit = numberIn(rule.limit);
  const isUp = rule.op.startsWith('>');
  if (rule.name.trim() === '') faults.name = 'rules.fault.name';
  if (!/^[a-z][a-z0-9-]{1,54}$/.test(rule.id)) faults.id = 'rules.fault.id';
  else if (taken.includes(rule.id) || taken.includes(`${rule.id}-critical`)) faults.id = 'rules.fault.taken';
  if (!fieldOf(rule.metric)) faults.metric = 'rules.fault.metric';
  if (limit === null) faults.limit = 'rules.fault.number';
  for (const name of ['critical', 'clear'] as const)
    if (isGiven(rule[name]) && numberIn(rule[name]) === null) faults[name] = 'rules.fault.number';
  const [critical, clear] = [numberIn(rule.critical), numberIn(rule.clear)];
  if (limit !== null && critical !== null && (isUp ? critical <= limit : critical >= limit))
    faults.critical = 'rules.fault.worse';
  if (limit !== null && clear !== null && (isUp ? clear > limit : clear < limit))
    faults.clear = isUp ? 'rules.fault.clearAbove' : 'rules.fault.clearBelow';
  const forS = numberIn(rule.forS);
  if (forS === null || forS < 0) faults.forS = 'rules.fault.time';
  return faults;
}

/** One rule, or two levels; of a form without faults. */
export function changesOf(rule: FreshRule): { rule: string; parts: Record<string, unknown> }[] {
  const field = fieldOf(rule.metric) as Field;
  const isCounter = field.kind === 'counter';
  const limit = numberIn(rule.limit) ?? 0;
  const when = (value: number) => {
    const typed = numberIn(rule.clear);
    // Each level clears as far below its own limit.
    const clear = typed === null ? null : Math.round((typed + value - limit) * 1e6) / 1e6;
    const hasClear = clear !== null && rule.op !== '=' && !isCounter;
    return {
      kind: 'threshold',
      measurement: field.measurement,
      all: [
        {
          field: field.field,
          op: rule.op,
          value,
          ...(isCounter ? { growth: true } : {}),
          ...(hasClear ? { clear } : {}),
        },
      ],
    };
  };
  const { ticket } = rule;
  const times = { for_s: numberIn(rule.forS) ?? 0, clear_for_s: 0 };
  const common = { name: rule.name.trim(), ticket, urgency: Number(rule.urgency), ...times, ...saidParts(rule, {}) };
  const critical = hasWorse(rule) ? numberIn(rule.critical) : null;
  const mild = { rule: rule.id, parts: { ...common, severity: rule.severity, when: when(limit) } };
  if (critical === null) return [mild];
  const worse = { ...common, severity: 'critical', level_of: rule.id, when: when(critical) };
  return [mild, { rule: `${rule.id}-critical`, parts: worse }];
}

/** Nothing is worse than critical, and a state has no worse side. */
export const hasWorse = ({ severity, op }: FreshRule): boolean => severity !== 'critical' && op !== '=';
