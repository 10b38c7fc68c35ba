/**
 * From a report to its changes. A sample with the same verdict as the one before goes no further than a comparison with
 * memory, where only its value and time are noted.
 */
import type { Metric, Report } from '../../shared/report.ts';
import { evaluate, type LevelVerdict, type Verdict } from '../evaluate/evaluate.ts';
import { kindOf, remembers } from '../evaluate/kinds/index.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { alertKey, changesNothing, goneDefaultS, refresh, silencePace } from './alert.ts';
import { type Input, type Sample, sampleOf } from './batch.ts';
import type { AlertMemory } from './memory.ts';

const isBreach = ({ status }: LevelVerdict) => status === 'breach';
const asClear = (level: LevelVerdict): LevelVerdict => ({ ...level, status: 'clear' });

/** Alerts of one endpoint, pending ones included: one per disk, job or sensor that is wrong. Further ones do not begin. */
export const alertsAtMost = 500;

/** @param onBeyond so many alerts would have begun beyond the limit */
export function judgeReport(
  memory: AlertMemory,
  endpoint: Endpoint,
  report: Report,
  at: number,
  onBeyond?: (endpoint: string, count: number, at: number) => void,
): Input[] {
  const { evaluation, families, alerts } = memory.of(endpoint.id, at);
  const book = memory.bookOf(endpoint, at);
  const inputs: Input[] = [];
  const verdicts = evaluate(book, report, evaluation, families, at);
  let left = alertsAtMost - alerts.size;
  let beyond = 0;
  for (const verdict of verdicts) {
    const sample = toSample(memory, endpoint.id, verdict, verdicts);
    if (!concerns(memory, sample, at)) continue;
    if (memory.alert(sample.key) || left-- > 0) inputs.push({ type: 'sample', at, sample });
    else beyond++;
  }
  if (beyond > 0) onBeyond?.(endpoint.id, beyond, at);
  for (const { id, levels } of book.byPresence)
    for (const { rule, kind } of levels)
      if (kind.note?.(rule as never, report, evaluation, at) && families.has(id))
        inputs.push({ type: 'presence', at, endpoint: endpoint.id });
  // What has a sample in this very report is there, however long ago the one before was.
  const isHere = (key: string) => inputs.some((input) => input.type === 'sample' && input.sample.key === key);
  const gone = alerts.size === 0 ? [] : goneOf(memory, endpoint, report, at).filter(({ key }) => !isHere(key));
  return [...inputs, ...gone];
}

/** Evaluates the newest values again after a rule has changed. Rules that count samples must not see one twice. */
export function judgeAgain(memory: AlertMemory, endpoint: Endpoint, metrics: readonly Metric[], at: number): Input[] {
  const { evaluation, families } = memory.of(endpoint.id, at);
  const report: Report = { v: 1, epoch: '', seq: 0, at, metrics: [...metrics] };
  const verdicts = evaluate(memory.bookOf(endpoint, at), report, evaluation, families, at);
  return verdicts
    .filter(({ levels }) => !levels.some(({ rule }) => remembers(rule)))
    .map((verdict): Sample => ({ ...toSample(memory, endpoint.id, verdict, verdicts), again: true }))
    .filter((sample) => concerns(memory, sample, at))
    .map((sample) => ({ type: 'sample', at, sample }));
}

function toSample(memory: AlertMemory, endpoint: string, verdict: Verdict, all: readonly Verdict[]): Sample {
  const levels = isCovered(memory, endpoint, verdict, all) ? verdict.levels.map(asClear) : verdict.levels;
  return sampleOf(endpoint, { ...verdict, levels });
}

/** Another rule covers it already, and this one does not fire yet. A rule that is off covers nothing. */
function isCovered(memory: AlertMemory, endpoint: string, verdict: Verdict, all: readonly Verdict[]): boolean {
  const { family, tags, levels } = verdict;
  const covering = levels[0]?.rule.covered_by;
  if (!covering || !levels.some(isBreach)) return false;
  const own = memory.alert(alertKey(endpoint, family, tags));
  if (own && own.state !== 'pending' && own.state !== 'inactive') return false;
  return covering.some((other) => {
    const key = alertKey(endpoint, other, tags);
    const state = memory.alert(key)?.state ?? 'inactive';
    if (state !== 'inactive') return true;
    return all.some((one) => alertKey(endpoint, one.family, one.tags) === key && one.levels.some(isBreach));
  });
}

/** A cheap comparison with memory: most samples of a breach repeat the verdict before. */
function concerns(memory: AlertMemory, { key, levels }: Sample, at: number): boolean {
  const alert = memory.alert(key);
  if (!alert) return levels.some(({ status, rule }) => status === 'breach' || rule.no_data === 'alert');
  // Not newer than the last one, or without a verdict about it.
  if (alert.statuses !== '' && at <= alert.dataAt) return false;
  if (levels.every(({ status }) => status === 'none')) {
    alert.staleSince = at;
    return false;
  }
  if (!changesNothing(alert, levels, at)) return true;
  const { value } = alert;
  const pace = silencePace(alert);
  refresh(alert, levels, at);
  // Its silence is due earlier than was known.
  if (silencePace(alert) < pace) memory.rearm(alert);
  if (alert.value !== value) memory.valueChanged(alert);
  return false;
}

type EndInput = Extract<Input, { type: 'end' }>;

/**
 * An instance that is missing among the samples of its measurement is gone. A whole measurement that has stopped proves
 * nothing: its tool may have failed, and what was bad is assumed to be still bad.
 */
function goneOf(memory: AlertMemory, endpoint: Endpoint, report: Report, at: number): EndInput[] {
  return memory.alertsOf(endpoint.id).flatMap(({ key, rule, metric, dataAt, staleSince }): EndInput[] => {
    if (at - Math.max(dataAt, staleSince, endpoint.stateSince) < (rule.gone_s ?? goneDefaultS) * 1000) return [];
    const measurement = metric.slice(0, metric.indexOf('.'));
    if (!kindOf(rule.when).judge || !report.metrics.some(({ name }) => name === measurement)) return [];
    return [{ type: 'end', at, key, reason: 'gone' }];
  });
}
