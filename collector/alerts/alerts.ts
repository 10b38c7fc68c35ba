/**
 * Alerts of the whole fleet. Verdicts, presence, people and time are handed to the second half of the road
 * (../pipeline.ts); a sample that changes nothing goes no further than a comparison with memory.
 */

import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Metric, Report } from '../../shared/report.ts';
import type { RuleBooks } from '../evaluate/book.ts';
import { evaluate, type Level, type Verdict } from '../evaluate/evaluate.ts';
import { kindOf } from '../evaluate/kinds/index.ts';
import { remembers } from '../evaluate/kinds/threshold.ts';
import { namedRule } from '../evaluate/rule.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import { instanceOf } from '../notify/notice.ts';
import { factsOf } from '../notify/notification.ts';
import { createNotified, readNotified } from '../notify/notified.ts';
import type { NotifyParts } from '../notify/notify.ts';
import type { Outbox } from '../notify/outbox.ts';
import type { Route } from '../notify/route.ts';
import { createSecondHalf } from '../pipeline.ts';
import type { State } from '../state/open.ts';
import type { Tell } from '../tell.ts';
import type { PolicyEvent } from '../tickets/actions.ts';
import { createPolicy } from '../tickets/policy.ts';
import { readTickets } from '../tickets/restore.ts';
import type { PolicySettings } from '../tickets/settings.ts';
import type { Tickets } from '../tickets/tickets.ts';
import type { Wish } from './acknowledgement.ts';
import { type Alert, alertKey, changesNothing, goneDefaultS, refresh } from './alert.ts';
import type { Input, Sample } from './batch.ts';
import type { CauseOf } from './explain.ts';
import { type HeldAlert, heldOf } from './held.ts';
import { loadAlerts } from './load.ts';
import { createAlertMemory, endpointDue } from './memory.ts';
import { collectorId, createDirectTelling, ownLevel, ownRule } from './own.ts';
import { createInputQueue } from './queue.ts';
import { shownState } from './save.ts';
import { saveValues } from './values.ts';

export interface AlertsParts {
  state: State;
  clock: Clock;
  fleet: Pick<Fleet, 'get' | 'all'>;
  books: () => RuleBooks;
  /** Ids of the groups that an endpoint is in, and their names. */
  groupsOf?: (endpoint: string) => readonly string[];
  policy: PolicySettings;
  tickets: Tickets;
  routes: readonly Route[];
  outbox: Pick<Outbox, 'wake'>;
  tell: Tell;
  causeOf: CauseOf;
  /** Without a slash at the end; known once the collector listens. */
  publicUrl: () => string;
  log: Log;
}

export type { HeldAlert } from './held.ts';

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
  /** Rules have changed, or where an endpoint stands: alerts follow. */
  rulesChanged(endpoint?: string): Promise<void>;
  /** Judges the newest values at hand once more, because a rule has changed: seldom ones may be hours away. */
  judgeAgain(endpoint: Endpoint, metrics: readonly Metric[]): Promise<void>;
  /** What is held of an endpoint, worst first. */
  held(endpoint: string): HeldAlert[];
  /** @throws EvenkeelError NOT_FOUND, CONFLICT; so do the next three */
  acknowledge(id: string, wish: Wish): Promise<void>;
  handOver(id: string, by: string, to: string): Promise<void>;
  withdraw(id: string, by: string): Promise<void>;
  /** What it was about is not there any more, says a person. */
  end(id: string, by: string): Promise<void>;
}

const tickMs = 1000;
const valuesEveryMs = 60_000;
const reconcileEveryMs = 3_600_000;
const isBreach = ({ status }: Level) => status === 'breach';
const asClear = (level: Level): Level => ({ ...level, status: 'clear' });

