/** Rules about values that do not come though the endpoint reports: "unknown" is never silently taken for good. */
import type { Report } from '../../shared/report.ts';
import type { MissingRule, RuleBook } from '../evaluate/book.ts';
import type { Level } from '../evaluate/evaluate.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Watch, Watches } from './watches.ts';

/** A machine that has just come back gets so long to report what it measures seldom. */
const settlingMs = 3_600_000;

export interface Missing {
  /** A live report: remembers which of the awaited values it brought. Cheap, for every report. */
  note(watch: Watch, report: Report, now: number): void;
  /** Verdicts for all endpoints that are online; only those that say something. */
  sweep(now: number): Iterable<{ endpoint: string; rule: MissingRule; level: Level }>;
}

export function createMissing(book: RuleBook, watches: Watches, fleet: Pick<Fleet, 'all'>): Missing {
  const byMeasurement = new Map<string, Set<MissingRule>>();
  for (const rule of [...book.missing.server, ...book.missing.workstation]) {
    const rules = byMeasurement.get(rule.when.measurement) ?? new Set();
    byMeasurement.set(rule.when.measurement, rules.add(rule));
  }

  /** Since when is by this collector's own watching: after its restart the wait begins anew. */
  function levelOf(rule: MissingRule, watch: Watch, now: number): Level | null {
    const silentMs = now - (watch.seen.get(rule.id) ?? watch.since);
    const missing = silentMs >= rule.when.after_s * 1000;
    if (!missing && !watch.families.has(rule.id)) return null;
    // Not seen since the start, and not long enough to say: an alert from before goes on.
    const status = missing ? 'breach' : watch.seen.has(rule.id) ? 'clear' : 'none';
    return { rule, status, value: Math.round(silentMs / 1000), threshold: rule.when.after_s };
  }

  return {
    note(watch, report, now) {
      if (byMeasurement.size === 0) return;
      for (const metric of report.metrics)
        for (const rule of byMeasurement.get(metric.name) ?? [])
          if (metric.fields[rule.when.field] !== undefined) watch.seen.set(rule.id, now);
    },
    *sweep(now) {
      for (const endpoint of fleet.all()) {
        if (endpoint.state !== 'online' || now - endpoint.stateSince < settlingMs) continue;
        const watch = watches.of(endpoint.id, now);
        for (const rule of book.missing[endpoint.kind]) {
          const level = levelOf(rule, watch, now);
          if (level) yield { endpoint: endpoint.id, rule, level };
        }
      }
    },
  };
}
