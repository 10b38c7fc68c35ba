/** What the policy must know after a restart, read back from the tickets. */
import type { Transaction } from 'kysely';
import type { Alert } from '../alerts/alert.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { Action } from './policy.ts';
import type { PolicySettings } from './settings.ts';
import { type About, newTicketState, type TicketState } from './ticket-state.ts';

/** An alert that is firing, or unknown because its endpoint is away. */
export interface OpenAlert {
  alert: Alert;
  about: About;
  site: string | null;
}

export interface Restored {
  states: TicketState[];
  openings: number[];
  /** Of tickets whose alert ended while nobody watched: they come back as restored now, and end the usual way. */
  orphans: Action[];
}

type Db = State | Transaction<Database>;

export async function readTickets(
  db: Db,
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
        is.and([is('muted_until', '>', now), is('state', 'in', ['resolved', 'closed'])]),
      ]),
    )
    .orderBy('id')
    .execute();
  for (const ticket of tickets) {
    const state =
      states.get(ticket.key) ?? newTicketState(ticket.key, ticket.endpoint ?? '', ticket.rule ?? 'budget', ticket.site);
    states.set(ticket.key, state);
    state.isStorm = ticket.kind === 'incident' || ticket.kind === 'budget';
    state.openedBefore = true;
    if (ticket.open_key === null) {
      state.resolvedAt = ticket.resolved_by === 'monitor' ? ticket.resolved_at : null;
      state.mutedUntil = ticket.muted_until !== null && ticket.muted_until > now ? ticket.muted_until : null;
      continue;
    }
    state.open = true;
    state.touched = ticket.touched_at !== null;
    state.count = ticket.fires;
    state.restoredAt = ticket.restored_at;
    state.flapping = ticket.flapping_since !== null;
  }
  const openById = new Map(tickets.filter(({ open_key }) => open_key !== null).map((ticket) => [ticket.id, ticket]));
  for (const { alert } of open) {
    const parent = states.get(openById.get(alert.ticket ?? -1)?.key ?? '');
    const child = states.get(alert.key);
    if (!parent?.isStorm || !child) continue;
    child.parent = parent.key;
    parent.children.push(child.key);
    if (child.firing) parent.firingChildren++;
    parent.firing = parent.firingChildren > 0;
  }
  await readEndedMembers(db, states, openById);
  await readFires(db, states, settings, now);
  const orphans: Action[] = [];
  for (const state of states.values()) armTimers(state, settings, now, orphans);
  const openings = await db
    .selectFrom('tickets')
    .select('opened_at')
    .where('kind', '!=', 'person')
    .where('opened_at', '>', now - 3_600_000)
    .execute();
  return { states: [...states.values()], openings: openings.map((row) => row.opened_at), orphans };
}

/** Members of open incidents whose alerts have ended: they stay on its list, and count into it when they fire again. */
async function readEndedMembers(
  db: Db,
  states: Map<string, TicketState>,
  open: ReadonlyMap<number, { key: string }>,
): Promise<void> {
  const storms = [...open].filter(([, { key }]) => states.get(key)?.isStorm).map(([id]) => id);
  const rows = await db
    .selectFrom('alerts')
    .select(['key', 'endpoint', 'ticket'])
    .distinct()
    .where('ticket', 'in', storms)
    .where('active_key', 'is', null)
    .execute();
  for (const { key, endpoint, ticket } of rows) {
    const parent = states.get(open.get(ticket ?? -1)?.key ?? '');
    const child = states.get(key) ?? (parent && newTicketState(key, endpoint, parent.check, parent.site));
    if (!parent || !child || child.firing || child.open || child.parent !== null) continue;
    states.set(key, child);
    child.parent = parent.key;
    parent.children.push(key);
  }
}

/** Sets the timers that it would have had. */
function armTimers(state: TicketState, settings: PolicySettings, now: number, orphans: Action[]): void {
  if (state.firing) {
    if (!state.open && state.parent === null && !state.isStorm)
      state.openDue = Math.max(state.firedAt + settings.openDelay, state.mutedUntil ?? 0);
  } else if (state.open && state.restoredAt === null)
    orphans.push({ type: 'recovered', key: state.key, at: now, touched: state.touched });
  if (!state.open || state.firing) return;
  const restored = state.restoredAt ?? now;
  state.restoredAt = restored;
  if (state.touched) state.remindDue = nextAfter(restored, settings.remindAfter, now);
  else state.resolveDue = restored + (state.flapping ? settings.flapQuiet : settings.resolveHold);
}

/** The first of `start + n · every` that has not passed. */
function nextAfter(start: number, every: number, now: number): number {
  return start + every * Math.max(1, Math.ceil((now - start) / every));
}

/** When each key fired within the window in which fires are counted. */
async function readFires(db: Db, states: Map<string, TicketState>, settings: PolicySettings, now: number) {
  const rows = await db
    .selectFrom('alert_events')
    .innerJoin('alerts', 'alerts.id', 'alert_events.alert')
    .select(['alerts.key as key', 'alert_events.at as at'])
    .where('alert_events.at', '>=', now - settings.flapWindow)
    .where('alert_events.code', '=', 'firing')
    .orderBy('alert_events.at')
    .execute();
  for (const { key, at } of rows) states.get(key)?.fires.push(at);
}
