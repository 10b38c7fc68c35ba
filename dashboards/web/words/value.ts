/** Measured values in words: states that a metric carries as numbers, yes and no, and limits as people write them. */
import { fieldOf } from '../../../shared/metrics.ts';
import { duration, measured, percent } from '../format.ts';
import { silence } from '../time/story.ts';
import { type Key, language, t } from './words.ts';

const health: readonly Key[] = ['health.ok', 'health.warning', 'health.critical', 'health.unknown'];
/** Metrics whose number is a state: what 0, 1, 2 … mean. */
const states: Readonly<Record<string, readonly Key[]>> = {
  'backup.result': [
    'backup.state.ok',
    'backup.state.warning',
    'backup.state.failed',
    'backup.state.running',
    'backup.state.never',
    'backup.state.unknown',
  ],
  'smart.severity': health,
  'array.severity': health,
  'custom.status': health,
};

/** Numbers that stand for a state, with its word; none where a number is a number. */
export function stateOptions(metric: string, unit: string): [value: string, word: string][] {
  const keys: readonly Key[] = states[metric] ?? (unit === 'bool' ? ['common.no', 'common.yes'] : []);
  return keys.map((key, value) => [String(value), t(key)]);
}

/** The title of a metric; those of states explain their numbers in brackets, which sayValue makes needless. */
export function metricName(metric: string): string {
  if (metric === 'loss.count') return t('about.losses');
  const title = fieldOf(metric)?.[language.value];
  return title === undefined ? metric : title.replace(/ \(0 [^)]*\)$/, '');
}

/** `value` of `metric` in words: `Failed`, `Yes`, `93.5%`. */
export function sayValue(metric: string, value: number | null, unit: string): string {
  const state = value === null ? undefined : states[metric]?.[value];
  if (state !== undefined) return t(state);
  if (unit === 'bool' && value !== null) return t(value === 0 ? 'common.no' : 'common.yes');
  if (metric === silence) return duration(value, language.value);
  return measured(value, unit, language.value);
}

/** As sayValue, but a limit that somebody wrote as 90 reads 90%, not 90.0%. */
export function sayLimit(metric: string, value: number, unit: string): string {
  return unit === 'percent' && Number.isInteger(value)
    ? percent(value, language.value, 0)
    : sayValue(metric, value, unit);
}
