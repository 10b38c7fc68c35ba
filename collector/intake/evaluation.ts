/**
 * Evaluates live reports: at once, in order per endpoint, and bounded. Nearly no report changes an alert, and then nothing
 * is awaited; while a change is saved, later reports of the same endpoint wait for it.
 */
import type { Log } from '../../shared/log.ts';
import type { Report } from '../../shared/report.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { IntakeCounters } from './counters.ts';
import { willPass } from './retry-while-busy.ts';

/** Reports of one endpoint that may wait for evaluation; beyond, the oldest are dropped. */
const queuedAtMost = 8;

export interface EvaluationParts {
  /** A promise only where something has to be saved. */
  onReport(endpoint: Endpoint, report: Report): Promise<void> | undefined;
  log: Log;
  counters: IntakeCounters;
}

export interface Evaluation {
  /** Never throws. */
  evaluate(endpoint: Endpoint, report: Report): void;
  /** Resolves when nothing is left to evaluate. */
  close(): Promise<void>;
}

interface EndpointQueue {
  queue: Report[];
  running: Promise<void>;
}

export function createEvaluation({ onReport, log, counters }: EvaluationParts): Evaluation {
  const queues = new Map<string, EndpointQueue>();

  const failed = (endpoint: Endpoint, thrown: unknown) => {
    counters.failedSteps.inc({ step: 'evaluate' });
    // What passes is kept and tried again by the alerts, which have logged it.
    if (!willPass(thrown)) log.error({ err: thrown, endpoint: endpoint.id }, 'Could not evaluate a report');
  };

  async function drain(endpoint: Endpoint, queue: Report[], first: Promise<void>): Promise<void> {
    let saving: Promise<void> | undefined = first;
    for (;;) {
      try {
        await saving;
        const report = queue.shift();
        if (!report) break;
        saving = onReport(endpoint, report);
      } catch (thrown) {
        saving = undefined;
        failed(endpoint, thrown);
      }
    }
    queues.delete(endpoint.id);
  }

  return {
    evaluate(endpoint, report) {
      const pending = queues.get(endpoint.id);
      if (pending) {
        if (pending.queue.push(report) <= queuedAtMost) return;
        pending.queue.shift();
        counters.skippedEvaluations.inc();
        return;
      }
      try {
        const saving = onReport(endpoint, report);
        if (!saving) return;
        const queue: Report[] = [];
        queues.set(endpoint.id, { queue, running: drain(endpoint, queue, saving) });
      } catch (thrown) {
        failed(endpoint, thrown);
      }
    },
    async close() {
      while (queues.size > 0) await Promise.all([...queues.values()].map((pending) => pending.running));
    },
  };
}
