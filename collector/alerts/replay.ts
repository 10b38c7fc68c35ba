/**
 * Rules on made-up or stored samples: the evaluation and the state machine of alerts that the collector runs, without
 * state, tickets or messages. Work grows with the samples.
 */

import type { Metric } from '../../shared/report.ts';
import type { RuleBooks } from '../evaluate/book.ts';
import type { EndpointView } from '../evaluate/kinds/kind.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { advance } from './advance.ts';
import { createBatch, type Input, isAlertChange } from './batch.ts';
import { judgeReport } from './judge.ts';
import { createAlertMemory } from './memory.ts';

export interface ReplayedChange {
  at: number;
  /** `pending`, `firing`, `worse`, `resolved`, … */
  code: string;
  family: string;
  /** The rule whose level is in force. */
  rule: string;
  value: number | null;
  tags: Readonly<Record<string, string>>;
}

export interface Replay {
  /** Time passes to `at`, then a report comes. */
  report(metrics: readonly Metric[], at: number): Promise<ReplayedChange[]>;
  /** Its presence has changed, or only time has passed. */
  pass(at: number): Promise<ReplayedChange[]>;
}

/** @param endpoint changed in place by who replays its presence */
export function createReplay(
  books: RuleBooks,
  endpoint: Endpoint,
  groups: readonly string[] = [],
  view: EndpointView | null = null,
): Replay {
  const memory = createAlertMemory(
    () => books,
    () => groups,
    () => view,
  );
  const parts = {
    memory,
    endpointOf: (id: string) => (id === endpoint.id ? endpoint : undefined),
    maintenance: { covers: () => false },
  };
  async function run(inputs: readonly Input[], at: number): Promise<ReplayedChange[]> {
    const batch = createBatch(inputs, at);
    await advance(parts, batch);
    memory.keep();
    return batch.changes.filter(isAlertChange).map(({ at: when, code, alert }) => ({
      ...{ at: when, code, family: alert.family, rule: alert.rule.id, value: alert.value, tags: alert.tags },
    }));
  }
  return {
    async report(metrics, at) {
      const inputs = judgeReport(memory, endpoint, { v: 1, epoch: 'replay', seq: 1, at, metrics: [...metrics] }, at);
      const due = memory.due.next();
      return inputs.length === 0 && (due === null || due > at) ? [] : run(inputs, at);
    },
    pass: (at) => run([{ type: 'presence', at, endpoint: endpoint.id }], at),
  };
}
