/**
 * Live reports on their way to the rules: in order for each endpoint, bounded, and independent of the series store. A
 * report that has waited for the store for two seconds is evaluated all the same: alerts must not wait for a disk.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Report } from '../../shared/report.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { IntakeCounters } from './counters.ts';

const impatientAfterMs = 2000;
const lookEveryMs = 500;
/** Reports of one endpoint that may wait for the rules; of more only the newest count. */
const queuedAtMost = 8;

export interface EvaluationParts {
  onReport(endpoint: Endpoint, report: Report): Promise<void>;
  clock: Clock;
  log: Log;
  counters: IntakeCounters;
}

export interface Evaluation {
  /** The report is on its way into the store. */
  waits(endpoint: Endpoint, report: Report): void;
  /** It is stored: evaluate it, unless that was done while it waited. */
  due(endpoint: Endpoint, report: Report): void;
  /** It need not be evaluated: a duplicate, or refused. */
  settled(report: Report): void;
  /** Evaluates what waits for the store for too long; called twice a second by itself. */
  look(): void;
  /** Resolves when nothing is left to evaluate. */
  close(): Promise<void>;
}

interface Lane {
  endpoint: Endpoint;
  queue: Report[];
  running: Promise<void>;
}

export function createEvaluation(parts: EvaluationParts): Evaluation {
  const { onReport, clock, log, counters } = parts;
  const waiting = new Map<Report, { endpoint: Endpoint; since: number }>();
  const lanes = new Map<string, Lane>();

  async function drain(lane: Lane): Promise<void> {
    for (let report = lane.queue.shift(); report; report = lane.queue.shift()) {
      try {
        await onReport(lane.endpoint, report);
      } catch (thrown) {
        counters.failedSteps.inc({ step: 'evaluate' });
        log.error({ err: thrown, endpoint: lane.endpoint.id }, 'a report could not be evaluated');
      }
    }
    lanes.delete(lane.endpoint.id);
  }

  function evaluate(endpoint: Endpoint, report: Report): void {
    const lane = lanes.get(endpoint.id);
    if (!lane) {
      const fresh: Lane = { endpoint, queue: [report], running: Promise.resolve() };
      lanes.set(endpoint.id, fresh);
      fresh.running = drain(fresh);
      return;
    }
    if (lane.queue.push(report) > queuedAtMost) {
      lane.queue.shift();
      counters.skippedEvaluations.inc();
    }
  }

  function look(): void {
    const now = clock.monotonic();
    // In the order of arrival: the first that is not late ends the search.
    for (const [report, { endpoint, since }] of waiting) {
      if (now - since < impatientAfterMs) break;
      waiting.delete(report);
      evaluate(endpoint, report);
    }
  }

  const timer = setInterval(look, lookEveryMs);
  timer.unref();

  return {
    waits: (endpoint, report) => void waiting.set(report, { endpoint, since: clock.monotonic() }),
    due(endpoint, report) {
      if (waiting.delete(report)) evaluate(endpoint, report);
    },
    settled: (report) => void waiting.delete(report),
    look,
    async close() {
      clearInterval(timer);
      while (lanes.size > 0) await Promise.all([...lanes.values()].map((lane) => lane.running));
    },
  };
}
