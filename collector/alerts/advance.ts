/**
 * The first step after a verdict, and the only place where the state machine of alerts is applied. Inputs in their order;
 * at equal instants what is due comes before what arrives.
 */
import { randomBytes } from 'node:crypto';
import { familyOf, isTimed, type RuleBook, rankOf } from '../evaluate/book.ts';
import type { Level } from '../evaluate/evaluate.ts';
import { kindOf } from '../evaluate/kinds/index.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { breathe } from '../state/breathe.ts';
import { acknowledged, endedBy, endsAt, handedOver } from './acknowledgement.ts';
import { type Alert, alertKey, dueOf, onDue, onEnd, onGone, onSample, type Reason, type Step } from './alert.ts';
import type { AlertChange, Batch, ChangeCode, Input, Sample } from './batch.ts';
import { flapPercent, stableAt, startsFlapping, withChange } from './flapping.ts';
import { type AlertMemory, dueKey } from './memory.ts';

export interface AdvanceParts {
  memory: AlertMemory;
  endpointOf(id: string): Endpoint | undefined;
}

const monitor = 'monitor';

export async function advance({ memory, endpointOf }: AdvanceParts, batch: Batch): Promise<void> {
  for (const input of batch.inputs) {
    await runDue(input.at);
    await breathe();
    take(input);
  }
  await runDue(batch.at);

  function take(input: Input): void {
    const { at } = input;
    switch (input.type) {
      case 'sample':
        onVerdict(input.sample, at);
        break;
      case 'presence':
        onPresence(input.endpoint, at);
        break;
      case 'retired':
        for (const alert of memory.alertsOf(input.endpoint)) end(alert, at, 'retired', monitor);
        memory.drop(input.endpoint);
        break;
      case 'rules':
        for (const alert of input.endpoint === null ? memory.all() : memory.alertsOf(input.endpoint))
          followRules(alert, at);
        break;
      case 'end': {
        const alert = memory.alert(input.key);
        if (alert) end(alert, at, input.reason, input.by ?? monitor);
        break;
      }
      case 'acknowledge':
      case 'hand-over':
      case 'withdraw':
        onPerson(input);
        break;
      case 'ticket':
        batch.changes.push({ did: input.did, at });
        break;
      case 'time':
        break;
    }
  }

  // ── time ──

  async function runDue(now: number): Promise<void> {
    for (let next = memory.due.take(now); next; next = memory.due.take(now)) {
      const key = dueKey(next.key);
      if ('endpoint' in key) judgeByPresence(key.endpoint, next.at);
      else onAlertDue(key.alert, next.at);
      await breathe();
    }
  }

  function onAlertDue(key: string, at: number): void {
    const alert = memory.alert(key);
    if (!alert) return;
    const timed = isTimed(alert.rule);
    const { acknowledgement } = alert;
    const isDue = (instant: number | null) => instant !== null && instant <= at;
    if (acknowledgement && isDue(endsAt(acknowledgement))) {
      const why = endedBy(acknowledgement, at);
      record({ ...alert, acknowledgement: null }, 'acknowledgement_ended', at, { params: { why } });
    } else if (alert.flapping && isDue(stableAt(alert.flaps))) settle(alert, at);
    else if (isDue(dueOf(alert, timed))) apply(alert, onDue(alert, at, timed), at);
    // Its time has moved on meanwhile: waits for the new one.
    else memory.set(alert);
  }

  // ── verdicts ──

  function onVerdict(sample: Sample, at: number): void {
    const { key, levels, again } = sample;
    const birth = () => ({ ...sample, id: newId() });
    const before = memory.alert(key) ?? null;
    const step = onSample(before, levels, at, () => pick(birth()));
    if (again && step.alert) step.alert.statuses = '';
    apply(before, step, at);
  }

  function onPresence(id: string, at: number): void {
    const endpoint = endpointOf(id);
    if (endpoint?.state === 'offline' || endpoint?.state === 'lost')
      for (const alert of memory.alertsOf(id))
        if (!kindOf(alert.rule.when).whileAway) apply(alert, onGone(asShown(alert), at), at);
    judgeByPresence(id, at);
  }

  function judgeByPresence(id: string, at: number): void {
    const endpoint = endpointOf(id);
    if (!endpoint) {
      memory.lookAgain(id, null, at);
      return;
    }
    const { evaluation } = memory.of(id, at);
    let dueAt: number | null = null;
    for (const { id: family, metric, levels } of memory.bookOf(endpoint, at).byPresence) {
      const judged = levels.map(({ rule, kind }): Level => {
        const verdict = kind.judgeEndpoint?.(rule as never, endpoint, evaluation, at);
        if (verdict?.dueAt != null) dueAt = Math.min(dueAt ?? Number.POSITIVE_INFINITY, verdict.dueAt);
        return { status: 'none', value: null, threshold: null, ...verdict, rule };
      });
      onVerdict({ key: alertKey(id, family, {}), endpoint: id, family, metric, tags: {}, levels: judged }, at);
    }
    memory.lookAgain(id, dueAt, at);
  }

  /** Rules have changed, or where the endpoint stands: the alert goes on under the rule of now, or ends. */
  function followRules(alert: Alert, at: number): void {
    const endpoint = endpointOf(alert.endpoint);
    if (!endpoint) return;
    const book = memory.bookOf(endpoint, at);
    const rule = book.rule(alert.rule.id) ?? book.rule(alert.family);
    if (!rule || !isAbout(rule, alert, book)) end(alert, at, 'rule_removed', monitor);
    else if (rule !== alert.rule) changeRule(alert, rule, at);
  }

  /** Who was told of a warning is told that it is critical now; all else is only kept. */
  function changeRule(alert: Alert, rule: Rule, at: number): void {
    const by = rankOf[rule.severity] - rankOf[alert.rule.severity];
    const next: Alert = { ...alert, rule, threshold: kindOf(rule.when).limit(rule.when as never), statuses: '' };
    if (alert.state === 'inactive' && !alert.flapping) memory.set(next);
    else if ((alert.state !== 'firing' && !alert.flapping) || by === 0)
      record(next, 'level', at, { reason: 'rule_changed' });
    else change(next, by > 0 ? 'worse' : 'eased', at, 'rule_changed', alert);
  }

  // ── what follows ──

  /** Takes a step over into memory, and notes what happened. */
  function apply(before: Alert | null, step: Step, at: number): void {
    const { transition } = step;
    if (!transition) {
      if (before && step.alert?.state === 'pending' && step.alert.rule.id !== before.rule.id && !before.flapping)
        record(step.alert, 'level', at);
      else if (step.alert) memory.set(step.alert);
      else if (before) memory.remove(before);
      return;
    }
    const reason = transition.reason ?? null;
    const code = codeOf(transition.to, reason);
    const alert = step.alert ?? before;
    if (!alert) return;
    const isOver = step.alert === null || step.alert.state === 'inactive';
    if (!isOver) change({ ...step.alert, ...carried(before) } as Alert, code, at, reason, before);
    else if (before?.flapping && isRecovery(code, reason)) change(calmed(before, step.alert), code, at, reason, before);
    else if (before) finish(before, code, at, reason, step.alert);
  }

  /** A change of a living alert: its bits, and whether it begins to flap. */
  function change(alert: Alert, code: ChangeCode, at: number, reason: Reason | null, before: Alert | null): void {
    // What a flapping alert does below firing is no change of it, nor of its level.
    if (code === 'dropped' || (code === 'pending' && alert.flapping)) {
      memory.set({ ...alert, rule: (before ?? alert).rule });
      return;
    }
    const counted = countsAsChange(code) && reason !== 'rule_changed';
    const flaps = counted ? withChange(memory.flaps(alert.key), at) : alert.flaps;
    if (counted) memory.setFlaps(alert.key, flaps);
    const begins = counted && !alert.flapping && startsFlapping(flaps, at);
    const next: Alert = { ...alert, flaps, flapping: alert.flapping || begins };
    if (isWorse(alert, before) && next.acknowledgement && !next.acknowledgement.sticky) {
      record({ ...next, acknowledgement: null }, 'acknowledgement_ended', at, { params: { why: 'worse' } });
      next.acknowledgement = null;
    }
    // That it flaps takes the place of what is said about the change that made it so.
    record(next, code, at, { reason, quiet: begins });
    if (begins) record(next, 'flapping', at, { params: { percent: flapPercent(flaps, at) } });
  }

  /** It ends, unless that was one change too many: then it goes on as a flapping one. */
  function finish(alert: Alert, code: ChangeCode, at: number, reason: Reason | null, rest: Alert | null): void {
    const counted = countsAsChange(code) && isRecovery(code, reason);
    const flaps = counted ? withChange(memory.flaps(alert.key), at) : alert.flaps;
    if (counted && startsFlapping(flaps, at)) {
      change(calmed(alert, rest), code, at, reason, alert);
      return;
    }
    if (counted) memory.setFlaps(alert.key, flaps);
    if (rest) memory.set(rest);
    else memory.remove(alert);
    note(alert, code, at, { ended: true, reason });
  }

  function end(alert: Alert, at: number, reason: Reason, actor: string): void {
    const { transition } = onEnd(asShown(alert), at, reason);
    memory.remove(alert);
    if (transition) note(alert, codeOf(transition.to, reason), at, { ended: true, reason, actor });
  }

  /** It has been stable for long enough: it ends where it is good, and else fires on as any other. */
  function settle(alert: Alert, at: number): void {
    const isGood = alert.state !== 'firing' && alert.state !== 'unknown';
    const next = { ...alert, flapping: false };
    record(next, 'stable', at, { params: { good: isGood }, ended: isGood });
    if (isGood) memory.remove(next);
  }

  function onPerson(input: Extract<Input, { type: 'acknowledge' | 'hand-over' | 'withdraw' }>): void {
    const { at, key } = input;
    const alert = memory.alert(key);
    // It has ended, or begun anew, while the person's wish was on its way.
    if (!alert || !(alert.flapping || alert.state === 'firing' || alert.state === 'unknown')) return;
    const current = alert.acknowledgement;
    if (input.type === 'acknowledge') {
      const acknowledgement = acknowledged(input.wish, alert.rule.severity, at);
      const { by: actor, note: text, until, sticky } = acknowledgement;
      const next = { ...alert, acknowledgement, firstAcknowledgedAt: alert.firstAcknowledgedAt ?? at };
      record(next, 'acknowledged', at, { actor, params: { note: text, until, sticky } });
    } else if (input.type === 'hand-over' && current) {
      const acknowledgement = handedOver(current, input.to, at);
      record({ ...alert, acknowledgement }, 'handed_over', at, { actor: input.by, params: { to: input.to } });
    } else if (input.type === 'withdraw' && current) {
      const params = { why: 'withdrawn' };
      record({ ...alert, acknowledgement: null }, 'acknowledgement_ended', at, { actor: input.by, params });
    }
  }

  function record(alert: Alert, code: ChangeCode, at: number, more: Partial<AlertChange> = {}): void {
    memory.set(alert);
    note(alert, code, at, more);
  }

  function note(alert: Alert, code: ChangeCode, at: number, more: Partial<AlertChange>): void {
    batch.changes.push({
      at,
      code,
      alert,
      ended: false,
      reason: null,
      actor: monitor,
      params: {},
      quiet: false,
      ...more,
    });
  }
}

