/** The newest values of what rules look at, as metrics: so that a changed rule is evaluated now and not at the next sample. */
import type { Metric } from '../../shared/report.ts';
import { kindOf } from '../evaluate/kinds/index.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { LatestValue } from '../series/series.ts';

/** Longer than the slowest daily check; what older values measure may be gone. */
const staleMs = 26 * 3_600_000;

export function newestOf(latest: readonly LatestValue[], rules: readonly Rule[], now: number): Metric[] {
  const wanted = new Set(
    rules
      .flatMap(({ when }) => [
        kindOf(when).measurement?.(when as never) ?? [],
        kindOf(when).looksAt?.(when as never) ?? [],
        'all' in when ? when.all.flatMap(({ measurement }) => measurement ?? []) : [],
      ])
      .flat(),
  );
  if (wanted.size === 0) return [];
  const metrics = new Map<string, Metric>();
  for (const { metric, tags, at, value } of latest) {
    const dot = metric.indexOf('.');
    const name = metric.slice(0, dot);
    if (!wanted.has(name) || now - at > staleMs) continue;
    const key = `${name} ${JSON.stringify(tags)}`;
    const known = metrics.get(key) ?? { name, tags, fields: {}, timestamp: at };
    metrics.set(key, { ...known, fields: { ...known.fields, [metric.slice(dot + 1)]: value } });
  }
  return [...metrics.values()];
}
