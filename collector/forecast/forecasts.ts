/**
 * Each night a forecast of every disk, from hours that the series keep, as a metric that rules judge like any other:
 * `disk_forecast`. Whole days of the report zone only, so that what is computed twice in a day is the same.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Metric, Report } from '../../shared/report.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { SeriesLine, SeriesStore } from '../series/series.ts';
import { breathe } from '../state/breathe.ts';
import { type Forecast, fullIn, historyDays } from './full-in.ts';

interface ForecastParts {
  fleet: Pick<Fleet, 'all'>;
  series: Pick<SeriesStore, 'query'>;
  clock: Clock;
  /** Report zone, IANA. */
  zone: string;
  stopped: AbortSignal;
  /** Judges the metrics. */
  onReport(endpoint: Endpoint, report: Report): Promise<void> | undefined;
}

export interface Forecasts {
  /** @throws when the series are away or the collector stops: it is done again later */
  run(): Promise<void>;
  /** The newest of one endpoint, for a rule that has just changed. */
  of(endpoint: string): readonly Metric[];
}

const hourMs = 3_600_000;

export function createForecasts({ fleet, series, clock, zone, stopped, onReport }: ForecastParts): Forecasts {
  const kept = new Map<string, readonly Metric[]>();

  async function metricsOf(endpoint: string, at: number): Promise<Metric[]> {
    const starts = dayStarts(at, zone);
    const [from, to] = [starts[0] as number, starts.at(-1) as number];
    const metrics = ['disk.used', 'disk.used_percent'];
    const wanted = { endpoint, metrics, from, to, step: hourMs, agg: 'max' } as const;
    const { series: lines } = await series.query(wanted);
    await breathe();
    const disks = Map.groupBy(lines, ({ tags }) => tags.path ?? '?');
    return [...disks].flatMap(([, same]) => diskMetric(same, starts, at) ?? []);
  }

  return {
    async run() {
      const at = clock.now();
      const all = [...fleet.all()].filter(({ state }) => state === 'online');
      for (const id of kept.keys()) if (!all.some((one) => one.id === id)) kept.delete(id);
      for (const [n, endpoint] of all.entries()) {
        stopped.throwIfAborted();
        const metrics = await metricsOf(endpoint.id, at);
        kept.set(endpoint.id, metrics);
        if (metrics.length > 0) await onReport(endpoint, { v: 1, epoch: 'collector', seq: n + 1, at, metrics });
      }
    },
    of: (endpoint) => kept.get(endpoint) ?? [],
  };
}

/** Starts of the last days in the zone, oldest first; the last one ends yesterday. */
export function dayStarts(at: number, zone: string): number[] {
  const today = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
  return Array.from({ length: historyDays + 2 }, (_, n) => {
    const day = today.subtract({ days: historyDays + 1 - n });
    return day.toZonedDateTime(zone).epochMilliseconds;
  });
}

function diskMetric(lines: readonly SeriesLine[], starts: readonly number[], at: number): Metric | null {
  const daily = (metric: string) => {
    const points = lines.filter((line) => line.metric === metric).flatMap((line) => line.points);
    return starts.slice(1).map((end, n) => highest(points, starts[n] as number, end));
  };
  const used = daily('disk.used');
  const newest = used.findLast((one) => one !== null);
  const share = daily('disk.used_percent').findLast((one) => one !== null);
  if (newest == null || share == null || share <= 0) return null;
  // What is reserved for the system counts as no part of it: at 100 % nobody else can write.
  const capacity = newest / (share / 100);
  const [today, before] = [fullIn(used, capacity), fullIn(used.slice(0, -1), capacity)];
  return {
    name: 'disk_forecast',
    tags: lines[0]?.tags ?? {},
    fields: fieldsOf(today, before, 100 - share),
    timestamp: at,
  };
}

function highest(points: readonly (readonly [number, number | null])[], from: number, to: number): number | null {
  const inside = points.flatMap(([start, value]) => (value !== null && start >= from && start < to ? [value] : []));
  return inside.length === 0 ? null : Math.max(...inside);
}

/** Of today and of the day before: a rule needs two days running, also after a restart. */
export function fieldsOf(today: Forecast, before: Forecast, freePercent: number): Record<string, number> {
  const fields: Readonly<Record<string, number | null>> = {
    full_in_days: today.days,
    full_in_days_low: today.low,
    full_in_days_high: today.high,
    full_in_days_before: before.days,
    full_in_days_high_before: before.high,
    history_days: today.history,
    free_percent: freePercent,
    reset: today.isReset ? 1 : 0,
  };
  return Object.fromEntries(Object.entries(fields).filter((pair): pair is [string, number] => pair[1] !== null));
}
