/**
 * Since when anything is known of what is asked for: its first report or its first ticket. Days, costs and working time
 * before that are set against nothing, so they are in no number.
 */
import type { State } from '../state/open.ts';
import { firstSignal } from './first-signal.ts';
import { endpointsIn, type KpiQuestion } from './question.ts';
import { inScope } from './ticket-facts.ts';

/** ms UTC; null where there is nothing. */
export async function firstFact(state: State, question: KpiQuestion): Promise<number | null> {
  const { window, scope = {} } = question;
  const ever = await endpointsIn(state, scope, { start: 0, end: window.end });
  const tickets = await state
    .selectFrom('tickets')
    .select(({ fn }) => ['endpoint', 'site', fn.min('opened_at').as('at')])
    .groupBy(['endpoint', 'site'])
    .execute();
  const isOwn = inScope({ ...question, endpoints: ever });
  const report = await firstSignal(state, { ids: ever.map(({ id }) => id) });
  const first = tickets.filter(isOwn).reduce((least, { at }) => Math.min(least, at), report);
  return Number.isFinite(first) ? first : null;
}
