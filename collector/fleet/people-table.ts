/** How many people there are at sites, and how many depend on endpoints, as a table. */
import type { TableRead } from '../../shared/api.ts';
import { csvFault, readCsv, writeCsv } from '../../shared/csv.ts';
import { namesThere } from '../../shared/nearest.ts';
import { nameKey } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import type { State } from '../state/open.ts';
import { editPlace } from './places.ts';

const columns = ['kind', 'name', 'people'] as const;
const kinds = ['site', 'endpoint'] as const;
const mostPeople = 1_000_000;

interface PeopleRow {
  kind: (typeof kinds)[number];
  id: string;
  name: string;
  people: number | null;
}

async function peopleRows(state: State): Promise<PeopleRow[]> {
  const sites = await state.selectFrom('sites').select(['id', 'name', 'people']).orderBy('name_key').execute();
  const endpoints = await state
    .selectFrom('endpoints')
    .select(['id', 'name', 'people'])
    .where('retired_at', 'is', null)
    .orderBy('name')
    .execute();
  return [
    ...sites.map((row): PeopleRow => ({ kind: 'site', ...row })),
    ...endpoints.map((row): PeopleRow => ({ kind: 'endpoint', ...row })),
  ];
}

export async function peopleTable(state: State): Promise<string> {
  return writeCsv([columns, ...(await peopleRows(state)).map(({ kind, name, people }) => [kind, name, people])]);
}

export interface PeopleChange {
  kind: PeopleRow['kind'];
  id: string;
  people: number | null;
}

/** All of them or none; the caller reloads the fleet and publishes. */
export async function applyPeople(state: State, changes: readonly PeopleChange[], by: string, at: number) {
  await state.transaction().execute(async (db) => {
    for (const { kind, id, people } of changes)
      if (kind === 'site') await editPlace(db, 'sites', id, { people }, by, at);
      else await db.updateTable('endpoints').set({ people }).where('id', '=', id).execute();
  });
}

/** An empty number: not known. What the table does not name stays as it is. @returns also what is to be changed */
export async function readPeople(
  state: State,
  text: string,
): Promise<Omit<TableRead, 'applied'> & { changes: PeopleChange[] }> {
  const { records, faults } = readCsv(text, columns);
  const rows = await peopleRows(state);
  const byName = Map.groupBy(rows, (row) => keyOf(row.kind, row.name));
  const byId = new Map(rows.map((row) => [keyOf(row.kind, row.id), row]));
  const lines: TableRead['lines'] = [];
  const changes = new Map<string, PeopleChange>();
  for (const { line, of } of records) {
    const at = (column: (typeof columns)[number], why: Reason) => faults.push(csvFault(line, column, of[column], why));
    const key = keyOf(of.kind, of.name);
    const named = byName.get(key) ?? [];
    const row = named.length > 1 ? undefined : (named[0] ?? byId.get(key));
    const people = of.people === '' ? null : Number(of.people);
    const isNumber = people === null || (/^\d{1,7}$/.test(of.people) && people <= mostPeople);
    if (!kinds.some((kind) => kind === of.kind.toLowerCase()))
      at('kind', reason('entry_choice', { known: kinds.join(', ') }));
    else if (named.length > 1) at('name', reason('entry_several', { count: named.length }));
    else if (!row) {
      const same = rows.filter(({ kind }) => kind === of.kind.toLowerCase()).map(({ name }) => name);
      at('name', reason('entry_no_such', namesThere(of.name, same)));
    } else if (changes.has(row.id)) at('name', reason('entry_again'));
    else if (!isNumber) at('people', reason('entry_people', { limit: mostPeople }));
    else {
      const does = row.people === people ? 'same' : 'change';
      lines.push({ line, name: row.name, does, before: shown(row.people), after: shown(people) });
      changes.set(row.id, { kind: row.kind, id: row.id, people });
    }
  }
  return { faults, lines, changes: [...changes.values()] };
}

const shown = (people: number | null) => (people === null ? null : String(people));

const keyOf = (kind: string, name: string) => `${kind.toLowerCase()} ${nameKey(name)}`;
