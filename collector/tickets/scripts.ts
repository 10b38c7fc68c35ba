/** Names under which only scripts act: those of API tokens, unless a person has the same. */
import type { State } from '../state/open.ts';

/** Tokens that were revoked as well: what they did stays in the history. */
export async function readScripts(db: State): Promise<ReadonlySet<string>> {
  const people = db.selectFrom('users').select('name');
  const rows = await db.selectFrom('tokens').select('name').distinct().where('name', 'not in', people).execute();
  return new Set(rows.map(({ name }) => name));
}
