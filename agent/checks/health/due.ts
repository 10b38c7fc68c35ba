/** Reads those of a list of sources whose time has come; the others stand as they were read last. */

import type { HealthItem } from '../../../shared/inventory.ts';
import { joinReasons, type Reason, reason, reasonsOf } from '../../../shared/reason.ts';
import type { Metric } from '../../../shared/report.ts';
import { type CheckContext, type Findings, NoData } from '../check.ts';
import { itemsOf, keep, kept } from './board.ts';
import { type HealthSource, item, minute } from './source.ts';

/** @throws NoData when none of the sources applies to this machine */
export async function readDue(sources: readonly HealthSource[], context: CheckContext): Promise<Findings> {
  const here = sources.filter((source) => source.platforms.includes(context.platform));
  const metrics: Metric[] = [];
  const notes: Reason[] = [];
  for (const source of here.filter((candidate) => isDue(candidate, context))) {
    const outcome = await readSource(source, context);
    metrics.push(...outcome.metrics);
    notes.push(...outcome.note);
  }
  const items = itemsOf(
    context,
    here.map((source) => source.name),
  );
  if (items.length === 0) throw new NoData(reason('nothing_of_this_kind'));
  return { metrics, sections: { health: items }, ...(notes.length === 0 ? {} : { note: joinReasons(notes) ?? [] }) };
}

/** A little early is in time: the timer that calls us has a jitter of its own. A clock that went back is due as well. */
function isDue(source: HealthSource, context: CheckContext): boolean {
  const last = kept(context, source.name)?.at;
  const passed = context.clock.now() - (last ?? Number.NEGATIVE_INFINITY);
  return passed < 0 || passed >= source.every - source.every / 10 - minute / 2;
}

async function readSource(source: HealthSource, context: CheckContext): Promise<{ metrics: Metric[]; note: Reason[] }> {
  const at = context.clock.now();
  try {
    const { items, metrics } = await source.read(context);
    keep(context, source.name, { at, items, trouble: metrics.flatMap(troubleOf) });
    return { metrics, note: [] };
  } catch (thrown) {
    const trouble = kept(context, source.name)?.trouble ?? [];
    // A source with known trouble that reads nothing counts as failed, whatever it returns: its tool may have been
    // removed.
    const absent = thrown instanceof NoData && trouble.length === 0;
    const reasons = reasonsOf(thrown);
    // A source that fails shows as "unknown": its last good answer must not stand as if it were new.
    const unknown = absent ? [] : [item(source.name, source.name, 'unknown', reasons, {}, at)];
    const bad = trouble.length === 0 ? [] : (kept(context, source.name)?.items ?? []).filter(isTrouble);
    keep(context, source.name, { at, items: [...unknown, ...bad], trouble });
    // A missing value would resolve the alert as "gone", and what cannot be seen any more has not recovered.
    const metrics = trouble.map((metric) => ({ ...metric, timestamp: at }));
    return { metrics, note: absent ? [] : [reason('in_part', { name: source.name }), ...reasons] };
  }
}

const isTrouble = ({ status }: HealthItem) => status === 'warning' || status === 'critical';

function troubleOf(metric: Metric): Metric[] {
  const { severity } = metric.fields;
  return severity === undefined || severity < 1 ? [] : [{ ...metric, fields: { severity } }];
}
