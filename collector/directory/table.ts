/** People as a table. Pure: what it would do with those who are known. */
import type { TableRead } from '../../shared/api.ts';
import { columnsIn, csvFault, namesCell, namesInCell, readCsv, writeCsv } from '../../shared/csv.ts';
import { namesThere } from '../../shared/nearest.ts';
import { nameKey } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { isTag } from '../../shared/tag.ts';
import { skillsAtMost } from '../../shared/ticket-work.ts';
import { skillOf } from '../tickets/next.ts';
import {
  differing,
  indexOf,
  type KnownPerson,
  lineFault,
  mailFault,
  mailKey,
  noPerson,
  type PersonChange,
  type PersonFields,
  phoneFault,
} from './person.ts';

const columns = [
  ...(['number', 'name', 'mail', 'phone', 'job', 'site', 'manager', 'login', 'machines', 'skills', 'left'] as const),
];
type PersonColumn = (typeof columns)[number];
type CellFaultAt = (column: PersonColumn, why: Reason) => void;

interface NamedRow {
  id: string;
  name: string;
}

/** What cells may name. */
export interface DirectoryNames {
  sites: readonly NamedRow[];
  endpoints: readonly NamedRow[];
  /** Names of users. */
  logins: readonly string[];
  /** Of users, by name. */
  skills: ReadonlyMap<string, readonly string[]>;
}

export const machinesAtMost = 20;
const yesNo = ['yes', 'no'];

export function directoryTable(people: readonly KnownPerson[], { sites, endpoints }: DirectoryNames): string {
  const [siteNames, endpointNames] = [sites, endpoints].map((rows) => new Map(rows.map(({ id, name }) => [id, name])));
  return writeCsv([
    columns,
    ...people.map(({ number, name, mail, phone, job, site, manager, login, machines, skills, hasLeft }) => [
      ...[number, name, mail, phone, job, site === null ? null : (siteNames?.get(site) ?? null), manager, login],
      namesCell(machines.flatMap((id) => endpointNames?.get(id) ?? [])),
      namesCell(skills),
      hasLeft ? 'yes' : 'no',
    ]),
  ]);
}

/** Columns that are missing stay as they are, and people whom the table does not name; an empty cell takes away what is there. */
export function readDirectory(
  text: string,
  people: readonly KnownPerson[],
  names: DirectoryNames,
): Omit<TableRead, 'applied'> & { changes: PersonChange[] } {
  const given = new Set(columnsIn(text));
  const known = indexOf(people);
  const reading = readingOf(people, names);
  // Without one of the two nobody could be told from others of that name.
  const needed = given.has('number') || given.has('mail') ? [] : ['mail'];
  const optional = columns.filter((one) => one !== 'name' && !needed.includes(one));
  const { records, faults } = readCsv(text, columns, optional);
  const lines: TableRead['lines'] = [];
  const changes: PersonChange[] = [];
  const seen = new Map<string, number>();
  for (const { line, of } of records) {
    const before = faults.length;
    const at: CellFaultAt = (column, why) => faults.push(csvFault(line, column, of[column], why));
    const which = of.number === '' ? 'mail' : 'number';
    if (of[which] === '') {
      at('mail', reason('person_unnamed'));
      continue;
    }
    const person = known.find('csv', { number: of.number || null, mail: of.mail || null });
    const fields = fieldsIn(of, given, person, reading, at);
    if (faults.length > before) continue;
    const twice = takenIn(seen, fields, person, line);
    const other = fields.mail === null ? undefined : known.ofMail(fields.mail);
    if (twice) at(twice.column, reason('entry_twice', { line: twice.line }));
    else if (other && other.id !== person?.id) at('mail', reason('person_mail_taken', { name: other.name }));
    else {
      const changed = person ? differing(person, fields) : [];
      const kept = person?.source === 'ldap' ? changed.filter((one) => !enteredHere.has(one)) : [];
      if (kept.length > 0) at('name', reason('person_of_ldap', { fields: kept.join(', ') }));
      else {
        const [was, is] = person
          ? [person, fields].map((one) => shownPerson(changed, one, names))
          : [null, shownPerson(null, fields, names)];
        const does = person === undefined ? 'add' : changed.length > 0 ? 'change' : 'same';
        lines.push({ line, name: fields.name, does, before: was ?? null, after: is ?? null });
        if (does !== 'same') changes.push({ id: person?.id ?? null, source: person?.source ?? 'csv', fields });
      }
    }
  }
  return { faults, lines, changes };
}

/** The line that has the same person, number, address or log-in already. */
function takenIn(seen: Map<string, number>, fields: PersonFields, person: KnownPerson | undefined, line: number) {
  const keys: [PersonColumn, string | null][] = [
    ['number', fields.number],
    ['mail', mailKey(fields.mail)],
    ['login', fields.login],
    ['name', person?.id ?? null],
  ];
  for (const [column, key] of keys) {
    const first = key === null ? undefined : seen.get(`${column} ${key}`);
    if (first !== undefined) return { column, line: first };
  }
  for (const [column, key] of keys) if (key !== null) seen.set(`${column} ${key}`, line);
  return null;
}

