/** Changes that people make to endpoints. Saves first; the caller reloads the fleet and tells. */
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/open.ts';
import type { EndpointKind } from './fleet.ts';

export interface EndpointEdit {
  name?: string | undefined;
  kind?: EndpointKind | undefined;
  site?: string | null | undefined;
  tags?: readonly string[] | undefined;
}

/** @throws EvenkeelError CONFLICT when another living endpoint has the name */
export async function editEndpoint(state: State, id: string, edit: EndpointEdit, by: string): Promise<void> {
  await state.transaction().execute(async (db) => {
    if (edit.name !== undefined) {
      const other = await db
        .selectFrom('endpoints')
        .select('id')
        .where('name', '=', edit.name)
        .where('id', '<>', id)
        .where('retired_at', 'is', null)
        .executeTakeFirst();
      if (other) throw fail('CONFLICT', { problem: `another endpoint is called "${edit.name}"` });
    }
    const values = {
      ...(edit.name === undefined ? {} : { name: edit.name }),
      ...(edit.kind === undefined ? {} : { kind: edit.kind, kind_why: `set by ${by}` }),
      ...(edit.site === undefined ? {} : { site: edit.site }),
      ...(edit.tags === undefined ? {} : { tags: JSON.stringify([...new Set(edit.tags)].sort()) }),
    };
    if (Object.keys(values).length > 0) {
      await db.updateTable('endpoints').set(values).where('id', '=', id).execute();
    }
  });
}

/** The endpoint's credential stops working; its history stays. */
export async function retireEndpoint(state: State, id: string, now: number): Promise<void> {
  await state.updateTable('endpoints').set({ retired_at: now }).where('id', '=', id).execute();
}
