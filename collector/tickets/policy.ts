/**
 * From alert to ticket: what to open, count, resolve, reopen and merge, and when. Pure: events and the time go in,
 * actions come out, which save.ts applies. One state per key (`endpoint/rule/instance`), because one key
 * has at most one open ticket; the unique index in the database enforces the same.
 *
 * Order of equal instants: what has become due comes before what arrives. Work grows with activity: due times are in
 * a heap, and firing alerts are kept by site and check in the order of their fires.
 */
import type { Action as PolicyAction, PolicyEvent } from './actions.ts';
import { incidentKey } from './groups.ts';
import {
  endIncident,
  enterOutage,
  formIncident,
  isSiteWide,
  join,
  openAgain,
  openIncident,
  openOutage,
} from './incident.ts';
import { begin, close, judgeFlapping, reopen, touch } from './lifecycle.ts';
import { createTicketMemory, type TicketMemory } from './memory.ts';
import type { PolicySettings } from './settings.ts';
import { newTicketState, type TicketState } from './ticket-state.ts';

export interface TicketPolicy {
  /** Everything that is due up to the event, then the event. */
  apply(event: PolicyEvent): PolicyAction[];
  /** Everything that is due up to `now`. */
  advance(now: number): PolicyAction[];
  /** When `advance` is due next; null when nothing waits. */
  nextDue(): number | null;
  state(key: string): TicketState | undefined;
  /** Keys of the alerts that fire according to the policy. */
  firing(): string[];
  /** One that is open, of its own or of its incident. */
  hasTicket(key: string): boolean;
  /** The alert is part of an incident: the incident is notified, not each alert. */
  isInIncident(key: string): boolean;
  /** Puts back what was saved, after a restart. `openings`: times of automatic tickets of the last hour. */
  restore(states: TicketState[], openings: number[]): void;
  /** What was done since the last call is saved. */
  keep(): void;
  /** What was done since `keep` could not be saved: takes it back. */
  undo(): void;
}

/** The ticket that takes the alerts beyond the hourly budget. */
export const budgetKey = 'storm/budget';

export function createPolicy(settings: PolicySettings): TicketPolicy {
  const memory = createTicketMemory(settings);

  return {
    apply(event) {
      runDue(memory, event.at);
      handle(memory, event);
      runDue(memory, event.at);
      return memory.takeActions();
    },
    advance(now) {
      runDue(memory, now);
      memory.forget(now);
      return memory.takeActions();
    },
    nextDue: memory.due.next,
    state: memory.get,
    firing: () => [...memory.all()].filter((state) => state.firing && !state.isIncident).map((state) => state.key),
    hasTicket(key) {
      const { open = false, parent = null } = memory.get(key) ?? {};
      return open || parent !== null;
    },
    isInIncident(key) {
      const state = memory.get(key);
      return state !== undefined && (state.parent !== null || isSiteWide(memory, state));
    },
    restore: memory.restore,
    keep: memory.keep,
    undo: memory.undo,
  };
}

// ── time ──

function runDue(memory: TicketMemory, now: number): void {
  for (let next = memory.due.take(now); next; next = memory.due.take(now)) {
    const state = memory.get(next.key);
    if (!state) continue;
    runOne(memory, state, next.at);
    memory.arm(state);
  }
}

/** Does the one thing that is due for a key at `at`. */
function runOne(memory: TicketMemory, state: TicketState, at: number): void {
  if (state.openDue === at) {
    memory.set(state, { openDue: null });
    if (memory.isOutage(state.key)) openOutage(memory, state, at);
    else if (state.isIncident) openAgain(memory, state, at);
    else if (!formIncident(memory, state, at)) open(memory, state, at);
  } else if (state.resolveDue === at) {
    memory.set(state, { resolveDue: null });
    if (state.isIncident) endIncident(memory, state, at);
    if (!state.open || state.touched) return;
    memory.act(state, { type: 'resolve', key: state.key, at });
    memory.set(state, { open: false, flapping: false, resolvedAt: at });
  } else if (state.remindDue === at) {
    memory.set(state, { remindDue: at + memory.settings.remindAfter });
    memory.act(state, { type: 'remind', key: state.key, at });
  }
}

