/**
 * Wires what comes after a verdict: rules, alerts, tickets and messages. Called by `collector.ts` alone. To add a room of
 * the second half: a line here and its step in `pipeline.ts`.
 */
import type { NamedRule } from '../shared/api.ts';
import type { Clock } from '../shared/clock.ts';
import type { Finding } from '../shared/finding.ts';
import { createOutgoing } from '../shared/outgoing.ts';
import { createActLinks, silencing } from './act/links.ts';
import { type Alerts, createAlerts } from './alerts/alerts.ts';
import { labelsInState } from './alerts/labels-in-state.ts';
import { doubtsInSettings } from './alerts/matcher-doubts.ts';
import { channelFailed, deskFailed, scheduleGap } from './alerts/own-rules.ts';
import type { NewestValues } from './alerts/returned.ts';
import { createAttachments } from './attachments/attachments.ts';
import type { ChangeFeed } from './change-feed.ts';
import { createDesks } from './desks/desks.ts';
import { defaultRules } from './evaluate/defaults.ts';
import { warnOfEmptyScopes } from './evaluate/empty-scopes.ts';
import type { EndpointView } from './evaluate/kinds/kind.ts';
import { templatesOf } from './evaluate/rule.ts';
import { createRules } from './evaluate/rules.ts';
import type { Endpoint, Fleet } from './fleet/fleet.ts';
import type { Groups } from './fleet/groups.ts';
import { causeIn } from './kpi/history.ts';
import type { createLog } from './log.ts';
import { createMailIn } from './mail/mail-in.ts';
import type { MaintenanceScope } from './maintenance/window.ts';
import type { Mail, ReportMailFacts } from './notify/channel.ts';
import { createChannelList } from './notify/channels.ts';
import { createDevices } from './notify/devices.ts';
import { createChannelHealth } from './notify/health.ts';
import { createReviewNotices, wayOfPerson } from './notify/of-article.ts';
import { createOutbox, type Outbox } from './notify/outbox.ts';
import type { GeneratedDependencies } from './outages/generated.ts';
import { createOutside } from './outside/outside.ts';
import { createHeld } from './own-backup/held.ts';
import { createWaitingLetters } from './recovery/waiting.ts';
import { createRouting } from './routing/open.ts';
import { gapAheadMs } from './routing/schedule-desk.ts';
import { followLinks } from './self-service/links.ts';
import type { Config } from './settings/settings.ts';
import type { State } from './state/open.ts';
import { openDesk } from './tickets/desk.ts';
import { note } from './tickets/events.ts';
import { policyOf } from './tickets/settings.ts';

interface AlertingParts {
  config: Config;
  /** Folder of everything that is kept. */
  data: string;
  state: State;
  clock: Clock;
  log: ReturnType<typeof createLog>;
  /** With what is watched from outside. */
  fleet: Pick<Fleet, 'get' | 'all'>;
  groups: Groups;
  /** What is seen now of a target or a service. */
  findingOf(id: string): Finding | undefined;
  /** What targets follow from by their definitions. */
  generated: GeneratedDependencies;
  changeFeed: ChangeFeed;
  publicUrl(): string;
  /** Of a report. */
  mailOf(facts: ReportMailFacts): Promise<Mail>;
  maySend: () => boolean;
  ruleNamed(id: string): NamedRule;
  /** What expressions of rules look at beside a report. */
  viewOf(endpoint: string): EndpointView;
  newest: NewestValues;
  /** Rules were changed at run time. */
  onRulesChanged(ids: readonly string[]): void;
}

