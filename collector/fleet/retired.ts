/** Retired endpoints of which something is known, and taking one back. */
import type { Static } from 'typebox';
import type { RetiredEndpoint } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { freeName } from './enrollment.ts';
import { noteIdentity } from './identity-events.ts';

const atMost = 200;
/** So long after it was retired an endpoint can be taken back. */
const restorableMs = 30 * 86_400_000;

/** Those retired last first; one that was replaced goes on as another. @param q a part of the name or of the id */
export async function retiredEndpoints(state: State, q: string, now: number) {
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
      restorableUntil: now - (retired_at as number) < restorableMs ? (retired_at as number) + restorableMs : null,
    }),
  );
  return { items, next: null, total: found.length };
}

/** Of these those that can still be taken back. */
export async function restorableOf(db: State, ids: readonly string[], now: number): Promise<Set<string>> {
  const found = new Set<string>();
  for (const some of chunks(ids)) {
    const rows = db.selectFrom('endpoints').select('id').where('id', 'in', some).where('retired_at', '>', 0);
    const back = rows.where('retired_at', '>', now - restorableMs).where('moved_to', 'is', null);
    for (const { id } of await back.where('erased_at', 'is', null).execute()) found.add(id);
  }
  return found;
}

/**
 * Inside the transaction of the caller: it is in the fleet again, and its credential is taken as before. What was set for it alone ended when it was retired.
 * @returns its name, which is another one where somebody has it by now
 * @throws EvenkeelError NOT_FOUND, CONFLICT
 */
export async function restoreEndpoint(db: State, id: string, by: string, now: number): Promise<string> {
  const row = await db.selectFrom('endpoints').selectAll().where('id', '=', id).executeTakeFirst();
  // A row of a target is retired from the beginning.
  if (!row || row.retired_at === 0) throw fail('NOT_FOUND', { what: 'endpoint', id });
  if (row.erased_at !== null)
    throw fail('CONFLICT', { problem: `${id} is erased; nothing of it is left to take back` });
  if (row.moved_to !== null) throw fail('CONFLICT', { problem: `${id} goes on as the endpoint ${row.moved_to}` });
  if (row.retired_at === null) throw fail('CONFLICT', { problem: `the endpoint "${row.name}" is not retired` });
  if (now - row.retired_at >= restorableMs)
    throw fail('CONFLICT', {
      problem: `"${row.name}" was retired more than 30 days ago; enrol its machine again, as a new endpoint`,
    });
  const name = await freeName(db, row.name);
  // What it was when it was retired is no news: it is seen again when it reports.
  const as = { state: 'lost', state_reason: 'silent', state_since: row.last_seen_at ?? row.retired_at } as const;
  await db
    .updateTable('endpoints')
    .set({ name, retired_at: null, ...(row.last_seen_at === null ? {} : as) })
    .where('id', '=', id)
    .execute();
  await noteIdentity(db, { endpoint: id, at: now, kind: 'restored', by });
  return name;
}
