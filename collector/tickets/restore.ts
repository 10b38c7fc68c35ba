/** What the policy must know after a restart, read back from the tickets. */
import type { State } from '../state/open.ts';
import { type Line, newLine } from './line.ts';
import { type Action, stormKey } from './policy.ts';
import type { PolicySettings } from './settings.ts';

/** An alert that is firing, or asleep because its endpoint is off. */
export interface Firing {
  key: string;
  endpoint: string;
  check: string;
  site: string | null;
  firedAt: number;
  ticket: number | null;
}

/**
 * Rebuilds the lines. Open tickets whose alert is not among `firing` are orphans (the recovery was lost while nobody
 * watched): they come back as restored now, and end the usual way;
 * `orphans` are the actions that say so in the tickets.
 */
export async function readLines(
  state: State,
  firing: readonly Firing[],
  settings: PolicySettings,
  now: number,
): Promise<{ lines: Line[]; openings: number[]; orphans: Action[] }> {
  const lines = new Map<string, Line>();
  for (const alert of firing) {
    const line = newLine(alert.key, alert.endpoint, alert.check, alert.site);
    Object.assign(line, { firing: true, firedAt: alert.firedAt, count: 1 });
    lines.set(alert.key, line);
  }
  const tickets = await state
    .selectFrom('tickets')
    .selectAll()
    .where('source', '=', 'monitor')
    .where((is) => is.or([is('open_key', 'is not', null), is('resolved_at', '>', now - settings.reopenWindow)]))
    .orderBy('id')
    .execute();
  const byId = new Map(tickets.filter((ticket) => ticket.open_key !== null).map((ticket) => [ticket.id, ticket]));
  const orphans: Action[] = [];
  for (const ticket of tickets) {
    const isStorm = ticket.key.startsWith('storm/');
    const line =
      lines.get(ticket.key) ?? newLine(ticket.key, ticket.endpoint ?? '', ticket.rule ?? 'budget', siteOf(ticket.key));
    lines.set(ticket.key, line);
    if (isStorm) line.children = new Set();
    line.openedBefore = true;
    if (ticket.open_key === null) {
      line.resolvedAt = ticket.resolved_by === 'monitor' ? ticket.resolved_at : null;
      continue;
    }
    line.open = true;
    line.touched = ticket.touched_at !== null;
    line.count = ticket.fires;
    line.restoredAt = ticket.restored_at;
  }
  for (const alert of firing) {
    const parent = alert.ticket === null ? undefined : byId.get(alert.ticket);
    if (parent?.key.startsWith('storm/')) adopt(lines, alert.key, parent.key);
  }
  await readFires(state, lines, byId, settings, now);
  await readMutes(state, lines, now);
  for (const line of lines.values()) wind(line, settings, now, orphans);
  const openings = await state
    .selectFrom('tickets')
    .select('opened_at')
    .where('source', '=', 'monitor')
    .where('opened_at', '>', now - 3_600_000)
    .execute();
  return { lines: [...lines.values()], openings: openings.map((row) => row.opened_at), orphans };
}

const siteOf = (key: string) => /^storm\/([^/]+)\//.exec(key)?.[1] ?? null;

function adopt(lines: Map<string, Line>, key: string, parentKey: string): void {
  const child = lines.get(key);
  const parent = lines.get(parentKey);
  if (!child || !parent) return;
  child.parent = parentKey;
  parent.children?.add(key);
  parent.firing = true;
  // The key of a storm is case-folded; its site and check are those of its children.
  if (parentKey === stormKey(child.site, child.check)) Object.assign(parent, { site: child.site, check: child.check });
}

/** Sets the timers that a line would have had. */
function wind(line: Line, settings: PolicySettings, now: number, orphans: Action[]): void {
  if (line.firing) {
    if (!line.open && line.parent === null && line.children === null)
      line.openDue = Math.max(line.firedAt + settings.openDelay, line.mutedUntil ?? 0);
  } else if (line.open && line.restoredAt === null)
    orphans.push({ type: 'recovered', key: line.key, at: now, touched: line.touched });
  if (!line.open || line.firing) return;
  const restored = line.restoredAt ?? now;
  line.restoredAt = restored;
  if (line.touched) line.remindDue = nextAfter(restored, settings.remindAfter, now);
  else line.resolveDue = restored + (line.flapping ? settings.flapQuiet : settings.resolveHold);
}

/** The first of `start + n · every` that has not passed. */
function nextAfter(start: number, every: number, now: number): number {
  return start + every * Math.max(1, Math.ceil((now - start) / every));
}

async function readFires(
  state: State,
  lines: Map<string, Line>,
  open: Map<number, { key: string }>,
  settings: PolicySettings,
  now: number,
): Promise<void> {
  const events = await state
    .selectFrom('ticket_events')
    .select(['ticket', 'at', 'data'])
    .where('ticket', 'in', open.size === 0 ? [-1] : [...open.keys()].slice(0, 5000))
    .where('kind', 'in', ['opened', 'fired', 'reopened'])
    .orderBy('id')
    .execute();
  for (const event of events) {
    const line = lines.get(open.get(event.ticket)?.key ?? '');
    if (!line || line.children) continue;
    if (event.data?.includes('"flapping":true')) line.flapping = true;
    else if (now - event.at <= settings.flapWindow) line.fires.push(event.at);
  }
}

async function readMutes(state: State, lines: Map<string, Line>, now: number): Promise<void> {
  const events = await state
    .selectFrom('ticket_events')
    .innerJoin('tickets', 'tickets.id', 'ticket_events.ticket')
    .select([
      'tickets.key as key',
      'tickets.state as state',
      'ticket_events.data as data',
      'tickets.endpoint as endpoint',
    ])
    .select('tickets.rule as rule')
    .where('ticket_events.data', 'like', '%"wontFixUntil"%')
    .execute();
  for (const { key, state: ticketState, data, endpoint, rule } of events) {
    const until = (JSON.parse(data ?? '{}') as { wontFixUntil?: number }).wontFixUntil;
    if (until === undefined || until <= now || (ticketState !== 'resolved' && ticketState !== 'closed')) continue;
    const line = lines.get(key) ?? newLine(key, endpoint ?? '', rule ?? '', null);
    line.mutedUntil = until;
    lines.set(key, line);
  }
}