export async function openAlerts(parts: AlertingParts, onStop: (close: () => unknown) => void) {
  const { config, state, clock, log, fleet, groups, changeFeed, publicUrl, mailOf, ruleNamed, onRulesChanged } = parts;
  const { zone } = config;
  const outgoing = createOutgoing(config.outgoing.allow);
  const devices = createDevices(state, clock, outgoing);
  const channels = await createChannelList({
    ...{ state, clock, log, file: config.channels, outgoing, devices, publicUrl },
    health: () => channelHealth,
  });
  const { routes } = channels;
  const channelHealth = createChannelHealth({ state, clock, routes, log });
  const acknowledge: Alerts['acknowledge'] = (...about) => alerts.acknowledge(...about);
  const silence = silencing(() => alerts.silences);
  const ofRule = (rule: string) => templatesOf(rules.books().rule(rule));
  const act = createActLinks({ state, clock, zone, ruleNamed, templatesOf: ofRule, acknowledge, silence });
  const letters = createWaitingLetters(clock);
  const held = await createHeld(state, () => outbox.wake());
  const outbox: Outbox = createOutbox({
    isHeld: () => held.since() !== null,
    maySend: parts.maySend,
    results: channelHealth,
    state,
    clock,
    routes,
    publicUrl,
    log,
    changeFeed,
    mailOf: async (facts) => (facts.event === 'recovery' ? letters.of(facts) : mailOf(facts)),
    act,
    answers: config.mailIn,
    follow: followLinks(state, clock, config.selfService),
  });
  outbox.start();
  onStop(() => outbox.stop());
  const { routing, onCall, usersChanged } = await createRouting({
    ...{ state, file: config.routing, channels: () => routes, now: clock.now, changeFeed, log },
    onChange: () => void warnOfGaps(),
  });
  /** A gap ahead is an alert of the collector, which ends when somebody fills it. */
  async function warnOfGaps(): Promise<void> {
    try {
      const schedules = onCall.firstGaps(clock.now() + gapAheadMs);
      for (const { name, gapAt } of schedules) await alerts.own(scheduleGap, { schedule: name }, gapAt !== null, gapAt);
      // Of a schedule that is no longer there nothing is missing.
      const names = new Set(schedules.map(({ name }) => name));
      for (const { schedule = '' } of alerts.ownTags(scheduleGap))
        if (!names.has(schedule)) await alerts.own(scheduleGap, { schedule }, false);
    } catch (thrown) {
      log.error({ err: thrown }, 'Could not look for gaps of schedules; tried again the next night');
    }
  }
  const policy = policyOf(config.tickets);
  const rules = await createRules({
    ...{ state, builtIn: defaultRules, file: config.rules, groupNamed: groups.named, now: clock.now, log },
    onChange: onRulesChanged,
  });
  const wayOf = (person: string, at: number) => wayOfPerson({ routes, routing }, person, at);
  const notify = { routes, ruleNamed, wayOf, wake: outbox.wake };
  const desk = { state, clock, changeFeed, log, zone, notify, chat: config.tickets.chat };
  const { tickets, ticketClocks } = await openDesk(desk, onStop);
  const groupsOf = (id: string) => groups.namedGroupsOf(id).flatMap((group) => [group.id, group.name]);
  const placeOf = (endpoint: Endpoint) => ({ ...endpoint, groups: groupsOf(endpoint.id) });
  warnOfEmptyScopes(rules, [...fleet.all()].map(placeOf), log);
  for (const { path, problem } of doubtsInSettings(config, await labelsInState(state, rules.books().all())))
    log.warn({ at: path.join('.') }, `A condition of the settings ${problem}`);
  const alerts = createAlerts({
    ...{ state, clock, fleet, changeFeed, log, zone },
    books: rules.books,
    ruleNamed,
    groupsOf,
    groupNamesOf: (id) => groups.namedGroupsOf(id).map(({ name }) => name),
    viewOf: parts.viewOf,
    newest: parts.newest,
    scopeNameOf: scopeNames(fleet, groups),
    inhibit: config.inhibit,
    uplinks: config.uplinks,
    agentsMayAsk: config.maintenance.agentsMayAsk,
    generated: parts.generated,
    findingOf: parts.findingOf,
    policy,
    tickets,
    routes,
    receivers: routing,
    notify: groupingOf(config.notify),
    outbox,
    causeOf: (endpoint: string, from: number, to: number) => causeIn(state, endpoint, from, to),
    publicUrl,
  });
  await alerts.start();
  onStop(() => alerts.stop());
  await outbox.passOn(alerts.undelivered);
  await channelHealth.start((channel, isBad, triedAt) => alerts.own(channelFailed, { channel }, isBad, triedAt));
  onStop(() => channelHealth.stop());
  const outside = createOutside({ state, clock, log, fleet, said: alerts.said });
  await outside.start();
  onStop(() => outside.stop());
  const desks = createDesks({
    ...{ state, clock, tickets, ruleNamed, publicUrl, zone, outgoing, changeFeed, log },
    settings: config.desks,
    maySend: parts.maySend,
    isHeld: () => held.since() !== null,
  });
  const attachments = createAttachments({
    ...{ state, clock, changeFeed, data: parts.data },
    note: (db, { ticket, by, name, isPublic }) =>
      note(db, ticket, clock.now(), by, 'attached', { text: name, data: JSON.stringify({ isPublic }) }),
  });
  const mailIn = createMailIn({
    ...{ state, clock, log, tickets, notify, attachments, place: config.mailIn, maySend: parts.maySend },
    isHeld: () => held.since() !== null,
  });
  mailIn.start();
  onStop(() => mailIn.stop());
  desks.start((desk, isBad) => alerts.own(deskFailed, { desk }, isBad));
  onStop(() => desks.stop());
  void warnOfGaps();
  return {
    ...{ attachments, mailIn, letters },
    channels,
    desks,
    devices,
    reviews: createReviewNotices({ routes, routing, wake: outbox.wake }),
    channelHealth,
    rules,
    outbox,
    held,
    tickets,
    ticketClocks,
    alerts,
    outside,
    act,
    routing,
    onCall,
    usersChanged,
    warnOfGaps,
  };
}

const groupingOf = ({ by, waitMs: wait, intervalMs: interval, repeatMs: repeat }: Config['notify']) => ({
  ...{ by, wait, interval, repeat },
});

const scopeNames =
  (fleet: Pick<Fleet, 'get'>, groups: Pick<Groups, 'nameOf'>) =>
  ({ of, target }: MaintenanceScope): string =>
    (of === 'endpoint' ? fleet.get(target)?.name : of === 'group' ? groups.nameOf(target) : undefined) ?? target;
