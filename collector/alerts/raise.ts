/**
 * Alerts of the whole fleet, in memory and in state. Verdicts, presence and time go in; transitions are decided by the
 * state machine, saved together with their tickets and notices in one transaction, and only then told. A report without
 * a transition touches no database and makes no promise.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Report } from '../../shared/report.ts';
import { createRuleBook, type RuleBook } from '../evaluate/book.ts';
import { evaluate, type Level } from '../evaluate/evaluate.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import { instanceOf } from '../notify/notice.ts';
import type { Outbox } from '../notify/outbox.ts';
import type { Route } from '../notify/route.ts';
import type { State } from '../state/open.ts';
import type { Tell } from '../tell.ts';
import type { Subject } from '../tickets/automate.ts';
import { type Action, createPolicy, type PolicyEvent } from '../tickets/policy.ts';
import { readLines } from '../tickets/restore.ts';
import type { PolicySettings } from '../tickets/settings.ts';
import type { Tickets } from '../tickets/tickets.ts';
import { judgeAbsence } from './absence.ts';
import { acknowledge } from './acknowledge.ts';
import { type Active, alertKey, onAway, onTime, onVerdict, type Step } from './alert.ts';
import { loadAlerts } from './load.ts';
import { createMissing } from './missing.ts';
import { collectorId, createDirectTelling, ownLevel, ownRule } from './own.ts';
import { noticeOf, type SaveParts, saveChanges, type Why } from './save.ts';
import { createWatches } from './watches.ts';
import { createWriter, type Plan } from './writer.ts';

export interface AlertsParts {
  state: State;
  clock: Clock;
  fleet: Pick<Fleet, 'get' | 'all'>;
  /** In force: mergeRules(defaultRules, …). */
  rules: readonly Rule[];
  policy: PolicySettings;
  tickets: Tickets;
  routes: readonly Route[];
  outbox: Pick<Outbox, 'wake'>;
  tell: Tell;
  /** Without a slash at the end; known once the collector listens. */
  publicUrl: () => string;
  log: Log;
}

export interface AlertCounts {
  critical: number;
  warning: number;
  info: number;
}

export interface Alerts {
  /** Reads what goes on from before; then looks at the time every second. Before reports come in. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * A report has arrived. Backlog (`live` false) is never judged: old breaches raise no new alert.
   * @returns a promise only where a change is being saved
   */
  onReport(endpoint: Endpoint, report: Report, live: boolean): Promise<void> | undefined;
  /** The state of an endpoint has changed, and is saved. */
  onPresence(endpoint: Endpoint): Promise<void>;
  /** Ends its alerts and, if untouched, its tickets. */
  retired(endpoint: string): Promise<void>;
  /** Everything that time alone brings about; called every second by itself. */
  tick(now: number): Promise<void>;
  /** A part of this collector does not work, in words; null when all is well again. Never rejects. */
  self(problem: string | null): Promise<void>;
  /** Firing alerts of an endpoint. */
  countsOf(endpoint: string): AlertCounts;
  /** Repeating it changes nothing. @throws EvenkeelError NOT_FOUND, CONFLICT */
  acknowledge(id: string, by: string): Promise<void>;
}

