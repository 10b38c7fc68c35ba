/**
 * The step before the commit: who is notified. Those notified that an alert fires are notified once that it ended; no
 * others are. A flapping alert makes one notification at its start and one at its end.
 */
import type { LiveAlert } from '../alerts/alert.ts';
import { type AlertChange, type Batch, type ChangeCode, isAlertChange } from '../alerts/batch.ts';
import { familyOf, rankOf } from '../evaluate/book.ts';
import { breathe } from '../state/breathe.ts';
import type { Action } from '../tickets/actions.ts';
import { budgetKey, type TicketPolicy } from '../tickets/policy.ts';
import type { Notification } from './channel.ts';
import { type FactsParts, factsOf, type NewNotification, type NotificationFacts, wayBy } from './notification.ts';
import type { Notified } from './notified.ts';
import { type ChannelRoute, routesFor } from './route.ts';

export interface NotifyParts extends FactsParts {
  routes: readonly ChannelRoute[];
  policy: Pick<TicketPolicy, 'state'>;
  alertOf(key: string): LiveAlert | undefined;
  memory: Notified;
}

/** Stands in for a rule where many fire: named under `rule` in the words as well. */
const manyAlerts = 'incident';

/** Maximum names of members in a grouped notification. */
const namesAtMost = 20;

/** What was the reason not to notify is over. */
const releases: ReadonlySet<string> = new Set<ChangeCode>([
  ...(['maintenance_ended', 'silence_ended', 'inhibition_ended', 'hold_over'] as const),
]);

/** The cause of an absence that is over. */
const causeIn = ({ cause }: Record<string, unknown>) => (typeof cause === 'string' ? cause : null);

