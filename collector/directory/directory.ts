/** People whom the desk knows: rows, found and written. Being here lets nobody log in. */
import type { DirectoryPerson } from '../../shared/directory.ts';
import { fail } from '../../shared/errors.ts';
import { nameKey } from '../../shared/place-name.ts';
import { makeId } from '../accounts/secret.ts';
import { breathe } from '../state/breathe.ts';
import { contains } from '../state/contains.ts';
import type { State, StateTransaction } from '../state/database.ts';
import { insertRows } from '../state/rows.ts';
import { skillsOf, skillsOfAll } from '../tickets/skills.ts';
import { type KnownPerson, mailKey, type PersonChange } from './person.ts';

export interface PeopleQuestion {
  /** In a name, an address, a number or the name of a machine. */
  q?: string | undefined;
  /** Who works at it. */
  endpoint?: string | undefined;
  /** Who has left as well. */
  left?: boolean | undefined;
  limit: number;
  offset: number;
}

/** By name. */
export async function listPeople(state: State, { q, endpoint, left, limit, offset }: PeopleQuestion) {
  const text = q?.trim() ?? '';
  const machinesOf = (db: State) =>
    db.selectFrom('directory_machines as m').innerJoin('endpoints as e', 'e.id', 'm.endpoint').select('m.person');
  let query = state.selectFrom('directory_people as p').leftJoin('sites as s', 's.id', 'p.site');
  if (left !== true) query = query.where('p.left_at', 'is', null);
  if (endpoint !== undefined) query = query.where('p.id', 'in', machinesOf(state).where('m.endpoint', '=', endpoint));
  if (text !== '')
    query = query.where((is) =>
      is.or([
        ...['p.name', 'p.mail', 'p.phone', 'p.ref', 'p.job'].map((column) => contains(column, text)),
        is('p.id', 'in', machinesOf(state).where(contains('e.name', text))),
      ]),
    );
  const { n } = await query.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  const rows = await query
    .selectAll('p')
    .select('s.name as site_name')
    .orderBy('p.name_key')
    .orderBy('p.id')
    .limit(limit)
    .offset(offset)
    .execute();
  const machines =
    rows.length === 0
      ? []
      : await machinesIn(
          state,
          rows.map(({ id }) => id),
        );
  const items = rows.map(
    (row): DirectoryPerson => ({
      ...{ id: row.id, source: row.source, number: row.ref, name: row.name, mail: row.mail, phone: row.phone },
      ...{ job: row.job, site: row.site_name, manager: row.manager, login: row.login, leftAt: row.left_at },
      machines: machines.flatMap(({ person, id, name }) => (person === row.id ? [{ id, name }] : [])),
    }),
  );
  return { items, total: Number(n) };
}

const machinesIn = (state: State, people: readonly string[]) =>
  state
    .selectFrom('directory_machines as m')
    .innerJoin('endpoints as e', 'e.id', 'm.endpoint')
    .select(['m.person', 'e.id', 'e.name'])
    .where('m.person', 'in', [...people])
    .where('e.retired_at', 'is', null)
    .orderBy('e.name')
    .execute();

/** All of them, those who have left too, by name. */
export async function knownPeople(db: State | StateTransaction): Promise<KnownPerson[]> {
  const rows = await db.selectFrom('directory_people').selectAll().orderBy('name_key').orderBy('id').execute();
  const machines = new Map<string, string[]>();
  const all = await db.selectFrom('directory_machines').selectAll().orderBy('endpoint').execute();
  const skills = await skillsOfAll(db);
  for (const { person, endpoint } of all) machines.set(person, [...(machines.get(person) ?? []), endpoint]);
  return rows.map((row) => ({
    ...{ id: row.id, source: row.source, number: row.ref, name: row.name, mail: row.mail, phone: row.phone },
    ...{ job: row.job, site: row.site, manager: row.manager, login: row.login, hasLeft: row.left_at !== null },
    ...{ machines: machines.get(row.id) ?? [], skills: skills.get(row.login ?? '') ?? [] },
  }));
}

/** How those with these log-ins are called: a log-in that two people have is nobody's. */
export async function calledIn(state: State, logins: readonly string[]): Promise<Record<string, string>> {
  const rows = await state
    .selectFrom('directory_people')
    .select(['login', 'name'])
    .where('login', 'is not', null)
    .where('left_at', 'is', null)
    .execute();
  const named = Map.groupBy(rows, ({ login }) => login ?? '');
  return Object.fromEntries(
    logins.flatMap((login) => {
      const [only, another] = named.get(login) ?? [];
      return only === undefined || another !== undefined || only.name === login ? [] : [[login, only.name]];
    }),
  );
}

/** In the transaction in which it was found out what differs. */
export async function writePeople(
  db: StateTransaction,
  changes: readonly PersonChange[],
  { by, at }: { by: string; at: number },
): Promise<void> {
  const made = changes.map((change) => ({ ...change, id: change.id ?? makeId('p'), isNew: change.id === null }));
  // An address that goes from one person to another is free before it is taken.
  for (const { id, isNew } of made)
    if (!isNew)
      await db.updateTable('directory_people').set({ mail_key: null, ref: null }).where('id', '=', id).execute();
  for (const { id, isNew, source, fields } of made) {
    const { number: ref, name, mail, phone, job, site, manager, login, skills, hasLeft } = fields;
    const row = { source, ref, name, name_key: nameKey(name), mail, mail_key: mailKey(mail), phone, job, site };
    const rest = { manager, login, changed_at: at, changed_by: by };
    if (isNew) await insertRows(db, 'directory_people', [{ id, ...row, ...rest, left_at: hasLeft ? at : null }]);
    else
      await db
        .updateTable('directory_people')
        .set((is) => ({ ...row, ...rest, left_at: hasLeft ? is.fn.coalesce('left_at', is.val(at)) : null }))
        .where('id', '=', id)
        .execute();
    if (!isNew) await db.deleteFrom('directory_machines').where('person', '=', id).execute();
    await insertRows(
      db,
      'directory_machines',
      fields.machines.map((endpoint) => ({ person: id, endpoint })),
    );
    if (login !== null) await writeSkills(db, { person: login, by, at }, skills);
    await breathe();
  }
}

/** Words that stay keep who entered them, and when. */
async function writeSkills(
  db: StateTransaction,
  { person, by, at }: { person: string; by: string; at: number },
  wanted: readonly string[],
): Promise<void> {
  const had = await skillsOf(db, person);
  const gone = [...had].filter((skill) => !wanted.includes(skill));
  if (gone.length > 0)
    await db.deleteFrom('person_skills').where('person', '=', person).where('skill', 'in', gone).execute();
  const added = wanted.filter((skill) => !had.has(skill));
  const rows = added.map((skill) => ({ person, skill, at, by_user: by }));
  await insertRows(db, 'person_skills', rows);
}

/** For good: what a directory server still has comes back with it. @throws EvenkeelError NOT_FOUND */
export async function removePerson(state: State, id: string): Promise<void> {
  await state.transaction().execute(async (db) => {
    await db.deleteFrom('directory_machines').where('person', '=', id).execute();
    const gone = await db.deleteFrom('directory_people').where('id', '=', id).returning('id').executeTakeFirst();
    if (!gone) throw fail('NOT_FOUND', { what: 'person', id });
  });
}
