/** Reads windows, and what was running, after a restart. */
import type { ExpressionBuilder } from 'kysely';
import type { AlertMemory } from '../alerts/memory.ts';
import { chunks } from '../state/chunks.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { MaintenanceMemory } from './memory.ts';
import { occurrenceOf, windowOf } from './rows.ts';
import { afterEndMs } from './suppress.ts';

/** @returns which endpoints are in maintenance, and of which it has just ended */
export async function loadMaintenance(
  state: State,
  maintenance: MaintenanceMemory,
  alerts: Pick<AlertMemory, 'byId'>,
  now: number,
): Promise<{ covered: ReadonlySet<string>; ended: ReadonlyMap<string, number> }> {
  maintenance.pass(now);
  const open = state.selectFrom('maintenance_members').select('occurrence').where('to_at', 'is', null);
  const running = await state
    .selectFrom('maintenance_occurrences')
    .selectAll()
    .where((is) => is.or([is('end_at', '>', now), is('id', 'in', open)]))
    .execute();
  const windows = await state
    .selectFrom('maintenance_windows')
    .selectAll()
    .where((is) => {
      const begins = is.or([is('from_at', '>=', is.ref('begun_until')), is('ends_at', '>', now), isEndless(is)]);
      const runs = is('id', 'in', [...new Set(['', ...running.map((row) => row.maintenance)])]);
      return is.or([is.and([is('cancelled_at', 'is', null), begins]), runs]);
    })
    .execute();
  for (const row of windows) maintenance.putWindow(windowOf(row));
  for (const row of running) maintenance.putOccurrence(occurrenceOf(row));
  const members = await state.selectFrom('maintenance_members').selectAll().where('to_at', 'is', null).execute();
  for (const { occurrence, endpoint, from_at } of members) maintenance.join(occurrence, endpoint, from_at);
  const waiting = await readSuppressed(state, maintenance, alerts);
  const ended = await lastEnds(state, [...waiting]);
  for (const [endpoint, end] of ended) maintenance.setRelease(endpoint, end + afterEndMs);
  maintenance.keep();
  return { covered: new Set(members.map(({ endpoint }) => endpoint)), ended };
}

const isEndless = (is: ExpressionBuilder<Database, 'maintenance_windows'>) =>
  is.and([is('cron', 'is not', null), is('ends_at', 'is', null)]);

/** @returns endpoints with suppressed alerts that are not in maintenance any more */
async function readSuppressed(
  state: State,
  maintenance: MaintenanceMemory,
  alerts: Pick<AlertMemory, 'byId'>,
): Promise<Set<string>> {
  const rows = await state
    .selectFrom('alerts')
    .select(['id', 'endpoint'])
    .where('suppressed', '=', 'maintenance')
    .where('active_key', 'is not', null)
    .execute();
  const waiting = new Set<string>();
  for (const { id, endpoint } of rows) {
    if (!alerts.byId(id)) continue;
    maintenance.suppress(id, true);
    if (maintenance.coveringOf(endpoint).size === 0) waiting.add(endpoint);
  }
  return waiting;
}

async function lastEnds(state: State, endpoints: readonly string[]): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  for (const some of chunks(endpoints)) {
    const rows = await state
      .selectFrom('maintenance_members')
      .select(['endpoint', ({ fn }) => fn.max<number>('to_at').as('end')])
      .where('endpoint', 'in', some)
      .groupBy('endpoint')
      .execute();
    for (const { endpoint, end } of rows) ends.set(endpoint, Number(end));
  }
  return ends;
}
