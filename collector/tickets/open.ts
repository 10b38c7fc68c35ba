/** The step after `advance`: what changes of alerts and actions of people mean for tickets. */
import type { Acknowledgement } from '../alerts/acknowledgement.ts';
import type { LiveAlert } from '../alerts/alert.ts';
import type { AlertChange, Batch } from '../alerts/batch.ts';
import { isAlertChange } from '../alerts/batch.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { instanceOf } from '../notify/notification-text.ts';
import { breathe } from '../state/breathe.ts';
import type { Action } from './actions.ts';
import type { TicketPolicy } from './policy.ts';
import type { AboutTicket } from './ticket-state.ts';

export interface OpenTicketsParts {
  policy: TicketPolicy;
  alertOf(key: string): LiveAlert | undefined;
  endpointOf(id: string): Pick<Endpoint, 'id' | 'name' | 'kind' | 'site'>;
}

export async function openTickets({ policy, alertOf, endpointOf }: OpenTicketsParts, batch: Batch): Promise<void> {
  for (const change of batch.changes) {
    if (!isAlertChange(change)) batch.actions.push(...('event' in change ? policy.apply(change.event) : []));
    // An alert that has a ticket keeps it when its rule no longer opens any.
    else if (change.code === 'ticket_wanted' || change.alert.rule.ticket === 'open' || policy.state(change.alert.key))
      follow(change);
    await breathe();
  }
  batch.actions.push(...policy.advance(batch.at));
  for (const [i, action] of [...batch.actions].entries()) {
    if (action.type !== 'open' && action.type !== 'reopen' && action.type !== 'attach') continue;
    const alert = alertOf(action.key);
    if (!alert || alert.id !== action.about?.alert) continue;
    if (alert.acknowledgement) takeOver(alert.key, alert.acknowledgement, i);
  }

  /** The alert was acknowledged before it had this ticket: the ticket belongs to that person. */
  function takeOver(alert: string, { by, note }: Acknowledgement, opening: number): void {
    const key = ticketKeyOf(alert);
    const isTaken = (action: Action) => action.type === 'acknowledged' && action.key === key;
    if (batch.actions.findLastIndex(isTaken) > opening) return;
    batch.actions.push({ type: 'acknowledged', at: batch.at, key, by, note, isEarlier: true });
    batch.actions.push(...policy.apply({ type: 'touch', at: batch.at, key }));
  }

  /** An alert of an incident has the incident's ticket. */
  function ticketKeyOf(alert: string): string {
    return policy.state(alert)?.parent ?? alert;
  }

  function follow({ at, code, alert, ended, reason, actor, params }: AlertChange): void {
    const { key, family, endpoint: id } = alert;
    const subject = () => {
      const endpoint = endpointOf(id);
      return { endpoint: id, check: family, site: endpoint.site, about: aboutOf(alert, endpoint) };
    };
    // The milder level may open none, or have opened none before the rule was changed.
    const isNewHere = alert.state === 'firing' && !policy.state(key)?.firing;
    if (code === 'firing' || (isNewHere && (code === 'worse' || reason === 'rule_changed'))) {
      // Without one of its own, it counts in the ticket that a person opened for it.
      if (alert.rule.ticket !== 'open' && !policy.state(key)?.open) return;
      batch.actions.push(...policy.apply({ type: 'fire', at, key, ...subject() }));
    } else if (code === 'ticket_wanted') {
      batch.actions.push(...policy.apply({ type: 'want', at, key, ...subject(), by: actor }));
    } else if (code === 'worse' || code === 'eased') {
      const { urgency, severity } = alert.rule;
      batch.actions.push(...policy.apply({ type: 'level', at, key, urgency }));
      if (code === 'worse') batch.actions.push({ type: 'urgency', at, key: ticketKeyOf(key), urgency, severity });
    } else if (code === 'resolved' || (ended && code !== 'dropped')) {
      batch.actions.push(...policy.apply({ type: 'recover', at, key }));
    } else if (code === 'acknowledged') {
      const ticket = ticketKeyOf(key);
      const note = (params.note as string | null) ?? null;
      batch.actions.push({ type: 'acknowledged', at, key: ticket, by: actor, note });
      batch.actions.push(...policy.apply({ type: 'touch', at, key: ticket }));
    } else if (code === 'acknowledgement_ended' && params.why === 'withdrawn') {
      batch.actions.push({ type: 'released', at, key: ticketKeyOf(key), by: actor });
    }
  }
}

/** The facts about an alert in its ticket. */
export function aboutOf(alert: LiveAlert, { id, name, kind }: ReturnType<OpenTicketsParts['endpointOf']>): AboutTicket {
  const { family, rule } = alert;
  return {
    alert: alert.id,
    rule: family,
    urgency: rule.urgency,
    // What others depend on weighs as a server.
    endpoint: { id, name, kind: kind === 'workstation' ? kind : 'server' },
    instance: instanceOf(alert),
  };
}