const tickMs = 1000;
const sweepEveryMs = 60_000;
const reconcileEveryMs = 3_600_000;
const nothing = Promise.resolve();
export function createAlerts(parts: AlertsParts): Alerts {
  const { state, clock, fleet, tickets, tell, log } = parts;
  const book: RuleBook = createRuleBook([...parts.rules, ownRule]);
  const names = new Map([...parts.rules, ownRule].map((rule) => [rule.id, rule.name]));
  const watches = createWatches();
  const missing = createMissing(book, watches, fleet);
  const policy = createPolicy(parts.policy);
  const byKey = new Map<string, Active>();
  /** Endpoints whose absence must be judged as time goes by. */
  const absent = new Set<string>();
  const tellDirectly = createDirectTelling(parts);
  const { enqueue, settled, isStale } = createWriter({ save, reload, log });
  let timer: NodeJS.Timeout | undefined;
  let sweptAt = 0;
  let reconciledAt = 0;

  const named: SaveParts['endpointOf'] = (id) => {
    const { name, kind, site } = fleet.get(id) ?? { name: id, kind: 'server', site: null };
    return { id, name, kind, site };
  };
  const saveParts: SaveParts = {
    state,
    routes: parts.routes,
    publicUrl: parts.publicUrl,
    endpointOf: named,
    ruleName: (id) => names.get(id) ?? { en: id, ja: id },
    alertOf: (key) => byKey.get(key),
    subjectOf,
  };

  async function save({ changes, actions }: Plan): Promise<void> {
    const { ticketOf, changed, queued } = await saveChanges(saveParts, changes, actions);
    for (const [key, ticket] of ticketOf) {
      const alert = byKey.get(key);
      if (alert) keep({ ...alert, ticket });
    }
    for (const { alert } of changes) tell.publish({ kind: 'alert', alert: alert.id, endpoint: alert.endpoint });
    for (const ticket of changed) tell.publish({ kind: 'ticket', ticket });
    if (queued > 0) parts.outbox.wake();
  }

  function subjectOf(key: string): Subject | undefined {
    const alert = byKey.get(key);
    if (!alert) return undefined;
    const { id, name, kind } = named(alert.endpoint);
    return {
      alert: alert.id,
      rule: alert.family,
      ruleName: saveParts.ruleName(alert.family).en,
      urgency: alert.rule.urgency,
      endpoint: { id, name, kind },
      instance: instanceOf(alert),
    };
  }

  // ── memory ──

  function keep(alert: Active): void {
    byKey.set(alert.key, alert);
    watches.set(alert);
  }

  function forget(alert: Active): void {
    byKey.delete(alert.key);
    watches.remove(alert);
  }

  /** Takes a step over into memory, and plans what must be saved for it. */
  function take(plan: Plan, before: Active | null, step: Step, at: number, endedAs: Why = 'cleared'): void {
    const alert = step.alert ?? before;
    if (!alert) return;
    if (step.alert) keep(step.alert);
    if (step.happened.length === 0) return;
    const ends = step.happened.includes('cleared');
    const why = ends ? endedAs : step.happened.includes('slept') ? 'silent' : null;
    plan.actions.push(...policyFor(alert, step, at));
    const quiet = policy.crowded(alert.key);
    plan.changes.push({ alert, happened: step.happened, at, why, quiet });
    if (!step.alert) forget(alert);
  }

  function policyFor(alert: Active, { happened }: Step, at: number): Action[] {
    if (alert.rule.ticket === 'off') return [];
    const { key, endpoint, family } = alert;
    const event: PolicyEvent | null = happened.includes('fired')
      ? { type: 'fire', at, key, endpoint, check: family, site: named(endpoint).site }
      : happened.includes('cleared')
        ? { type: 'recover', at, key }
        : null;
    return event ? policy.apply(event) : [];
  }

  /** Judges one instance: at once where nothing must be saved, else in the queue. */
  function judge(endpoint: string, family: string, metric: string, tags: Record<string, string>, levels: Level[]) {
    const now = clock.now();
    const key = alertKey(endpoint, family, tags);
    const birth = () => ({ id: newId(), key, family, endpoint, metric, tags });
    const step = onVerdict(byKey.get(key) ?? null, levels, now, birth);
    if (step.happened.length > 0 || isStale())
      return enqueue((plan) => {
        const current = byKey.get(key) ?? null;
        take(plan, current, onVerdict(current, levels, now, birth), now);
      });
    if (step.alert) keep(step.alert);
    return nothing;
  }

  // ── reports ──

  function onReport(endpoint: Endpoint, report: Report, live: boolean): Promise<void> | undefined {
    if (!live) return undefined;
    const now = clock.now();
    const watch = watches.of(endpoint.id, now);
    missing.note(watch, report, now);
    const verdicts = evaluate(book, endpoint.kind, report, watch.memory, watch.families, now);
    if (verdicts.length === 0) return undefined;
    const waits: Promise<void>[] = [];
    for (const { family, metric, tags, levels } of verdicts) {
      const wait = judge(endpoint.id, family, metric, tags, levels);
      if (wait !== nothing) waits.push(wait);
    }
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  // ── presence ──

  function onPresence(endpoint: Endpoint): Promise<void> {
    const { id } = endpoint;
    if (endpoint.retiredAt !== null) return retired(id);
    if (endpoint.state === 'online') return judgeAbsent(id);
    if (endpoint.state !== 'offline' && endpoint.state !== 'lost') return nothing;
    absent.add(id);
    const now = clock.now();
    const away = enqueue((plan) => {
      for (const alert of watches.alertsOf(id))
        if (alert.rule.when.kind !== 'silent') take(plan, alert, onAway(alert), now);
    });
    return Promise.all([away, judgeAbsent(id)]).then(() => undefined);
  }

  /** Judges whether an endpoint that should be there is; stops looking once it is back and its alert is over. */
  async function judgeAbsent(id: string): Promise<void> {
    const endpoint = fleet.get(id);
    if (!endpoint) {
      absent.delete(id);
      return;
    }
    const now = clock.now();
    for (const rule of book.silent[endpoint.kind]) {
      if (rule === ownRule) continue;
      await judge(id, rule.id, 'endpoint.silent', {}, [judgeAbsence(endpoint, rule, now)]);
    }
    const waits =
      endpoint.state === 'online' && !watches.alertsOf(id).some((alert) => alert.rule.when.kind === 'silent');
    if (waits) absent.delete(id);
  }

  function retired(id: string): Promise<void> {
    const now = clock.now();
    absent.delete(id);
    return enqueue((plan) => {
      for (const alert of watches.alertsOf(id)) end(plan, alert, now, 'retired');
      watches.drop(id);
    });
  }

  function end(plan: Plan, alert: Active, at: number, why: Why): void {
    take(plan, alert, { alert: null, happened: [alert.state === 'pending' ? 'dropped' : 'cleared'] }, at, why);
  }

  // ── time ──

  async function tick(now: number): Promise<void> {
    const sweeps = now - sweptAt >= sweepEveryMs;
    const waits: Promise<void>[] = isStale() ? [enqueue(() => undefined)] : [];
    // A workstation is missed after weeks: once a minute is soon enough.
    for (const id of absent) if (sweeps || fleet.get(id)?.kind === 'server') waits.push(judgeAbsent(id));
    for (const alert of byKey.values()) {
      if (alert.rule.when.kind === 'silent') continue;
      const step = onTime(alert, now, onlineSince(alert.endpoint));
      if (step.happened.length > 0)
        waits.push(
          enqueue((plan) => {
            const current = byKey.get(alert.key);
            if (!current) return;
            const again = onTime(current, now, onlineSince(current.endpoint));
            take(plan, current, again, now, again.gone ? 'gone' : 'cleared');
          }),
        );
    }
    if ((policy.nextDue() ?? Infinity) <= now)
      waits.push(enqueue((plan) => void plan.actions.push(...policy.advance(now))));
    if (sweeps) {
      sweptAt = now;
      waits.push(sweepMissing(now), saveValues());
    }
    if (now - reconciledAt >= reconcileEveryMs) {
      reconciledAt = now;
      waits.push(reconcile(now));
    }
    await Promise.all(waits);
  }

  function onlineSince(id: string): number | null {
    const endpoint = fleet.get(id);
    return endpoint?.state === 'online' ? endpoint.stateSince : null;
  }

  async function sweepMissing(now: number): Promise<void> {
    for (const { endpoint, rule, level } of missing.sweep(now))
      await judge(endpoint, rule.id, `${rule.when.measurement}.${rule.when.field}`, {}, [level]);
  }

  /** The value shown beside a firing alert follows once a minute; that is no change worth telling. */
  async function saveValues(): Promise<void> {
    for (const { id, value, state: now } of byKey.values())
      if (now === 'firing') await state.updateTable('alerts').set({ value }).where('id', '=', id).execute();
  }

  /** Alerts of endpoints that are gone, tickets whose alert is gone, tickets that are long resolved. */
  async function reconcile(now: number): Promise<void> {
    const gone = new Set([...byKey.values()].map(({ endpoint }) => endpoint).filter((id) => !isKnown(id)));
    for (const id of gone) await retired(id);
    await enqueue((plan) => {
      for (const key of policy.firing())
        if (!byKey.has(key)) plan.actions.push(...policy.apply({ type: 'recover', at: now, key }));
    });
    await tickets.closeOld();
  }

  const isKnown = (id: string) => id === collectorId || fleet.get(id) !== undefined;

  // ── the collector itself ──

  async function self(problem: string | null): Promise<void> {
    const known = watches.alertsOf(collectorId)[0];
    if (problem === null && !known) return;
    const tags = known?.tags ?? { problem: (problem ?? '').slice(0, 200) };
    try {
      await judge(collectorId, ownRule.id, 'collector.problem', tags, [ownLevel(problem !== null)]);
    } catch {
      // The writer has logged it. That all is well again is told when the state can be written again.
      if (problem === null) return;
      const at = clock.now();
      const key = alertKey(collectorId, ownRule.id, tags);
      const about = { endpoint: collectorId, metric: 'collector.problem', value: null, threshold: null, tags, key };
      await tellDirectly({
        ...noticeOf(saveParts, { ...about, rule: ownRule, pendingAt: at, firedAt: at }, 'firing', null),
        id: newId(),
        why: problem,
      });
    }
  }

  // ── start ──

  async function reload(): Promise<void> {
    const now = clock.now();
    const { alerts, orphans } = await loadAlerts(state, book, now);
    byKey.clear();
    watches.forgetAlerts();
    for (const alert of alerts) keep(alert);
    const firing = alerts.filter((alert) => alert.state !== 'pending' && alert.rule.ticket === 'open');
    const saved = await readLines(
      state,
      firing.map(({ key, endpoint, family, firedAt, ticket }) => {
        return { key, endpoint, check: family, site: named(endpoint).site, firedAt: firedAt ?? now, ticket };
      }),
      parts.policy,
      now,
    );
    policy.restore(saved.lines, saved.openings);
    const plan: Plan = { changes: [], actions: [...saved.orphans] };
    for (const alert of orphans) end(plan, alert, now, 'rule_removed');
    if (plan.changes.length > 0 || plan.actions.length > 0) await save(plan);
  }

  async function start(): Promise<void> {
    await reload();
    reconciledAt = clock.now();
    for (const endpoint of fleet.all()) {
      if (endpoint.state !== 'lost' && endpoint.state !== 'offline') continue;
      absent.add(endpoint.id);
      // It may have gone in the very moment in which the last collector ended.
      if (watches.alertsOf(endpoint.id).length > 0) await onPresence(endpoint);
    }
    tickets.onPerson((did) => {
      enqueue((plan) => void plan.actions.push(...policy.apply(did))).catch((thrown) =>
        log.error({ err: thrown, key: did.key }, 'the policy could not follow what a person did'),
      );
    });
    timer = setInterval(() => {
      tick(clock.now()).catch((thrown) => log.error({ err: thrown }, 'alerts could not follow the time; tried again'));
    }, tickMs);
    timer.unref();
  }

  return {
    start,
    async stop() {
      clearInterval(timer);
      await settled();
    },
    onReport,
    onPresence,
    retired,
    tick,
    self,
    countsOf(endpoint) {
      const counts: AlertCounts = { critical: 0, warning: 0, info: 0 };
      for (const alert of watches.alertsOf(endpoint)) if (alert.state === 'firing') counts[alert.rule.severity]++;
      return counts;
    },
    async acknowledge(id, by) {
      const now = clock.now();
      const row = await acknowledge(state, id, by, now);
      const alert = byKey.get(row.key);
      if (alert && alert.acknowledgedAt === null) keep({ ...alert, acknowledgedAt: now, acknowledgedBy: by });
      tell.publish({ kind: 'alert', alert: id, endpoint: row.endpoint });
    },
  };
}

const newId = () => randomBytes(10).toString('hex');
