/**
 * Live reports on their way to the rules: at once, in order for each endpoint, and bounded. Nearly no report changes an
 * alert, and then nothing is waited for; while one does, later reports of the same endpoint wait for it to be saved.
 */
import type { Log } from '../../shared/log.ts';
import type { Report } from '../../shared/report.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { IntakeCounters } from './counters.ts';

/** Reports of one endpoint that may wait for the rules; of more only the newest count. */
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

interface Lane {
  queue: Report[];
  running: Promise<void>;
}

export function createEvaluation({ onReport, log, counters }: EvaluationParts): Evaluation {
  const lanes = new Map<string, Lane>();

  const failed = (endpoint: Endpoint, thrown: unknown) => {
    counters.failedSteps.inc({ step: 'evaluate' });
    log.error({ err: thrown, endpoint: endpoint.id }, 'a report could not be evaluated');
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
    lanes.delete(endpoint.id);
  }

  return {
    evaluate(endpoint, report) {
      const lane = lanes.get(endpoint.id);
      if (lane) {
        if (lane.queue.push(report) <= queuedAtMost) return;
        lane.queue.shift();
        counters.skippedEvaluations.inc();
        return;
      }
      try {
        const saving = onReport(endpoint, report);
        if (!saving) return;
        const queue: Report[] = [];
        lanes.set(endpoint.id, { queue, running: drain(endpoint, queue, saving) });
      } catch (thrown) {
        failed(endpoint, thrown);
      }
    },
    async close() {
      while (lanes.size > 0) await Promise.all([...lanes.values()].map((lane) => lane.running));
    },
  };
}
