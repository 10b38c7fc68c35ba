/**
 * An endpoint is back, and some of what it measured stays unknown: a check that runs every few hours has nothing new to
 * say for as long. Once its quick checks have spoken, what it last said holds again.
 */
import type { Report } from '../../shared/report.ts';
import { remembers } from '../evaluate/kinds/index.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { Input } from './batch.ts';
import { judgeAgain } from './judge.ts';
import type { AlertMemory } from './memory.ts';

/** The newest values of what rules look at; null where there are none, or it is unknown whether they still hold. */
export type NewestValues = (endpoint: Endpoint, rules: readonly Rule[]) => Report | null;

/** Its quick checks have spoken by then. A check that is not due yet waits for its time, also in an agent that has just started. */
const settledMs = 5 * 60_000;
/** Later is no better: a rule that counts samples beside them sees no value again and again. */
const lookedForMs = 2 * 60_000;

export function judgeReturned(
  memory: AlertMemory,
  endpointOf: (id: string) => Endpoint | undefined,
  newest: NewestValues,
  at: number,
): Input[] {
  const unknown = Map.groupBy(
    [...memory.all()].filter(({ state }) => state === 'unknown'),
    ({ endpoint }) => endpoint,
  );
  return [...unknown].flatMap(([id, alerts]): Input[] => {
    const endpoint = endpointOf(id);
    const backFor = at - (endpoint?.stateSince ?? at);
    if (endpoint?.state !== 'online' || backFor < settledMs || backFor >= settledMs + lookedForMs) return [];
    const rules = alerts.map(({ rule }) => rule).filter((rule) => !remembers(rule));
    const report = rules.length > 0 ? newest(endpoint, rules) : null;
    if (!report) return [];
    const keys = new Set(alerts.map(({ key }) => key));
    return judgeAgain(memory, endpoint, report.metrics, at).filter(
      (input) => input.type === 'sample' && keys.has(input.sample.key),
    );
  });
}
