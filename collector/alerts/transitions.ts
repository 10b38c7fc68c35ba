/** Applies a step of the state machine: memory takes the alert over, and its history gets the change. */
import { rankOf } from '../evaluate/book.ts';
import type { Rule } from '../evaluate/rule.ts';
import { type AlertStep, type LiveAlert, onEnd, type TransitionReason } from './alert.ts';
import type { AlertChange, Batch, ChangeCode } from './batch.ts';
import { againMs, flapPercent, startsFlapping, withChange } from './flapping.ts';
import type { AlertMemory } from './memory.ts';

/** The actor where no person acted. */
export const monitor = 'monitor';

export function createTransitions(
  memory: AlertMemory,
  batch: Batch,
  inMaintenance: (endpoint: string, at: number) => boolean,
) {
  /** Takes a step over into memory, and records the change. */
  function apply(before: LiveAlert | null, step: AlertStep, at: number, endedAt = at): void {
    const { transition } = step;
    if (!transition) {
      if (before && isAtOtherLevel(before, step.alert)) record(step.alert, 'level', at);
      else if (step.alert) memory.set(step.alert);
      else if (before) memory.remove(before);
      return;
    }
    const reason = transition.reason ?? null;
    const code = codeOf(transition.to, reason);
    const alert = step.alert ?? before;
    if (!alert) return;
    const isOver = step.alert === null || step.alert.state === 'inactive';
    if (!isOver) change({ ...step.alert, ...carried(before) } as LiveAlert, code, at, reason, before);
    else if (before?.flapping && isRecovery(code, reason)) change(calmed(before, step.alert), code, at, reason, before);
    else if (before) finish(before, code, { at, endedAt }, reason, step.alert);
  }

  /** A change of a living alert: its bits, and whether it begins to flap. */
  function change(
    alert: LiveAlert,
    code: ChangeCode,
    at: number,
    reason: TransitionReason | null,
    before: LiveAlert | null,
  ): void {
    // Below firing, changes of a flapping alert count neither as a change nor as a level.
    if (code === 'dropped' || (code === 'pending' && alert.flapping)) {
      memory.set({ ...alert, rule: (before ?? alert).rule });
      return;
    }
    const counted = countsAsChange(code) && reason !== 'rule_changed' && !inMaintenance(alert.endpoint, at);
    const flaps = counted ? withChange(memory.flaps(alert.key), at) : alert.flaps;
    if (counted) memory.setFlaps(alert.key, flaps);
    const begins = counted && !alert.flapping && startsFlapping(flaps, at);
    const steadyAt = memory.steadyAt(alert.key) ?? Number.NEGATIVE_INFINITY;
    const flapsAgain = begins ? at - steadyAt < againMs : alert.flapsAgain;
    const next: LiveAlert = { ...alert, flaps, flapping: alert.flapping || begins, flapsAgain };
    const worst = before?.flapping ? before.worstInEpisode : null;
    next.worstInEpisode = next.flapping ? worstOf(worst ?? before?.rule.severity, alert.rule.severity) : null;
    if (isWorse(alert, before, worst) && next.acknowledgement && !next.acknowledgement.sticky) {
      record({ ...next, acknowledgement: null }, 'acknowledgement_ended', at, { params: { why: 'worse' } });
      next.acknowledgement = null;
    }
    // The start of flapping replaces the notification of the change that caused it.
    record(next, code, at, { reason, isSuppressed: begins, params: placeOf(alert, code, at) });
    if (begins) record(next, 'flapping', at, { params: { percent: flapPercent(flaps, at) } });
  }

  /** It ends, unless that was one change too many: then it goes on as a flapping one. */
  function finish(
    alert: LiveAlert,
    code: ChangeCode,
    { at, endedAt }: { at: number; endedAt: number },
    reason: TransitionReason | null,
    rest: LiveAlert | null,
  ): void {
    const counted = countsAsChange(code) && isRecovery(code, reason) && !inMaintenance(alert.endpoint, at);
    const flaps = counted ? withChange(memory.flaps(alert.key), at) : alert.flaps;
    if (counted && startsFlapping(flaps, at)) {
      change(calmed(alert, rest), code, at, reason, alert);
      return;
    }
    if (counted) memory.setFlaps(alert.key, flaps);
    if (rest) memory.set(rest);
    else memory.remove(alert);
    const earlier = endedAt < at ? { endedAt: Math.max(endedAt, alert.firedAt ?? alert.pendingAt) } : {};
    note(alert, code, at, { ended: true, ...earlier, reason, params: placeOf(alert, code, at) });
  }

  /** Kept with the change: after a restart it counts for flapping no more than now. */
  const placeOf = ({ endpoint }: LiveAlert, code: ChangeCode, at: number): AlertChange['params'] =>
    countsAsChange(code) && inMaintenance(endpoint, at) ? { inMaintenance: true } : {};

  function end(alert: LiveAlert, at: number, reason: TransitionReason, actor: string): void {
    const { transition } = onEnd(asShown(alert), at, reason);
    memory.remove(alert);
    if (transition) note(alert, codeOf(transition.to, reason), at, { ended: true, reason, actor });
  }

  /** It has been stable for long enough: it ends where it is good, and else fires on as any other. */
  function settle(alert: LiveAlert, at: number): void {
    const isGood = alert.state !== 'firing' && alert.state !== 'unknown';
    const next: LiveAlert = { ...alert, flapping: false, flapsAgain: false, worstInEpisode: null };
    memory.setSteady(alert.key, at);
    record(next, 'stable', at, { params: { good: isGood }, ended: isGood });
    if (isGood) memory.remove(next);
  }

  function record(alert: LiveAlert, code: ChangeCode, at: number, more: Partial<AlertChange> = {}): void {
    memory.set(alert);
    note(alert, code, at, more);
  }

  function note(alert: LiveAlert, code: ChangeCode, at: number, more: Partial<AlertChange>): void {
    batch.changes.push({
      at,
      code,
      alert,
      ended: false,
      reason: null,
      actor: monitor,
      params: {},
      isSuppressed: false,
      ...more,
    });
  }

  return { apply, change, end, settle, record };
}

