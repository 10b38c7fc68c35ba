/**
 * Commands that print JSON. The native format: `{"status": "ok", "message": "…", "metrics": {"label": 1, "other":
 * {"value": 2, "warn": 5, "crit": 9}}}`. Anything else is taken as numbers by path. Pure and total.
 */
import { quotation, reason } from '../../../shared/reason.ts';
import { type Loose, looseJson, numberOf, objectOf, textOf } from '../parse.ts';
import { type CustomStatus, type Performance, type PluginAnswer, parseRange } from './nagios.ts';

const words: Record<string, CustomStatus> = {
  ok: 0,
  up: 0,
  pass: 0,
  warning: 1,
  warn: 1,
  degraded: 1,
  critical: 2,
  crit: 2,
  error: 2,
  fail: 2,
  failed: 2,
  down: 2,
  unknown: 3,
};
const maxDepth = 4;

/** @param code the exit code decides where the JSON names no status; other codes than 0 to 3 are unknown */
export function parseJsonAnswer(stdout: string, stderr: string, code: number | null): PluginAnswer {
  const value = looseJson(stdout);
  if (typeof value !== 'object' || value === null) {
    const printed = (stderr.trim() || stdout.trim()).slice(0, 300);
    return { status: 3, reasons: [reason('no_json'), ...quotation(printed)], performance: [] };
  }
  const answer = objectOf(value);
  const byCode: CustomStatus = code === 0 || code === 1 || code === 2 ? code : 3;
  const message = textOf(answer.message) ?? textOf(answer.text) ?? textOf(answer.summary);
  const source = 'metrics' in answer ? answer.metrics : value;
  return { status: statusOf(answer.status) ?? byCode, reasons: quotation(message), performance: numbersIn(source) };
}

function statusOf(value: unknown): CustomStatus | null {
  const number = typeof value === 'number' ? value : null;
  if (number === 0 || number === 1 || number === 2 || number === 3) return number;
  return words[textOf(value)?.toLowerCase() ?? ''] ?? null;
}

function limit(value: unknown) {
  return value === undefined || value === null ? null : parseRange(String(value));
}

/** Numbers by their path, such as `queue.length`; an object with a number `value` is one metric with limits. */
function numbersIn(source: unknown): Performance[] {
  const found: Performance[] = [];
  const add = (label: string, value: number, from: Loose) =>
    found.push({
      label,
      value,
      unit: textOf(from.unit) ?? '',
      warn: limit(from.warn ?? from.warning),
      crit: limit(from.crit ?? from.critical),
      min: numberOf(from.min),
      max: numberOf(from.max),
    });
  const walk = (value: unknown, path: readonly string[]) => {
    if (path.length > maxDepth || found.length > 1000) return;
    if (typeof value === 'number' && Number.isFinite(value)) add(path.join('.') || 'value', value, {});
    else if (typeof value === 'boolean' && path.length > 0) add(path.join('.'), Number(value), {});
    else if (Array.isArray(value)) for (const [index, item] of value.entries()) walk(item, [...path, String(index)]);
    else if (typeof value === 'object' && value !== null) {
      const inner = value as Loose;
      if (path.length > 0 && typeof inner.value === 'number') add(path.join('.'), inner.value, inner);
      else
        for (const [key, item] of Object.entries(inner))
          if (path.length > 0 || key !== 'status') walk(item, [...path, key]);
    }
  };
  walk(source, []);
  return found;
}
