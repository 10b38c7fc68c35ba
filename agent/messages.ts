/** What was measured, as messages: each gets its number and its place in the spool, and is then offered to the link. */
import type { Clock } from '../shared/clock.ts';
import type { SectionName } from '../shared/inventory.ts';
import type { Log } from '../shared/log.ts';
import type { Metric } from '../shared/report.ts';
import { withoutSecretsIn } from '../shared/secrets.ts';
import type { Spool } from './spool.ts';
import type { SpoolEntry } from './spool-entry.ts';

/** Maximum metrics per report: a machine with hundreds of disks sends two reports instead of one. */
const metricsPerReport = 1000;
/** Before compression. Sections compress to about 10 %: the wire's limit applies to the compressed size. */
const maxSectionLength = 8 * 200 * 1024;

export interface MessagesOptions {
  spool: Pick<Spool, 'put'>;
  clock: Clock;
  log: Log;
  offer(entry: SpoolEntry): void;
}

export interface Messages {
  report(metrics: readonly Metric[], intervalMs: number): void;
  section(section: SectionName, value: unknown): void;
}

/** Cuts a list that would not fit into a message; the section `checks` has the full count. */
export function fitting(value: unknown): unknown {
  let kept = value;
  while (Array.isArray(kept) && JSON.stringify(kept).length > maxSectionLength)
    kept = kept.slice(0, Math.floor(kept.length * 0.8));
  return kept;
}

export function createMessages({ spool, clock, log, offer }: MessagesOptions): Messages {
  return {
    report(metrics, intervalMs) {
      for (let from = 0; from < metrics.length; from += metricsPerReport) {
        const some = metrics.slice(from, from + metricsPerReport);
        const at = Math.round(clock.now());
        const entry = spool.put('report', at, ({ epoch, seq, lost }) => ({
          v: 1,
          epoch,
          seq,
          at,
          interval_s: intervalMs / 1000,
          metrics: some,
          ...(lost.length > 0 ? { lost } : {}),
        }));
        offer(entry);
      }
    },
    section(section, value) {
      const at = Math.round(clock.now());
      const bare = withoutSecretsIn(value);
      const data = fitting(bare);
      if (data !== bare)
        log.warn({ section, kept: (data as unknown[]).length }, 'An inventory section is too long and was cut');
      offer(spool.put('inventory', at, ({ epoch, seq }) => ({ v: 1, epoch, seq, at, section, data })));
    },
  };
}
