/**
 * From alert to ticket: what to open, count, resolve, reopen and merge, and when. Pure: events and the time go in,
 * actions come out, which save.ts carries out. One state per key (`endpoint/rule/instance`), because one key
 * has at most one open ticket; the unique index in the database enforces the same.
 *
 * Order of equal instants: what has become due happens before what arrives. Work grows with what happens: due times lie in
 * a heap, and what fires is kept by site and check in the order of its fires.
 */
import { createDueQueue } from '../due.ts';
import { createGroups, stormKey } from './groups.ts';
import type { PolicySettings } from './settings.ts';
import { type About, newTicketState, type TicketState } from './ticket-state.ts';
import { createUndo } from './undo.ts';

export type PolicyEvent = { at: number } & (
  | { type: 'fire'; key: string; endpoint: string; check: string; site: string | null; about?: About }
  | { type: 'recover'; key: string }
  /** The alert is at another level: what its ticket opens with. */
  | { type: 'level'; key: string; urgency: number }
  /** A person commented, assigned or changed the ticket. */
  | { type: 'touch'; key: string }
  /** A person resolved, closed or cancelled it. */
  | { type: 'close'; key: string; mutedUntil?: number | null }
  /** A person opened it again. */
  | { type: 'reopen'; key: string }
  /** Its alert ended while nobody watched. */
  | { type: 'orphan'; key: string }
  | { type: 'maintenance'; on: boolean; endpoint?: string | null; site?: string | null }
);

export type Action = { at: number; key: string; about?: About } & (
  | { type: 'open'; follows: boolean; count: number }
  | { type: 'open-parent'; check: string; site: string | null; follows: boolean }
  | { type: 'attach'; parent: string /** It had a ticket of its own, which is cancelled as merged. */; merged: boolean }
  | { type: 'count' /** It is on the list of this ticket. */; child?: string }
  | { type: 'recovered'; touched: boolean }
  | { type: 'flapping' }
  | { type: 'resolve' }
  | { type: 'reopen'; why: 'fired' | 'still-firing' /** Of a storm. */; of?: { check: string; site: string | null } }
  /** Of a storm, whatever people do with its ticket meanwhile. */
  | { type: 'began' }
  | { type: 'ended' /** Those on its list until now. */; members: readonly string[] }
  | { type: 'remind' }
  /** The alert has got worse: its ticket follows. */
  | { type: 'urgency'; urgency: number; severity: string }
  /** A person is on it. */
  | { type: 'acknowledged'; by: string; note: string | null /** Before the ticket was. */; isEarlier?: boolean }
);

export interface TicketPolicy {
  /** Everything that is due up to the event, then the event. */
  apply(event: PolicyEvent): Action[];
  /** Everything that is due up to `now`. */
  advance(now: number): Action[];
  /** When `advance` has something to do next; null when nothing waits. */
  nextDue(): number | null;
  state(key: string): TicketState | undefined;
  /** Keys of alerts that are thought to fire. */
  firing(): string[];
  /** The alert is one of a storm: people are told of the storm, not of each. */
  crowded(key: string): boolean;
  /** Puts back what was saved, after a restart. `openings`: times of automatic tickets of the last hour. */
  restore(states: TicketState[], openings: number[]): void;
  /** What was done since the last call is saved. */
  keep(): void;
  /** What was done since `keep` could not be saved: as if it had not happened. */
  undo(): void;
}

