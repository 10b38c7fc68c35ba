/**
 * Alerts of the whole fleet. Verdicts, presence, people and time are passed to the second half of the pipeline
 * (../pipeline.ts); a sample that changes nothing goes no further than a comparison with memory.
 */

import type { Clock } from '../../shared/clock.ts';
import type { EscalationNow } from '../../shared/escalation.ts';
import type { Log } from '../../shared/log.ts';
import type { Metric, Report } from '../../shared/report.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { Change, ChangeFeed } from '../change-feed.ts';
import type { RuleBooks } from '../evaluate/book.ts';
import type { EndpointView } from '../evaluate/kinds/kind.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import { createMaintenanceActions, type MaintenanceActions, memoryOver } from '../maintenance/maintenance.ts';
import type { MaintenanceMemory } from '../maintenance/memory.ts';
import type { MaintenanceScope } from '../maintenance/window.ts';
import type { NotifyParts } from '../notify/group-alerts.ts';
import { escalationsOf } from '../notify/group-escalation.ts';
import { type GroupDefaults, groupDefaults } from '../notify/group-settings.ts';
import { createGroups, type MessageGroups } from '../notify/groups.ts';
import type { MessageParts } from '../notify/message.ts';
import type { Outbox } from '../notify/outbox.ts';
import { channelsOnly, type Receivers } from '../notify/receivers.ts';
import type { ChannelRoute } from '../notify/route.ts';
import type { Undelivered } from '../notify/undelivered.ts';
import { alertsBehind } from '../outages/behind.ts';
import type { GeneratedDependencies } from '../outages/generated.ts';
import type { InhibitRule } from '../outages/inhibition-graph.ts';
import type { UplinkSettings } from '../outages/settings.ts';
import { createSecondHalf } from '../pipeline.ts';
import type { State } from '../state/open.ts';
import type { PolicyEvent } from '../tickets/actions.ts';
import { createPolicy, type TicketPolicy } from '../tickets/policy.ts';
import type { PolicySettings } from '../tickets/settings.ts';
import type { Tickets } from '../tickets/tickets.ts';
import type { AcknowledgementRequest } from './acknowledgement.ts';
import type { LiveAlert } from './alert.ts';
import type { Input } from './batch.ts';
import { createClockKeeper } from './clocks.ts';
import type { CauseOf } from './explain.ts';
import { type HeldAlert, heldOf } from './held.ts';
import { alertsAtMost, judgeAgain, judgeReport } from './judge.ts';
import { labelsOf } from './labels.ts';
import { type AlertMemory, createAlertMemory, endpointDue } from './memory.ts';
import { createOwnAlerts, type OwnAlerts } from './own.ts';
import { collectorId } from './own-rules.ts';
import { createPeople } from './people.ts';
import { createInputQueue } from './queue.ts';
import { restart } from './restart.ts';
import { judgeReturned, type NewestValues } from './returned.ts';
import { shownState } from './save.ts';
import { createSuppressors, type DependencyActions, type SilenceActions, type Suppressors } from './suppressors.ts';
import { isJump } from './unwatched.ts';
import { saveValues } from './values.ts';

