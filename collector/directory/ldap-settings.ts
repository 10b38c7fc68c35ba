/** `ldap:` of the settings: the directory server whose people the desk knows. */
import { FilterParser } from 'ldapts';
import { type Static, Type } from 'typebox';
import { reasonOf } from '../../shared/errors.ts';
import { isLoopback } from '../../shared/loopback.ts';
import type { Fault } from '../../shared/shape.ts';
import { hostFault } from '../settings/hosts.ts';

const text = (want: string, maxLength: number, more = {}) => Type.String({ minLength: 1, maxLength, want, ...more });

function urlFault(given: string): string | null {
  const url = URL.parse(given);
  const isLdap = url?.protocol === 'ldaps:' || url?.protocol === 'ldap:';
  if (!isLdap || url.hostname === '') return 'is not an address of LDAP; write it like ldaps://ldap.example.org';
  if (url.username || url.password) return 'has a name or a password in it; write these as bind and password_file';
  if (url.pathname.length > 1 || url.search || url.hash)
    return 'holds more than a host and a port; where to search is base, for what is filter';
  return hostFault(bareHost(url));
}
const bareHost = ({ hostname }: URL) => hostname.replace(/^\[|\]$/g, '');

/** What the parser of the library takes: a fault is found at the start, not at night. */
function filterFault(given: string): string | null {
  if (!given.startsWith('(')) return 'is not a filter; write it like (objectClass=inetOrgPerson)';
  try {
    FilterParser.parseString(given);
    return null;
  } catch (thrown) {
    return `is not a filter: ${reasonOf(thrown).split('.')[0]}`;
  }
}
const attributeFault = (given: string) =>
  /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)?$/.test(given)
    ? null
    : 'is not the name of an attribute; write it like telephoneNumber';

const base = Type.Optional(text('a base', 1000));
const filter = Type.Optional(text('a filter', 4000, { check: filterFault }));
const attribute = (description: string) =>
  Type.Optional(Type.String({ maxLength: 100, want: 'the name of an attribute', check: attributeFault, description }));

const kinds = ['openldap', 'active_directory'] as const;

export const LdapSettings = Type.Object(
  {
    url: text('an address', 300, { check: urlFault, description: 'ldaps://, or ldap:// with StartTLS' }),
    starttls: Type.Optional(Type.Boolean({ default: true, description: 'false: in the clear, on this machine alone' })),
    ca: Type.Optional(text('a path', 1000, { description: 'PEM file: the authority of its certificate' })),
    bind: Type.Optional(text('the name that it is read as', 1000)),
    password_file: Type.Optional(text('a path', 1000, { description: 'file with the password of that name' })),
    base: text('a base', 1000, { description: 'below which people are searched, such as ou=people,dc=example,dc=org' }),
    kind: Type.Optional(Type.Enum([...kinds], { default: 'openldap', description: 'whose names are the defaults' })),
    filter,
    attributes: Type.Optional(
      Type.Object(
        {
          number: attribute('by which people are found again'),
          name: attribute('where it is empty, cn'),
          mail: attribute('mail address'),
          phone: attribute('telephone number'),
          job: attribute('what they do'),
          site: attribute('name of their site; none by default'),
          manager: attribute('who they report to: a name in the directory'),
          login: attribute('name of the user that is this person; none by default'),
          skills: attribute('what they know, of people who can log in; none by default'),
        },
        { additionalProperties: false, description: 'an empty one is not read' },
      ),
    ),
    computers: Type.Optional(
      Type.Object(
        { base, filter, name: attribute('name of the machine'), person: attribute('who works at it') },
        { additionalProperties: false, description: 'whose people become those of the endpoints of that name' },
      ),
    ),
    refresh: Type.Optional(text('five cron fields', 100, { description: 'when it is read again' })),
    at_most: Type.Optional(Type.Integer({ minimum: 1, maximum: 50_000, default: 10_000 })),
    timeout_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 300, default: 30 })),
    gone_at_most: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'percent; beyond it a person looks first' }),
    ),
  },
  { additionalProperties: false },
);
type GivenLdap = Static<typeof LdapSettings>;

export type LdapField = keyof NonNullable<GivenLdap['attributes']>;

interface LdapSearch {
  base: string;
  filter: string;
}

/** Complete and checked. */
export interface LdapPlace extends LdapSearch {
  url: string;
  host: string;
  tls: 'tls' | 'starttls' | 'none';
  ca: string | null;
  /** Null: without a name. */
  bind: { name: string; password: string } | null;
  /** Names of attributes; what is not there is not read. */
  attributes: Partial<Record<LdapField, string>>;
  computers: (LdapSearch & { name: string; person: string }) | null;
  /** Cron. */
  refresh: string;
  /** Entries. */
  atMost: number;
  timeoutMs: number;
  goneAtMostPercent: number;
}

const defaults = {
  openldap: {
    filter: '(objectClass=inetOrgPerson)',
    attributes: { number: 'entryUUID', name: 'displayName', phone: 'telephoneNumber' },
    computers: { filter: '(objectClass=device)', name: 'cn', person: 'owner' },
  },
  active_directory: {
    // Accounts that are disabled are those of people who have left.
    filter: '(&(objectCategory=person)(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
    attributes: { number: 'objectGUID', name: 'displayName', phone: 'telephoneNumber' },
    computers: { filter: '(objectClass=computer)', name: 'name', person: 'managedBy' },
  },
} as const;
const common = { mail: 'mail', job: 'title', manager: 'manager' };

/** What the shape does not say; only called for settings that satisfy it. */
export function faultsOfLdap({ url, starttls, bind, password_file: file }: GivenLdap): Fault[] {
  const { protocol, hostname } = new URL(url);
  const faults: Fault[] = [];
  if (starttls === false && protocol === 'ldap:' && !isLoopback(hostname))
    faults.push({
      path: ['starttls'],
      problem: `is false, and people and the password would go over the network to ${hostname} in the clear; leave it out`,
    });
  if (bind !== undefined && file === undefined)
    faults.push({ path: ['password_file'], problem: 'is missing: the name of bind has a password' });
  if (bind === undefined && file !== undefined)
    faults.push({ path: ['bind'], problem: 'is missing: whose password is in password_file is not known' });
  return faults;
}

export const usualRefresh = '15 * * * *';

export function ldapPlace(given: GivenLdap, password: string | null, ca: string | null): LdapPlace {
  const { url, kind = 'openldap', bind, computers } = given;
  const usual = defaults[kind];
  const parsed = new URL(url);
  const named = Object.entries({ ...common, ...usual.attributes, ...given.attributes });
  return {
    ...{ url, host: bareHost(parsed), ca, base: given.base, filter: given.filter ?? usual.filter },
    tls: parsed.protocol === 'ldaps:' ? 'tls' : given.starttls === false ? 'none' : 'starttls',
    bind: bind === undefined || password === null ? null : { name: bind, password },
    attributes: Object.fromEntries(named.filter(([, name]) => name !== '')),
    computers: computers ? { base: given.base, ...usual.computers, ...computers } : null,
    ...{ refresh: given.refresh ?? usualRefresh, atMost: given.at_most ?? 10_000 },
    ...{ timeoutMs: 1000 * (given.timeout_s ?? 30), goneAtMostPercent: given.gone_at_most ?? 20 },
  };
}
