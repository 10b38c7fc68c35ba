/** What people know, in words that are in use. Suggestions are made of it, and nothing else. */
import { fail } from '../../shared/errors.ts';
import { skillsAtMost } from '../../shared/ticket-work.ts';
import type { State, StateTransaction } from '../state/database.ts';
import { skillOf } from './next.ts';

export async function skillsOf(state: State | StateTransaction, person: string): Promise<Set<string>> {
  const rows = await state.selectFrom('person_skills').select('skill').where('person', '=', person).execute();
  return new Set(rows.map(({ skill }) => skill));
}

/** Of everybody, by name. */
export async function skillsOfAll(state: State | StateTransaction): Promise<Map<string, string[]>> {
  const rows = await state.selectFrom('person_skills').select(['person', 'skill']).orderBy('skill').execute();
  const found = new Map<string, string[]>();
  for (const { person, skill } of rows) found.set(person, [...(found.get(person) ?? []), skill]);
  return found;
}

/**
 * In place of those that were there. What somebody knew already may have gone out of use.
 * @throws EvenkeelError BAD_REQUEST for a word that nothing has, or more than there may be
 */
export async function setSkills(
  state: State,
  { person, by, at }: { person: string; by: string; at: number },
  wanted: readonly string[],
  inUse: ReadonlySet<string>,
): Promise<void> {
  const words = [...new Set(wanted.map(skillOf))];
  await state.transaction().execute(async (db) => {
    const had = await skillsOf(db, person);
    const unknown = words.find((word) => !inUse.has(word) && !had.has(word));
    if (unknown !== undefined)
      throw fail('BAD_REQUEST', {
        problem: `"${unknown}" is on no ticket, endpoint or rule; choose from the words that are in use, or put it on a ticket as a tag first`,
      });
    if (words.length > skillsAtMost)
      throw fail('BAD_REQUEST', { problem: `${words.length} skills are more than ${skillsAtMost}; leave some out` });
    await db.deleteFrom('person_skills').where('person', '=', person).execute();
    if (words.length === 0) return;
    const rows = words.map((skill) => ({ person, skill, at, by_user: by }));
    await db.insertInto('person_skills').values(rows).execute();
  });
}
