/** People of a directory server. Pure: what they would change in those who are known, who is there no more, and what is not taken. */
import type { TableRead } from '../../shared/api.ts';
import type { LdapNote } from '../../shared/directory.ts';
import { namesThere } from '../../shared/nearest.ts';
import { nameKey } from '../../shared/place-name.ts';
import { clip, type Reason, reason } from '../../shared/reason.ts';
import { revealed } from '../../shared/safe-text.ts';
import { skillsAtMost } from '../../shared/ticket-work.ts';
import { skillOf } from '../tickets/next.ts';
import type { LdapEntry, LdapRead } from './ldap-session.ts';
import type { LdapField, LdapPlace } from './ldap-settings.ts';
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
import { type DirectoryNames, machinesAtMost, shownPerson, skillsFault } from './table.ts';

export interface LdapPeople {
  changes: PersonChange[];
  lines: TableRead['lines'];
  notes: LdapNote[];
  /** Who was there the last time and is not now. */
  gone: number;
  /** Who was kept by the server until now and has not left. */
  before: number;
  /** Names of machines there that no endpoint has. */
  unknownMachines: string[] | null;
}

type Mapping = Pick<LdapPlace, 'attributes' | 'computers'>;
interface FoundPerson {
  entry: LdapEntry;
  known: KnownPerson | undefined;
  fields: PersonFields;
}

/** What is longer is no value of a person; photographs and the like are not even decoded. */
const bytesAtMost = 2000;
const notesAtMost = 200;

export function peopleOfLdap(
  read: LdapRead,
  { attributes, computers }: Mapping,
  people: readonly KnownPerson[],
  names: DirectoryNames,
): LdapPeople {
  const notes: LdapNote[] = [];
  const note = (entry: LdapEntry, field: LdapNote['field'], value: string, why: Reason) => {
    if (notes.length < notesAtMost)
      notes.push({ entry: revealed(clip(entry.dn, 200)), field, value: revealed(clip(value, 80)), why });
  };
  const known = indexOf(people);
  const value = valueReader(attributes, note);
  const mails = new Map(read.people.map((entry) => [dnKey(entry.dn), firstText(entry, attributes.mail)]));
  const machines = machinesIn(read.computers, computers, names);
  const reading: LdapReading = { attributes, value, note, mails, machines, names: namesOf(names, people) };

  /** Whoever has an entry is there, also where nothing of it can be taken. */
  const there = new Set<string>();
  const found: FoundPerson[] = [];
  for (const entry of read.people) {
    const [number, mail] = [value(entry, 'number'), value(entry, 'mail')];
    const person = known.find('ldap', { number, mail });
    if (person) there.add(person.id);
    const fields = fieldsOf(entry, { number, mail }, person, reading);
    if (fields) found.push({ entry, known: person, fields });
  }
  const taken = withoutTaken(withoutDoubles(found, note), { known, there, note }).sort((a, b) =>
    a.fields.name.localeCompare(b.fields.name),
  );
  const changes: PersonChange[] = [];
  const lines: TableRead['lines'] = [];
  for (const { known: person, fields } of taken) {
    const changed = person ? differing(person, fields) : [];
    // Until now of a table, or by another server: from now on it is changed there.
    const isOurs = person?.source === 'ldap';
    const does = person === undefined ? 'add' : changed.length > 0 ? 'change' : 'same';
    const before = person ? shownPerson(changed, person, names) : null;
    const after = shownPerson(person ? changed : null, fields, names);
    lines.push({ line: lines.length + 1, name: fields.name, does, before, after });
    if (does !== 'same' || !isOurs) changes.push({ id: person?.id ?? null, source: 'ldap', fields });
  }
  const addresses = new Set(taken.flatMap(({ fields }) => mailKey(fields.mail) ?? []));
  const absent = people.filter((one) => isFree(one, there));
  const gone = absent.filter(({ hasLeft }) => !hasLeft);
  for (const { id, source, ...person } of absent) {
    // An address that somebody else has now is theirs.
    const mail = addresses.has(mailKey(person.mail) ?? '') ? null : person.mail;
    const fields = { ...person, mail, hasLeft: true };
    const changed = differing(person, fields);
    if (changed.length === 0) continue;
    const [before = null, after = null] = [person, fields].map((one) => shownPerson(changed, one, names));
    lines.push({ line: lines.length + 1, name: person.name, does: 'change', before, after });
    changes.push({ id, source, fields });
  }
  const before = people.filter(({ source, hasLeft }) => source === 'ldap' && !hasLeft).length;
  return { changes, lines, notes, gone: gone.length, before, unknownMachines: read.computers && machines.unknown };
}

type Noted = (entry: LdapEntry, field: LdapNote['field'], value: string, why: Reason) => void;
type NamesRead = ReturnType<typeof namesOf>;

