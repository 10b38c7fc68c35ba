/** Changes as they are called. */
import type { ChangeName } from '../../shared/api.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import type { StoredChange } from './rows.ts';

export const changeName = ({ id, kind, title, what, manager, site, packages }: StoredChange): ChangeName => ({
  ...{ id, kind, title, what, manager, site, packages: JSON.parse(packages ?? '[]') as string[] },
});

export async function changesNamed(state: State, numbers: readonly number[]): Promise<Map<number, ChangeName>> {
  const found = new Map<number, ChangeName>();
  for (const some of chunks([...new Set(numbers)])) {
    const rows = await state.selectFrom('changes').selectAll().where('id', 'in', some).execute();
    for (const row of rows) found.set(row.id, changeName(row));
  }
  return found;
}