export function createAlerts(parts: AlertsParts): Alerts {
  const { state, clock, fleet, tell, log } = parts;
  const memory = createAlertMemory(parts.books, parts.groupsOf ?? (() => []));
  const policy = createPolicy(parts.policy);
  const notified = createNotified();
  const tellDirectly = createDirectTelling(parts);
  let timer: NodeJS.Timeout | undefined;
  let valuesAt = 0;
  let reconciledAt = 0;
  let unsubscribe: (() => void) | undefined;

  const placeOf = (id: string) => fleet.get(id) ?? { id, name: id, kind: 'server' as const, site: null };
  const named = (id: string) => {
    const { name, kind, site } = placeOf(id);
    return { id, name, kind, site };
  };
  const ruleNamed = (id: string) => namedRule(id, (one) => parts.books().rule(one));
  const notifyParts: NotifyParts = {
    routes: parts.routes,
    policy,
    memory: notified,
    alertOf: memory.alert,
    endpointOf: named,
    ruleNamed,
  };
  const queue = createInputQueue({
    log,
    run: createSecondHalf({
      ...{ state, clock, tell, memory, policy, notified, notify: notifyParts },
      endpointOf: fleet.get,
      named,
      causeOf: parts.causeOf,
      wakeOutbox: parts.outbox.wake,
    }),
  });

  const sampleOf = (
    endpoint: string,
    family: string,
    metric: string,
    tags: Record<string, string>,
    levels: Level[],
  ) => {
    return { key: alertKey(endpoint, family, tags), endpoint, family, metric, tags, levels };
  };

  // ── what comes in ──

  function onReport(endpoint: Endpoint, report: Report, live: boolean): Promise<void> | undefined {
    if (!live) return undefined;
    const at = clock.now();
    const known = memory.of(endpoint.id, at);
    const book = memory.bookOf(endpoint, at);
    const inputs: Input[] = [];
    const verdicts = evaluate(book, report, known.evaluation, known.families, at);
    for (const verdict of verdicts) {
      const sample = toSample(endpoint.id, verdict, verdicts);
      if (concerns(sample, at)) inputs.push({ type: 'sample', at, sample });
    }
    for (const { id, levels } of book.byPresence)
      for (const { rule, kind } of levels)
        if (kind.note?.(rule as never, report, known.evaluation, at) && known.families.has(id))
          inputs.push({ type: 'presence', at, endpoint: endpoint.id });
    if (known.alerts.size > 0) endGone(known.alerts.values(), endpoint, report, at, inputs);
    return inputs.length === 0 ? undefined : queue.push(...inputs);
  }

  function toSample(endpoint: string, verdict: Verdict, all: readonly Verdict[]): Sample {
    const { family, metric, tags } = verdict;
    const levels = isCovered(endpoint, verdict, all) ? verdict.levels.map(asClear) : verdict.levels;
    return sampleOf(endpoint, family, metric, tags, levels);
  }

  /** Another rule says it already, and this one does not fire yet. A rule that is off covers nothing. */
  function isCovered(endpoint: string, { family, tags, levels }: Verdict, all: readonly Verdict[]): boolean {
    const covering = levels[0]?.rule.covered_by;
    if (!covering || !levels.some(isBreach)) return false;
    const own = memory.alert(alertKey(endpoint, family, tags));
    if (own && own.state !== 'pending' && own.state !== 'inactive') return false;
    return covering.some((other) => {
      const key = alertKey(endpoint, other, tags);
      const state = memory.alert(key)?.state ?? 'inactive';
      if (state !== 'inactive') return true;
      return all.some((one) => alertKey(endpoint, one.family, one.tags) === key && one.levels.some(isBreach));
    });
  }

  /** A cheap comparison with memory: most samples of a breach say what the one before said. */
  function concerns({ key, levels }: Sample, at: number): boolean {
    const alert = memory.alert(key);
    if (!alert) return levels.some(({ status, rule }) => status === 'breach' || rule.no_data === 'alert');
    // Not newer than the last one, or without a word about it.
    if (alert.statuses !== '' && at <= alert.dataAt) return false;
    if (levels.every(({ status }) => status === 'none')) {
      alert.untoldAt = at;
      return false;
    }
    if (!changesNothing(alert, levels, at)) return true;
    const { value } = alert;
    refresh(alert, levels, at);
    if (alert.value !== value) memory.valueChanged(alert);
    return false;
  }

  /**
   * What is no longer among the samples of its measurement is gone. That a whole measurement has stopped proves nothing:
   * then the tool that measures it may have failed, and what was bad is still bad as far as anybody knows.
   */
  function endGone(alerts: Iterable<Alert>, endpoint: Endpoint, report: Report, at: number, inputs: Input[]): void {
    for (const { key, rule, metric, dataAt, untoldAt } of alerts) {
      if (at - Math.max(dataAt, untoldAt, endpoint.stateSince) < (rule.gone_s ?? goneDefaultS) * 1000) continue;
      const measurement = metric.slice(0, metric.indexOf('.'));
      if (!kindOf(rule.when).judge || !report.metrics.some(({ name }) => name === measurement)) continue;
      inputs.push({ type: 'end', at, key, reason: 'gone' });
    }
  }

  function onPresence({ id, retiredAt }: Endpoint): Promise<void> {
    const at = clock.now();
    return queue.push(
      retiredAt === null ? { type: 'presence', at, endpoint: id } : { type: 'retired', at, endpoint: id },
    );
  }

  function rulesChanged(endpoint?: string): Promise<void> {
    memory.forgetBooks(endpoint);
    const at = clock.now();
    const ids = endpoint === undefined ? [...fleet.all()].map(({ id }) => id) : [endpoint];
    return queue.push(
      { type: 'rules', at, endpoint: endpoint ?? null },
      ...ids.map((id): Input => ({ type: 'presence', at, endpoint: id })),
    );
  }

  function judgeAgain(endpoint: Endpoint, metrics: readonly Metric[]): Promise<void> {
    const at = clock.now();
    const { evaluation, families } = memory.of(endpoint.id, at);
    const report: Report = { v: 1, epoch: '', seq: 0, at, metrics: [...metrics] };
    const verdicts = evaluate(memory.bookOf(endpoint, at), report, evaluation, families, at);
    const samples = verdicts
      .filter(({ levels }) => !levels.some(({ rule }) => remembers(rule)))
      .map((verdict): Sample => ({ ...toSample(endpoint.id, verdict, verdicts), again: true }))
      .filter((sample) => concerns(sample, at));
    return queue.push(...samples.map((sample): Input => ({ type: 'sample', at, sample })));
  }

  // ── time ──

  async function tick(now: number): Promise<void> {
    const waits: Promise<void>[] = [queue.retry()];
    const dueAt = Math.min(memory.due.next() ?? Infinity, policy.nextDue() ?? Infinity);
    if (dueAt <= now) waits.push(queue.push({ type: 'time', at: now }));
    if (now - valuesAt >= valuesEveryMs) {
      valuesAt = now;
      waits.push(saveValues(state, memory));
    }
    if (now - reconciledAt >= reconcileEveryMs) {
      reconciledAt = now;
      waits.push(reconcile(now));
    }
    await Promise.all(waits);
  }

  /** Alerts of endpoints that are gone, tickets whose alert is gone, tickets that are long resolved. */
  async function reconcile(at: number): Promise<void> {
    const inputs = new Map<string, Input>();
    for (const { endpoint } of memory.all())
      if (endpoint !== collectorId && !fleet.get(endpoint)) inputs.set(endpoint, { type: 'retired', at, endpoint });
    for (const key of policy.firing())
      if (!memory.alert(key)) inputs.set(key, { type: 'ticket', at, did: { type: 'recover', at, key } });
    await queue.push(...inputs.values());
    await parts.tickets.closeOld();
  }

  // ── the collector itself ──

  async function self(problem: string | null): Promise<void> {
    const known = memory.alertsOf(collectorId)[0];
    if (problem === null && !known) return;
    const at = clock.now();
    const tags = known?.tags ?? { problem: (problem ?? '').slice(0, 200) };
    const sample = sampleOf(collectorId, ownRule.id, 'collector.problem', tags, [ownLevel(problem !== null)]);
    try {
      await queue.push({ type: 'sample', at, sample });
    } catch {
      // The queue has logged it. That all is well again is told when the state can be written again.
      if (problem === null) return;
      const about = { ...sample, rule: ownRule, value: null, threshold: null, pendingAt: at, firedAt: at };
      const facts = factsOf(notifyParts, about, 'firing', { why: problem });
      await tellDirectly({ ...facts, id: `${collectorId}-${at}`, ticket: null, url: `${parts.publicUrl()}/alerts` });
    }
  }

  // ── people ──

  /** @throws EvenkeelError NOT_FOUND, CONFLICT */
  async function onPerson(id: string, verb: string, make: (alert: Alert) => Input): Promise<void> {
    const alert = memory.byId(id);
    if (!alert) {
      const row = await state.selectFrom('alerts').select('state').where('id', '=', id).executeTakeFirst();
      if (!row) throw fail('NOT_FOUND', { what: 'alert', id });
      throw fail('CONFLICT', { problem: `the alert is resolved already; it cannot be ${verb}` });
    }
    if (verb !== 'ended' && shownState(alert) === 'pending')
      throw fail('CONFLICT', { problem: `the alert is only pending; it can be ${verb} once it fires` });
    await queue.push(make(alert));
  }

  // ── start ──

  async function start(): Promise<void> {
    const at = clock.now();
    const bookOf = (id: string) => {
      if (id === collectorId) return { rule: (rule: string) => (rule === ownRule.id ? ownRule : undefined) };
      const endpoint = fleet.get(id);
      return endpoint && memory.bookOf(endpoint, at);
    };
    const { alerts, orphans, flaps } = await loadAlerts(state, bookOf, at);
    for (const [key, bits] of flaps) memory.setFlaps(key, bits);
    for (const alert of [...alerts, ...orphans]) memory.set(alert);
    memory.keep();
    const open = alerts.filter(
      ({ rule, state: now, flapping }) => rule.ticket !== 'off' && (now !== 'pending' || flapping),
    );
    const saved = await readTickets(
      state,
      open.map((alert) => {
        const { site, ...endpoint } = named(alert.endpoint);
        const { id, family, rule } = alert;
        const about = { alert: id, rule: family, urgency: rule.urgency, endpoint, instance: instanceOf(alert) };
        return { alert, site, about };
      }),
      parts.policy,
      at,
    );
    policy.restore(saved.states, saved.openings);
    await readNotified(state, notified);
    const inputs = saved.orphans.map(({ key }): Input => ({ type: 'ticket', at, did: { type: 'orphan', at, key } }));
    for (const { key } of orphans) inputs.push({ type: 'end', at, key, reason: 'rule_removed' });
    await queue.push(...inputs);
    reconciledAt = at;
    // Whoever is away may have gone in the very moment in which the last collector ended.
    for (const { id } of fleet.all()) memory.due.set(endpointDue(id), at);
    parts.tickets.onPerson((did) => {
      queue
        .push({ type: 'ticket', at: did.at, did: did as PolicyEvent })
        .catch((thrown) => log.error({ err: thrown, key: did.key }, 'Could not apply an action to the ticket yet'));
    });
    unsubscribe = tell.subscribe((change) => {
      if (change.kind === 'endpoint') onPlaceChange(change.endpoint);
    });
    timer = setInterval(() => {
      tick(clock.now()).catch((thrown) => log.error({ err: thrown }, 'Could not apply timers of alerts; tried again'));
    }, tickMs);
    timer.unref();
  }

  /** Another kind, site, group or tag may mean other rules. */
  function onPlaceChange(id: string): void {
    const known = fleet.get(id);
    if (!known) return;
    const { book } = memory.of(id, clock.now());
    memory.forgetBooks(id);
    if (book === null || memory.bookOf(known, clock.now()) === book) return;
    rulesChanged(id).catch((thrown) =>
      log.error({ err: thrown, endpoint: id }, 'Could not apply an edit to alerts yet'),
    );
  }

  return {
    start,
    async stop() {
      clearInterval(timer);
      unsubscribe?.();
      await queue.settled();
    },
    onReport,
    onPresence,
    retired: (endpoint) => queue.push({ type: 'retired', at: clock.now(), endpoint }),
    tick,
    self,
    rulesChanged,
    judgeAgain,
    held: (endpoint) => heldOf(memory.alertsOf(endpoint), ruleNamed),
    acknowledge: (id, wish) =>
      onPerson(id, 'acknowledged', ({ key }) => ({ type: 'acknowledge', at: clock.now(), key, wish })),
    handOver: (id, by, to) =>
      onPerson(id, 'handed over', ({ key, acknowledgement }) => {
        if (!acknowledgement)
          throw fail('CONFLICT', { problem: 'nobody has acknowledged the alert; acknowledge it first' });
        return { type: 'hand-over', at: clock.now(), key, by, to };
      }),
    withdraw: (id, by) => onPerson(id, 'given back', ({ key }) => ({ type: 'withdraw', at: clock.now(), key, by })),
    end: (id, by) =>
      onPerson(id, 'ended', ({ key }) => ({ type: 'end', at: clock.now(), key, reason: 'ended_by_person', by })),
  };
}