export interface AlertsParts {
  state: State;
  clock: Clock;
  fleet: Pick<Fleet, 'get' | 'all'>;
  books: () => RuleBooks;
  /** One that was removed keeps its name. */
  ruleNamed(id: string): NamedRule;
  /** Ids of the groups that an endpoint is in, and their names. */
  groupsOf?: (endpoint: string) => readonly string[];
  groupNamesOf?: (endpoint: string) => readonly string[];
  /** What expressions look at beside a report. */
  viewOf?: (endpoint: string) => EndpointView | null;
  /** Not asked before an endpoint has come online. */
  newest?: NewestValues;
  /** For people: the name of what a window is about. */
  scopeNameOf?: (scope: MaintenanceScope) => string;
  /** Report zone, IANA, of the times in messages; UTC without it. */
  zone?: string;
  /** Of the settings: alerts that follow from others. */
  inhibit?: readonly InhibitRule[];
  /** Whether machines may ask for maintenance of themselves. */
  agentsMayAsk?: boolean;
  /** What targets follow from by their definitions. */
  generated?: GeneratedDependencies;
  /** What is seen now of a target or a service. */
  findingOf?: MessageParts['findingOf'];
  /** Of evenkeel.yaml: what whole sites are reached by way of. */
  uplinks?: UplinkSettings;
  policy: PolicySettings;
  tickets: Tickets;
  routes: readonly ChannelRoute[];
  /** Who is notified of an alert; without it, every channel is, of the severities that it takes. */
  receivers?: Receivers;
  /** How alerts are grouped, and how often they are said again. */
  notify?: Partial<GroupDefaults>;
  outbox: Pick<Outbox, 'wake'>;
  changeFeed: ChangeFeed;
  causeOf: CauseOf;
  /** Without a slash at the end; available once the collector listens. */
  publicUrl: () => string;
  log: Log;
}

export type { HeldAlert } from './held.ts';

export interface Alerts {
  /** Loads the alerts that go on from before, then checks due times every second. Call before reports come in. */
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
  /** Runs everything that is due; called every second by itself. */
  tick(now: number): Promise<void>;
  self: OwnAlerts['self'];
  own: OwnAlerts['own'];
  ownTags: OwnAlerts['ownTags'];
  said: OwnAlerts['said'];
  /** Rules have changed, or where an endpoint stands: alerts follow. */
  rulesChanged(endpoint?: string): Promise<void>;
  /** Evaluates the newest values again after a rule has changed: the next sample of a slow series may be hours away. */
  judgeAgain(endpoint: Endpoint, metrics: readonly Metric[]): Promise<void>;
  /** How many alerts the endpoint has now, pending ones included. */
  countOf(endpoint: string): number;
  /** How the escalation of an alert stands. @param id of the alert */
  escalationsOf(id: string): EscalationNow[];
  /** What is held of an endpoint, worst first. */
  held(endpoint: string): HeldAlert[];
  /** @throws EvenkeelError NOT_FOUND, CONFLICT; so do the next four */
  acknowledge(id: string, request: AcknowledgementRequest): Promise<void>;
  handOver(id: string, by: string, to: string): Promise<void>;
  withdraw(id: string, by: string): Promise<void>;
  /** A person has opened its page: for a while they are at work on its incident. @throws EvenkeelError NOT_FOUND */
  opened(id: string, by: string | null): Promise<void>;
  /** For one whose rule only proposes a ticket, or wants none. */
  openTicket(id: string, by: string): Promise<void>;
  /** A person ends it because its subject no longer exists. */
  end(id: string, by: string): Promise<void>;
  maintenance: MaintenanceActions;
  silences: SilenceActions;
  dependencies: DependencyActions;
  /** A message does not get through to somebody. Saved when it resolves. */
  undelivered(message: Undelivered): Promise<void>;
}

const tickMs = 1000;
const valuesEveryMs = 60_000;
const reconcileEveryMs = 3_600_000;

/** Once per hour of an endpoint. */
function logBeyond(log: Log) {
  const loggedAt = new Map<string, number>();
  return (endpoint: string, count: number, at: number): void => {
    if (at - (loggedAt.get(endpoint) ?? 0) < reconcileEveryMs) return;
    loggedAt.set(endpoint, at);
    log.warn({ endpoint, count, limit: alertsAtMost }, 'An endpoint has too many alerts: further ones do not begin');
  };
}

/** What has to end: alerts of endpoints that are gone, tickets of alerts that are. */
function leftovers(memory: AlertMemory, policy: TicketPolicy, fleet: AlertsParts['fleet'], at: number): Input[] {
  const inputs = new Map<string, Input>();
  for (const { endpoint } of memory.all())
    if (endpoint !== collectorId && !fleet.get(endpoint)) inputs.set(endpoint, { type: 'retired', at, endpoint });
  for (const key of policy.firing())
    if (!memory.alert(key)) inputs.set(key, { type: 'ticket', at, event: { type: 'recover', at, key } });
  return [...inputs.values()];
}

