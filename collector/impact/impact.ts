/**
 * What incidents did to people. An incident is a ticket: it has the alerts, the people who work on it and its history.
 * Until somebody states the impact it is estimated from the alerts, anew at each reading; what is stated is kept, each
 * version with its author and reason.
 */
import type { Selectable } from 'kysely';
import type { TableRead } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { absence } from '../evaluate/kinds/absence.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { Database, StateTransaction } from '../state/database.ts';
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
import { compareImpacts, type PresentImpact } from './read-table.ts';
import { impactsIn, impactTable, impactTableLimits } from './table.ts';

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

export interface ImpactAuthor {
  by: string;
  reason: string;
}

export interface Impacts {
  /** @throws EvenkeelError NOT_FOUND */
  of(ticket: number): Promise<ImpactRead & { versions: ImpactVersion[] }>;
  /**
   * States it. The earlier one stays in the history, and the ticket has an event.
   * @throws EvenkeelError NOT_FOUND, BAD_IMPACT
   */
  set(ticket: number, segments: readonly ImpactSegment[], by: string, reason: string): Promise<void>;
  /** As CSV: the newest incidents that hindered somebody, or of which that was stated. */
  table(): Promise<string>;
  /** All or nothing; without author: what it would do. @param zone of times without one, IANA */
  readTable(text: string, zone: string, author: ImpactAuthor | null): Promise<TableRead>;
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
  async function write(db: StateTransaction, id: number, segments: readonly ImpactSegment[], author: ImpactAuthor) {
    const { by, reason: why } = author;
    const at = now();
    const row = { ticket: id, at, by_user: by, reason: why, segments: JSON.stringify(segments) };
    await db.insertInto('impacts').values(row).execute();
    await note(db, id, at, by, 'impact', { text: why });
  }

  const sitesIn = async (db: State) => {
    const rows = await db.selectFrom('sites').select(['id', 'name', 'people']).execute();
    return new Map(rows.map((site) => [site.id, site]));
  };

  async function readTable(text: string, zone: string, author: ImpactAuthor | null): Promise<TableRead> {
    const outcome = await state.transaction().execute(async (db) => {
      const sites = await sitesIn(db);
      const { impacts, faults } = impactsIn(text, { zone, sites });
      const present = await presentOf(
        db,
        impacts.map(({ ticket }) => ticket),
      );
      const found = compareImpacts(impacts, { now: now(), sites, present });
      const all = [...faults, ...found.faults].sort((a, b) => a.line - b.line);
      const applied = author !== null && all.length === 0;
      if (applied) for (const { ticket, segments } of found.changes) await write(db, ticket, segments, author);
      return { applied, faults: all, lines: found.lines, changes: found.changes };
    });
    const { changes, ...read } = outcome;
    if (read.applied) for (const { ticket } of changes) changeFeed.publish({ kind: 'ticket', ticket });
    return read;
  }

  return {
    readTable,
    async table() {
      const tickets = await state
        .selectFrom('tickets as t')
        .leftJoin('endpoints as e', 'e.id', 't.endpoint')
        .select(['t.id', 't.kind', 't.site', 't.title', 't.rule', 'e.name as endpoint_name'])
        .where('t.state', '<>', 'cancelled')
        .orderBy('t.id', 'desc')
        .limit(impactTableLimits.written)
        .execute();
      const titleOf = ({ title, rule, endpoint_name, site }: (typeof tickets)[number]) =>
        title ?? [rule, endpoint_name ?? site].filter(Boolean).join(' ');
      const titles = new Map(tickets.map((ticket) => [ticket.id, titleOf(ticket)]));
      const impacts = await readImpacts(state, tickets);
      const sites = await sitesIn(state);
      return impactTable(
        impacts
          .filter(({ segments, stated }) => segments.length > 0 || stated)
          .map(({ ticket, segments, stated }) => ({ ticket, segments, stated, title: titles.get(ticket) ?? '' })),
        (site) => sites.get(site)?.name ?? site,
      );
    },
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
    async set(id, segments, by, why) {
      const at = now();
      await state.transaction().execute(async (db) => {
        const { category, opened_at } = await ticketOf(db, id);
        if (segments.length > 0 && (category === 'request' || category === 'question'))
          throw refusal('BAD_IMPACT', reason('impact_no_incident'), { ticket: id });
        const sites = await sitesIn(db);
        for (const site of new Set(segments.flatMap(({ affected }) => affected.map(({ site }) => site))))
          if (site !== null && !sites.has(site)) throw fail('NOT_FOUND', { what: 'site', id: site });
        const fault = impactFault(segments, { now: at, earliest: opened_at - beforeOpeningMs, sites });
        if (fault !== null) throw refusal('BAD_IMPACT', fault.why, { ticket: id });
        await write(db, id, segments, { by, reason: why });
      });
      changeFeed.publish({ kind: 'ticket', ticket: id });
    },
  };
}

/** What is there of tickets that a table names. */
async function presentOf(state: State, ids: readonly number[]): Promise<Map<number, PresentImpact>> {
  const found = new Map<number, PresentImpact>();
  for (const some of chunks(ids)) {
    const columns = ['id', 'kind', 'site', 'title', 'category', 'opened_at'] as const;
    const tickets = await state.selectFrom('tickets').select(columns).where('id', 'in', some).execute();
    const impacts = new Map((await readImpacts(state, tickets)).map((impact) => [impact.ticket, impact]));
    for (const { id, title, category, opened_at } of tickets) {
      const impact = impacts.get(id);
      found.set(id, {
        title: title ?? '',
        isIncident: category !== 'request' && category !== 'question',
        earliest: opened_at - beforeOpeningMs,
        segments: impact?.segments ?? [],
        isStated: impact?.stated !== null,
      });
    }
  }
  return found;
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
