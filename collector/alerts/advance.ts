/**
 * The first step after a verdict, and the only one that applies the state machine of alerts. Inputs in their order;
 * at equal instants what is due comes before what arrives.
 */
import { randomBytes } from 'node:crypto';
import { familyOf, isTimed, type RuleBook, rankOf } from '../evaluate/book.ts';
import type { LevelVerdict } from '../evaluate/evaluate.ts';
import { kindOf } from '../evaluate/kinds/index.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { breathe } from '../state/breathe.ts';
import { acknowledged, endedBy, endsAt, handedOver } from './acknowledgement.ts';
import { type AlertStep, alertKey, dueOf, type LiveAlert, onDue, onGone, onSample } from './alert.ts';
import type { Batch, Input, Sample } from './batch.ts';
import { flappingEndsAt } from './flapping.ts';
import { type AlertMemory, dueKey } from './memory.ts';
import { ownRuleOf } from './own-rules.ts';
import { asShown, createTransitions, monitor } from './transitions.ts';
import { unwatched } from './unwatched.ts';

type PersonInput = Extract<Input, { type: 'acknowledge' | 'hand-over' | 'withdraw' | 'want-ticket' }>;

export interface AdvanceParts {
  memory: AlertMemory;
  endpointOf(id: string): Endpoint | undefined;
  /** Changes inside a maintenance do not count for flapping. */
  maintenance: { covers(endpoint: string, at: number): boolean };
}

export async function advance({ memory, endpointOf, maintenance }: AdvanceParts, batch: Batch): Promise<void> {
  const { apply, change, end, settle, record } = createTransitions(memory, batch, maintenance.covers);
  for (const input of batch.inputs) {
    // Before anything is due: what nobody watched is no silence.
    if (input.type !== 'unwatched') await runDue(input.at);
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
      case 'want-ticket':
        onPerson(input, memory.alert(input.key), record);
        break;
      case 'ticket':
      case 'maintenance':
        batch.changes.push(input.type === 'ticket' ? { event: input.event, at } : { wish: input.wish, at });
        break;
      case 'silence':
        batch.changes.push({ silence: input.wish, at });
        break;
      case 'relabelled':
        batch.changes.push({ relabelled: input.endpoint, at });
        break;
      case 'dependencies':
        batch.changes.push({ dependencies: input.endpoints, at });
        break;
      case 'undelivered':
        batch.changes.push({ undelivered: input.message, at });
        break;
      case 'opened':
        batch.changes.push({ opened: input.key, by: input.by, at });
        break;
      case 'unwatched':
        for (const alert of [...memory.all()]) memory.set(unwatched(alert, input.from, at, isTimed(alert.rule)));
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
    } else if (alert.flapping && isDue(flappingEndsAt(alert))) settle(alert, at);
    else if (isDue(dueOf(alert, timed))) apply(alert, onDue(alert, at, timed), at);
    // Its due time has moved meanwhile: waits for the new one.
    else memory.set(alert);
  }

  // ── verdicts ──

  function onVerdict(sample: Sample, at: number): void {
    const { key, levels, again, since, until } = sample;
    const birth = () => ({ ...sample, id: newId() });
    const before = memory.alert(key) ?? null;
    const step = onSample(before, levels, at, () => pick(birth()));
    if (again && step.alert) step.alert.statuses = '';
    apply(before, before ? step : begunAt(step, since), at, until);
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
      const judged = levels.map(({ rule, kind }): LevelVerdict => {
        const verdict = kind.judgeEndpoint?.(rule as never, endpoint, evaluation, at);
        if (verdict?.dueAt != null) dueAt = Math.min(dueAt ?? Number.POSITIVE_INFINITY, verdict.dueAt);
        return { status: 'none', value: null, threshold: null, ...verdict, rule };
      });
      onVerdict({ key: alertKey(id, family, {}), endpoint: id, family, metric, tags: {}, levels: judged }, at);
    }
    memory.lookAgain(id, dueAt, at);
  }

  /** Rules have changed, or the place of the endpoint: the alert goes on under the present rule, or ends. */
  function followRules(alert: LiveAlert, at: number): void {
    const endpoint = endpointOf(alert.endpoint);
    if (!endpoint || ownRuleOf(alert.rule.id)) return;
    const book = memory.bookOf(endpoint, at);
    const rule = book.rule(alert.rule.id) ?? book.rule(alert.family);
    if (!rule || !isAbout(rule, alert, book)) end(alert, at, 'rule_removed', monitor);
    else if (rule !== alert.rule) changeRule(alert, rule, at);
  }

  /** Those notified of a warning are notified when it becomes critical; every other change is only saved. */
  function changeRule(alert: LiveAlert, rule: Rule, at: number): void {
    const by = rankOf[rule.severity] - rankOf[alert.rule.severity];
    const next: LiveAlert = { ...alert, rule, threshold: kindOf(rule.when).limit(rule.when as never), statuses: '' };
    if (alert.state === 'inactive' && !alert.flapping) memory.set(next);
    else if ((alert.state !== 'firing' && !alert.flapping) || by === 0)
      record(next, 'level', at, { reason: 'rule_changed' });
    else change(next, by > 0 ? 'worse' : 'eased', at, 'rule_changed', alert);
  }
}

function onPerson(
  input: PersonInput,
  alert: LiveAlert | undefined,
  record: ReturnType<typeof createTransitions>['record'],
): void {
  const { at } = input;
  // It has ended, or started again, before the person's request arrived.
  if (!alert || !(alert.flapping || alert.state === 'firing' || alert.state === 'unknown')) return;
  const current = alert.acknowledgement;
  if (input.type === 'acknowledge') {
    const acknowledgement = acknowledged(input.request, alert.rule.severity, at);
    const { by: actor, note: text, until, sticky } = acknowledgement;
    const next = { ...alert, acknowledgement, firstAcknowledgedAt: alert.firstAcknowledgedAt ?? at };
    const { via } = input.request;
    record(next, 'acknowledged', at, { actor, params: { note: text, until, sticky, ...(via && { via }) } });
  } else if (input.type === 'hand-over' && current) {
    const acknowledgement = handedOver(current, input.to, at);
    record({ ...alert, acknowledgement }, 'handed_over', at, { actor: input.by, params: { to: input.to } });
  } else if (input.type === 'want-ticket') {
    record(alert, 'ticket_wanted', at, { actor: input.by });
  } else if (input.type === 'withdraw' && current) {
    const params = { why: 'withdrawn' };
    record({ ...alert, acknowledgement: null }, 'acknowledgement_ended', at, { actor: input.by, params });
  }
}

/** A sample that comes later than what it is about: others watched. */
function begunAt(step: AlertStep, since: number | undefined): AlertStep {
  const { alert } = step;
  if (!alert || since === undefined) return step;
  const firedAt = alert.firedAt === null ? null : since;
  return { ...step, alert: { ...alert, pendingAt: since, firedAt } };
}

/** Of the same family, of the same metric, and of this instance. */
function isAbout(rule: Rule, { family, metric, tags }: LiveAlert, book: RuleBook): boolean {
  if (familyOf(rule) !== family || book.families.get(family)?.metric !== metric) return false;
  return kindOf(rule.when).covers?.(rule.when as never, tags) ?? true;
}

const newId = () => randomBytes(10).toString('hex');

function pick({ id, key, family, endpoint, metric, tags }: Sample & { id: string }) {
  return { id, key, family, endpoint, metric, tags };
}
