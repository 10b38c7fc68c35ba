/** What may explain an alert: work on its machine before it, other metrics that were unusual then, and earlier ones like it. */
import type { AlertContext } from '../../shared/alert-groups.ts';
import { fail } from '../../shared/errors.ts';
import { fieldOf } from '../../shared/metrics.ts';
import type { SeriesLine } from '../series/series.ts';
import type { Context } from './context.ts';
import { changeMarks } from './read-changes.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const changesAtMost = 10;
const earlierAtMost = 5;
const unusualAtMost = 6;
/** What a person looks at first; all of it is one read of the series. */
const watched = [
  ...['cpu.usage_active', 'cpu.usage_iowait', 'mem.used_percent', 'swap.used_percent', 'disk.used_percent'],
  ...['diskio.io_util', 'diskio.io_await', 'net.bytes_recv', 'net.bytes_sent', 'processes.total'],
].filter((metric) => fieldOf(metric) !== undefined);

/** The same hours of this many days before; from fewer than three nothing is usual. */
const daysBack = 7;
const daysAtLeast = 3;

type AlertReading = Pick<Context, 'state' | 'series' | 'clock' | 'zone' | 'fleet' | 'groups' | 'changes' | 'ruleNamed'>;

/** @throws EvenkeelError NOT_FOUND */
export async function alertContext(context: AlertReading, id: string): Promise<AlertContext> {
  const alert = await context.state.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
  if (!alert) throw fail('NOT_FOUND', { what: 'alert', id });
  const at = alert.fired_at ?? alert.pending_at;
  const marks = await changeMarks(context, [alert.endpoint], { start: at - dayMs, end: at + hourMs / 2 });
  return {
    changes: marks.slice(0, changesAtMost).map(({ at, what, change }) => ({ at, what, change })),
    unusual: await unusualAt(context, alert.endpoint, at, alert.metric),
    earlier: await earlierOnes(context, alert.key, id, at),
  };
}

async function unusualAt({ series }: AlertReading, endpoint: string, at: number, own: string) {
  const metrics = watched.filter((metric) => metric !== own);
  const range = { from: at - daysBack * dayMs - 2 * hourMs, to: at + hourMs };
  const read = await series.query({ endpoint, metrics, ...range, step: hourMs });
  return read.series
    .flatMap((line) => rangeOf(line, at) ?? [])
    .toSorted((a, b) => b.far - a.far)
    .slice(0, unusualAtMost)
    .map(({ far: _, ...found }) => found);
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
};

/** Median ± the larger of four robust deviations, a tenth of the median, and for a percentage ten points. */
function rangeOf({ metric, tags, points }: SeriesLine, at: number) {
  const unit = fieldOf(metric)?.unit ?? 'number';
  const usual: number[] = [];
  const days = new Set<number>();
  let value: number | null = null;
  for (const [start, mean] of points) {
    if (mean === null) continue;
    if (start <= at && at < start + hourMs) value = mean;
    const day = Math.round((at - start) / dayMs);
    const off = Math.abs(at - day * dayMs - start - hourMs / 2);
    if (day < 1 || off > 1.5 * hourMs) continue;
    usual.push(mean);
    days.add(day);
  }
  if (value === null || days.size < daysAtLeast) return null;
  const middle = median(usual);
  const spread = 4 * 1.4826 * median(usual.map((one) => Math.abs(one - middle)));
  const wide = Math.max(spread, 0.1 * Math.abs(middle), unit === 'percent' ? 10 : 0);
  if (wide === 0 || Math.abs(value - middle) <= wide) return null;
  const found = { metric, tags, unit, value, low: Math.max(0, middle - wide), high: middle + wide, days: days.size };
  return { ...found, far: Math.abs(value - middle) / wide };
}

async function earlierOnes({ state }: AlertReading, key: string, id: string, before: number) {
  const rows = await state
    .selectFrom('alerts')
    .select(['id', 'fired_at', 'resolved_at', 'resolved_why', 'acknowledged_by', 'ticket'])
    .where('key', '=', key)
    .where('id', '<>', id)
    .where('state', '=', 'resolved')
    .where('fired_at', '<', before)
    .orderBy('fired_at', 'desc')
    .limit(earlierAtMost)
    .execute();
  const tickets = rows.flatMap(({ ticket }) => ticket ?? []);
  const texts =
    tickets.length === 0
      ? []
      : await state
          .selectFrom('ticket_events')
          .select(['ticket', 'text'])
          .where('ticket', 'in', tickets)
          .where('to_state', '=', 'resolved')
          .where('text', 'is not', null)
          .orderBy('id')
          .execute();
  const solved = new Map(texts.map(({ ticket, text }) => [ticket, text]));
  return rows.map((row) => ({
    id: row.id,
    firedAt: row.fired_at ?? before,
    resolvedAt: row.resolved_at ?? before,
    why: row.resolved_why,
    acknowledgedBy: row.acknowledged_by,
    ticket: row.ticket,
    solved: (row.ticket === null ? null : solved.get(row.ticket)) ?? null,
  }));
}
