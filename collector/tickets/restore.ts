/** The state of the policy after a restart, read back from the tickets. */
import type { LiveAlert } from '../alerts/alert.ts';
import type { State } from '../state/open.ts';
import type { Action } from './actions.ts';
import type { PolicySettings } from './settings.ts';
import { type AboutTicket, newTicketState, type TicketState } from './ticket-state.ts';

/** An alert that is firing, or unknown because its endpoint is away. */
export interface OpenAlert {
  alert: LiveAlert;
  about: AboutTicket;
  site: string | null;
}

export interface Restored {
  states: TicketState[];
  openings: number[];
  /** Of tickets whose alert ended while no collector was running: restored as of now, and resolved the usual way. */
  orphans: Action[];
}

export async function readTickets(
  db: State,
  open: readonly OpenAlert[],
  settings: PolicySettings,
  now: number,
): Promise<Restored> {
  const states = new Map<string, TicketState>();
  for (const { alert, about, site } of open) {
    const { key, endpoint, family, firedAt, state } = alert;
    const fires = { firing: state !== 'inactive' && state !== 'pending', firedAt: firedAt ?? now, count: 1 };
    states.set(key, { ...newTicketState(key, endpoint, family, site), about, ...fires });
  }
  const tickets = await db
    .selectFrom('tickets')
    .selectAll()
    .where('kind', '!=', 'person')
    .where((is) =>
      is.or([
        is('open_key', 'is not', null),
        is('resolved_at', '>', now - settings.reopenWindow),
        is.and([is('muted_until', '>', now), is('state', 'in', ['resolved', 'closed', 'cancelled'])]),
      ]),
    )
    .orderBy('id')
    .execute();
  const goingOn = await readIncidents(db);
  for (const ticket of tickets) {
    const state =
      states.get(ticket.key) ?? newTicketState(ticket.key, ticket.endpoint ?? '', ticket.rule ?? 'budget', ticket.site);
    states.set(ticket.key, state);
    state.isIncident = ticket.kind === 'incident' || ticket.kind === 'budget';
    state.openedBefore = true;
    if (ticket.open_key === null) {
      state.mutedUntil = ticket.muted_until !== null && ticket.muted_until > now ? ticket.muted_until : null;
      const isReopened = state.isIncident && goingOn.has(ticket.id) && state.mutedUntil === null;
      state.resolvedAt = ticket.resolved_by === 'monitor' || isReopened ? ticket.resolved_at : null;
      continue;
    }
    state.open = true;
    state.touched = ticket.touched_at !== null;
    state.count = 0;
    state.restoredAt = ticket.restored_at;
    state.flapping = ticket.flapping_since !== null;
  }
  /** Open, or of an outage that goes on though a person has closed its ticket. */
  const current = new Map(
    tickets.filter(({ id, open_key }) => open_key !== null || goingOn.has(id)).map((ticket) => [ticket.id, ticket]),
  );
  for (const { alert } of open) {
    const parent = states.get(current.get(alert.ticket ?? -1)?.key ?? '');
    const child = states.get(alert.key);
    if (!parent?.isIncident || !child) continue;
    child.parent = parent.key;
    parent.children.push(child.key);
    if (child.firing) parent.firingChildren++;
    parent.firing = parent.firingChildren > 0;
  }
  await readEndedMembers(db, states, current);
  const endedAt = new Map(tickets.map(({ key, resolved_at }) => [key, resolved_at ?? 0]));
  await readFires(db, { states, endedAt }, settings, now);
  // Of what opens no ticket by itself, only what a person has opened goes on.
  for (const { alert } of open) {
    const state = states.get(alert.key);
    if (alert.rule.ticket !== 'open' && state && !state.open && state.parent === null) states.delete(alert.key);
  }
  const orphans: Action[] = [];
  for (const state of states.values()) armTimers(state, settings, now, orphans);
  for (const [id, { key }] of current) {
    const state = states.get(key) as TicketState;
    // Its end is still to be notified, whoever owns its ticket.
    if (goingOn.has(id) && !state.firing) state.resolveDue = (state.restoredAt ?? now) + settings.resolveHold;
  }
  const openings = await db
    .selectFrom('tickets')
    .select('opened_at')
    .where('kind', '!=', 'person')
    .where('opened_at', '>', now - 3_600_000)
    .execute();
  return { states: [...states.values()], openings: openings.map((row) => row.opened_at), orphans };
}

/** Numbers of the tickets of outages that have not ended. */
async function readIncidents(db: State): Promise<Set<number>> {
  const rows = await db.selectFrom('incidents').select('ticket').where('ended_at', 'is', null).execute();
  return new Set(rows.map(({ ticket }) => ticket));
}

/** Members of such incidents whose alerts have ended: they stay attached, and count for it when they fire again. */
async function readEndedMembers(
  db: State,
  states: Map<string, TicketState>,
  current: ReadonlyMap<number, { key: string }>,
): Promise<void> {
  const incidents = [...current].filter(([, { key }]) => states.get(key)?.isIncident).map(([id]) => id);
  const rows = await db
    .selectFrom('alerts')
    .select(['key', 'endpoint', 'ticket'])
    .distinct()
    .where('ticket', 'in', incidents)
    .where('active_key', 'is', null)
    .execute();
  for (const { key, endpoint, ticket } of rows) {
    const parent = states.get(current.get(ticket ?? -1)?.key ?? '');
    const child = states.get(key) ?? (parent && newTicketState(key, endpoint, parent.check, parent.site));
    if (!parent || !child || child.firing || child.open || child.parent !== null) continue;
    states.set(key, child);
    if (parent.open) child.parent = parent.key;
    parent.children.push(key);
  }
}

/** Sets the timers that were running before the restart. */
function armTimers(state: TicketState, settings: PolicySettings, now: number, orphans: Action[]): void {
  if (state.firing) {
    if (!state.open && state.parent === null)
      state.openDue = Math.max((state.resolvedAt ?? state.firedAt) + settings.openDelay, state.mutedUntil ?? 0);
  } else if (state.open && state.restoredAt === null)
    orphans.push({ type: 'recovered', key: state.key, at: now, touched: state.touched });
  if (!state.open || state.firing) return;
  const restored = state.restoredAt ?? now;
  state.restoredAt = restored;
  if (state.touched) state.remindDue = nextAfter(restored, settings.remindAfter, now);
  else state.resolveDue = restored + (state.flapping ? settings.flapHold : settings.resolveHold);
}

/** The first of `start + n · every` that has not passed. */
function nextAfter(start: number, every: number, now: number): number {
  return start + every * Math.max(1, Math.ceil((now - start) / every));
}

/** When each key fired within the window in which fires are counted, and how often since its last ticket. */
async function readFires(
  db: State,
  { states, endedAt }: { states: Map<string, TicketState>; endedAt: ReadonlyMap<string, number> },
  settings: PolicySettings,
  now: number,
): Promise<void> {
  const rows = await db
    .selectFrom('alert_events')
    .innerJoin('alerts', 'alerts.id', 'alert_events.alert')
    .select(['alerts.key as key', 'alert_events.at as at'])
    .where('alert_events.at', '>=', now - settings.flapWindow)
    .where('alert_events.code', '=', 'firing')
    .orderBy('alert_events.at')
    .execute();
  for (const { key, at } of rows) if (at > (endedAt.get(key) ?? 0)) states.get(key)?.fires.push(at);
  for (const state of states.values()) if (!state.open) state.count = Math.max(state.count, state.fires.length);
}
