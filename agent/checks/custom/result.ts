/** The result of a custom check as metrics and as an item for people. */

import type { HealthItem } from '../../../shared/inventory.ts';
import { joinReasons, type Reason, reason } from '../../../shared/reason.ts';
import type { Metric } from '../../../shared/report.ts';
import { withoutSecrets } from '../../../shared/secrets.ts';
import type { RunResult } from '../check.ts';
import { type HealthStatus, item, metric } from '../health/source.ts';
import { parseJsonAnswer } from './json.ts';
import { type PluginAnswer, parsePlugin, upperLimit } from './nagios.ts';

const maxLabels = 50;
const statuses: readonly HealthStatus[] = ['ok', 'warning', 'critical', 'unknown'];

/** A program that had to be killed is no evidence about what it checks: unknown, with the reason. */
export function answerOf(result: RunResult, output: 'nagios' | 'json', timeoutMs: number): PluginAnswer {
  const unknown = (why: Reason): PluginAnswer => ({ status: 3, reasons: [why], performance: [] });
  if (result.ended === 'timeout') return unknown(reason('check_too_slow', { limit_s: timeoutMs / 1000 }));
  if (result.ended === 'flood') return unknown(reason('check_too_loud'));
  if (result.code === null) return unknown(reason('ended_signal', { signal: result.signal }));
  const parse = output === 'json' ? parseJsonAnswer : parsePlugin;
  return parse(result.stdout, result.stderr, result.code);
}

/** One row for the status, one per label for the values. Tag values are bounded; unknown values are left out. */
export function metricsOf(check: string, answer: PluginAnswer, at: number): Metric[] {
  const status = metric('custom', { check }, { status: answer.status }, at);
  const values = answer.performance.slice(0, maxLabels).flatMap((data) => {
    const fields = { value: data.value, warn: upperLimit(data.warn), crit: upperLimit(data.crit) };
    return data.value === null
      ? []
      : metric('custom', { check, label: withoutSecrets(data.label).slice(0, 200) }, fields, at);
  });
  return [...status, ...values];
}

export function itemOf(check: string, answer: PluginAnswer, at: number): HealthItem {
  const values = answer.performance
    .slice(0, maxLabels)
    .map(
      ({ label, value, unit }) =>
        [label.slice(0, 64), value === null ? null : unit === '' ? value : `${value} ${unit}`] as const,
    );
  const words = statuses[answer.status] ?? 'unknown';
  return item(
    'custom',
    check,
    words,
    joinReasons(answer.reasons) ?? reason('no_message'),
    Object.fromEntries(values),
    at,
  );
}
