/** When people have stated that an endpoint was of no use: that is down, whatever its agent reported. */
import type { Span } from '../../shared/intervals.ts';
import type { State } from '../state/open.ts';
import type { ImpactSegment } from './estimate.ts';

/** Nobody it hit could work. One of which nobody is known to have been hit says nothing about the endpoint. */
export const isStop = ({ factor, affected }: ImpactSegment): boolean =>
  factor === 1 && affected.some(({ people }) => people > 0);

/** Confirmed impact of tickets that are about one endpoint, by the endpoint. One query: people state few of them. */
export async function statedStops(state: State, { start, end }: Span): Promise<Map<string, Span[]>> {
  const rows = await state
    .selectFrom('impacts as i')
    .innerJoin('tickets as t', 't.id', 'i.ticket')
    .select(['i.ticket', 't.endpoint', 'i.segments'])
    .where('t.endpoint', 'is not', null)
    .where('t.state', '<>', 'cancelled')
    .orderBy('i.id')
    .execute();
  // The newest of each holds.
  const newest = [...new Map(rows.map((row) => [row.ticket, row])).values()];
  const found = new Map<string, Span[]>();
  for (const { endpoint, segments } of newest)
    for (const segment of JSON.parse(segments) as ImpactSegment[]) {
      const span = { start: segment.start, end: segment.end ?? Number.MAX_SAFE_INTEGER };
      if (endpoint === null || !isStop(segment) || span.start >= end || span.end <= start) continue;
      found.set(endpoint, [...(found.get(endpoint) ?? []), span]);
    }
  return found;
}
