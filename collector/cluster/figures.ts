/** What a collector says of itself with each sign of life, and for Prometheus: its own part of the work. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { CollectorFigures } from '../../shared/collectors.ts';
import type { SeriesStore } from '../series/series.ts';
import type { Holdings } from './holdings.ts';
import type { Relay } from './relay.ts';

export interface FigureParts {
  relay: Pick<Relay, 'waiting' | 'isConnected'>;
  holdings: Pick<Holdings, 'all' | 'leader'>;
  series: Pick<SeriesStore, 'stats'>;
  monotonic(): number;
}

export interface MemberFigures {
  registry: Registry;
  /** A report of one of its endpoints has come. */
  reported(): void;
  /** From here on there is something to say. */
  begin(parts: FigureParts): void;
  /** Null before that. */
  now(): CollectorFigures | null;
}

export function createFigures(): MemberFigures {
  const registry = new Registry();
  let parts: FigureParts | null = null;
  let reports = 0;
  let last = { reports: 0, at: 0 };

  return {
    registry,
    reported: () => void reports++,
    begin(given) {
      parts = given;
      last = { reports, at: given.monotonic() };
      const { relay, holdings, series } = given;
      collectDefaultMetrics({ register: registry });
      const gauge = (name: string, help: string, value: () => number) =>
        new Gauge({
          ...{ name: `evenkeel_collector_${name}`, help, registers: [registry] },
          collect() {
            this.set(value());
          },
        });
      gauge('buckets', 'Buckets of endpoints that this collector serves, of 256', () => holdings.all().length);
      gauge('leader', 'Whether alerts, tickets and messages are made here', () => (holdings.leader()?.isMine ? 1 : 0));
      gauge('connected', 'Whether a leader takes its messages', () => (relay.isConnected() ? 1 : 0));
      gauge('waiting_messages', 'Messages that the leader has not answered yet', relay.waiting);
      gauge(
        'unwritten_reports',
        'Reports in its journal that the time series do not hold',
        () => series.stats().journalRows,
      );
      gauge('trouble', 'Whether its time series have trouble', () => (series.stats().trouble === null ? 0 : 1));
    },
    now() {
      if (!parts) return null;
      const { relay, series, monotonic } = parts;
      const at = monotonic();
      const reportsPerS = ((reports - last.reports) * 1000) / Math.max(1, at - last.at);
      last = { reports, at };
      const { journalRows: unwritten, trouble } = series.stats();
      return { reportsPerS, waiting: relay.waiting(), unwritten, trouble };
    },
  };
}
