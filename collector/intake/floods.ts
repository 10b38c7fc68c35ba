/** Shows which endpoints are beyond their budgets: as a metric, so that a rule can alert on it, as counters, and on their page. */
import type { Flood } from '../../shared/api.ts';
import type { Log } from '../../shared/log.ts';
import type { Report } from '../../shared/report.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { EndpointBudgets, HeldFor } from './budgets.ts';
import type { IntakeCounters } from './counters.ts';
import type { Evaluation } from './evaluation.ts';

const everyMs = 10_000;
/** Looks without waiting until a flood is over: as long as the rule lets its alert last. */
const quietLooks = 30;

export interface FloodWatch {
  /** Called every ten seconds by itself. */
  look(): void;
  /** The flood of this endpoint that goes on or ended in the last five minutes; null: none. */
  of(endpoint: string): Flood | null;
  close(): void;
}

interface Watched {
  since: number;
  percent: number;
  heldMs: Map<HeldFor, number>;
  quiet: number;
}

export function watchFloods(parts: {
  budgets: Pick<EndpointBudgets, 'takeHeld'>;
  fleet: Pick<Fleet, 'get'>;
  evaluation: Pick<Evaluation, 'evaluate'>;
  changeFeed: Pick<ChangeFeed, 'publish'>;
  counters: IntakeCounters;
  now: () => number;
  log: Log;
}): FloodWatch {
  const { budgets, fleet, evaluation, changeFeed, counters, log } = parts;
  const floods = new Map<string, Watched>();

  function look(): void {
    const held = Map.groupBy(budgets.takeHeld(), ({ endpoint }) => endpoint);
    counters.floods.set(held.size);
    for (const endpoint of held.keys())
      if (!floods.has(endpoint)) floods.set(endpoint, { since: parts.now(), percent: 0, heldMs: new Map(), quiet: 0 });
    for (const [endpoint, flood] of floods) note(endpoint, flood, held.get(endpoint) ?? []);
  }

  /** Of all budgets together: whoever changes the kind of flood is beyond one or the other all the time. */
  function note(endpoint: string, flood: Watched, held: readonly { meter: HeldFor; ms: number }[]): void {
    const ms = held.reduce((sum, one) => sum + one.ms, 0);
    const before = flood.percent;
    if (flood.heldMs.size === 0) flood.since -= Math.min(ms, everyMs);
    flood.percent = Math.min(100, (100 * ms) / everyMs);
    flood.quiet = held.length > 0 ? 0 : flood.quiet + 1;
    for (const { meter, ms: more } of held) {
      counters.held.inc({ budget: meter }, more / 1000);
      if (!flood.heldMs.has(meter))
        log.warn({ endpoint, budget: meter }, 'An endpoint is beyond its budget: its acknowledgements wait');
      flood.heldMs.set(meter, (flood.heldMs.get(meter) ?? 0) + more);
    }
    if (flood.quiet >= quietLooks) floods.delete(endpoint);
    // Once more when it no longer waits, so that the alert can end.
    if (flood.percent > 0 || before > 0) evaluate(endpoint, flood.percent);
    else if (floods.has(endpoint)) return;
    changeFeed.publish({ kind: 'endpoint', endpoint });
  }

  function evaluate(id: string, percent: number): void {
    const endpoint = fleet.get(id);
    if (endpoint) evaluation.evaluate(endpoint, reportOf(percent));
  }

  function reportOf(percent: number): Report {
    const at = parts.now();
    const metrics = [{ name: 'intake', tags: {}, fields: { held_percent: percent }, timestamp: at }];
    return { v: 1, epoch: '0'.repeat(32), seq: 1, at, metrics };
  }

  const timer = setInterval(look, everyMs);
  timer.unref();
  return {
    look,
    of(endpoint) {
      const flood = floods.get(endpoint);
      if (!flood) return null;
      const budgetsHeld = [...flood.heldMs].map(([budget, ms]) => ({ budget, seconds: Math.round(ms / 1000) }));
      budgetsHeld.sort((a, b) => b.seconds - a.seconds);
      return { since: flood.since, percent: flood.percent, budgets: budgetsHeld };
    },
    close: () => clearInterval(timer),
  };
}
