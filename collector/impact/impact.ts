/**
 * What incidents did to people. An incident is a ticket: it has the alerts, the people who work on it and its history.
 * Until somebody states the impact it is estimated from the alerts, anew at each reading; what is stated is kept, each
 * version with its author and reason.
 */
import type { Selectable } from 'kysely';
import { fail } from '../../shared/errors.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { chunks } from '../state/chunks.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { note } from '../tickets/tickets.ts';
import { impactFault } from './check.ts';
import { type Affected, type Estimate, estimateImpact, type ImpactSegment, type OutageAlert } from './estimate.ts';

export interface Impact {
  ticket: number;
  segments: readonly ImpactSegment[];
  /** Who stated it, when and why; null: estimated, and confirmed by nobody. */
  stated: { by: string; at: number; reason: string } | null;
  /** Endpoints that were down without anybody having said who depends on them. Of an estimate. */
  unknown: string[];
}

export interface ImpactVersion {
  at: number;
  by: string;
  reason: string;
  segments: readonly ImpactSegment[];
}

export interface Impacts {
  /** @throws EvenkeelError NOT_FOUND */
  of(ticket: number): Promise<Impact & { versions: ImpactVersion[] }>;
  /**
   * States it. The earlier one stays in the history, and the ticket has an event.
   * @throws EvenkeelError NOT_FOUND, BAD_IMPACT
   */
  set(ticket: number, segments: readonly ImpactSegment[], by: string, reason: string): Promise<void>;
}

type Ticket = Pick<Selectable<Database['tickets']>, 'id' | 'kind' | 'site'>;

interface Parts {
  state: State;
  changeFeed: ChangeFeed;
  now: () => number;
  /** Whether an alert of this rule says that something is down. */
  isOutage(rule: string): boolean;
}

export function createImpacts({ state, changeFeed, now, isOutage }: Parts): Impacts {
  async function ticketOf(db: State, id: number) {
    const row = await db.selectFrom('tickets').select(['id', 'kind', 'site']).where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'ticket', id });
    return row;
  }
  return {
    async of(id) {
      const [impact] = await readImpacts(state, [await ticketOf(state, id)], isOutage);
      const rows = await state
        .selectFrom('impacts')
        .selectAll()
        .where('ticket', '=', id)
        .orderBy('id', 'desc')
        .execute();
      const versions = rows.map((row) => ({
        ...{ at: row.at, by: row.by_user, reason: row.reason },
        segments: JSON.parse(row.segments) as ImpactSegment[],
      }));
      return { ...(impact as Impact), versions };
    },
    async set(id, segments, by, reason) {
      const at = now();
      const fault = impactFault(segments, at);
      if (fault !== null) throw fail('BAD_IMPACT', { ticket: id, fault });
      await state.transaction().execute(async (db) => {
        await ticketOf(db, id);
        for (const site of new Set(segments.flatMap(({ affected }) => affected.map(({ site }) => site))))
          if (site !== null && !(await db.selectFrom('sites').select('id').where('id', '=', site).executeTakeFirst()))
            throw fail('NOT_FOUND', { what: 'site', id: site });
        await db
          .insertInto('impacts')
          .values({ ticket: id, at, by_user: by, reason, segments: JSON.stringify(segments) })
          .execute();
        await note(db, id, at, by, 'impact', { text: reason });
      });
      changeFeed.publish({ kind: 'ticket', ticket: id });
    },
  };
}

/** Of many tickets at once, in their order: a few queries for each 500 of them. */
async function readImpacts(state: State, tickets: readonly Ticket[], isOutage: Parts['isOutage']): Promise<Impact[]> {
  const found: Impact[] = [];
  for (const slice of chunks(tickets)) {
    const ids = slice.map(({ id }) => id);
    const stated = new Map<number, Selectable<Database['impacts']>>();
    const rows = state.selectFrom('impacts').selectAll().where('ticket', 'in', ids).orderBy('id');
    for (const row of await rows.execute()) stated.set(row.ticket, row);
    const alerts = await outagesOf(state, ids, isOutage);
    const people = await peopleAt(state, slice);
    for (const ticket of slice) {
      const row = stated.get(ticket.id);
      found.push(
        row
          ? {
              ticket: ticket.id,
              segments: JSON.parse(row.segments) as ImpactSegment[],
              stated: { by: row.by_user, at: row.at, reason: row.reason },
              unknown: [],
            }
          : { ticket: ticket.id, stated: null, ...estimateOf(ticket, alerts, people) },
      );
    }
  }
  return found;
}

function estimateOf(
  ticket: Ticket,
  alerts: ReadonlyMap<number, OutageAlert[]>,
  people: ReadonlyMap<string, Affected>,
): Estimate {
  const atSite = ticket.kind === 'incident' && ticket.site !== null ? (people.get(ticket.site) ?? null) : null;
  return estimateImpact(alerts.get(ticket.id) ?? [], atSite);
}

async function outagesOf(state: State, tickets: readonly number[], isOutage: Parts['isOutage']) {
  const rows = await state
    .selectFrom('alerts')
    .innerJoin('endpoints', 'endpoints.id', 'alerts.endpoint')
    .leftJoin('sites', 'sites.name', 'endpoints.site')
    .select(['alerts.ticket', 'alerts.rule', 'alerts.endpoint', 'alerts.pending_at', 'alerts.resolved_at'])
    .select(['sites.id as site', 'endpoints.people'])
    .where('alerts.ticket', 'in', tickets)
    .where('alerts.fired_at', 'is not', null)
    .where('endpoints.kind', '=', 'server')
    .execute();
  const found = new Map<number, OutageAlert[]>();
  for (const { ticket, rule, endpoint, site, people, pending_at, resolved_at } of rows) {
    if (ticket === null || !isOutage(rule)) continue;
    const alert = { endpoint, site, people, pendingAt: pending_at, resolvedAt: resolved_at };
    found.set(ticket, [...(found.get(ticket) ?? []), alert]);
  }
  return found;
}

/** Everybody at the sites of these tickets, by the name of the site. */
async function peopleAt(state: State, tickets: readonly Ticket[]): Promise<Map<string, Affected>> {
  const names = [...new Set(tickets.flatMap(({ site }) => (site === null ? [] : [site])))];
  if (names.length === 0) return new Map();
  const rows = await state.selectFrom('sites').select(['id', 'name', 'people']).where('name', 'in', names).execute();
  return new Map(
    rows.flatMap(({ id, name, people }) => (people === null ? [] : [[name, { site: id, people }] as const])),
  );
}