type TableReading = ReturnType<typeof readingOf>;

function readingOf(people: readonly KnownPerson[], { sites, endpoints, logins, skills }: DirectoryNames) {
  return {
    skills,
    sites: new Map(sites.map(({ id, name }) => [nameKey(name), id])),
    endpoints: new Map(endpoints.map(({ id, name }) => [nameKey(name), id])),
    logins: new Set(logins),
    names: { site: sites.map(({ name }) => name), machines: endpoints.map(({ name }) => name), login: logins },
    ofLogin: new Map(people.flatMap((one) => (one.login === null ? [] : [[one.login, one] as const]))),
  };
}

function fieldsIn(
  of: Record<PersonColumn, string>,
  given: ReadonlySet<string>,
  person: KnownPerson | undefined,
  { sites, endpoints, logins, names, ofLogin, skills }: TableReading,
  at: CellFaultAt,
): PersonFields {
  const fields: PersonFields = { ...noPerson, ...(person ?? { name: '' }), name: of.name };
  const check = (column: PersonColumn, fault: Reason | null) => fault && at(column, fault);
  const unknown = (column: 'site' | 'machines' | 'login', name: string) =>
    at(column, reason('name_unknown', { name, ...namesThere(name, names[column]) }));
  check('name', lineFault(of.name));
  for (const [column, fault] of texts) {
    if (!given.has(column)) continue;
    if (of[column] !== '') check(column, fault(of[column]));
    fields[column] = of[column] || null;
  }
  if (given.has('manager')) {
    if (of.manager !== '') check('manager', mailFault(of.manager));
    fields.manager = mailKey(of.manager) || null;
  }
  if (given.has('site')) {
    fields.site = of.site === '' ? null : (sites.get(nameKey(of.site)) ?? null);
    if (of.site !== '' && fields.site === null) unknown('site', of.site);
  }
  if (given.has('login')) {
    const other = ofLogin.get(of.login);
    if (of.login !== '' && !logins.has(of.login)) unknown('login', of.login);
    else if (other && other.id !== person?.id) at('login', reason('person_login_taken', { name: other.name }));
    fields.login = of.login || null;
  }
  if (given.has('machines')) {
    const wanted = namesInCell(of.machines);
    const missing = wanted.find((name) => !endpoints.has(nameKey(name)));
    if (missing !== undefined) unknown('machines', missing);
    else if (wanted.length > machinesAtMost)
      at('machines', reason('person_many_machines', { count: wanted.length, limit: machinesAtMost }));
    fields.machines = [...new Set(wanted.flatMap((name) => endpoints.get(nameKey(name)) ?? []))].sort();
  }
  if (given.has('skills')) {
    const words = [...new Set(namesInCell(of.skills).map(skillOf))].sort();
    check('skills', skillsFault(words, fields.login));
    fields.skills = words;
  } else if (fields.login !== (person?.login ?? null)) fields.skills = skills.get(fields.login ?? '') ?? [];
  if (given.has('left')) {
    if (of.left !== '' && !yesNo.includes(of.left.toLowerCase()))
      at('left', reason('entry_choice', { known: 'yes, no' }));
    fields.hasLeft = of.left.toLowerCase() === 'yes';
  }
  return fields;
}

/** Of people of a directory server, too. */
const enteredHere: ReadonlySet<string> = new Set(['machines', 'login', 'skills']);
const shownFields = [
  ...(['mail', 'phone', 'job', 'site', 'manager', 'login', 'machines', 'skills', 'hasLeft'] as const),
];

const texts = [
  ['number', lineFault],
  ['mail', mailFault],
  ['phone', phoneFault],
  ['job', lineFault],
] as const;

/** A table may be written before the first ticket has a word: it need not be in use, as where one is chosen on the page. */
export function skillsFault(words: readonly string[], login: string | null): Reason | null {
  const strange = words.find((word) => !isTag(word));
  if (strange !== undefined) return reason('fleet_tag', { text: strange });
  if (words.length > skillsAtMost) return reason('person_many_skills', { count: words.length, limit: skillsAtMost });
  return words.length > 0 && login === null ? reason('person_skills_login') : null;
}

/** What people compare; of a new one, all that there is. */
export function shownPerson(
  of: ReturnType<typeof differing> | null,
  person: PersonFields,
  { sites, endpoints }: DirectoryNames,
): string {
  const nameIn = (rows: readonly NamedRow[], id: string) => rows.find((row) => row.id === id)?.name ?? id;
  const words = {
    ...person,
    site: person.site === null ? null : nameIn(sites, person.site),
    machines: person.machines.map((id) => nameIn(endpoints, id)).join(', '),
    skills: person.skills.join(', '),
    hasLeft: person.hasLeft ? 'left' : null,
  };
  const fields = of ?? shownFields;
  const parts = fields.flatMap((name) => words[name] || (of === null ? [] : '–'));
  return parts.join(' · ') || '–';
}
