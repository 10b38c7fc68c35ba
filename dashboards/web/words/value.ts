/** Names and measured values in the present language. */
import * as names from '../../../shared/words/names.ts';
import { language } from './words.ts';

export const ruleName = (rule: names.NamedRule): string => names.ruleName(language.value, rule);
export const metricName = (metric: string): string => names.metricName(language.value, metric);
export const metricTitle = (metric: string): string => names.metricTitle(language.value, metric);
export const stateOptions = (metric: string, unit: string) => names.stateOptions(language.value, metric, unit);
export const sayMeasured = (alert: Parameters<typeof names.sayMeasured>[1]) => names.sayMeasured(language.value, alert);
export const sayLimit = (metric: string, value: number, unit: string): string =>
  names.sayLimit(language.value, metric, value, unit);
