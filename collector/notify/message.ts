/** A message about a group as a notification: the facts about its alerts, as they are when it is made. */
import type { Finding } from '../../shared/finding.ts';
import { fieldOf } from '../../shared/metrics.ts';
import type { LiveAlert } from '../alerts/alert.ts';
import type { Labels } from '../alerts/labels.ts';
import { rankOf } from '../evaluate/book.ts';
import { templatesOf } from '../evaluate/rule.ts';
import type { MemberAlert, MemberAlerts } from './channel.ts';
import type { EndpointOutage, GroupedAlert } from './group.ts';
import type { GroupMessage } from './group-messages.ts';
import { type FactsParts, factsOf, type NewNotification, type NotificationFacts } from './notification.ts';

export interface MessageParts extends FactsParts {
  /** The alert as it is now: its value may be newer than its last change. */
  alertOf(key: string): LiveAlert | undefined;
  labelsOf(alert: LiveAlert): Labels;
  /** The endpoints of a site that are silent now, where it has an outage. */
  outageOf?(site: string): EndpointOutage;
  /** Alerts that are inhibited because these fire, and whether somebody was told of each before. */
  behindOf?(alerts: readonly string[]): { alert: LiveAlert; isTold: boolean }[];
}

/** Of which alerts a message has more than their number. */
const listedAtMost = 20;
/** In place of a rule, where there are several. */
const severalRules = 'several';

export function notificationOf(parts: MessageParts, message: GroupMessage): NewNotification {
  const { at, about, receiver, ways, firing, resolved } = message;
  const all = [...firing, ...resolved];
  const only = all.length === 1 ? all[0]?.about : undefined;
  const worst = worstFirst(all)[0] as GroupedAlert<LiveAlert>;
  // One ticket for all, or none is named.
  const tickets = new Set(all.map((alert) => now(parts, alert).ticket));
  const ticket = tickets.size === 1 ? ([...tickets][0] ?? null) : null;
  return {
    ...{ at, ways, receiver, about, incident: null, ticket },
    alert: only?.id ?? null,
    alerts: all.map((alert) => alert.about.id),
    ticketKey: all.length === 1 ? worst.key : '',
    facts: {
      ...(only ? aboutOne(parts, message, worst) : aboutMany(parts, message, worst)),
      ...common(parts, message),
    },
  };
}

/** The same alert with its newest value. */
function now({ alertOf }: MessageParts, { key, about }: GroupedAlert<LiveAlert>): LiveAlert {
  const alert = alertOf(key);
  return alert?.id === about.id
    ? { ...about, value: alert.value, threshold: alert.threshold, ticket: alert.ticket }
    : about;
}

function common(parts: MessageParts, message: GroupMessage): Partial<NotificationFacts> {
  const { event, severity, firing, resolved, values, number, at } = message;
  const all = firing.length > 0 ? firing : resolved;
  const since = Math.min(...all.map(({ about }) => about.firedAt ?? about.pendingAt));
  const owners = new Set(firing.map(({ owner }) => owner));
  const [owner = null] = owners;
  const runbook = sameOf(all.map(({ about }) => about.rule.runbook ?? null));
  const key = Object.entries(values).map(([label, value]) => `${label}=${value}`);
  return {
    ...{ event, severity, startedAt: since, labels: commonLabels(all.map(({ about }) => parts.labelsOf(about))) },
    ...(key.length > 0 ? { key: key.join(',') } : { key: message.about }),
    // The last of them: the message may come minutes later.
    ...(firing.length === 0 ? { endedAt: Math.max(...resolved.map(({ endedAt }) => endedAt ?? at)) } : {}),
    ...(number === null ? {} : { number }),
    ...(owners.size === 1 && owner !== null ? { owner } : {}),
    ...(runbook === null ? {} : { runbook }),
    ...behind(parts, firing),
    ...stillSilent(parts, resolved),
  };
}

/** The incident of a site is over as well while a few of its endpoints are still silent. */
function stillSilent(
  parts: MessageParts,
  resolved: readonly GroupedAlert<LiveAlert>[],
): Pick<NotificationFacts, 'stillSilent'> {
  const found = resolved.flatMap((alert) => outageNow(parts, alert) ?? []);
  const endpoints = found.reduce((all, { silent }) => all + silent, 0);
  if (endpoints === 0) return {};
  return { stillSilent: { endpoints, names: found.flatMap(({ names }) => names).slice(0, listedAtMost) } };
}

/** As many as there are when it is sent. */
function outageNow({ outageOf }: MessageParts, { about, outage }: GroupedAlert<LiveAlert>): EndpointOutage | null {
  const { site } = about.tags;
  if (!outage) return null;
  return (site !== undefined && outageOf?.(site)) || outage;
}

/** Other endpoints than those that the message is about. */
function behind(parts: MessageParts, firing: readonly GroupedAlert<LiveAlert>[]): Pick<NotificationFacts, 'behind'> {
  const own = new Set(firing.map(({ about }) => about.endpoint));
  const found = (parts.behindOf?.(firing.map(({ about }) => about.id)) ?? [])
    .filter(({ alert }) => !own.has(alert.endpoint))
    .toSorted((a, b) => Number(b.isTold) - Number(a.isTold));
  const endpoints = [...new Set(found.map(({ alert }) => alert.endpoint))];
  if (endpoints.length === 0) return {};
  const names = endpoints.slice(0, listedAtMost).map((id) => parts.endpointOf(id).name);
  return { behind: { endpoints: endpoints.length, ...countsOf(parts, endpoints), names } };
}