function nameOfEndpoint(fleet: AlertsParts['fleet'], id: string) {
  const other = id === collectorId ? ('collector' as const) : ('server' as const);
  const { name, kind, site } = fleet.get(id) ?? { name: id, kind: other, site: null };
  return { id, name, kind, site };
}

function rulesFollowed(fleet: AlertsParts['fleet'], endpoint: string | undefined, at: number): Input[] {
  const ids = endpoint === undefined ? [...fleet.all()].map(({ id }) => id) : [endpoint];
  return [
    { type: 'rules', at, endpoint: endpoint ?? null },
    ...ids.map((id): Input => ({ type: 'presence', at, endpoint: id })),
  ];
}

/** What people do to windows, and what pages see of them. */
function peoplesMaintenance(
  parts: AlertsParts,
  memory: AlertMemory,
  maintenance: MaintenanceMemory,
  push: (input: Input) => Promise<void>,
): MaintenanceActions {
  const { state, clock, zone = 'UTC', scopeNameOf = ({ target }) => target } = parts;
  return createMaintenanceActions({
    ...{ state, clock, maintenance, push, zone, nameOf: scopeNameOf, allowed: parts.agentsMayAsk ?? false },
    firing: (id) => memory.alertsOf(id).filter((alert) => shownState(alert) === 'firing').length,
  });
}

const outageOf = (
  { ids, ...members }: ReturnType<Suppressors['outages']['members']>,
  named: (id: string) => ReturnType<typeof nameOfEndpoint>,
) => ({ ...members, names: ids.map((id) => named(id).name) });

/** Groups of alerts for those who hear of them, and the labels by which they do. */
function groupsOver(parts: AlertsParts, named: (id: string) => ReturnType<typeof nameOfEndpoint>) {
  const { fleet, log, routes, groupNamesOf = () => [] } = parts;
  const labelled = ({ endpoint, ...alert }: LiveAlert) => {
    // One of the collector's own may be about a site.
    const own = { ...named(endpoint), site: alert.tags.site ?? null };
    return labelsOf(alert, fleet.get(endpoint) ?? own, groupNamesOf(endpoint));
  };
  const receivers = parts.receivers ?? channelsOnly(routes);
  const groups = createGroups({
    labelsOf: labelled,
    receivers,
    settings: { ...groupDefaults, ...parts.notify },
    keepsState: (name) => routes.find((one) => one.name === name)?.channel.keepsState === true,
    takesAcknowledgement: (name) => routes.find((one) => one.name === name)?.channel.takesAcknowledgement === true,
    onNobody(receiver, [first, ...more], isLast) {
      const about = first && { alert: first.id, rule: first.rule.id, endpoint: named(first.endpoint).name };
      const said = isLast
        ? 'Nobody reacted to an alert, and its escalation policy names nobody to be told of that'
        : 'Nobody is behind a receiver of alerts: a message reaches no one';
      log.warn({ receiver, ...about, ...(more.length > 0 ? { more: more.length } : {}) }, said);
    },
  });
  return { labelled, groups, receivers };
}

const escalationsOver =
  (memory: AlertMemory, groups: MessageGroups, receivers: Receivers) =>
  (id: string): EscalationNow[] => {
    const alert = memory.byId(id);
    return alert ? escalationsOf(groups, receivers, alert.key) : [];
  };

const notKept = (log: Log) => (thrown: unknown) => log.warn({ err: thrown }, 'Could not save what alerts count by');

/** What keeps people from being notified of an alert. */
function suppressorsOver(
  parts: AlertsParts,
  over: Pick<
    Parameters<typeof createSuppressors>[0],
    'memory' | 'maintenance' | 'named' | 'ruleNamed' | 'push' | 'isTold'
  >,
): Suppressors {
  const { state, clock, fleet, log, inhibit, uplinks, generated, groupNamesOf = () => [], zone = 'UTC' } = parts;
  return createSuppressors({
    ...{ ...over, state, clock, log, zone, groupNamesOf, endpointOf: fleet.get, endpoints: fleet.all },
    ...(inhibit ? { inhibit } : {}),
    ...(uplinks ? { uplinks } : {}),
    ...(generated ? { generated } : {}),
  });
}

