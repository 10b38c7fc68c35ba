/**
 * A custom rule "event source + id → result": covers every product that only writes the Windows event log (Acronis,
 * Cove, Retrospect …).
 */

import type { BackupJob } from '../../../shared/inventory.ts';
import { quotation, reason } from '../../../shared/reason.ts';
import { NoData } from '../check.ts';
import { oneLine } from '../parse.ts';
import { readEvents, type WindowsEvent } from './events.ts';
import { jobOf, type Product } from './product.ts';
import type { EventRule } from './rules.ts';

/** How far back an event log is read. */
const days = 35;

/** What an event means by the rule; null when it is not about the result of a run. */
function resultOf(event: WindowsEvent, rule: EventRule): 'ok' | 'warning' | 'failed' | null {
  for (const result of ['failed', 'warning', 'ok'] as const) if (rule[result]?.includes(event.id)) return result;
  return null;
}

/** The newest event that the rule names is the last run, the newest good one the last success. */
function jobFrom(events: readonly WindowsEvent[], rule: EventRule): BackupJob {
  const known = events
    .flatMap((event) => ({ event, result: resultOf(event, rule) }))
    .filter(({ event, result }) => result !== null && event.time !== null && event.provider === rule.provider)
    .sort((a, b) => (b.event.time ?? 0) - (a.event.time ?? 0));
  const newest = known[0];
  return jobOf('event', rule.job, 'event', {
    protects: rule.protects ?? [],
    schedule: rule.schedule ?? null,
    lastRun: newest?.event.time ?? null,
    lastSuccess: known.find(({ result }) => result !== 'failed')?.event.time ?? null,
    // An event log is trimmed: finding nothing does not prove that nothing ever ran.
    result: newest?.result ?? 'unknown',
    reasons: newest
      ? newest.result === 'ok'
        ? []
        : [
            reason('event', { event: String(newest.event.id), provider: rule.provider }),
            ...quotation(oneLine(newest.event.data.join(' '))),
          ]
      : [reason('no_event', { provider: rule.provider, span_s: days * 86_400 })],
  });
}

export const eventRule: Product = {
  name: 'event',
  reads: 'the Windows event logs that checks.yaml names',
  every: 15 * 60_000,
  programs: [],
  async discover(context, settings) {
    if (!settings.events?.length) throw new NoData(reason('no_event_rule'));
    const jobs: BackupJob[] = [];
    for (const rule of settings.events) {
      jobs.push(jobFrom(await readEvents(context, { log: rule.log, provider: rule.provider, days }), rule));
    }
    return jobs;
  },
};