export async function notify(parts: NotifyParts, batch: Batch): Promise<void> {
  const { policy, memory } = parts;
  for (const change of batch.changes) {
    if (isAlertChange(change)) onChange(change);
    await breathe();
  }
  for (const action of batch.actions) {
    onAction(action);
    await breathe();
  }

  function onChange({ at, code, alert, ended, reason, params, isSuppressed }: AlertChange): void {
    const before = memory.of(alert.id);
    const isNewOrWorse = !alert.flapping || rankOf[alert.rule.severity] > (before?.worst ?? -1);
    if ((code === 'firing' || code === 'worse') && !isSuppressed && isNewOrWorse) send(alert, 'firing', at);
    else if (code === 'flapping' && !isSuppressed) send(alert, 'flapping', at);
    else if (releases.has(code)) release(alert, isSuppressed, at);
    else if (code === 'stable' && params.good === false && !isSuppressed) sendFollowUp(alert, 'firing', at, 'stable');
    else if (ended) sendFollowUp(alert, 'resolved', at, code === 'stable' ? 'stable' : (reason ?? causeIn(params)));
    if (ended) memory.forget(alert.id);
  }

  /** What fired while it was suppressed fires after it: no one was notified of it yet, or only of a milder level. */
  function release(alert: LiveAlert, isSuppressed: boolean, at: number): void {
    const isNewOrWorse = rankOf[alert.rule.severity] > (memory.of(alert.id)?.worst ?? -1);
    if (isSuppressed || !isNewOrWorse || alert.acknowledgement !== null) return;
    send(alert, alert.flapping ? 'flapping' : 'firing', at);
  }

  /** To the channels that take this severity. */
  function send(alert: LiveAlert, event: Notification['event'], at: number, why: string | null = null): void {
    const { severity } = alert.rule;
    put(alert, routesFor(parts.routes, severity), at, factsOf(parts, alert, event, { why }));
    memory.add(alert.id, routesFor(parts.routes, severity), rankOf[severity]);
  }

  /** To the channels that were notified that it fires. */
  function sendFollowUp(alert: LiveAlert, event: Notification['event'], at: number, why: string | null): void {
    const endedAt = event === 'resolved' ? at : null;
    put(alert, memory.of(alert.id)?.channels ?? [], at, factsOf(parts, alert, event, { endedAt, why }));
  }

  function put(alert: LiveAlert, channels: readonly string[], at: number, facts: NotificationFacts): void {
    const { id, key, ticket } = alert;
    if (channels.length === 0) return;
    const of = { at, ways: channels.map(wayBy), receiver: null, about: id, alert: id, incident: null };
    batch.notifications.push({ ...of, ticketKey: key, ticket, facts });
  }

  // ── what follows from tickets ──

  function onAction(action: Action): void {
    const { key, at } = action;
    const alert = parts.alertOf(key);
    if (action.type === 'remind') remind(action);
    // It was held back as part of an incident that did not form.
    else if (action.type === 'open' && alert?.state === 'firing' && !memory.of(alert.id)) send(alert, 'firing', at);
    else if (policy.state(key)?.isIncident) onIncident(action);
  }

  function remind({ key, at, about }: Action): void {
    const endpoint = about && parts.endpointOf(about.endpoint.id);
    if (!about || !endpoint) return;
    const rule = parts.ruleNamed(about.rule);
    const what = { metric: '', tags: {}, value: null, threshold: null, unit: '', members: null };
    const when = { startedAt: policy.state(key)?.firedAt ?? at, endedAt: null, why: 'restored' };
    const facts: NotificationFacts = { event: 'reminder', key, severity: 'warning', rule, endpoint, ...what, ...when };
    const channels = routesFor(parts.routes, 'warning');
    const ways = channels.map(wayBy);
    const to = { at, ways, receiver: null, about: about.alert, alert: about.alert, incident: null, ticketKey: key };
    if (channels.length > 0) batch.notifications.push({ ...to, ticket: null, facts });
  }

  function onIncident(action: Action): void {
    const { type, key, at } = action;
    if (type !== 'began' && type !== 'ended') return;
    const hasEnded = type === 'ended';
    const members = hasEnded ? action.members : joining(key);
    const facts = factsOfIncident(key, members, hasEnded ? 'resolved' : 'firing', at);
    const channels = hasEnded ? (memory.of(key)?.channels ?? []) : routesFor(parts.routes, facts.severity);
    if (hasEnded) memory.forget(key);
    else memory.add(key, channels, rankOf[facts.severity]);
    const about: Omit<NewNotification, 'facts'> = {
      ...{
        at,
        ways: channels.map(wayBy),
        receiver: null,
        about: key,
        alert: null,
        incident: key,
        ticketKey: key,
        ticket: null,
      },
    };
    if (channels.length > 0) batch.notifications.push({ ...about, facts });
  }

  /** About several endpoints of a site: how many, which, and the level of the worst. */
  function factsOfIncident(
    key: string,
    keys: readonly string[],
    event: Notification['event'],
    at: number,
  ): NotificationFacts {
    const state = policy.state(key);
    const alerts = keys.flatMap((child) => parts.alertOf(child) ?? []);
    const worst = alerts.sort((a, b) => rankOf[b.rule.severity] - rankOf[a.rule.severity])[0];
    const names = [...new Set(keys.flatMap((child) => policy.state(child)?.endpoint ?? []))].map(
      (id) => parts.endpointOf(id).name,
    );
    const id = key === budgetKey ? manyAlerts : (state?.check ?? manyAlerts);
    const site = state?.site ?? null;
    return {
      event,
      key,
      rule: parts.ruleNamed(worst && key !== budgetKey ? familyOf(worst.rule) : id),
      severity: worst?.rule.severity ?? (memory.of(key)?.worst === rankOf.critical ? 'critical' : 'warning'),
      endpoint: { id: '', name: site ?? '*', kind: 'site', site },
      members: {
        ...{ count: keys.length, endpoints: names.length, names: names.slice(0, namesAtMost) },
        ...{ list: [], resolvedCount: 0, resolved: [] },
      },
      ...{ metric: '', tags: {}, value: null, threshold: null, unit: '' },
      startedAt: state?.firedAt ?? at,
      endedAt: event === 'resolved' ? at : null,
      why: null,
    };
  }

  /** Its members, and those that join it in this batch. */
  function joining(key: string): string[] {
    const joined = batch.actions.flatMap((action) =>
      action.type === 'attach' && action.parent === key ? action.key : [],
    );
    return [...new Set([...(policy.state(key)?.children ?? []), ...joined])];
  }
}
