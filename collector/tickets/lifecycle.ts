/** The life cycle of one ticket: opened, reopened, touched, closed, and flapping. */
import type { Outage } from './actions.ts';
import type { TicketMemory } from './memory.ts';
import type { TicketState } from './ticket-state.ts';

export function begin(memory: TicketMemory, state: TicketState, at: number): void {
  memory.set(state, { open: true, openedBefore: true, touched: false, resolvedAt: null, mutedUntil: null, count: 0 });
  judgeFlapping(memory, state, at);
}

/** @param of of an incident */
export function reopen(
  memory: TicketMemory,
  state: TicketState,
  at: number,
  why: 'fired' | 'still-firing',
  of?: Outage,
): void {
  memory.act(state, { type: 'reopen', key: state.key, at, why, ...(of ? { of } : {}) });
  begin(memory, state, at);
  // A person had closed it: it stays that person's.
  if (why === 'still-firing') memory.set(state, { touched: true });
}

export function judgeFlapping(memory: TicketMemory, state: TicketState, at: number): void {
  const { flapWindow, flapCount } = memory.settings;
  memory.set(state, { fires: state.fires.filter((fired) => at - fired <= flapWindow) });
  if (!state.open || state.flapping || state.fires.length < flapCount) return;
  memory.set(state, { flapping: true });
  memory.act(state, { type: 'flapping', key: state.key, at });
}

/** A person works on it: from now on only a person resolves it. */
export function touch(memory: TicketMemory, state: TicketState, at: number): void {
  if (!state.open) return;
  memory.set(state, { touched: true, resolveDue: state.isIncident ? state.resolveDue : null });
  if (!state.firing && state.remindDue === null) memory.set(state, { remindDue: at + memory.settings.remindAfter });
}

/** Closed by hand though it still fires: waits the open delay, because the fix may not be measured yet. */
export function close(memory: TicketMemory, state: TicketState, at: number, mutedUntil: number | null): void {
  const resolveDue = state.isIncident ? state.resolveDue : null;
  // What fires from now on is counted anew: a ticket that flaps shows the fires by which it does.
  memory.set(state, {
    open: false,
    flapping: false,
    resolveDue,
    remindDue: null,
    resolvedAt: null,
    mutedUntil,
    fires: [],
  });
  if (!state.firing) return;
  if (mutedUntil !== null) memory.set(state, { openDue: mutedUntil });
  // Within the reopen window by definition: it never stopped.
  else memory.set(state, { resolvedAt: at, openDue: at + memory.settings.openDelay });
}