function codeOf(to: NonNullable<AlertStep['transition']>['to'], reason: TransitionReason | null): ChangeCode {
  if (to === 'firing') return reason === 'worse' || reason === 'eased' || reason === 'back' ? reason : 'firing';
  return to === 'inactive' ? 'dropped' : to;
}

/** Nobody is told: it is pending, or as bad as it was. */
const isAtOtherLevel = (before: LiveAlert, after: LiveAlert | null): after is LiveAlert =>
  after !== null && after.state !== 'inactive' && after.rule.id !== before.rule.id && !before.flapping;

const worstOf = (a: Rule['severity'] | undefined, b: Rule['severity']): Rule['severity'] =>
  a && rankOf[a] > rankOf[b] ? a : b;

/** @param worst of the flapping that goes on: what is as bad as that has been said */
const isWorse = (alert: LiveAlert, before: LiveAlert | null, worst: Rule['severity'] | null) =>
  before !== null && rankOf[alert.rule.severity] > rankOf[worst ?? before.rule.severity];

const countsAsChange = (code: ChangeCode) =>
  code === 'firing' || code === 'worse' || code === 'eased' || code === 'resolved';

/** Good again, as opposed to gone, retired or no longer asked for. */
const isRecovery = (code: ChangeCode, reason: TransitionReason | null) =>
  (code === 'resolved' && (reason === null || reason === 'no_data')) || code === 'dropped';

/** What belongs to the alert and not to one of its fires. */
function carried(before: LiveAlert | null): Partial<LiveAlert> {
  if (!before) return {};
  const { acknowledgement, flapping, flaps, flapsAgain, worstInEpisode } = before;
  const own = { acknowledgement, flapping, flaps, flapsAgain, worstInEpisode };
  return { ...own, ...(flapping ? { firedAt: before.firedAt } : {}) };
}

/** A flapping alert is shown as firing, also while it is good. */
export const asShown = (alert: LiveAlert): LiveAlert => (alert.flapping ? { ...alert, state: 'firing' } : alert);

/**
 * Good, but flapping: stays the same alert until the next change. Without a rest its last statuses are those of before
 * it was good: the next sample must not be taken for one that repeats them.
 */
function calmed(alert: LiveAlert, rest: LiveAlert | null): LiveAlert {
  const { statuses, nextAt, dataAt, everyMs, lastGapMs } = rest ?? { ...alert, statuses: '', nextAt: Infinity };
  return { ...alert, state: 'inactive', clocks: {}, noData: false, statuses, nextAt, dataAt, everyMs, lastGapMs };
}
