/**
 * What incidents did to people. An incident is a ticket: it has the alerts, the people who work on it and its history.
 * Until somebody states the impact it is estimated from the alerts, anew at each reading; what is stated is kept, each
 * version with its author and reason.
 */
import type { Selectable } from 'kysely';
import { fail } from '../../shared/errors.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { absence } from '../evaluate/kinds/absence.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { note } from '../tickets/events.ts';
import { beforeOpeningMs, impactFault } from './check.ts';
import {
  type Affected,
  type Estimate,
  estimateImpact,
  type ImpactSegment,
  type OutageAlert,
  type ReasonFor,
} from './estimate.ts';

export interface ImpactRead {
  ticket: number;
  segments: readonly ImpactSegment[];
  /** Who stated it, when and why; null: estimated, not confirmed. */
  stated: { by: string; at: number; reason: string } | null;
  /** Endpoints that were down whose dependants are not known. Of an estimate. */
  unknown: string[];
  /** Why the estimate is what it is; none of what is stated, which has a reason of its own. */
  reasons: ReasonFor[];
  outages: readonly OutageAlert[];
}

export interface ImpactVersion {
  at: number;
  by: string;
  reason: string;
  segments: readonly ImpactSegment[];
}

export interface Impacts {
  /** @throws EvenkeelError NOT_FOUND */
  of(ticket: number): Promise<ImpactRead & { versions: ImpactVersion[] }>;
  /**
   * States it. The earlier one stays in the history, and the ticket has an event.
   * @throws EvenkeelError NOT_FOUND, BAD_IMPACT
   */
  set(ticket: number, segments: readonly ImpactSegment[], by: string, reason: string): Promise<void>;
}

type Ticket = Pick<Selectable<Database['tickets']>, 'id' | 'kind' | 'site'>;

interface ImpactParts {
  state: State;
  changeFeed: ChangeFeed;
  now: () => number;
}

export function createImpacts({ state, changeFeed, now }: ImpactParts): Impacts {
  async function ticketOf(db: State, id: number) {
    const columns = ['id', 'kind', 'site', 'category', 'opened_at'] as const;
    const row = await db.selectFrom('tickets').select(columns).where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'ticket', id });
    return row;
  }
  return {
    async of(id) {
      const [impact] = await readImpacts(state, [await ticketOf(state, id)]);
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
      return { ...(impact as ImpactRead), versions };
    },
    async set(id, segments, by, reason) {
      const at = now();
      await state.transaction().execute(async (db) => {
        const { category, opened_at } = await ticketOf(db, id);
        if (segments.length > 0 && (category === 'request' || category === 'question'))
          throw fail('BAD_IMPACT', { ticket: id, fault: `it is a ${category}, and only incidents hinder people` });
        const rows = await db.selectFrom('sites').select(['id', 'name', 'people']).execute();
        const sites = new Map(rows.map((site) => [site.id, site]));
        for (const site of new Set(segments.flatMap(({ affected }) => affected.map(({ site }) => site))))
          if (site !== null && !sites.has(site)) throw fail('NOT_FOUND', { what: 'site', id: site });
        const fault = impactFault(segments, { now: at, earliest: opened_at - beforeOpeningMs, sites });
        if (fault !== null) throw fail('BAD_IMPACT', { ticket: id, fault });
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
export async function readImpacts(state: State, tickets: readonly Ticket[]): Promise<ImpactRead[]> {
  const found: ImpactRead[] = [];
  for (const slice of chunks(tickets)) {
    await breathe();
    const ids = slice.map(({ id }) => id);
    const stated = new Map<number, Selectable<Database['impacts']>>();
    const rows = state.selectFrom('impacts').selectAll().where('ticket', 'in', ids).orderBy('id');
    for (const row of await rows.execute()) stated.set(row.ticket, row);
    const alerts = await outagesOf(state, ids);
    const people = await peopleAt(state, slice);
    for (const ticket of slice) {
      const row = stated.get(ticket.id);
      const { outages, workstations } = alerts.get(ticket.id) ?? { outages: [], workstations: [] };
      found.push(
        row
          ? {
              ticket: ticket.id,
              segments: JSON.parse(row.segments) as ImpactSegment[],
              stated: { by: row.by_user, at: row.at, reason: row.reason },
              unknown: [],
              reasons: [],
              outages,
            }
          : { ticket: ticket.id, stated: null, outages, ...estimateOf(ticket, { outages, workstations }, people) },
      );
    }
  }
  return found;
}

interface Outages {
  /** Of servers. */
  outages: OutageAlert[];
  workstations: string[];
}

function estimateOf(
  ticket: Ticket,
  { outages, workstations }: Outages,
  people: ReadonlyMap<string, Affected>,
): Estimate {
  const isSiteIncident = ticket.kind === 'incident' && ticket.site !== null;
  const atSite = isSiteIncident ? (people.get(ticket.site ?? '') ?? null) : null;
  return estimateImpact(outages, { atSite, isSiteIncident, workstations });
}

/**
 * Alerts of endpoints that did not respond. From the last proof of life to the first one after it, as availability counts
 * it: the alert itself begins and ends later.
 */
async function outagesOf(state: State, tickets: readonly number[]): Promise<Map<number, Outages>> {
  const rows = await state
    .selectFrom('alerts as a')
    .innerJoin('endpoints as e', 'e.id', 'a.endpoint')
    .leftJoin('sites', 'sites.name', 'e.site')
    .select(['a.ticket', 'a.endpoint', 'a.pending_at', 'a.resolved_at', 'sites.id as site', 'e.people', 'e.kind'])
    .select(({ selectFrom }) => {
      const signals = selectFrom('signals as s').whereRef('s.endpoint', '=', 'a.endpoint').limit(1);
      return [
        signals
          .select(({ fn }) => fn.coalesce('s.last_seen', 's.at').as('since'))
          .where('s.kind', 'in', ['lost', 'silent', 'offline'])
          .whereRef('s.at', '<=', 'a.pending_at')
          .orderBy('s.at', 'desc')
          .orderBy('s.id', 'desc')
          .as('since'),
        signals
          .select('s.at')
          .where('s.kind', '=', 'online')
          .whereRef('s.at', '>', 'a.pending_at')
          .orderBy('s.at')
          .as('back'),
      ];
    })
    .where('a.ticket', 'in', tickets)
    .where('a.metric', '=', absence.metric())
    .where('a.fired_at', 'is not', null)
    .execute();
  const outages = rows.map(({ ticket, endpoint, kind, site, people, pending_at, resolved_at, since, back }) => ({
    ticket: ticket as number,
    kind,
    alert: { endpoint, site, people, start: since ?? pending_at, end: back ?? resolved_at },
  }));
  const grouped = Map.groupBy(outages, ({ ticket }) => ticket);
  return new Map(
    [...grouped].map(([ticket, list]) => {
      const of = (isServer: boolean) => list.filter(({ kind }) => (kind === 'server') === isServer);
      const workstations = [...new Set(of(false).map(({ alert }) => alert.endpoint))];
      return [ticket, { outages: of(true).map(({ alert }) => alert), workstations }];
    }),
  );
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
