/**
 * The state of the ticket policy: one per key, its due time, what is held back, and the actions that are not
 * taken yet. What could not be saved is undone.
 */
import { createDueQueue } from '../due.ts';
import type { Action } from './actions.ts';
import { createGroups } from './groups.ts';
import type { PolicySettings } from './settings.ts';
import type { TicketState } from './ticket-state.ts';
import { createUndo } from './undo.ts';

const hour = 3_600_000;

export type TicketMemory = ReturnType<typeof createTicketMemory>;

export function createTicketMemory(settings: PolicySettings) {
  const states = new Map<string, TicketState>();
  const due = createDueQueue();
  /** `e:<endpoint>`, `s:<site>` or `*`, while under maintenance. */
  const maintained = new Set<string>();
  /** Outages that last, by the key of their incident: the alert about each. */
  const outages = new Map<string, string>();
  /** The outage that an alert is part of, by its key. */
  const outageOf = new Map<string, string>();
  /** Keys of alerts that are silenced or inhibited. */
  const held = new Set<string>();
  /** Times of the automatic tickets of the last hour. */
  let openings: number[] = [];
  let actions: Action[] = [];
  let sweptAt = 0;
  const { put, change, keep, undo } = createUndo((state: TicketState) => {
    arm(state);
    groups.add(state);
  });

  const isHeldBack = ({ key, endpoint, site }: TicketState) =>
    held.has(key) || maintained.has('*') || maintained.has(`e:${endpoint}`) || maintained.has(`s:${site}`);
  const groups = createGroups(settings.incidentWindow, (state) => (state.open && state.touched) || isHeldBack(state));
  const openingsOf = (at: number) => openings.filter((opened) => at - opened < hour);

  function mark(set: Set<string>, what: string, on: boolean): void {
    const was = set.has(what);
    change(() => (was ? set.add(what) : set.delete(what)));
    if (on) set.add(what);
    else set.delete(what);
  }

  function assign(map: Map<string, string>, key: string, value: string | null): void {
    const before = map.get(key);
    change(() => (before === undefined ? map.delete(key) : map.set(key, before)));
    if (value === null) map.delete(key);
    else map.set(key, value);
  }

  function arm(state: TicketState): void {
    const at = dueOf(state);
    due.set(state.key, at === Infinity ? null : at);
  }

  return {
    settings,
    groups,
    due,
    /** Changes columns on which no due time depends. */
    put,
    keep,
    arm,
    isHeldBack,
    get: (key: string) => states.get(key),
    all: () => states.values(),
    /** The incident of which it is part. */
    parentOf: ({ parent }: TicketState) => (parent === null ? undefined : states.get(parent)),
    add(state: TicketState): TicketState {
      states.set(state.key, state);
      change(() => states.delete(state.key));
      return state;
    },
    /** Applies changes; the queue of due times follows. */
    set(state: TicketState, columns: Partial<TicketState>): void {
      put(state, columns);
      arm(state);
    },
    addChild(parent: TicketState, key: string): void {
      parent.children.push(key);
      change(() => parent.children.splice(parent.children.lastIndexOf(key), 1));
    },
    isOutage: (key: string) => outages.has(key),
    /** The incident of the outage that an alert is part of. */
    outageOf: (key: string) => states.get(outageOf.get(key) ?? ''),
    outageMembers: (key: string) => [...outageOf].flatMap(([member, of]) => (of === key ? member : [])),
    /** @param alert the alert about it; null: it is over */
    setOutage: (key: string, alert: string | null) => assign(outages, key, alert),
    awaitOutage: (key: string, parent: string) => assign(outageOf, key, parent),
    forgetOutage(key: string): void {
      for (const [member, of] of [...outageOf]) if (of === key) assign(outageOf, member, null);
    },
    maintain: (scope: string, on: boolean) => mark(maintained, scope, on),
    hold: (key: string, on: boolean) => mark(held, key, on),
    hasBudget: (at: number) => openingsOf(at).length < settings.budget,
    countOpening(at: number): void {
      const before = openings;
      change(() => {
        openings = before;
      });
      openings = [...openingsOf(at), at];
    },
    /** Queues an action, with the facts about the alert. */
    act(state: TicketState, action: Action): void {
      const alert = outages.get(state.key);
      actions.push(state.about ? { ...action, about: state.about } : alert ? { ...action, outage: alert } : action);
    },
    takeActions(): Action[] {
      const taken = actions;
      actions = [];
      return taken;
    },
    /** Drops states that no decision needs any more. The database keeps whether a key ever had a ticket. */
    forget(now: number): void {
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
    },
    restore(saved: TicketState[], opened: readonly number[]): void {
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
    undo(): void {
      undo();
      actions = [];
    },
  };
}

const dueOf = ({ openDue, resolveDue, remindDue }: TicketState) =>
  Math.min(openDue ?? Infinity, resolveDue ?? Infinity, remindDue ?? Infinity);
