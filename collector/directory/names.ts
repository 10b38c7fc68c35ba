/** What people of a source may name. */
import type { State, StateTransaction } from '../state/database.ts';
import { skillsOfAll } from '../tickets/skills.ts';
import type { DirectoryNames } from './table.ts';

export async function directoryNames(db: State | StateTransaction): Promise<DirectoryNames> {
  const sites = await db.selectFrom('sites').select(['id', 'name']).orderBy('name_key').execute();
  const endpoints = db.selectFrom('endpoints').select(['id', 'name']).where('retired_at', 'is', null);
  const users = await db.selectFrom('users').select('name').orderBy('name').execute();
  return {
    ...{ sites, endpoints: await endpoints.orderBy('name').execute(), logins: users.map(({ name }) => name) },
    skills: await skillsOfAll(db),
  };
}
