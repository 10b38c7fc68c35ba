/** Rules in words: what must hold, for how long, and when it clears. */
import { fieldOf } from '../../../shared/metrics.ts';
import { ruleDefaults } from '../../../shared/rule-defaults.ts';
import { duration } from '../../../shared/words/format.ts';
import { findWord } from '../../../shared/words/index.ts';
import { formatLimit, metricName } from '../words/value.ts';
import { language, t } from '../words/words.ts';
import type { WebRule } from './family.ts';
import { labelWords } from './said.ts';

/** As the collector's schema has it; parts of history may lack any of it. */
export interface WebLimit {
  field: string;
  op: '>' | '>=' | '<' | '<=' | '=';
  value: number;
  clear?: number;
  measurement?: string;
  mean_s?: number;
  growth?: boolean;
}

const signs: Readonly<Record<string, string>> = { '>=': '≥', '<=': '≤' };
export const signOf = (op: string): string => signs[op] ?? op;

export const conditionsOf = (rule: Pick<WebRule, 'when'>): WebLimit[] => (rule.when.all ?? []) as WebLimit[];

export const metricOf = ({ field, measurement }: WebLimit, usual: string | undefined): string =>
  `${measurement ?? usual ?? ''}.${field}`;

/** What a condition looks at: `CPU in use, mean of 15m`. */
export function subjectOf(condition: WebLimit, usual: string | undefined): string {
  const name = metricName(metricOf(condition, usual));
  if (condition.growth) return t('rules.growth', { name });
  if (condition.mean_s === undefined) return name;
  return t('rules.mean', { name, time: duration(condition.mean_s, language.value) });
}

export function limitWords(metric: string, value: number): string {
  return formatLimit(metric, value, fieldOf(metric)?.unit ?? 'number');
}

function comparison(condition: WebLimit, usual: string | undefined): string {
  const metric = metricOf(condition, usual);
  const { op, value, growth } = condition;
  if (growth && value === 0 && op === '>') return t('rules.grows', { name: metricName(metric) });
  const [name, limit] = [subjectOf(condition, usual), limitWords(metric, value)];
  return op === '=' ? t('rules.is', { name, value: limit }) : `${name} ${signOf(op)} ${limit}`;
}

/** `Disk in use ≥ 90% and Disk, free < 20 GiB`; of other kinds the sentence under `rules.kind`, in which `name` is the metric. */
export function conditionWords({ when }: Pick<WebRule, 'when'>): string {
  const metric = `${when.measurement}.${when.field}`;
  const parts = Object.entries({ ...ruleDefaults, ...when }).map(([key, part]) => [
    key,
    typeof part !== 'number'
      ? signOf(String(part))
      : key.endsWith('_s')
        ? duration(part, language.value)
        : limitWords(metric, part),
  ]);
  const values = { name: metricName(metric), ...Object.fromEntries(parts) };
  const { side, to: way, tags } = when as { side?: string; to?: string; tags?: Readonly<Record<string, string>> };
  const condition =
    findWord(language.value, `rules.kind.${when.kind}_${side ?? way}`, values) ??
    findWord(language.value, `rules.kind.${when.kind}`, values) ??
    conditionsOf({ when })
      .map((one) => comparison(one, when.measurement))
      .join(t('rules.and'));
  if (!tags || Object.keys(tags).length === 0) return condition;
  return t('rules.onlyWhere', { condition, tags: labelWords(tags, ', ') });
}

/** `held` with what ends it: `…; clears at 87%` */
export function clearWords({ when }: Pick<WebRule, 'when'>, held: string): string {
  const own = when as { measurement?: string; field?: string; clear?: number | string };
  // Of a rate and of an expression it stands beside the condition.
  const whole = typeof own.clear === 'number' ? limitWords(`${own.measurement}.${own.field}`, own.clear) : own.clear;
  const clears = conditionsOf({ when }).flatMap((one) =>
    one.clear === undefined ? [] : [limitWords(metricOf(one, when.measurement), one.clear)],
  );
  if (whole !== undefined) clears.push(whole);
  return clears.length === 0 ? held : t('rules.clears', { held, at: clears.join(t('rules.or')) });
}

/** The same with the times: `… for 1m; clears at 87%` */
export function ruleWords(rule: WebRule): string {
  const condition = conditionWords(rule);
  const { for_s } = rule;
  return clearWords(
    rule,
    for_s === 0 ? condition : t('rules.for', { condition, time: duration(for_s, language.value) }),
  );
}
