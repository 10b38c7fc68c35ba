/** Windows in the shapes of the REST interface. */
import type { MaintenanceDetail, MaintenanceRow } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/open.ts';
import type { MaintenanceMemory } from './memory.ts';
import { isRecurring, nextOccurrences } from './occurrences.ts';
import { warningsOf } from './plan.ts';
import { isEnteredLate, windowOf } from './rows.ts';
import { occurrencesOf } from './spans.ts';
import { type WrittenWindow, writtenAtMost } from './table.ts';
import { enteredLate, type MaintenanceScope, type MaintenanceWindow } from './window.ts';

export interface MaintenanceReadParts {
  state: State;
  maintenance: MaintenanceMemory;
  now(): number;
  /** Alerts that fire on an endpoint now. */
  firing(endpoint: string): number;
  /** For people: of an endpoint or a group, which are given by their ids. */
  nameOf(scope: MaintenanceScope): string;
}

const shownAtMost = 200;

export interface MaintenanceAhead {
  id: string;
  reason: string;
  start: number;
  end: number;
  /** Of the endpoints that were asked for. */
  covers: string[];
}

export type MaintenanceReads = ReturnType<typeof createMaintenanceReads>;

export function createMaintenanceReads({ state, maintenance, now, firing, nameOf }: MaintenanceReadParts) {
  function rowOf(window: MaintenanceWindow): MaintenanceRow {
    const { id, scope, schedule, cancelledAt, createdAt, createdBy, updatedAt, updatedBy, reason, approval, askedBy } =
      window;
    const at = now();
    const running = maintenance.runningOf(id).filter((one) => one.start <= at && at < one.end);
    const next =
      cancelledAt === null
        ? nextOccurrences(schedule, Math.max(window.begunUntil, isRecurring(schedule) ? at : 0), 5)
        : [];
    const members = running.flatMap((one) => [...maintenance.membersOf(one.id).keys()]);
    const endpoints = running.length > 0 ? [...new Set(members)] : maintenance.endpointsIn(scope);
    const state =
      running.length > 0 ? 'running' : next.length > 0 ? 'planned' : cancelledAt === null ? 'over' : 'cancelled';
    return {
      ...{ id, reason, createdAt, createdBy, updatedAt, updatedBy, askedBy, approval, state, next },
      scope: { ...scope, name: nameOf(scope) },
      once: isRecurring(schedule) ? null : schedule,
      repeat: isRecurring(schedule) ? repeatOf(schedule) : null,
      running: running.map((one) => ({
        ...{ id: one.id, start: one.start, end: one.end, plannedEnd: one.plannedEnd },
        ...{ late: enteredLate(one), approval: one.approval },
      })),
      endpoints: endpoints.length,
      alerts: endpoints.reduce((sum, endpoint) => sum + firing(endpoint), 0),
      warnings: warningsOf(window, endpoints.length, at),
    };
  }

  async function find(id: string): Promise<MaintenanceWindow> {
    const known = maintenance.window(id);
    if (known) return known;
    const row = await state.selectFrom('maintenance_windows').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'maintenance window', id });
    return windowOf(row);
  }

  return {
    rowOf,
    /** @throws EvenkeelError NOT_FOUND */
    row: async (id: string): Promise<MaintenanceRow> => rowOf(await find(id)),

    /** Those that run or are to come, the next first; or those that are over, the newest first. */
    async list(past: boolean): Promise<MaintenanceRow[]> {
      if (!past) {
        const rows = [...maintenance.windows()]
          .map(rowOf)
          .filter(({ state }) => state === 'running' || state === 'planned');
        return rows.sort((a, b) => beginning(a) - beginning(b) || a.createdAt - b.createdAt);
      }
      const rows = await state
        .selectFrom('maintenance_windows')
        .selectAll()
        .where((is) =>
          is.or([
            is('cancelled_at', 'is not', null),
            is('to_at', '<=', now()),
            is('ends_at', '<=', now()),
            is('from_at', '<', is.ref('begun_until')),
          ]),
        )
        .orderBy('updated_at', 'desc')
        .limit(shownAtMost)
        .execute();
      return rows
        .map((row) => rowOf(maintenance.window(row.id) ?? windowOf(row)))
        .filter(({ state }) => state === 'over' || state === 'cancelled');
    },

    /** Of these endpoints what runs, and what is to come (at most five times of a window), the next first. */
    ahead(ids: readonly string[]): MaintenanceAhead[] {
      const at = now();
      const wanted = new Set(ids);
      const found = [...maintenance.windows()].flatMap(({ id, reason, scope, schedule, cancelledAt, begunUntil }) => {
        const own = (members: Iterable<string>) => [...members].filter((one) => wanted.has(one));
        const runs = maintenance
          .runningOf(id)
          .filter(({ start, end }) => start <= at && at < end)
          .map((one) => ({ start: one.start, end: one.end, covers: own(maintenance.membersOf(one.id).keys()) }));
        const from = Math.max(begunUntil, isRecurring(schedule) ? at : 0);
        const next = cancelledAt === null ? nextOccurrences(schedule, from, 5) : [];
        const covers = own(maintenance.endpointsIn(scope));
        return [...runs, ...next.map((span) => ({ ...span, covers }))].map((one) => ({ ...one, id, reason }));
      });
      return found.filter(({ covers, end }) => covers.length > 0 && end > at).sort((a, b) => a.start - b.start);
    },

    /** Those that a second person has not approved yet, also of what is over; the newest first. */
    async waiting(): Promise<MaintenanceRow[]> {
      const late = state
        .selectFrom('maintenance_occurrences')
        .select('maintenance')
        .where('approved_at', 'is', null)
        .where(isEnteredLate);
      const known = [...maintenance.windows()].map(({ id }) => id);
      const rows = await state
        .selectFrom('maintenance_windows')
        .selectAll()
        .where('approved_at', 'is', null)
        .where((is) => is.or([is('id', 'in', late), is('id', 'in', ['', ...known])]))
        .orderBy('updated_at', 'desc')
        .execute();
      return rows
        .map((row) => rowOf(maintenance.window(row.id) ?? windowOf(row)))
        .filter(
          ({ warnings, state: now }) => now !== 'cancelled' && (warnings.includes('late') || warnings.includes('long')),
        )
        .filter(({ state: now, warnings }) => now !== 'over' || warnings.includes('late'))
        .slice(0, shownAtMost);
    },

    /** For a table: the newest first. */
    async written(): Promise<WrittenWindow[]> {
      const rows = await state
        .selectFrom('maintenance_windows')
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .limit(writtenAtMost)
        .execute();
      return rows.map((row) => {
        const window = maintenance.window(row.id) ?? windowOf(row);
        return { window, name: nameOf(window.scope), state: rowOf(window).state };
      });
    },

    /** Of an endpoint whose maintenance is over: until when nobody is notified of what went on firing in it. */
    quietUntil: (endpoint: string): number | null => maintenance.releaseOf(endpoint),

    /** What the author of a window should know. */
    warningsOf: (window: MaintenanceWindow) => warningsOf(window, maintenance.endpointsIn(window.scope).length, now()),

    /** @throws EvenkeelError NOT_FOUND */
    async detail(id: string): Promise<MaintenanceDetail> {
      const row = rowOf(await find(id));
      const events = await state
        .selectFrom('maintenance_events')
        .selectAll()
        .where('maintenance', '=', id)
        .orderBy('id', 'desc')
        .limit(shownAtMost)
        .execute();
      return {
        row,
        occurrences: await occurrencesOf(state, id, 50),
        history: events.map(({ at, actor: by, code, params }) => ({ at, by, code, params: JSON.parse(params) })),
      };
    },
  };
}

/** What runs comes first. */
const beginning = ({ running, next }: MaintenanceRow) =>
  running[0]?.start ?? next[0]?.start ?? Number.POSITIVE_INFINITY;

const repeatOf = ({
  cron,
  zone,
  durationMin,
  untilWall,
  skip,
  starts,
  ends,
}: Extract<MaintenanceWindow['schedule'], { cron: string }>) => ({
  ...{ cron, zone, durationMin, until: untilWall, skip: [...skip], starts, ends },
});