const hour = 3_600_000;
/** The ticket that takes what is beyond the hourly budget. */
export const budgetKey = 'storm/budget';
export function createPolicy(settings: PolicySettings): TicketPolicy {
  const states = new Map<string, TicketState>();
  const due = createDueQueue();
  const { put, change, keep, undo } = createUndo((state: TicketState) => {
    arm(state);
    groups.add(state);
  });
  let openings: number[] = [];
  /** `e:<endpoint>`, `s:<site>` or `*`, while under maintenance. */
  const maintained = new Set<string>();
  let actions: Action[] = [];
  let sweptAt = 0;

  const dueOf = (state: TicketState) =>
    Math.min(state.openDue ?? Infinity, state.resolveDue ?? Infinity, state.remindDue ?? Infinity);
  const underMaintenance = (state: TicketState) =>
    maintained.has('*') || maintained.has(`e:${state.endpoint}`) || maintained.has(`s:${state.site}`);

  const groups = createGroups(
    settings.stormWindow,
    (state) => (state.open && state.touched) || underMaintenance(state),
  );

  function arm(state: TicketState): void {
    const at = dueOf(state);
    due.set(state.key, at === Infinity ? null : at);
  }

  /** Takes changes over; the heap follows. */
  function set(state: TicketState, columns: Partial<TicketState>): void {
    put(state, columns);
    arm(state);
  }

  function run(now: number): void {
    for (let next = due.take(now); next; next = due.take(now)) {
      const state = states.get(next.key);
      if (!state) continue;
      runOne(state, next.at);
      arm(state);
    }
  }

  /** Does the one thing of a key that is due at `at`. */
  function runOne(state: TicketState, at: number): void {
    if (state.openDue === at) {
      set(state, { openDue: null });
      if (state.isStorm) openParent(state.key, state.check, state.site, at);
      else if (!tryStorm(state, at)) openOne(state, at);
    } else if (state.resolveDue === at) {
      set(state, { resolveDue: null });
      if (state.isStorm) endStorm(state, at);
      if (!state.open || state.touched) return;
      act(state, { type: 'resolve', key: state.key, at });
      set(state, { open: false, flapping: false, resolvedAt: at });
    } else if (state.remindDue === at) {
      set(state, { remindDue: at + settings.remindAfter });
      act(state, { type: 'remind', key: state.key, at });
    }
  }

  function endStorm(parent: TicketState, at: number): void {
    act(parent, { type: 'ended', key: parent.key, at, members: parent.children });
    for (const key of parent.children) {
      const child = states.get(key);
      if (child?.parent !== parent.key) continue;
      set(child, { parent: null });
      groups.add(child);
    }
    set(parent, { children: [], firingChildren: 0 });
  }

  function openOne(state: TicketState, at: number): void {
    if (state.resolvedAt !== null && state.firedAt - state.resolvedAt <= settings.reopenWindow) {
      reopen(state, at, state.resolvedAt >= state.firedAt ? 'still-firing' : 'fired');
      return;
    }
    const recent = openings.filter((opened) => at - opened < hour);
    if (recent.length >= settings.budget && state.key !== budgetKey) {
      attach(state, openParent(budgetKey, 'budget', null, at), at);
      return;
    }
    countOpening(at);
    act(state, { type: 'open', key: state.key, at, follows: state.openedBefore, count: state.count });
    begin(state, at);
  }

  function countOpening(at: number): void {
    const before = openings;
    change(() => {
      openings = before;
    });
    openings = [...before.filter((opened) => at - opened < hour), at];
  }

  function begin(state: TicketState, at: number): void {
    set(state, { open: true, openedBefore: true, touched: false, resolvedAt: null, mutedUntil: null });
    judgeFlapping(state, at);
  }

  function reopen(state: TicketState, at: number, why: 'fired' | 'still-firing'): void {
    const { key, isStorm, check, site } = state;
    act(state, { type: 'reopen', key, at, why, ...(isStorm ? { of: { check, site } } : {}) });
    begin(state, at);
    // A person had closed it: it stays theirs.
    if (why === 'still-firing') set(state, { touched: true });
  }

  function judgeFlapping(state: TicketState, at: number): void {
    set(state, { fires: state.fires.filter((fired) => at - fired <= settings.flapWindow) });
    if (!state.open || state.flapping || state.fires.length < settings.flapCount) return;
    set(state, { flapping: true });
    act(state, { type: 'flapping', key: state.key, at });
  }

  function add(state: TicketState): TicketState {
    states.set(state.key, state);
    change(() => states.delete(state.key));
    return state;
  }

  /** Opens, reopens or finds the storm ticket `key`. */
  function openParent(key: string, check: string, site: string | null, at: number): TicketState {
    const parent = states.get(key) ?? add({ ...newTicketState(key, '', check, site), isStorm: true });
    const goesOn = parent.firing || parent.resolveDue !== null;
    // More of them while its ticket is closed by hand are news, too.
    const isNews = !goesOn || parent.openDue !== null;
    set(parent, { firing: true, restoredAt: null, openDue: null, resolveDue: null, remindDue: null });
    if (!goesOn) set(parent, { firedAt: at });
    if (!parent.open) {
      if (parent.resolvedAt !== null && at - parent.resolvedAt <= settings.reopenWindow)
        reopen(parent, at, goesOn ? 'still-firing' : 'fired');
      else {
        countOpening(at);
        act(parent, { type: 'open-parent', key, at, check, site, follows: parent.openedBefore });
        begin(parent, at);
      }
    }
    if (isNews) act(parent, { type: 'began', key, at });
    return parent;
  }

  function attach(state: TicketState, parent: TicketState, at: number): void {
    act(state, { type: 'attach', key: state.key, at, parent: parent.key, merged: state.open });
    set(state, { open: false, openDue: null, resolveDue: null, flapping: false, parent: parent.key });
    parent.children.push(state.key);
    change(() => parent.children.splice(parent.children.lastIndexOf(state.key), 1));
    if (state.firing) put(parent, { firingChildren: parent.firingChildren + 1 });
  }

  /** Of the same site and check, within one window that ends with the latest fire; oldest first. */
  function stormOf(state: TicketState): TicketState[] {
    const near = groups.recentOf(state);
    return new Set(near.map(({ endpoint }) => endpoint)).size >= settings.stormEndpoints ? near.reverse() : [];
  }

  /**
   * One ticket instead of many. It opens as soon as one of the storm has fired for the open delay: a site that blinks
   * for less makes no ticket either.
   */
  function tryStorm(state: TicketState, at: number): boolean {
    const isRipe = (member: TicketState) =>
      member.open || (member === state && state.firedAt + settings.openDelay <= at);
    if (groups.recentOf(state, settings.stormEndpoints).length < settings.stormEndpoints) return false;
    const storm = stormOf(state);
    if (!storm.some(isRipe)) return false;
    const parent = openParent(stormKey(state.site, state.check), state.check, state.site, at);
    for (const member of storm) attach(member, parent, at);
    return true;
  }

  function fire(state: TicketState, at: number): void {
    const parent = state.parent === null ? undefined : states.get(state.parent);
    const begins = !state.firing;
    set(state, { firing: true, restoredAt: null, resolveDue: null, remindDue: null });
    if (begins) {
      set(state, { firedAt: at, fires: [...state.fires, at], ...(state.open ? {} : { count: 0 }) });
      if (parent) put(parent, { firingChildren: parent.firingChildren + 1 });
      else groups.add(state);
    }
    set(state, { count: state.count + 1 });
    if (parent?.open) {
      openParent(parent.key, parent.check, parent.site, at);
      act(state, { type: 'count', key: parent.key, at, child: state.key });
      return;
    }
    // A person has closed the ticket that both share.
    if (parent) return;
    if (state.open) {
      act(state, { type: 'count', key: state.key, at });
      judgeFlapping(state, at);
      return;
    }
    if (!begins && state.openDue !== null) return;
    joinOrWait(state, at);
  }

  function joinOrWait(state: TicketState, at: number): void {
    const storm = states.get(stormKey(state.site, state.check));
    if (underMaintenance(state)) set(state, { openDue: null });
    else if (storm?.open && storm.firing) attach(state, storm, at);
    // While none of them is ripe there is nothing to look at: a storm of thousands must not be counted at each fire.
    else if (!(isRipeAtOnce(state) && tryStorm(state, at)))
      set(state, { openDue: Math.max(state.firedAt + settings.openDelay, state.mutedUntil ?? 0) });
  }

  /** What is to be done, with what is known of the alert. */
  function act(state: TicketState, action: Action): void {
    actions.push(state.about ? { ...action, about: state.about } : action);
  }

  const isRipeAtOnce = (state: TicketState) =>
    settings.openDelay === 0 || groups.recentOf(state, settings.stormEndpoints * 2).some(({ open }) => open);

  function recover(state: TicketState, at: number): void {
    if (!state.firing) return;
    // A person closed it while it fired, and was right after all: that was no automatic resolution.
    if (!state.open && (state.resolvedAt ?? 0) >= state.firedAt) set(state, { resolvedAt: null });
    set(state, { firing: false, openDue: null, restoredAt: at });
    const parent = state.parent === null ? undefined : states.get(state.parent);
    if (parent) {
      put(parent, { firingChildren: parent.firingChildren - 1 });
      // Into a ticket that a person has closed nothing can count when it fires again.
      if (!parent.open) set(state, { parent: null });
      if (parent.firingChildren === 0) recover(parent, at);
      return;
    }
    if (state.open) act(state, { type: 'recovered', key: state.key, at, touched: state.touched });
    if (state.open && state.touched) set(state, { remindDue: at + settings.remindAfter });
    if (state.isStorm || (state.open && !state.touched))
      set(state, { resolveDue: at + (state.flapping ? settings.flapQuiet : settings.resolveHold) });
  }

  function touch(state: TicketState, at: number): void {
    if (!state.open) return;
    set(state, { touched: true, resolveDue: state.isStorm ? state.resolveDue : null });
    if (!state.firing && state.remindDue === null) set(state, { remindDue: at + settings.remindAfter });
  }

  /** Closed by hand though it still fires: wait the open delay, for the cure may just not be measured yet. */
  function close(state: TicketState, at: number, mutedUntil: number | null): void {
    const resolveDue = state.isStorm ? state.resolveDue : null;
    set(state, { open: false, flapping: false, resolveDue, remindDue: null, resolvedAt: null, mutedUntil });
    if (!state.firing) return;
    if (mutedUntil !== null) set(state, { openDue: mutedUntil });
    // Within the reopen window by definition: it never stopped.
    else set(state, { resolvedAt: at, openDue: at + settings.openDelay });
  }

  function maintain(event: Extract<PolicyEvent, { type: 'maintenance' }>): void {
    const scope = event.endpoint ? `e:${event.endpoint}` : event.site ? `s:${event.site}` : '*';
    const was = maintained.has(scope);
    change(() => (was ? maintained.add(scope) : maintained.delete(scope)));
    if (event.on) maintained.add(scope);
    else maintained.delete(scope);
    for (const state of states.values()) {
      if (!state.firing || state.open || state.parent !== null || state.isStorm) continue;
      if (underMaintenance(state)) set(state, { openDue: null });
      else if (!event.on && state.openDue === null)
        set(state, {
          openDue: Math.max(state.firedAt + settings.openDelay, event.at + settings.afterMaintenance),
        });
    }
  }

  function stateFor(event: Extract<PolicyEvent, { type: 'fire' }>): TicketState {
    const state = states.get(event.key) ?? add(newTicketState(event.key, event.endpoint, event.check, event.site));
    put(state, { check: event.check, site: event.site, ...(event.about ? { about: event.about } : {}) });
    return state;
  }

  function handle(event: PolicyEvent): void {
    if (event.type === 'maintenance') maintain(event);
    else if (event.type === 'fire') fire(stateFor(event), event.at);
    else {
      const state = states.get(event.key);
      if (!state) return;
      if (event.type === 'recover') recover(state, event.at);
      else if (event.type === 'level')
        put(state, state.about ? { about: { ...state.about, urgency: event.urgency } } : {});
      else if (event.type === 'touch') touch(state, event.at);
      else if (event.type === 'orphan')
        act(state, { type: 'recovered', key: state.key, at: event.at, touched: state.touched });
      else if (event.type === 'close') close(state, event.at, event.mutedUntil ?? null);
      else {
        begin(state, event.at);
        set(state, { touched: true, openDue: null });
      }
    }
  }

  function taken(): Action[] {
    const done = actions;
    actions = [];
    return done;
  }

  /** Forgets what no decision will need again. Whether a key ever had a ticket is known to the database. */
  function forget(now: number): void {
    if (now - sweptAt < hour) return;
    sweptAt = now;
    const longest = Math.max(settings.reopenWindow, settings.flapWindow);
    for (const state of states.values()) {
      if (state.firing || state.open || state.parent !== null || dueOf(state) !== Infinity) continue;
      if (now - Math.max(state.resolvedAt ?? 0, state.restoredAt ?? 0, state.mutedUntil ?? 0) <= longest) continue;
      states.delete(state.key);
      change(() => states.set(state.key, state));
    }
    groups.forget();
  }

  return {
    apply(event) {
      run(event.at);
      handle(event);
      run(event.at);
      return taken();
    },
    advance(now) {
      run(now);
      forget(now);
      return taken();
    },
    nextDue: due.next,
    state: (key) => states.get(key),
    firing: () => [...states.values()].filter((state) => state.firing && !state.isStorm).map((state) => state.key),
    crowded(key) {
      const state = states.get(key);
      if (!state) return false;
      const near = state.parent === null ? groups.recentOf(state, settings.stormEndpoints) : [];
      return state.parent !== null || new Set(near.map(({ endpoint }) => endpoint)).size >= settings.stormEndpoints;
    },
    restore(saved, opened) {
      states.clear();
      groups.clear();
      due.clear();
      for (const state of saved.sort((a, b) => a.firedAt - b.firedAt)) {
        states.set(state.key, state);
        arm(state);
        groups.add(state);
      }
      openings = [...opened];
      keep();
    },
    keep,
    undo() {
      undo();
      actions = [];
    },
  };
}