/** What sites are reached by way of has other names, or members, than before. */
function followUplinks({ placesChanged, sitesChanged }: Suppressors, change: Change, log: Log): void {
  if (change.kind === 'endpoint' || change.kind === 'target') placesChanged();
  else if (change.kind === 'site')
    sitesChanged().catch((thrown) =>
      log.error({ err: thrown, site: change.site }, 'Could not apply an edit of a site to alerts yet'),
    );
}

export function createAlerts(parts: AlertsParts): Alerts {
  const { state, clock, fleet, changeFeed, log, ruleNamed, groupsOf = () => [] } = parts;
  const memory = createAlertMemory(parts.books, groupsOf, parts.viewOf);
  const maintenance = memoryOver(fleet, groupsOf);
  const policy = createPolicy(parts.policy);
  let timer: NodeJS.Timeout | undefined;
  let [valuesAt, reconciledAt, lookedAt] = [0, 0, clock.now()];
  const clocks = createClockKeeper(state, memory);
  let unsubscribe: (() => void) | undefined;
  const onBeyond = logBeyond(log);
  const named = (id: string) => nameOfEndpoint(fleet, id);
  const { labelled, groups, receivers } = groupsOver(parts, named);
  const notifyParts: NotifyParts = {
    ...{ routes: parts.routes, policy, groups, alertOf: memory.alert, endpointOf: named, ruleNamed },
    ...(parts.findingOf ? { findingOf: parts.findingOf } : {}),
    labelsOf: labelled,
    outageOf: (site) => outageOf(suppressors.outages.members(site), named),
    behindOf: (ids) => alertsBehind(suppressors, ids).map((alert) => ({ alert, isTold: groups.isTold(alert.key) })),
  };
  const over = { memory, maintenance, named, ruleNamed };
  const suppressors = suppressorsOver(parts, { ...over, isTold: groups.isTold, push: (input) => queue.push(input) });
  const isSuppressed = (alert: string) => suppressors.suppressions.suppressedBy(alert).size > 0;
  const queue = createInputQueue({
    log,
    run: createSecondHalf({
      ...{ state, clock, changeFeed, memory, maintenance, suppressors, policy, groups, notify: notifyParts },
      endpointOf: fleet.get,
      named,
      causeOf: parts.causeOf,
      wakeOutbox: parts.outbox.wake,
    }),
  });

  // ── what comes in ──

  /** Nobody waits for it. */
  const later = (input: Input) =>
    void queue
      .push(input)
      .catch((thrown) => log.error({ err: thrown, input: input.type }, 'Could not apply a change yet'));

  function onPresence({ id, retiredAt }: Endpoint): Promise<void> {
    const at = clock.now();
    return queue.push(
      retiredAt === null ? { type: 'presence', at, endpoint: id } : { type: 'retired', at, endpoint: id },
    );
  }

  function rulesChanged(endpoint?: string): Promise<void> {
    memory.forgetBooks(endpoint);
    return queue.push(...rulesFollowed(fleet, endpoint, clock.now()));
  }

  /** Another kind, site, group or tag may select other rules. */
  function onPlaceChange(id: string): void {
    const known = fleet.get(id);
    if (maintenance.hasMoved(id))
      later({ type: 'maintenance', at: clock.now(), wish: { type: 'place', endpoint: id } });
    if (!known) return;
    if (suppressors.isAbout(id)) later({ type: 'relabelled', at: clock.now(), endpoint: id });
    const { book } = memory.of(id, clock.now());
    memory.forgetBooks(id);
    if (book === null || memory.bookOf(known, clock.now()) === book) return;
    rulesChanged(id).catch((thrown) =>
      log.error({ err: thrown, endpoint: id }, 'Could not apply an edit to alerts yet'),
    );
  }

  // ── time ──

  async function tick(now: number): Promise<void> {
    const waits: Promise<void>[] = [queue.retry()];
    if (isJump(lookedAt, now)) waits.push(queue.push({ type: 'unwatched', from: lookedAt, at: now }));
    lookedAt = now;
    const next = [memory.due.next(), policy.nextDue(), maintenance.nextDue(), suppressors.nextDue(), groups.nextDue()];
    const dueAt = Math.min(...next.map((at) => at ?? Infinity));
    if (dueAt <= now) waits.push(queue.push({ type: 'time', at: now }));
    if (Math.abs(now - valuesAt) >= valuesEveryMs) {
      valuesAt = now;
      waits.push(saveValues(state, memory), clocks.save(now));
      if (parts.newest) waits.push(queue.push(...judgeReturned(memory, fleet.get, parts.newest, now)));
    }
    if (Math.abs(now - reconciledAt) >= reconcileEveryMs) {
      reconciledAt = now;
      waits.push(reconcile(now));
    }
    await Promise.all(waits);
  }

  /** Alerts of endpoints that are gone, tickets whose alert is gone, tickets that are long resolved. */
  async function reconcile(at: number): Promise<void> {
    memory.forgetOld(at);
    await queue.push(...leftovers(memory, policy, fleet, at));
    await parts.tickets.closeOld();
  }

  async function start(): Promise<void> {
    const at = clock.now();
    const ended = await restart(
      {
        ...{ state, fleet, memory, maintenance, suppressors, policy, groups, clocks },
        endpointOf: named,
        settings: parts.policy,
      },
      at,
    );
    await queue.push(...ended);
    [reconciledAt, lookedAt] = [at, at];
    // An endpoint that is away may have gone at the very moment at which the last collector ended.
    for (const { id } of fleet.all()) memory.due.set(endpointDue(id), at);
    parts.tickets.onPerson((action) => later({ type: 'ticket', at: action.at, event: action as PolicyEvent }));
    unsubscribe = changeFeed.subscribe((change) => {
      if (change.kind === 'endpoint') onPlaceChange(change.endpoint);
      followUplinks(suppressors, change, log);
    });
    parts.generated?.onChange((endpoints) => later({ type: 'dependencies', at: clock.now(), endpoints }));
    timer = setInterval(() => {
      tick(clock.now()).catch((thrown) => log.error({ err: thrown }, 'Could not apply timers of alerts; tried again'));
    }, tickMs);
    timer.unref();
  }

  return {
    start,
    async stop() {
      clearInterval(timer);
      unsubscribe?.();
      await queue.settled();
      await clocks.save(clock.now()).catch(notKept(log));
    },
    onReport(endpoint, report, live) {
      if (!live) return undefined;
      const inputs = judgeReport(memory, endpoint, report, clock.now(), onBeyond);
      return inputs.length === 0 ? undefined : queue.push(...inputs);
    },
    ...{ onPresence, tick, countOf: memory.countOf },
    retired: (endpoint) => queue.push({ type: 'retired', at: clock.now(), endpoint }),
    ...createOwnAlerts({ memory, notify: notifyParts, publicUrl: parts.publicUrl, push: queue.push, clock, log }),
    rulesChanged,
    judgeAgain: (endpoint, metrics) => queue.push(...judgeAgain(memory, endpoint, metrics, clock.now())),
    escalationsOf: escalationsOver(memory, groups, receivers),
    held: (endpoint) => heldOf(memory.alertsOf(endpoint), ruleNamed, isSuppressed),
    ...createPeople({ state, clock, memory, hasTicket: policy.hasTicket, push: queue.push }),
    undelivered: (message) => queue.push({ type: 'undelivered', at: clock.now(), message }),
    silences: suppressors.actions,
    dependencies: suppressors.dependencies,
    maintenance: peoplesMaintenance(parts, memory, maintenance, queue.push),
  };
}