interface LdapReading {
  attributes: Mapping['attributes'];
  value(entry: LdapEntry, field: LdapField): string | null;
  note: Noted;
  /** By the name of an entry. */
  mails: ReadonlyMap<string, string | null>;
  machines: ReturnType<typeof machinesIn>;
  names: NamesRead;
}

function namesOf({ sites, logins, skills }: DirectoryNames, people: readonly KnownPerson[]) {
  return {
    sites: new Map(sites.map(({ id, name }) => [nameKey(name), id])),
    siteNames: sites.map(({ name }) => name),
    logins: new Set(logins),
    ofLogin: new Map(people.flatMap(({ login, id }) => (login === null ? [] : [[login, id] as const]))),
    skills,
  };
}

/** Of one value: what cannot be text, or is longer than any of a person, is none. */
function firstText(entry: LdapEntry, attribute: string | undefined): string | null {
  const [bytes] = attribute === undefined ? [] : entry.values(attribute);
  return bytes === undefined || bytes.length > bytesAtMost ? null : textOf(bytes);
}

const decoder = new TextDecoder('utf-8', { fatal: true });
function textOf(bytes: Buffer): string | null {
  try {
    return decoder.decode(bytes).normalize('NFC').trim() || null;
  } catch {
    return null;
  }
}

/** As Active Directory and its tools write it: the first three groups are turned around. */
function guidOf(bytes: Buffer): string {
  const hex = (from: number, to: number, isTurned: boolean) => {
    const part = bytes.subarray(from, to);
    return (isTurned ? Buffer.from(part).reverse() : part).toString('hex');
  };
  return [hex(0, 4, true), hex(4, 6, true), hex(6, 8, true), hex(8, 10, false), hex(10, 16, false)].join('-');
}

const checks: Partial<Record<LdapField, (text: string) => Reason | null>> = {
  ...{ number: lineFault, name: lineFault, mail: mailFault, phone: phoneFault, job: lineFault },
};

function valueReader(attributes: Mapping['attributes'], note: Noted) {
  return (entry: LdapEntry, field: LdapField): string | null => {
    const attribute = attributes[field];
    const [bytes] = attribute === undefined ? [] : entry.values(attribute);
    if (bytes === undefined || bytes.length === 0) return null;
    if (attribute?.toLowerCase() === 'objectguid' && bytes.length === 16) return guidOf(bytes);
    if (bytes.length > bytesAtMost) {
      note(entry, field, '', reason('ldap_long', { size_bytes: bytes.length, limit_bytes: bytesAtMost }));
      return null;
    }
    const text = textOf(bytes);
    const fault = text === null ? reason('ldap_no_text') : (checks[field]?.(text) ?? null);
    if (fault) note(entry, field, text ?? bytes.toString('hex'), fault);
    return fault ? null : text;
  };
}

/** As names of entries are compared: without regard to case, nor to blanks around what parts them. */
const dnKey = (dn: string): string => dn.toLowerCase().replace(/\s*([,=+])\s*/g, '$1');

/** @returns null where nobody could be found again by it */
function fieldsOf(
  entry: LdapEntry,
  { number, mail }: Pick<PersonFields, 'number' | 'mail'>,
  known: KnownPerson | undefined,
  { attributes, value, note, mails, machines, names }: LdapReading,
): PersonFields | null {
  const name = value(entry, 'name') ?? commonName(entry, note);
  if (name === null) return null;
  if (number === null && mail === null) {
    note(entry, null, name, reason('person_unnamed'));
    return null;
  }
  const fields: PersonFields = { ...noPerson, ...known, number, name, mail, hasLeft: false };
  for (const field of ['phone', 'job'] as const)
    if (attributes[field] !== undefined) fields[field] = value(entry, field);
  if (attributes.manager !== undefined) {
    const of = firstText(entry, attributes.manager);
    const address = of === null ? null : mailFault(of) === null ? of : (mails.get(dnKey(of)) ?? null);
    const isFit = address !== null && mailFault(address) === null && mailKey(address) !== mailKey(mail);
    fields.manager = isFit ? mailKey(address) : null;
  }
  const site = value(entry, 'site');
  if (site !== null) {
    const id = names.sites.get(nameKey(site));
    if (id === undefined)
      note(entry, 'site', site, reason('name_unknown', { name: site, ...namesThere(site, names.siteNames) }));
    else fields.site = id;
  }
  const login = value(entry, 'login');
  const ofOther = login === null ? undefined : names.ofLogin.get(login);
  if (login !== null && names.logins.has(login) && (ofOther === undefined || ofOther === known?.id))
    fields.login = login;
  // Those of another log-in are not theirs.
  if (fields.login !== (known?.login ?? null)) fields.skills = names.skills.get(fields.login ?? '') ?? [];
  fields.machines = machines.of(dnKey(entry.dn), fields.machines);
  if (fields.machines.length > machinesAtMost) {
    const count = fields.machines.length;
    note(entry, 'machines', '', reason('person_many_machines', { count, limit: machinesAtMost }));
    fields.machines = fields.machines.slice(0, machinesAtMost);
  }
  if (attributes.skills !== undefined && fields.login !== null) {
    const words = entry
      .values(attributes.skills)
      .flatMap((bytes) => (bytes.length > bytesAtMost ? [] : skillsIn(bytes)));
    const fit = [...new Set(words)].sort().slice(0, skillsAtMost);
    const fault = skillsFault(fit, fields.login);
    if (fault) note(entry, 'skills', fit.join(' '), fault);
    else fields.skills = fit;
  }
  return fields;
}

