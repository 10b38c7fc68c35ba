/** Retired endpoints of which something is known. */
import type { Static } from 'typebox';
import type { RetiredEndpoint } from '../../shared/api.ts';
import type { State } from '../state/open.ts';

const atMost = 200;

/** Those retired last first; one that was replaced goes on as another. @param q a part of the name or of the id */
export async function retiredEndpoints(state: State, q: string) {
  const rows = await state
    .selectFrom('endpoints')
    .select(['id', 'name', 'kind', 'site', 'enrolled_at', 'retired_at'])
    .where('retired_at', 'is not', null)
    .where('moved_to', 'is', null)
    .where('erased_at', 'is', null)
    // Targets are in the table for their name alone.
    .where('retired_at', '>', 0)
    .orderBy('retired_at', 'desc')
    .orderBy('id')
    .execute();
  const part = q.trim().toLowerCase();
  const found = rows.filter(({ id, name }) => name.toLowerCase().includes(part) || id.includes(part));
  const items = found.slice(0, atMost).map(
    ({ enrolled_at, retired_at, ...row }): Static<typeof RetiredEndpoint> => ({
      ...{ ...row, enrolledAt: enrolled_at },
      retiredAt: retired_at as number,
    }),
  );
  return { items, next: null, total: found.length };
}
