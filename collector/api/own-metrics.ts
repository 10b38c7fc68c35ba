/** The collector's own metrics that no room counts for itself: stores, queue, fleet, process. */
import { Counter, collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import type { Fleet } from '../fleet/fleet.ts';
import type { SeriesStore } from '../series/series.ts';
import type { State } from '../state/open.ts';

export function registerOwnMetrics(
  registry: Registry,
  { series, state, fleet }: { series: SeriesStore; state: State; fleet: Fleet },
): void {
  collectDefaultMetrics({ register: registry });
  // Sums of gauges of its own, under names that Prometheus keeps for counters.
  for (const what of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${what}_total`);
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `evenkeel_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge(
    'series_journal_rows',
    'Reports in the journal that the backend does not hold yet',
    () => series.stats().journalRows,
  );
  gauge('series_segments', 'Segment files', () => series.stats().segments);
  gauge('series_segment_bytes', 'Bytes of segment files', () => series.stats().segmentBytes);
  gauge('series_samples', 'Samples stored', () => series.stats().samples);
  gauge('series_known', 'Series known', () => series.stats().series);
  gauge('series_waiting', 'Appends wait at present, such as for a full disk', () =>
    series.stats().appendsWait === null ? 0 : 1,
  );
  gauge('series_trouble', 'Something is wrong with the series store, such as a backend that is away', () =>
    series.stats().trouble === null ? 0 : 1,
  );
  new Counter({
    name: 'evenkeel_series_quarantined_total',
    help: 'Files, lines and samples put aside as damaged or refused, since the start',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(series.stats().quarantined);
    },
  });

  new Gauge({
    name: 'evenkeel_endpoints',
    help: 'Endpoints by state',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { state: word } of fleet.all()) this.inc({ state: word });
    },
  });
  new Gauge({
    name: 'evenkeel_outbox_notices',
    help: 'Notifications by state: queued, sent, dead',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const rows = await state
        .selectFrom('deliveries')
        .select(['state', (f) => f.fn.countAll<number>().as('n')])
        .groupBy('state')
        .execute();
      this.reset();
      for (const { state: word, n } of rows) this.set({ state: word }, Number(n));
    },
  });
}
