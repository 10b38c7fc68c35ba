/**
 * Site incidents: the same check fires on several endpoints of a site, and that is one outage, with one ticket instead of
 * many. What is beyond the hourly budget of tickets goes on the list of an incident, too.
 */
import { stormKey } from './groups.ts';
import { begin, reopen } from './lifecycle.ts';
import type { TicketMemory } from './memory.ts';
import { newTicketState, type TicketState } from './ticket-state.ts';

type Outage = Pick<TicketState, 'key' | 'check' | 'site'>;

/** Opens, reopens or finds the ticket of an incident. */
export function openIncident(memory: TicketMemory, { key, check, site }: Outage, at: number): TicketState {
  const incident = memory.get(key) ?? memory.add({ ...newTicketState(key, '', check, site), isStorm: true });
  const goesOn = incident.firing || incident.resolveDue !== null;
  // More of them while its ticket is closed by hand are news, too.
  const isNews = !goesOn || incident.openDue !== null;
  memory.set(incident, { firing: true, restoredAt: null, openDue: null, resolveDue: null, remindDue: null });
  if (!goesOn) memory.set(incident, { firedAt: at });
  if (!incident.open) {
    if (incident.resolvedAt !== null && at - incident.resolvedAt <= memory.settings.reopenWindow)
      reopen(memory, incident, at, goesOn ? 'still-firing' : 'fired');
    else {
      memory.countOpening(at);
      memory.act(incident, { type: 'open-parent', key, at, check, site, follows: incident.openedBefore });
      begin(memory, incident, at);
    }
  }
  if (isNews) memory.act(incident, { type: 'began', key, at });
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

/** Puts it on the list of the incident. */
export function join(memory: TicketMemory, state: TicketState, incident: TicketState, at: number): void {
  memory.act(state, { type: 'attach', key: state.key, at, parent: incident.key, merged: state.open });
  memory.set(state, { open: false, openDue: null, resolveDue: null, flapping: false, parent: incident.key });
  memory.addChild(incident, state.key);
  if (state.firing) memory.put(incident, { firingChildren: incident.firingChildren + 1 });
}

/**
 * Makes an incident of it and those around it, if there are enough. It opens as soon as one of them has fired for the open
 * delay: a site that blinks for less makes no ticket either.
 */
export function formIncident(memory: TicketMemory, state: TicketState, at: number): boolean {
  if (!isCrowded(memory, state)) return false;
  const members = memory.groups.recentOf(state).reverse();
  const isRipe = (member: TicketState) =>
    member.open || (member === state && state.firedAt + memory.settings.openDelay <= at);
  if (!members.some(isRipe)) return false;
  const { check, site } = state;
  const incident = openIncident(memory, { key: stormKey(site, check), check, site }, at);
  for (const member of members) join(memory, member, incident, at);
  return true;
}

/** So many endpoints of its site have the same at the same time that they are one incident, which may not be open yet. */
export function isCrowded({ groups, settings }: TicketMemory, state: TicketState): boolean {
  const near = groups.recentOf(state, settings.stormEndpoints);
  return new Set(near.map(({ endpoint }) => endpoint)).size >= settings.stormEndpoints;
}
