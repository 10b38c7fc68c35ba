/**
 * The numbers of the open month for `/metrics`, by site at most. They are those of the page Stability: computed beside a
 * scrape and never waited for by one, so a scrape has them from the second time on.
 */
import { Gauge, type Registry } from 'prom-client';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { stabilityIndex } from '../kpi/formulas/stability-index.ts';
import type { MonthRead } from '../kpi/months.ts';
import { presentMonth } from '../kpi/period.ts';
import type { Context } from './context.ts';

/** Numbers of a month hardly change by the minute. */
const freshMs = 5 * 60_000;
const hourSeconds = 3600;

export function registerStability(
  registry: Registry,
  { months, clock, zone }: Pick<Context, 'months' | 'clock' | 'zone'>,
  log: Pick<Log, 'warn'>,
): void {
  let month: MonthRead['month'] | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  const refresh = async () => {
    if (clock.monotonic() - askedAt < freshMs) return;
    askedAt = clock.monotonic();
    try {
      ({ month } = await months.of(presentMonth(clock.now(), zone), {}));
    } catch (thrown) {
      log.warn({ reason: reasonOf(thrown) }, 'The numbers of the open month are missing in /metrics; tried again');
    }
  };
  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    fill: (gauge: Gauge<L>, month: MonthRead['month']) => void,
  ) =>
    new Gauge<L>({
      name: `evenkeel_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        void refresh();
        this.reset();
        // Without labels a reset is 0: a number that is not known is left out.
        if (labelNames.length === 0) this.remove();
        if (month !== null) fill(this, month);
      },
    });

  gauge(
    'stability_index',
    'Stability index of the open month, 0 to 100; absent while there is none',
    [],
    (own, read) => {
      const { status, index } = stabilityIndex(read.parts, read.endpoints);
      if (status === 'ok' && index !== null) own.set(index);
    },
  );
  gauge('stability_part_score', 'Score of a part of the index, 0 to 100', ['part'], (own, read) => {
    for (const [part, score] of Object.entries(stabilityIndex(read.parts, read.endpoints).scores))
      if (score !== null) own.set({ part }, score);
  });
  gauge('stability_computed_timestamp_seconds', 'When these numbers were computed', [], (own, read) =>
    own.set(read.asOf / 1000),
  );
  gauge('monitored_endpoints', 'Endpoints with monitored time in the open month', ['site'], (own, read) => {
    for (const { site, endpoints } of read.sites) own.set({ site: site?.name ?? '' }, endpoints);
  });
  gauge('availability_ratio', 'Availability in the open month, by site and kind', ['site', 'kind'], (own, read) => {
    for (const { site, servers, workstations } of read.sites)
      for (const [kind, percent] of Object.entries({ server: servers, workstation: workstations }))
        if (percent !== null) own.set({ site: site?.name ?? '', kind }, percent / 100);
  });
  const lost = 'lost business time of people in the open month';
  gauge('lost_business_seconds', `Confirmed ${lost}`, ['site'], (own, read) => {
    for (const { site, lost: hours } of read.sites) own.set({ site: site?.name ?? '' }, hours * hourSeconds);
  });
  gauge('lost_business_unconfirmed_seconds', `Not confirmed ${lost}`, ['site'], (own, read) => {
    for (const { site, unconfirmed } of read.sites) own.set({ site: site?.name ?? '' }, unconfirmed * hourSeconds);
  });
}
