/** What came out of the checks since the last report, and the state of each check. */
import type { Clock } from '../shared/clock.ts';
import type { CheckState } from '../shared/inventory.ts';
import type { Log } from '../shared/log.ts';
import { reason, reasonsInLog } from '../shared/reason.ts';
import type { Metric } from '../shared/report.ts';
import type { CheckOutcome } from './attempt.ts';

/** Each outcome is itself a metric: immediately when it changes, else once per minute. */
const outcomeEveryMs = 60_000;

export interface Outcomes {
  record(check: string, outcome: CheckOutcome): void;
  /** @param here by the machine's own settings, else by the collector's */
  recordOff(check: string, here: boolean): void;
  /** The metrics since the last call. */
  takeMetrics(): Metric[];
  /** All states when any has changed since the last call; else null. */
  takeChangedStates(): CheckState[] | null;
  states(): CheckState[];
}

/** @param checks names of all of them: the states come in this order */
export function createOutcomes(checks: readonly string[], { clock, log }: { clock: Clock; log: Log }): Outcomes {
  const stateOf = new Map<string, CheckState>();
  /** When the outcome was last a metric; monotonic. */
  const reportedAt = new Map<string, number>();
  let metrics: Metric[] = [];
  let haveChanged = false;

  function setState(check: string, status: CheckState['status'], reasons: CheckState['reason']): void {
    const before = stateOf.get(check);
    if (
      before?.status === status &&
      (before.reason === reasons || JSON.stringify(before.reason) === JSON.stringify(reasons))
    )
      return;
    stateOf.set(check, { check, status, reason: reasons, at: clock.now() });
    haveChanged = true;
  }

  const states = () => checks.flatMap((check) => stateOf.get(check) ?? []);

  return {
    record(check, outcome) {
      const before = stateOf.get(check)?.status;
      setState(check, outcome.status, outcome.status === 'ok' ? (outcome.findings.note ?? null) : outcome.reasons);
      if (outcome.status === 'failed' && before !== 'failed')
        log.warn({ check, reason: reasonsInLog(outcome.reasons) }, 'A check failed');
      if (outcome.status === 'ok') metrics.push(...(outcome.findings.metrics ?? []));
      const at = clock.monotonic();
      if (before === outcome.status && at - (reportedAt.get(check) ?? 0) < outcomeEveryMs) return;
      reportedAt.set(check, at);
      const fields = { ok: outcome.status === 'failed' ? 0 : 1, duration: outcome.ms };
      metrics.push({ name: 'check', tags: { check }, fields, timestamp: clock.now() });
    },
    recordOff: (check, here) => setState(check, 'off', [reason(here ? 'switched_off_here' : 'switched_off_collector')]),
    takeMetrics() {
      const taken = metrics;
      metrics = [];
      return taken;
    },
    takeChangedStates() {
      if (!haveChanged) return null;
      haveChanged = false;
      return states();
    },
    states,
  };
}
