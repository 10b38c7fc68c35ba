/** Changes that were finished in a period, each with what happened to its targets until 72 hours later. */
import { judgeChanges } from '../changes/judge.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import type { ChangeFact } from './formulas/change-success.ts';
import type { KpiQuestion } from './question.ts';

export interface ChangeFacts {
  /** Until when it is known what happened, ms UTC: also after the end of the period. */
  asOf: number;
  done: readonly ChangeFact[];
  /** Planned changes whose window ended in the period and of which nobody has said how they went. */
  overdue: number;
}

export async function readChanges(state: State, question: KpiQuestion): Promise<ChangeFacts> {
  const { window, now, zone } = question;
  const own = await inScope(state, question);
  const done = await state
    .selectFrom('changes')
    .selectAll()
    .where('state', '=', 'done')
    .where('implemented_at', '>=', window.start)
    .where('implemented_at', '<', window.end)
    .orderBy('id')
    .execute();
  const overdue = await state
    .selectFrom('changes')
    .select('id')
    .where('state', '=', 'in_progress')
    .where('end_at', '>=', window.start)
    .where('end_at', '<', window.end)
    .execute();
  const judged = await judgeChanges(state, done.filter(own), { now, zone });
  return { asOf: now, done: judged.map(({ fact }) => fact), overdue: overdue.filter(own).length };
}

/** A change is about what is asked for where one of its targets is. */
async function inScope(state: State, { endpoints, scope = {} }: KpiQuestion) {
  if (Object.values(scope).every((one) => one === undefined)) return () => true;
  const found = new Set<number>();
  for (const some of chunks(endpoints)) {
    const ids = some.map(({ id }) => id);
    const rows = state.selectFrom('change_targets').select('change').distinct().where('endpoint', 'in', ids);
    for (const { change } of await rows.execute()) found.add(change);
  }
  return ({ id }: { id: number }) => found.has(id);
}