/** Of the same family, of the same metric, and of this instance. */
function isAbout(rule: Rule, { family, metric, tags }: Alert, book: RuleBook): boolean {
  if (familyOf(rule) !== family || book.families.get(family)?.metric !== metric) return false;
  return kindOf(rule.when).covers?.(rule.when as never, tags) ?? true;
}

const newId = () => randomBytes(10).toString('hex');

function pick({ id, key, family, endpoint, metric, tags }: Sample & { id: string }) {
  return { id, key, family, endpoint, metric, tags };
}

function codeOf(to: NonNullable<Step['transition']>['to'], reason: Reason | null): ChangeCode {
  if (to === 'firing') return reason === 'worse' || reason === 'eased' || reason === 'back' ? reason : 'firing';
  return to === 'inactive' ? 'dropped' : to;
}

const isWorse = (alert: Alert, before: Alert | null) =>
  before !== null && rankOf[alert.rule.severity] > rankOf[before.rule.severity];

const countsAsChange = (code: ChangeCode) =>
  code === 'firing' || code === 'worse' || code === 'eased' || code === 'resolved';

/** Good again, as opposed to gone, retired or no longer asked for. */
const isRecovery = (code: ChangeCode, reason: Reason | null) =>
  (code === 'resolved' && (reason === null || reason === 'no_data')) || code === 'dropped';

/** What belongs to the alert and not to one of its fires. */
function carried(before: Alert | null): Partial<Alert> {
  if (!before) return {};
  const { acknowledgement, flapping, flaps } = before;
  return { acknowledgement, flapping, flaps, ...(flapping ? { firedAt: before.firedAt } : {}) };
}

/** A flapping alert is one that fires, also while it is good. */
const asShown = (alert: Alert): Alert => (alert.flapping ? { ...alert, state: 'firing' } : alert);

/** Good, but flapping: waits as the same alert for what comes next. */
function calmed(alert: Alert, rest: Alert | null): Alert {
  const { statuses, nextAt, dataAt, everyMs } = rest ?? alert;
  return { ...alert, state: 'inactive', clocks: {}, noData: false, statuses, nextAt, dataAt, everyMs };
}
