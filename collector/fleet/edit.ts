/** Changes that people make to endpoints. Saves only; the caller reloads the fleet and publishes. */

import { fail } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import type { EndpointKind } from './fleet.ts';
import { setGroups } from './groups.ts';
import { noteIdentity } from './identity-events.ts';
import { moveRuleScope } from './rule-scopes.ts';
import { ensureSite, type NamedSite } from './sites.ts';

export interface EndpointEdit {
  name?: string | undefined;
  kind?: EndpointKind | undefined;
  /** Name; a site that does not exist is made. */
  site?: string | null | undefined;
  tags?: readonly string[] | undefined;
  /** Ids of all groups that it is to be in. */
  groups?: readonly string[] | undefined;
  /** Who cannot work while it is down; null: not known. */
  people?: number | null | undefined;
}

/**
 * @returns the id of the site that was made for it, or null
 * @throws EvenkeelError CONFLICT when another living endpoint has the name, BAD_NAME of a site, NOT_FOUND of a group
 */
export const editEndpoint = (state: State, id: string, edit: EndpointEdit, by: string, now: number) =>
  state.transaction().execute((db) => applyEdit(db, id, edit, by, now));

/** The same inside the transaction of the caller. */
export async function applyEdit(
  db: State,
  id: string,
  edit: EndpointEdit,
  by: string,
  now: number,
): Promise<string | null> {
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
  const site: NamedSite | null = typeof edit.site === 'string' ? await ensureSite(db, edit.site, by, now) : null;
  const values = {
    ...(edit.name === undefined ? {} : { name: edit.name }),
    ...(edit.kind === undefined ? {} : { kind: edit.kind, kind_why: JSON.stringify([reason('kind_set_by', { by })]) }),
    ...(edit.site === undefined ? {} : { site: site?.name ?? null }),
    ...(edit.tags === undefined ? {} : { tags: JSON.stringify([...new Set(edit.tags)].sort()) }),
    ...(edit.people === undefined ? {} : { people: edit.people }),
  };
  if (Object.keys(values).length > 0) {
    await db.updateTable('endpoints').set(values).where('id', '=', id).execute();
  }
  if (edit.groups) await setGroups(db, id, edit.groups, by, now);
  return site?.made ?? null;
}

/** Their credentials stop working; their history stays. Inside the caller's transaction. */
export async function retireEndpoints(db: State, ids: readonly string[], by: string, now: number): Promise<void> {
  for (const some of chunks(ids)) {
    await db.updateTable('endpoints').set({ retired_at: now }).where('id', 'in', some).execute();
    for (const endpoint of some) await noteIdentity(db, { endpoint, at: now, kind: 'retired', by });
    const scoped = new Set<string>();
    for (const table of ['rules', 'setting_layers'] as const) {
      const rows = db.selectFrom(table).select('target').where('scope', '=', 'endpoint').where('target', 'in', some);
      for (const { target } of await rows.execute()) scoped.add(target);
    }
    for (const id of scoped) await moveRuleScope(db, 'endpoint', id, null, 'endpoint_retired', by, now);
  }
}
