/** The step after `advance`: what follows for tickets from what happened to alerts, and from what people did. */
import type { AlertChange, Batch } from '../alerts/batch.ts';
import { isAlertChange } from '../alerts/batch.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { instanceOf } from '../notify/notice.ts';
import type { TicketPolicy } from './policy.ts';
import type { About } from './ticket-state.ts';

export interface OpenTicketsParts {
  policy: TicketPolicy;
  endpointOf(id: string): Pick<Endpoint, 'id' | 'name' | 'kind' | 'site'>;
}

export function openTickets({ policy, endpointOf }: OpenTicketsParts, batch: Batch): void {
  for (const change of batch.changes) {
    if (!isAlertChange(change)) batch.actions.push(...policy.apply(change.did));
    // One that has a ticket keeps it when its rule opens none any more.
    else if (change.alert.rule.ticket !== 'off' || policy.state(change.alert.key)) {
      follow(change);
      change.quiet = policy.crowded(change.alert.key);
    }
  }
  batch.actions.push(...policy.advance(batch.at));

  function follow({ at, code, alert, ended, reason, actor, params }: AlertChange): void {
    const { key, family, endpoint: id } = alert;
    if (code === 'firing' || (reason === 'rule_changed' && alert.state === 'firing' && !policy.state(key)?.firing)) {
      if (alert.rule.ticket === 'off') return;
      const { site, ...endpoint } = endpointOf(id);
      const { id: alertId, rule } = alert;
      const about: About = {
        alert: alertId,
        rule: family,
        urgency: rule.urgency,
        endpoint,
        instance: instanceOf(alert),
      };
      batch.actions.push(...policy.apply({ type: 'fire', at, key, endpoint: id, check: family, site, about }));
    } else if (code === 'worse') {
      batch.actions.push({ type: 'urgency', at, key, urgency: alert.rule.urgency, severity: alert.rule.severity });
    } else if (code === 'resolved' || (ended && code !== 'dropped')) {
      batch.actions.push(...policy.apply({ type: 'recover', at, key }));
    } else if (code === 'acknowledged') {
      batch.actions.push({ type: 'acknowledged', at, key, by: actor, note: (params.note as string | null) ?? null });
      batch.actions.push(...policy.apply({ type: 'touch', at, key }));
    }
  }
}
