/** Names and measured values in the present language. */
import * as names from '../../../shared/words/names.ts';
import { language } from './words.ts';

export const endpointName = (endpoint: { id: string; name: string }): string =>
  names.endpointName(language.value, endpoint);
export const ruleName = (rule: names.NamedRule): string => names.ruleName(language.value, rule);
/** @param alert of other monitoring: called as its sender calls it */
export const alertName = ({ rule, tags }: { rule: names.NamedRule; tags: Readonly<Record<string, string>> }): string =>
  names.alertName(language.value, rule, tags);
export const metricName = (metric: string): string => names.metricName(language.value, metric);
export const metricTitle = (metric: string): string => names.metricTitle(language.value, metric);
export const stateOptions = (metric: string, unit: string) => names.stateOptions(language.value, metric, unit);
export const formatMeasured = (alert: Parameters<typeof names.formatMeasured>[1]) =>
  names.formatMeasured(language.value, alert);
export const formatLimit = (metric: string, value: number, unit: string): string =>
  names.formatLimit(language.value, metric, value, unit);
