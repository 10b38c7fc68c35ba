/**
 * To which sites a person or a token is limited. Null: to none, which is everything. Kept by id, so that a site may be renamed;
 * one that is removed takes nobody's limit away: whoever had that alone sees nothing until an admin says what.
 */
import { fail } from '../../shared/errors.ts';
import { nameKey } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { State } from '../state/open.ts';
import type { Role } from './roles.ts';

export type Sites = string[] | null;

export const sitesIn = (text: string | null | undefined): string[] | null =>
  text === null || text === undefined ? null : (JSON.parse(text) as string[]);
export const sitesText = (sites: Sites): string | null => (sites === null ? null : JSON.stringify(sites));

/** @throws EvenkeelError ADMIN_LIMITED, NOT_FOUND, BAD_REQUEST for an empty list, which would be somebody who sees nothing */
export async function checkSites(db: State, { name, role, sites }: { name: string; role: Role; sites: Sites }) {
  if (sites === null) return;
  if (role === 'admin') throw fail('ADMIN_LIMITED', { name });
  if (sites.length === 0) throw refusal('BAD_REQUEST', reason('sites_none'), {}, [{ at: 'sites' }]);
  const rows = await db
    .selectFrom('sites')
    .select('id')
    .where('id', 'in', [...sites])
    .execute();
  const missing = sites.find((id) => !rows.some((row) => row.id === id));
  if (missing !== undefined) throw fail('NOT_FOUND', { what: 'site', id: missing });
}

/** The ids of sites given by names, whatever their case. @throws EvenkeelError NOT_FOUND */
export async function sitesNamed(db: State, names: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('sites').select(['id', 'name_key']).execute();
  return [...new Set(names)].map((name) => {
    const found = rows.find((row) => row.name_key === nameKey(name));
    if (!found) throw fail('NOT_FOUND', { what: 'site', id: name });
    return found.id;
  });
}

/** Those that are there, with their names, in the order of these. */
export async function sitesCalled(db: State, sites: readonly string[]): Promise<{ id: string; name: string }[]> {
  if (sites.length === 0) return [];
  return db.selectFrom('sites').select(['id', 'name']).where('id', 'in', sites).orderBy('name_key').execute();
}