function aboutOne(parts: MessageParts, message: GroupMessage, one: GroupedAlert<LiveAlert>): NotificationFacts {
  const outage = outageNow(parts, one);
  const isOver = message.firing.length === 0;
  const isReopened = outage?.isReopened === true && !isOver;
  const why = message.event === 'stable' ? 'stable' : isReopened ? 'reopened' : one.why;
  const { summary, description } = templatesOf(one.about.rule);
  const texts = { ...(summary && { summary }), ...(description && { description }) };
  const said = Object.keys(texts).length > 0 ? { texts } : {};
  const facts = factsOf(parts, now(parts, one), message.event, { why, ...said, ...seen(parts, one.about.endpoint) });
  if (!outage) return facts;
  const site = one.about.tags.site ?? null;
  const { silent, of, names } = outage;
  const count = isOver ? of : silent;
  const members = {
    // At the end those that have a name here are those that are still silent.
    ...{ count, endpoints: count, names: isOver ? [] : names.slice(0, listedAtMost) },
    ...{ list: [], resolvedCount: 0, resolved: [] },
  };
  return { ...facts, members, endpoint: { id: '', name: site ?? '', kind: 'site', site } };
}

function seen({ findingOf }: MessageParts, endpoint: string): { finding?: Finding } {
  const finding = findingOf?.(endpoint);
  return finding ? { finding } : {};
}

function aboutMany(parts: MessageParts, message: GroupMessage, worst: GroupedAlert<LiveAlert>): NotificationFacts {
  const { firing, resolved, event } = message;
  const counted = firing.length > 0 ? firing : resolved;
  const endpoints = new Map([...firing, ...resolved].map(({ about }) => [about.endpoint, about]));
  const [first] = endpoints.keys();
  const site = sameOf([...endpoints.keys()].map((id) => parts.endpointOf(id).site));
  const rules = new Set([...firing, ...resolved].map(({ about }) => about.family));
  const places = [...new Set(worstFirst(counted).map(({ about }) => about.endpoint))];
  const list = (alerts: readonly GroupedAlert<LiveAlert>[]) =>
    worstFirst(alerts)
      .slice(0, listedAtMost)
      .map((alert) => memberOf(parts, alert));
  const members: MemberAlerts = {
    count: counted.length,
    endpoints: places.length,
    ...countsOf(parts, places),
    names: places.slice(0, listedAtMost).map((id) => parts.endpointOf(id).name),
    list: list(firing),
    resolvedCount: resolved.length,
    resolved: list(resolved),
  };
  const facts = factsOf(parts, worst.about, event, { members, value: null, threshold: null });
  return {
    ...facts,
    family: rules.size === 1 ? worst.about.family : severalRules,
    rule: parts.ruleNamed(rules.size === 1 ? worst.about.family : severalRules),
    ...(endpoints.size === 1 && first !== undefined
      ? {}
      : { endpoint: { id: '', name: site ?? '', kind: 'site', site } }),
    ...{ metric: '', tags: {}, unit: '' },
  };
}

/** What is watched from outside is no machine, and is not counted as one. */
function countsOf({ findingOf }: MessageParts, places: readonly string[]): Pick<MemberAlerts, 'targets' | 'services'> {
  const kinds = places.map((id) => findingOf?.(id)?.of);
  const [targets, services] = (['target', 'service'] as const).map((of) => kinds.filter((kind) => kind === of).length);
  return { ...(targets ? { targets } : {}), ...(services ? { services } : {}) };
}

function memberOf(parts: MessageParts, alert: GroupedAlert<LiveAlert>): MemberAlert {
  const { id, key, family, rule, endpoint, metric, tags, value, threshold, firedAt, pendingAt } = now(parts, alert);
  return {
    ...{ alert: id, key, family, rule: parts.ruleNamed(rule.id), severity: alert.severity },
    ...{ endpoint: parts.endpointOf(endpoint), metric, tags, value, threshold },
    ...{ unit: fieldOf(metric)?.unit ?? '', since: firedAt ?? pendingAt },
    ...(alert.endedAt == null ? {} : { endedAt: alert.endedAt }),
    ...seen(parts, endpoint),
  };
}

const sinceOf = ({ about }: GroupedAlert<LiveAlert>) => about.firedAt ?? about.pendingAt;

const worstFirst = (alerts: readonly GroupedAlert<LiveAlert>[]) =>
  alerts.toSorted(
    (a, b) => rankOf[b.severity] - rankOf[a.severity] || sinceOf(a) - sinceOf(b) || (a.key < b.key ? -1 : 1),
  );

/** What all of them are; null where they differ. */
const sameOf = <T>(all: readonly T[]): T | null => (all.every((one) => one === all[0]) ? (all[0] ?? null) : null);

function commonLabels(all: readonly Labels[]): Labels {
  const [first = {}, ...others] = all;
  const same = Object.entries(first).filter(([label, value]) =>
    others.every((labels) => JSON.stringify(labels[label]) === JSON.stringify(value)),
  );
  return Object.fromEntries(same);
}
