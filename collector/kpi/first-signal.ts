/** When endpoints were first heard of: what lies before it is unknown. By the index of each one, never all signals. */
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';

/** The first signal of any of them, or their first `online`; infinite without one. @param ids default all endpoints */
export async function firstSignal(state: State, { ids, kind }: { ids?: string[]; kind?: 'online' }): Promise<number> {
  const all = ids ?? (await state.selectFrom('endpoints').select('id').execute()).map(({ id }) => id);
  let first = Number.POSITIVE_INFINITY;
  for (const some of chunks(all)) {
    const rows = await state
      .selectFrom('endpoints as e')
      .select(({ selectFrom }) =>
        selectFrom('signals as s')
          .select('s.at')
          .whereRef('s.endpoint', '=', 'e.id')
          .$if(kind !== undefined, (signals) => signals.where('s.kind', '=', kind as 'online'))
          .orderBy('s.at')
          .limit(1)
          .as('first'),
      )
      .where('e.id', 'in', some)
      .execute();
    first = rows.reduce((least, row) => Math.min(least, row.first ?? least), first);
    await breathe();
  }
  return first;
}