const skillsIn = (bytes: Buffer): string[] =>
  (textOf(bytes) ?? '')
    .split(/[,;\s]+/)
    .map(skillOf)
    .filter(Boolean);

function commonName(entry: LdapEntry, note: Noted): string | null {
  const text = firstText(entry, 'cn');
  const fault = text === null ? reason('ldap_no_name') : lineFault(text);
  if (fault) note(entry, 'name', text ?? '', fault);
  return fault ? null : text;
}

/** Whoever was known by a number keeps what is theirs; of the others the first one has it. */
function withoutDoubles(found: FoundPerson[], note: Noted): FoundPerson[] {
  const seen = new Map<string, FoundPerson>();
  return found
    .toSorted((a, b) => rankOf(a) - rankOf(b))
    .filter((one) => {
      const { entry, known, fields } = one;
      const named = { number: fields.number, mail: mailKey(fields.mail), person: known?.id ?? null };
      const keys = Object.entries(named).flatMap(([kind, key]) => (key === null ? [] : [`${kind} ${key}`]));
      const first = keys.flatMap((key) => seen.get(key) ?? [])[0];
      if (first) {
        note(entry, null, fields.mail ?? fields.name, reason('ldap_twice', { entry: clip(first.entry.dn, 200) }));
        return false;
      }
      if (fields.login !== null && seen.has(`login ${fields.login}`))
        Object.assign(fields, { login: null, skills: [] });
      for (const key of [...keys, `login ${fields.login}`]) seen.set(key, one);
      return true;
    });
}

/** Nobody takes an address that somebody has who keeps it: which of the two is right a person has to say. */
function withoutTaken(found: FoundPerson[], { known, there, note }: TakenReading): FoundPerson[] {
  const ids = new Set(found.flatMap((one) => one.known?.id ?? []));
  const taken = found.filter(({ entry, known: person, fields }) => {
    const holder = fields.mail === null ? undefined : known.ofMail(fields.mail);
    if (holder === undefined || holder.id === person?.id || ids.has(holder.id) || isFree(holder, there)) return false;
    note(entry, 'mail', fields.mail ?? '', reason('person_mail_taken', { name: holder.name }));
    return true;
  });
  // Whoever is left out keeps an address that another one may have counted on.
  return taken.length === 0
    ? found
    : withoutTaken(
        found.filter((one) => !taken.includes(one)),
        { known, there, note },
      );
}

interface TakenReading {
  known: ReturnType<typeof indexOf>;
  there: ReadonlySet<string>;
  note: Noted;
}

/** Of somebody who has left, or is there no more. */
const isFree = ({ id, source, hasLeft }: KnownPerson, there: ReadonlySet<string>): boolean =>
  !there.has(id) && (hasLeft || source === 'ldap');

const rankOf = ({ known, fields }: FoundPerson): number =>
  known?.source === 'ldap' && known.number === fields.number ? 0 : known ? 1 : 2;

/** Who works at which endpoint: of a machine that the server gives to somebody, it decides; of others, what people entered. */
function machinesIn(
  entries: readonly LdapEntry[] | null,
  mapping: Mapping['computers'],
  { endpoints }: DirectoryNames,
) {
  const byName = new Map(endpoints.map(({ id, name }) => [nameKey(name), id]));
  const shortNames = new Map(endpoints.map(({ id, name }) => [nameKey(name.split('.')[0] ?? name), id]));
  const given = new Set<string>();
  const byOwner = new Map<string, string[]>();
  const unknown: string[] = [];
  for (const entry of entries ?? []) {
    const name = firstText(entry, mapping?.name);
    if (name === null || lineFault(name) !== null) continue;
    const id = byName.get(nameKey(name)) ?? shortNames.get(nameKey(name.split('.')[0] ?? name));
    const owner = firstText(entry, mapping?.person);
    if (id === undefined) unknown.push(name);
    else if (owner !== null && !given.has(id)) {
      given.add(id);
      byOwner.set(dnKey(owner), [...(byOwner.get(dnKey(owner)) ?? []), id]);
    }
  }
  return {
    unknown: unknown.sort((a, b) => a.localeCompare(b)),
    of: (dn: string, entered: readonly string[]): string[] =>
      [...new Set([...entered.filter((id) => !given.has(id)), ...(byOwner.get(dn) ?? [])])].sort(),
  };
}
