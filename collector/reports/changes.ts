/** Who changed a schedule or a status page, when and why. Only added to. */
import type { OutwardChange } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/open.ts';

export interface ChangeBy {
  by: string;
  reason: string;
  at: number;
}

/** @param content as it is from then on; null: deleted */
export async function noteChange(db: State, about: string, content: object | null, { by, reason, at }: ChangeBy) {
  const row = { about, at, by_user: by, reason, content: JSON.stringify(content) };
  await db.insertInto('outward_changes').values(row).execute();
}

const mostChanges = 200;

/** Newest first. @throws EvenkeelError NOT_FOUND where there never was one */
export async function changesOf(state: State, what: string, about: string): Promise<OutwardChange[]> {
  const rows = await state
    .selectFrom('outward_changes')
    .selectAll()
    .where('about', '=', about)
    .orderBy('id', 'desc')
    .limit(mostChanges)
    .execute();
  if (rows.length === 0) throw fail('NOT_FOUND', { what, id: about });
  return rows.map(({ at, by_user: by, reason, content }) => ({ at, by, reason, content: JSON.parse(content) }));
}
