/** One person as a source has them, and what differs from what is known. Pure. */
import type { PersonSource } from '../../shared/directory.ts';
import { nameFault } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { addressIn } from '../notify/address-in.ts';

export interface PersonFields {
  number: string | null;
  name: string;
  mail: string | null;
  phone: string | null;
  job: string | null;
  /** Id of the site. */
  site: string | null;
  /** Mail address of who they report to, in small letters. */
  manager: string | null;
  /** Name of the user that is this person. */
  login: string | null;
  /** Ids of endpoints, sorted. */
  machines: readonly string[];
  /** What they know, where they can log in: words that choose whose ticket is next. Sorted. */
  skills: readonly string[];
  hasLeft: boolean;
}

export interface KnownPerson extends PersonFields {
  id: string;
  source: PersonSource;
}

/** What is to be written. */
export interface PersonChange {
  /** Null: a new one. */
  id: string | null;
  source: PersonSource;
  fields: PersonFields;
}

const mailAtMost = 254;
export const mailKey = (mail: string | null): string | null => mail?.toLowerCase() ?? null;

/** @returns a reason where it is none */
export const mailFault = (text: string): Reason | null =>
  text.length <= mailAtMost && addressIn(text) === text ? null : reason('entry_mail');
export const phoneFault = (text: string): Reason | null =>
  /^[\d+()/ .-]{3,40}$/.test(text) && /\d.*\d.*\d/.test(text) ? null : reason('entry_phone');
/** Of one line, all of which can be seen. */
export const lineFault = (text: string): Reason | null => nameFault(text);

export const noPerson: Omit<PersonFields, 'name'> = {
  ...{ number: null, mail: null, phone: null, job: null, site: null, manager: null, login: null },
  ...{ machines: [], skills: [], hasLeft: false },
};

const fieldNames = [
  ...(['number', 'name', 'mail', 'phone', 'job', 'site', 'manager', 'login', 'machines'] as const),
  ...(['skills', 'hasLeft'] as const),
];
type FieldName = (typeof fieldNames)[number];

const plain = (value: PersonFields[FieldName]) => (Array.isArray(value) ? value.join(' ') : value);
export const differing = (was: PersonFields, is: PersonFields): FieldName[] =>
  fieldNames.filter((name) => plain(was[name]) !== plain(is[name]));

/** Those who are known, to be found as a source names them. */
export function indexOf(people: readonly KnownPerson[]) {
  const byMail = new Map(people.flatMap((one) => (one.mail === null ? [] : [[mailKey(one.mail), one] as const])));
  const byNumber = new Map(people.flatMap((one) => (one.number === null ? [] : [[numberKey(one), one] as const])));
  return {
    /** By number first: addresses change with names. A number of another source is looked for last. */
    find(source: PersonSource, { number, mail }: Pick<PersonFields, 'number' | 'mail'>): KnownPerson | undefined {
      const ofNumber = (of: PersonSource) =>
        number === null ? undefined : byNumber.get(numberKey({ source: of, number }));
      return ofNumber(source) ?? (mail === null ? undefined : byMail.get(mailKey(mail))) ?? ofNumber('ldap');
    },
    ofMail: (mail: string): KnownPerson | undefined => byMail.get(mailKey(mail)),
  };
}

const numberKey = ({ source, number }: { source: PersonSource; number: string | null }) => `${source} ${number}`;