function open(memory: TicketMemory, state: TicketState, at: number): void {
  const { key, resolvedAt, firedAt } = state;
  if (resolvedAt !== null && firedAt - resolvedAt <= memory.settings.reopenWindow) {
    reopen(memory, state, at, resolvedAt >= firedAt ? 'still-firing' : 'fired');
  } else if (!memory.hasBudget(at) && key !== budgetKey) {
    join(memory, state, openIncident(memory, { key: budgetKey, check: 'budget', site: null }, [state], at), at);
  } else {
    memory.countOpening(at);
    memory.act(state, { type: 'open', key, at, follows: state.openedBefore, count: state.count });
    begin(memory, state, at);
  }
}

// ── events ──

function handle(memory: TicketMemory, event: PolicyEvent): void {
  if (event.type === 'maintenance') maintain(memory, event);
  else if (event.type === 'hold') hold(memory, event);
  else if (event.type === 'outage') outage(memory, event);
  else if (event.type === 'join') joinOutage(memory, event);
  else if (event.type === 'fire') fire(memory, stateFor(memory, event), event.at);
  else if (event.type === 'want') want(memory, stateFor(memory, event), event);
  else {
    const { at, key } = event;
    const state = memory.get(key);
    if (!state) return;
    if (event.type === 'recover') recover(memory, state, at);
    else if (event.type === 'touch') touch(memory, state, at);
    else if (event.type === 'close') close(memory, state, at, event.mutedUntil ?? null);
    else if (event.type === 'orphan') memory.act(state, { type: 'recovered', key, at, touched: state.touched });
    else if (event.type === 'level') {
      if (state.about) memory.put(state, { about: { ...state.about, urgency: event.urgency } });
    } else {
      begin(memory, state, at);
      memory.set(state, { touched: true, openDue: null });
    }
  }
}

function stateFor(memory: TicketMemory, event: Extract<PolicyEvent, { type: 'fire' | 'want' }>): TicketState {
  const { key, endpoint, check, site, about } = event;
  const state = memory.get(key) ?? memory.add(newTicketState(key, endpoint, check, site));
  memory.put(state, { check, site, ...(about ? { about } : {}) });
  return state;
}

function fire(memory: TicketMemory, state: TicketState, at: number): void {
  const parent = memory.parentOf(state);
  const begins = !state.firing;
  memory.set(state, { firing: true, restoredAt: null, resolveDue: null, remindDue: null });
  if (begins) {
    // Fires too short for a ticket of their own count in the one that they lead to.
    const leadsOn = at - (state.fires.at(-1) ?? Number.NEGATIVE_INFINITY) <= memory.settings.flapWindow;
    memory.set(state, { firedAt: at, fires: [...state.fires, at], ...(leadsOn ? {} : { count: 0 }) });
    if (parent) memory.put(parent, { firingChildren: parent.firingChildren + 1 });
    else memory.groups.add(state);
  }
  if (!state.open) memory.set(state, { count: state.count + 1 });
  if (parent?.open) {
    openIncident(memory, parent, [state], at);
    memory.act(state, { type: 'count', key: parent.key, at, child: state.key });
    return;
  }
  // A person has closed the shared ticket.
  if (parent) return;
  if (state.open) {
    memory.act(state, { type: 'count', key: state.key, at });
    judgeFlapping(memory, state, at);
    return;
  }
  if (!begins && state.openDue !== null) return;
  joinOrWait(memory, state, at);
}

/** At once, and beyond the hourly budget: that is for what nobody asked for. */
function want(memory: TicketMemory, state: TicketState, { at, by }: Extract<PolicyEvent, { type: 'want' }>): void {
  if (state.open || state.parent !== null) return;
  if (!state.firing) {
    memory.set(state, { firing: true, firedAt: at, fires: [...state.fires, at], count: 1, restoredAt: null });
    memory.groups.add(state);
  }
  memory.set(state, { openDue: null, resolveDue: null, remindDue: null });
  memory.act(state, { type: 'open', key: state.key, at, follows: state.openedBefore, count: state.count, by });
  begin(memory, state, at);
}

function joinOrWait(memory: TicketMemory, state: TicketState, at: number): void {
  const { openDelay, incidentEndpoints } = memory.settings;
  const incident = memory.get(incidentKey(state.site, state.check));
  // While none of them is due there is nothing to check: an incident of thousands must not be counted at each fire.
  const isDueAtOnce = () =>
    openDelay === 0 || memory.groups.recentOf(state, incidentEndpoints * 2).some((member) => member.open);
  const outage = memory.outageOf(state.key);
  if (memory.isHeldBack(state)) memory.set(state, { openDue: null });
  else if (outage) enterOutage(memory, state, outage, at);
  else if (incident?.open && incident.firing) join(memory, state, incident, at);
  else if (!(isDueAtOnce() && formIncident(memory, state, at)))
    memory.set(state, { openDue: Math.max(state.firedAt + openDelay, state.mutedUntil ?? 0) });
}

