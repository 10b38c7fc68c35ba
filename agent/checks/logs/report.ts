/** What was read of a log, as a metric and as an item for people. Pure. */
import type { HealthItem } from '../../../shared/inventory.ts';
import { quotation, type Reason, reason } from '../../../shared/reason.ts';
import type { Metric } from '../../../shared/report.ts';
import { item, metric } from '../health/source.ts';
import type { LogReading } from './reader.ts';
import type { LogSettings } from './settings.ts';
import { windowOf } from './state.ts';

export interface LogReport {
  metrics: Metric[];
  item: HealthItem;
}

export function reportOf(log: LogSettings, { next, count, upTo }: LogReading, now: number): LogReport {
  const { total, newest } = next.tally;
  const limit = log.count ?? 1;
  const complete = next.partial === null && upTo === null;
  const over = limit > 0 && count >= limit;
  const fields = {
    ...{ matches: count, total, complete: Number(complete), over: limit === 0 ? null : Number(over) },
    newest_age_s: newest === null ? null : Math.max(0, Math.round((now - newest) / 1000)),
  };
  const window_s = windowOf(log) / 1000;
  const said = [
    newest === null || count === 0
      ? reason('log_none', { window_s })
      : reason('log_matches', { matches: count, window_s, newest_at: newest }),
    ...(over ? [reason('log_over', { count: limit })] : []),
    ...(next.partial === null ? [] : [next.partial.why]),
    ...(upTo === null ? [] : [reason('log_behind', { until_at: upTo })]),
    ...(count > 0 && log.samples ? quotation(next.sample) : []),
  ];
  const status = over ? 'warning' : complete ? 'ok' : 'unknown';
  return {
    metrics: metric('log', { log: log.name }, fields, now),
    item: item('log', log.name, status, said, {}, now),
  };
}

/** No count: what cannot be read is neither 0 nor what it was. */
export const unreadable = (log: LogSettings, reasons: readonly Reason[], now: number): LogReport => ({
  metrics: metric('log', { log: log.name }, { complete: 0 }, now),
  item: item('log', log.name, 'unknown', reasons, {}, now),
});
