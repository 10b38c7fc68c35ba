/** When the values of an endpoint say nothing of what is usual: in maintenance, while it was away, while nobody was watching. */
import { type Span, subtract, union } from '../../shared/intervals.ts';
import { maintenanceOf } from '../maintenance/spans.ts';
import type { State } from '../state/open.ts';

/** The collector notes every few seconds that it runs. */
const blinkMs = 60_000;

export async function notLearned(state: State, endpoint: string, window: Span): Promise<Span[]> {
  const maintenance = (await maintenanceOf(state, [endpoint], window)).get(endpoint) ?? [];
  return union([...maintenance, ...(await absences(state, endpoint, window)), ...(await unwatched(state, window))]);
}

/** From the last proof of life to the return. */
async function absences(state: State, endpoint: string, { start, end }: Span): Promise<Span[]> {
  const signals = state
    .selectFrom('signals')
    .select(['at', 'kind', 'last_seen'])
    .where('endpoint', '=', endpoint)
    .where('kind', '<>', 'backlog')
    .where('at', '<', end);
  const before = await signals.where('at', '<', start).orderBy('at', 'desc').orderBy('id', 'desc').limit(1).execute();
  const inside = await signals.where('at', '>=', start).orderBy('at').orderBy('id').execute();
  const spans: Span[] = [];
  let since: number | null = null;
  for (const { at, kind, last_seen } of [...before, ...inside]) {
    if (kind !== 'online') since ??= Math.min(at, last_seen ?? at);
    else if (since !== null) {
      if (at > since) spans.push({ start: since, end: at });
      since = null;
    }
  }
  return since === null ? spans : [...spans, { start: since, end }];
}

async function unwatched(state: State, { start, end }: Span): Promise<Span[]> {
  const rows = await state
    .selectFrom('watches')
    .select(['from_at', 'to_at'])
    .where('to_at', '>', start)
    .where('from_at', '<', end)
    .orderBy('from_at')
    .execute();
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return [];
  // Before the first one nothing was there to be watched, and the newest is written while we run.
  const watched = union(rows.map((row) => ({ start: row.from_at, end: row.to_at })));
  return subtract([{ start: first.from_at, end: last.to_at }], watched).filter((gap) => gap.end - gap.start > blinkMs);
}
