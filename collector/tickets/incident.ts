/**
 * Site incidents: the same check fires on several endpoints of a site. That is one outage, with one ticket instead of
 * many. Tickets beyond the hourly budget are attached to an incident, too.
 */
import { incidentKey } from './groups.ts';
import { begin, reopen } from './lifecycle.ts';
import type { TicketMemory } from './memory.ts';
import { newTicketState, type TicketState } from './ticket-state.ts';

/** Of an alert without facts. */
const usualUrgency = 2;

/**
 * Opens, reopens or finds the ticket of an incident.
 * @param members whose ticket it is; those that join later raise it when they do
 */
export function openIncident(
  memory: TicketMemory,
  { key, check, site }: Pick<TicketState, 'key' | 'check' | 'site'>,
  members: readonly TicketState[],
  at: number,
): TicketState {
  const incident = memory.get(key) ?? memory.add({ ...newTicketState(key, '', check, site), isIncident: true });
  const goesOn = incident.firing || incident.resolveDue !== null;
  // Further alerts while its ticket is closed by hand are notified, too.
  const mustNotify = !goesOn || incident.openDue !== null;
  memory.set(incident, { firing: true, restoredAt: null, openDue: null, resolveDue: null, remindDue: null });
  if (!goesOn) memory.set(incident, { firedAt: at });
  if (!incident.open) {
    const urgency = Math.min(3, ...members.map(({ about }) => about?.urgency ?? usualUrgency));
    const of = { check, site, urgency };
    if (incident.resolvedAt !== null && at - incident.resolvedAt <= memory.settings.reopenWindow)
      reopen(memory, incident, at, incident.resolvedAt >= incident.firedAt ? 'still-firing' : 'fired', of);
    else {
      memory.countOpening(at);
      memory.act(incident, { type: 'open-parent', key, at, ...of, follows: incident.openedBefore });
      begin(memory, incident, at);
    }
  }
  if (mustNotify) memory.act(incident, { type: 'began', key, at });
  return incident;
}

export function endIncident(memory: TicketMemory, incident: TicketState, at: number): void {
  memory.act(incident, { type: 'ended', key: incident.key, at, members: incident.children });
  for (const key of incident.children) {
    const member = memory.get(key);
    if (member?.parent !== incident.key) continue;
    memory.set(member, { parent: null });
    memory.groups.add(member);
  }
  memory.set(incident, { children: [], firingChildren: 0 });
}

/** Opens the ticket of an incident that still lasts. */
export function openAgain(memory: TicketMemory, incident: TicketState, at: number): void {
  const members = incident.children.flatMap((key) => memory.get(key) ?? []);
  const firing = members.filter(({ firing, parent }) => firing && parent === incident.key);
  openIncident(memory, incident, firing, at);
}

/** A site has been down for the open delay. */
export function openOutage(memory: TicketMemory, outage: TicketState, at: number): void {
  const members = memory.outageMembers(outage.key).flatMap((key) => memory.get(key) ?? []);
  const goesOn = outage.openedBefore;
  openIncident(memory, outage, members, at);
  // Its incident may have ended with the ticket that is open again.
  if (goesOn) memory.act(outage, { type: 'began', key: outage.key, at });
  for (const member of members) if (member.firing && member.parent === null) enterOutage(memory, member, outage, at);
}

/** The alert has the ticket of the outage, as soon as that is open; a ticket of its own that is in work stays below it. */
export function enterOutage(memory: TicketMemory, state: TicketState, outage: TicketState, at: number): void {
  memory.set(state, { openDue: null });
  if (!outage.open) return;
  if (state.open && state.touched) memory.act(state, { type: 'link', key: state.key, at, parent: outage.key });
  else join(memory, state, outage, at);
}

/** Attaches the alert to the incident. */
export function join(memory: TicketMemory, state: TicketState, incident: TicketState, at: number): void {
  memory.act(state, { type: 'attach', key: state.key, at, parent: incident.key, merged: state.open });
  memory.set(state, { open: false, openDue: null, resolveDue: null, flapping: false, parent: incident.key, count: 0 });
  memory.addChild(incident, state.key);
  if (state.firing) memory.put(incident, { firingChildren: incident.firingChildren + 1 });
}

/**
 * Forms an incident of the alert and those around it, if there are enough. Its ticket opens as soon as one of them has
 * fired for the open delay: a site that fails for less opens no ticket either.
 */
export function formIncident(memory: TicketMemory, state: TicketState, at: number): boolean {
  if (!isSiteWide(memory, state)) return false;
  const members = memory.groups.recentOf(state).reverse();
  const isDue = (member: TicketState) =>
    member.open || (member === state && state.firedAt + memory.settings.openDelay <= at);
  if (!members.some(isDue)) return false;
  const { check, site } = state;
  const incident = openIncident(memory, { key: incidentKey(site, check), check, site }, members, at);
  for (const member of members) join(memory, member, incident, at);
  return true;
}

/** True when enough endpoints of its site have the same check firing to be one incident, which may not be open yet. */
export function isSiteWide({ groups, settings }: TicketMemory, state: TicketState): boolean {
  const recent = groups.recentOf(state, settings.incidentEndpoints);
  return new Set(recent.map(({ endpoint }) => endpoint)).size >= settings.incidentEndpoints;
}
