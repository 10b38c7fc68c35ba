/**
 * The step `group`: what happened to alerts becomes messages. Each receiver has groups of alerts, which wait for their
 * first message, are sent again while nobody reacts, and end once. Changes come in their order; what is due at an instant
 * comes before what arrives at it.
 */
import type { LiveAlert } from '../alerts/alert.ts';
import { type AlertChange, type Batch, type ChangeCode, isAlertChange } from '../alerts/batch.ts';
import type { SuppressionKind } from '../alerts/suppressions.ts';
import { breathe } from '../state/breathe.ts';
import type { Action } from '../tickets/actions.ts';
import type { TicketPolicy } from '../tickets/policy.ts';
import type { Delay, EndpointOutage } from './group.ts';
import type { AlertNews } from './group-memory.ts';
import type { MessageGroups } from './groups.ts';
import { type MessageParts, notificationOf } from './message.ts';
import { type NotificationFacts, wayBy } from './notification.ts';
import { type ChannelRoute, routesFor } from './route.ts';

export interface NotifyParts extends MessageParts {
  routes: readonly ChannelRoute[];
  policy: Pick<TicketPolicy, 'state'>;
  groups: MessageGroups;
}

/** What suppresses messages about an alert, by the changes at its beginning and end. */
const begins: Partial<Record<ChangeCode, SuppressionKind>> = {
  ...{ maintenance: 'maintenance', silenced: 'silence', inhibited: 'inhibition', held: 'hold' },
  in_site_incident: 'site_incident',
};
const ends: Partial<Record<ChangeCode, SuppressionKind>> = {
  ...{ maintenance_ended: 'maintenance', silence_ended: 'silence', inhibition_ended: 'inhibition', hold_over: 'hold' },
  site_incident_left: 'site_incident',
};
/** The end of a maintenance comes five minutes late already. */
const delays: Readonly<Record<SuppressionKind, Delay>> = {
  ...{ maintenance: 0, silence: 'wait', inhibition: 'reminders', hold: 'reminders', site_incident: 'reminders' },
};
/** It fires, more or in another way than before. */
const changes: ReadonlySet<ChangeCode> = new Set(['firing', 'worse', 'flapping', 'stable']);

export async function groupAlerts(parts: NotifyParts, batch: Batch): Promise<void> {
  const { groups } = parts;
  let lastAt = Number.NEGATIVE_INFINITY;
  for (const change of batch.changes) {
    const isOther = 'undelivered' in change || 'opened' in change;
    if (!isOther && !isAlertChange(change)) continue;
    // Changes of one instant belong together: what has begun at it is not yet suppressed, or flaps already.
    if (change.at > lastAt) take(change.at);
    lastAt = Math.max(lastAt, change.at);
    if ('undelivered' in change) batch.passedOn.push(groups.passOn(change.undelivered, change.at));
    else if ('opened' in change) {
      const { opened: key, by, at } = change;
      if (groups.isLookedAt(key, by, at, incidentOf(parts, key))) batch.remarks.push(...remarksOf(parts, key, by, at));
    } else onChange(groups, change);
    await breathe();
  }
  take(batch.at);
  batch.remarks.push(...groups.takeRemarks());
  for (const action of batch.actions) if (action.type === 'remind') remind(parts, batch, action);

  function take(at: number): void {
    for (const message of groups.take(at))
      if (message.ways.length > 0) batch.notifications.push(notificationOf(parts, message));
  }
}

/** Keys of the alerts of the same ticket, without itself. */
function incidentOf({ groups, alertOf }: NotifyParts, key: string): string[] {
  const ticket = alertOf(key)?.ticket ?? null;
  return ticket === null ? [] : groups.keys().filter((one) => one !== key && alertOf(one)?.ticket === ticket);
}

/** Its history says who has seen it. */
function remarksOf({ alertOf }: NotifyParts, key: string, by: string, at: number): Batch['remarks'] {
  const alert = alertOf(key);
  return alert ? [{ at, code: 'opened', alert, params: { who: `person:${by}` } }] : [];
}

function onChange(groups: MessageGroups, change: AlertChange): void {
  const { at, code, alert, actor, params } = change;
  const { key } = alert;
  const [begun, ended] = [begins[code], ends[code]];
  if (begun !== undefined) groups.suppress(key, begun, at);
  else if (ended !== undefined) {
    if (typeof params.notifiedBy === 'string') groups.toldBy(params.notifiedBy, key, at);
    groups.release(key, ended, at, delays[ended]);
  } else if (code === 'acknowledgement_ended')
    groups.acknowledgementEnded(key, newsOf(change), at, params.why !== 'worse');
  else if (code !== 'pending' && code !== 'dropped')
    groups.set(key, newsOf(change), at, {
      isChange: changes.has(code),
      // Its endpoint is back: what was to be said meanwhile waits as any news does.
      ...(code === 'back' ? { release: 'wait' as const } : {}),
    });
  if (code === 'acknowledged') {
    groups.isAtWork(key, actor, at);
    groups.acknowledged(key, at);
  }
  if (code === 'handed_over') groups.handOver(key, params.to as string, at);
}

/** What an alert is to its groups. */
function newsOf(change: AlertChange): AlertNews {
  const { code, alert, ended, reason, params } = change;
  const outage = params.members as EndpointOutage | undefined;
  const owned = ownedNews(code, alert);
  if (!ended) return { ...standingNews(alert), ...owned, ...(outage ? { outage } : {}) };
  // The cause of an absence that is over.
  const cause = typeof params.cause === 'string' ? params.cause : null;
  return {
    ...standingNews(alert),
    ...(outage ? { outage } : {}),
    fires: false,
    endedAt: change.endedAt ?? change.at,
    why: code === 'stable' ? 'stable' : (reason ?? cause),
  };
}

/** What is otherwise for whoever has it. */
function ownedNews(code: ChangeCode, { acknowledgement }: LiveAlert): Partial<AlertNews> {
  if (code === 'worse' && acknowledgement) return { gotWorse: true };
  return code === 'acknowledged' || acknowledgement === null ? { gotWorse: false, saidToOwner: null } : {};
}

export function standingNews(alert: LiveAlert): AlertNews {
  const { state, flapping, rule, acknowledgement } = alert;
  return {
    about: alert,
    severity: rule.severity,
    fires: flapping || state === 'firing' || state === 'unknown',
    isUnknown: state === 'unknown' && !flapping,
    flaps: flapping,
    owner: acknowledgement?.by ?? null,
    why: null,
    endedAt: null,
  };
}

/** A ticket that is in work stays open when its alert has been good for a day: it is said once. */
function remind(parts: NotifyParts, batch: Batch, { key, at, about }: Action): void {
  const endpoint = about && parts.endpointOf(about.endpoint.id);
  if (!about || !endpoint) return;
  const rule = parts.ruleNamed(about.rule);
  const what = { metric: '', tags: {}, value: null, threshold: null, unit: '', members: null };
  const when = { startedAt: parts.policy.state(key)?.firedAt ?? at, endedAt: null, why: 'restored' };
  const facts: NotificationFacts = { event: 'reminder', key, severity: 'warning', rule, endpoint, ...what, ...when };
  const ways = routesFor(parts.routes, 'warning').map(wayBy);
  if (ways.length === 0) return;
  const to = { at, ways, receiver: null, about: about.alert, alert: about.alert, alerts: [], incident: null };
  batch.notifications.push({ ...to, ticketKey: key, ticket: null, facts });
}
