/** Changes of a period and how they went. Each counts once, however many incidents it caused or targets it had. */
import type { Span } from '../../../shared/intervals.ts';
import { distinct, type Share, shareOf } from './numbers.ts';

export interface ChangeFact {
  id: string;
  /** Only `implemented` counts. */
  status: string;
  /** ms UTC */
  implementedAt: number | null;
  /** Null: not judged yet. */
  objectiveMet: boolean | null;
  rolledBack: boolean;
  emergencyFix: boolean;
  /** It took longer than its window. */
  overran?: boolean;
  /** Incidents linked to it. `since`: when it reached the machine of the incident, where that was before it was finished. */
  incidents: readonly { id?: string; priority: number; openedAt: number; since?: number }[];
  targets: number;
  failedTargets: number;
  /** The change that this one repairs: repairs are not in the base. */
  repairs?: string | null;
  /** A person's own verdict: it may lower the outcome, and raise it with a written reason. */
  closed?: { as: ChangeOutcome; reason?: string | null } | null;
}

export type ChangeOutcome = 'success' | 'with_issues' | 'failed';

export type ChangeReason =
  | 'rolled_back'
  | 'emergency_fix'
  | 'objective_not_met'
  | 'incident'
  | 'targets_failed'
  | 'overran'
  | 'lowered_by_person'
  | 'raised_by_person';

export interface ChangeSuccess {
  implemented: number;
  withIssues: number;
  success: Share;
  /** The change fail rate of DORA. */
  failed: Share;
  /** Changes whose 72 hours have not passed. */
  provisional: number;
  targets: { n: number; failed: number };
  changes: { id: string; outcome: ChangeOutcome; reasons: ChangeReason[]; isProvisional: boolean }[];
}

/** Incidents that begin this soon after a change are linked to its outcome. */
export const watchMs = 72 * 3_600_000;
const outcomes: readonly ChangeOutcome[] = ['success', 'with_issues', 'failed'];

/** @param asOf what happened later is not known yet, ms UTC */
export function changeSuccess(input: { period: Span; asOf: number; changes: readonly ChangeFact[] }): ChangeSuccess {
  const { period, asOf } = input;
  const base = distinct(input.changes).filter(
    ({ status, implementedAt: at, repairs }) =>
      status === 'implemented' && !repairs && at !== null && at <= asOf && at >= period.start && at < period.end,
  );
  const changes = base.map((change) => ({
    id: change.id,
    ...verdictOf(change, asOf),
    isProvisional: asOf < (change.implementedAt ?? 0) + watchMs,
  }));
  const count = (which: ChangeOutcome) => changes.filter(({ outcome }) => outcome === which).length;
  const sum = (key: 'targets' | 'failedTargets') => base.reduce((total, change) => total + change[key], 0);
  return {
    implemented: base.length,
    withIssues: count('with_issues'),
    success: shareOf(count('success'), base.length),
    failed: shareOf(count('failed'), base.length),
    provisional: changes.filter(({ isProvisional }) => isProvisional).length,
    targets: { n: sum('targets'), failed: sum('failedTargets') },
    changes,
  };
}

function verdictOf(change: ChangeFact, asOf: number): { outcome: ChangeOutcome; reasons: ChangeReason[] } {
  const at = change.implementedAt ?? 0;
  const harm = change.incidents.some(
    ({ priority, openedAt, since = at }) =>
      priority <= 3 && openedAt >= Math.min(since, at) && openedAt < at + watchMs && openedAt <= asOf,
  );
  // In hundredths of the targets, without a division: 5 of 100 is not more than 5 %.
  const failedMoreThan = (percent: number) => 100 * change.failedTargets > percent * change.targets;
  const failed: [boolean, ChangeReason][] = [
    [change.rolledBack, 'rolled_back'],
    [change.emergencyFix, 'emergency_fix'],
    [change.objectiveMet === false, 'objective_not_met'],
    [harm, 'incident'],
    [failedMoreThan(5), 'targets_failed'],
  ];
  const issues: [boolean, ChangeReason][] = [
    [failedMoreThan(1), 'targets_failed'],
    [change.overran === true, 'overran'],
  ];
  const reasonsOf = (rules: [boolean, ChangeReason][]) => rules.flatMap(([holds, reason]) => (holds ? reason : []));
  const [failures, hitches] = [reasonsOf(failed), reasonsOf(issues)];
  const outcome = failures.length > 0 ? 'failed' : hitches.length > 0 ? 'with_issues' : 'success';
  const reasons = failures.length > 0 ? failures : hitches;
  const { closed } = change;
  const worse = closed ? outcomes.indexOf(closed.as) - outcomes.indexOf(outcome) : 0;
  if (closed && worse > 0) return { outcome: closed.as, reasons: [...reasons, 'lowered_by_person'] };
  if (closed && worse < 0 && closed.reason?.trim())
    return { outcome: closed.as, reasons: [...reasons, 'raised_by_person'] };
  return { outcome, reasons };
}
