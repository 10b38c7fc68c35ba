/** Shows which endpoints are beyond their budget: as a metric, so that a rule can alert on it, and as counters. */
import type { Log } from '../../shared/log.ts';
import type { Report } from '../../shared/report.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { EndpointBudgets, Meter } from './budgets.ts';
import type { IntakeCounters } from './counters.ts';
import type { Evaluation } from './evaluation.ts';

const everyMs = 10_000;

export interface FloodWatch {
  /** Called every ten seconds by itself. */
  look(): void;
  close(): void;
}

export function watchFloods(parts: {
  budgets: Pick<EndpointBudgets, 'takeHeld'>;
  fleet: Pick<Fleet, 'get'>;
  evaluation: Pick<Evaluation, 'evaluate'>;
  counters: IntakeCounters;
  now: () => number;
  log: Log;
}): FloodWatch {
  const { budgets, fleet, evaluation, counters, log } = parts;
  /** Of the last look: they are reported once more when they no longer wait, so that the alert can end. */
  let before = new Map<string, { endpoint: string; meter: Meter }>();

  function look(): void {
    const held = new Map(budgets.takeHeld().map((one) => [`${one.endpoint} ${one.meter}`, one]));
    counters.floods.set(new Set([...held.values()].map(({ endpoint }) => endpoint)).size);
    for (const { endpoint, meter, ms } of held.values()) {
      counters.held.inc({ budget: meter }, ms / 1000);
      if (!before.has(`${endpoint} ${meter}`))
        log.warn({ endpoint, budget: meter }, 'An endpoint is beyond its budget: its acknowledgements wait');
      report(endpoint, meter, ms);
    }
    for (const [key, { endpoint, meter }] of before) if (!held.has(key)) report(endpoint, meter, 0);
    before = held;
  }

  function report(id: string, meter: Meter, ms: number): void {
    const endpoint = fleet.get(id);
    if (endpoint) evaluation.evaluate(endpoint, reportOf(meter, Math.min(100, (100 * ms) / everyMs)));
  }

  function reportOf(budget: Meter, percent: number): Report {
    const at = parts.now();
    const fields = { held_percent: percent };
    const metrics = [{ name: 'intake', tags: { budget }, fields, timestamp: at }];
    return { v: 1, epoch: '0'.repeat(32), seq: 1, at, metrics };
  }

  const timer = setInterval(look, everyMs);
  timer.unref();
  return { look, close: () => clearInterval(timer) };
}