function recover(memory: TicketMemory, state: TicketState, at: number): void {
  const { remindAfter, flapHold, resolveHold } = memory.settings;
  if (!state.firing) return;
  // A person closed it while it fired, and was right: that was no automatic resolution.
  if (!state.open && (state.resolvedAt ?? 0) >= state.firedAt) memory.set(state, { resolvedAt: null });
  memory.set(state, { firing: false, openDue: null, restoredAt: at });
  const parent = memory.parentOf(state);
  if (parent) {
    memory.put(parent, { firingChildren: parent.firingChildren - 1 });
    // A ticket that a person has closed takes no further fires.
    if (!parent.open) memory.set(state, { parent: null });
    if (parent.firingChildren === 0 && !memory.isOutage(parent.key)) recover(memory, parent, at);
    return;
  }
  if (state.open) memory.act(state, { type: 'recovered', key: state.key, at, touched: state.touched });
  if (state.open && state.touched) memory.set(state, { remindDue: at + remindAfter });
  if (state.isIncident || (state.open && !state.touched))
    memory.set(state, { resolveDue: at + (state.flapping ? flapHold : resolveHold) });
}

function hold(memory: TicketMemory, { key, on, openAfter, at }: Extract<PolicyEvent, { type: 'hold' }>): void {
  memory.hold(key, on);
  const state = memory.get(key);
  if (!state?.firing || state.open || state.parent !== null) return;
  if (on) memory.set(state, { openDue: null });
  else if (!memory.isHeldBack(state) && state.openDue === null) {
    const { openDelay } = memory.settings;
    memory.set(state, { openDue: Math.max((openAfter === 'fire' ? state.firedAt : at) + openDelay, at) });
  }
}

function maintain(memory: TicketMemory, event: Extract<PolicyEvent, { type: 'maintenance' }>): void {
  const { openDelay, afterMaintenance } = memory.settings;
  memory.maintain(event.endpoint ? `e:${event.endpoint}` : event.site ? `s:${event.site}` : '*', event.on);
  const states = event.keys ? event.keys.flatMap((key) => memory.get(key) ?? []) : memory.all();
  for (const state of states) {
    if (!state.firing || state.open || state.parent !== null || state.isIncident) continue;
    if (memory.isHeldBack(state)) memory.set(state, { openDue: null });
    else if (!event.on && state.openDue === null)
      memory.set(state, { openDue: Math.max(state.firedAt + openDelay, event.at + afterMaintenance) });
  }
}

/** Its ticket opens after the open delay, as any; those that are part of it wait for that. */
function outage(memory: TicketMemory, event: Extract<PolicyEvent, { type: 'outage' }>): void {
  const { key, check, site, on, since, alert, at } = event;
  const known = memory.get(key);
  if (!on && !known) return;
  const state = known ?? memory.add({ ...newTicketState(key, '', check, site), isIncident: true });
  memory.setOutage(key, on ? alert : null);
  if (on) {
    if (!state.firing) memory.set(state, { firing: true, firedAt: since, restoredAt: null });
    memory.set(state, { resolveDue: null, remindDue: null });
    if (!state.open) memory.set(state, { openDue: Math.max(since + memory.settings.openDelay, state.mutedUntil ?? 0) });
    return;
  }
  const left = [...memory.outageMembers(key), ...state.children].flatMap((child) => memory.get(child) ?? []);
  memory.forgetOutage(key);
  recover(memory, state, at);
  for (const member of new Set(left)) {
    if (!member.firing || (member.parent !== null && member.parent !== key)) continue;
    memory.set(member, { parent: null });
    memory.groups.add(member);
    if (!member.open) memory.set(member, { openDue: at + memory.settings.openDelay });
  }
  memory.put(state, { firingChildren: 0 });
}

function joinOutage(memory: TicketMemory, { key, parent, at }: Extract<PolicyEvent, { type: 'join' }>): void {
  memory.awaitOutage(key, parent);
  const state = memory.get(key);
  const incident = memory.get(parent);
  if (state?.firing && state.parent === null && incident) enterOutage(memory, state, incident, at);
}
