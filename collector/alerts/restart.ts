/** Restores the state of each room of the second half of the pipeline after a restart. */
import type { Fleet } from '../fleet/fleet.ts';
import { loadMaintenance } from '../maintenance/load.ts';
import type { MaintenanceMemory } from '../maintenance/memory.ts';
import { standingNews } from '../notify/group-alerts.ts';
import type { MessageGroups } from '../notify/groups.ts';
import { loadGroups } from '../notify/load-groups.ts';
import type { State } from '../state/open.ts';
import { aboutOf, type OpenTicketsParts } from '../tickets/open.ts';
import { readTickets } from '../tickets/restore.ts';
import type { PolicySettings } from '../tickets/settings.ts';
import type { LiveAlert } from './alert.ts';
import type { Input } from './batch.ts';
import type { ClockKeeper } from './clocks.ts';
import { loadAlerts } from './load.ts';
import type { AlertMemory } from './memory.ts';
import { collectorId, ownRuleOf } from './own-rules.ts';
import { keepsTicket } from './suppressions.ts';
import type { Suppressors } from './suppressors.ts';

export interface RestartParts extends Pick<OpenTicketsParts, 'policy' | 'endpointOf'> {
  state: State;
  fleet: Pick<Fleet, 'get'>;
  memory: AlertMemory;
  maintenance: MaintenanceMemory;
  suppressors: Suppressors;
  groups: MessageGroups;
  settings: PolicySettings;
  clocks: Pick<ClockKeeper, 'load'>;
}

/** @returns what has to end because its rule, or its alert, is gone meanwhile */
export async function restart(parts: RestartParts, at: number): Promise<Input[]> {
  const { state, fleet, memory, policy } = parts;
  const bookOf = (id: string) => {
    if (id === collectorId) return { rule: ownRuleOf };
    const endpoint = fleet.get(id);
    const book = endpoint && memory.bookOf(endpoint, at);
    return book && { rule: (rule: string) => ownRuleOf(rule) ?? book.rule(rule) };
  };
  const { alerts, orphans, flaps, steady } = await loadAlerts(state, bookOf, await parts.clocks.load(), at);
  for (const [key, bits] of flaps) memory.setFlaps(key, bits);
  for (const [key, since] of steady) memory.setSteady(key, since);
  for (const alert of [...alerts, ...orphans]) memory.set(alert);
  memory.keep();
  const mayHaveTickets = ({ state: now, flapping }: LiveAlert) => now !== 'pending' || flapping;
  const open = alerts.filter(mayHaveTickets).map((alert) => {
    const endpoint = parts.endpointOf(alert.endpoint);
    return { alert, site: endpoint.site, about: aboutOf(alert, endpoint) };
  });
  const saved = await readTickets(state, open, parts.settings, at);
  policy.restore(saved.states, saved.openings);
  const { covered, ended } = await loadMaintenance(state, parts.maintenance, memory, at);
  const inMaintenance = (endpoint: string, on: boolean, since: number) => {
    const keys = memory.alertsOf(endpoint).map(({ key }) => key);
    return { type: 'maintenance' as const, on, endpoint, keys, at: since };
  };
  // Before anything is due: no ticket may open for what is suppressed.
  for (const endpoint of [...covered, ...ended.keys()]) policy.apply(inMaintenance(endpoint, true, 0));
  for (const event of await parts.suppressors.load(at)) policy.apply(event);
  for (const { id, key } of alerts)
    if (keepsTicket(parts.suppressors.suppressions, id))
      policy.apply({ type: 'hold', on: true, key, openAfter: 'release', at: 0 });
  policy.keep();
  const { suppressedBy } = parts.suppressors.suppressions;
  const current = [...alerts, ...orphans].filter((alert) => standingNews(alert).fires);
  parts.groups.restore(await loadGroups({ state, alerts: current, suppressedBy, bookOf }, at), at);
  return [
    ...[...ended].map(([endpoint, end]): Input => ({ type: 'ticket', at, event: inMaintenance(endpoint, false, end) })),
    ...saved.orphans.map(({ key }): Input => ({ type: 'ticket', at, event: { type: 'orphan', at, key } })),
    ...orphans.map(({ key }): Input => ({ type: 'end', at, key, reason: 'rule_removed' })),
  ];
}
