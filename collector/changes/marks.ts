/** Work on endpoints, planned or recognised, as marks in time: what their agents reported, and the start of what was planned. */
import type { ChangeMark } from '../../shared/api.ts';
import type { Span } from '../../shared/intervals.ts';
import type { State } from '../state/open.ts';
import { changeName } from './names.ts';

const marksAtMost = 500;
const hourMs = 3_600_000;

/** In which work may be what caused an alert that began at `at`: a report of it may be late. */
export const spanBefore = (at: number): Span => ({ start: at - 24 * hourMs, end: at + hourMs / 2 });

/** Newest first. */
export async function changeMarks(
  state: State,
  endpoints: readonly string[],
  { start, end }: Span,
): Promise<(ChangeMark & { endpoint: string })[]> {
  if (endpoints.length === 0) return [];
  const seen = await state
    .selectFrom('change_observations as o')
    .innerJoin('changes as c', 'c.id', 'o.change')
    .selectAll('c')
    .select(['o.at', 'o.what as mark', 'o.endpoint'])
    .where('o.endpoint', 'in', endpoints)
    .where('o.at', '>=', start)
    .where('o.at', '<', end)
    .orderBy('o.at', 'desc')
    .limit(marksAtMost)
    .execute();
  const planned = await state
    .selectFrom('changes as c')
    .innerJoin('change_targets as t', 't.change', 'c.id')
    .selectAll('c')
    .select('t.endpoint')
    .where('t.endpoint', 'in', endpoints)
    .where('c.kind', '=', 'planned')
    .where('c.state', 'in', ['in_progress', 'done'])
    .where('c.start_at', '>=', start)
    .where('c.start_at', '<', end)
    .orderBy('c.start_at', 'desc')
    .limit(marksAtMost)
    .execute();
  return [
    ...seen.map(({ at, mark, endpoint, ...row }) => ({ at, what: mark, endpoint, change: changeName(row) })),
    ...planned.map(({ endpoint, ...row }) => ({
      at: row.start_at,
      what: 'change' as const,
      endpoint,
      change: changeName(row),
    })),
  ].sort((a, b) => b.at - a.at);
}
