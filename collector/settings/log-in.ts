/** How people log in beside passwords, as settings have it. */
import { X509Certificate } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { parseDuration } from '../../shared/duration.ts';
import { reasonOf } from '../../shared/errors.ts';
import { isLoopback } from '../../shared/loopback.ts';
import { type Fault, shown } from '../../shared/shape.ts';
import type { Grant } from '../accounts/grants.ts';
import type { OpenIdSettings } from '../accounts/openid-settings.ts';
import { isRole, roles } from '../accounts/roles.ts';
import { type Read, readNamed } from './named-file.ts';

const closed = { additionalProperties: false } as const;
const hourMs = 3_600_000;
/** At each log-in the groups are read again, so this is how long a role outlives its group. */
const mostHours = 12;
const text = (description: string, more: object = {}) =>
  Type.String({ minLength: 1, maxLength: 200, want: 'a text', description, ...more });

function issuerFault(given: string): string | null {
  const address = URL.parse(given);
  if (!address || !['https:', 'http:'].includes(address.protocol))
    return 'is not an https address; write it as the provider does, like https://login.example.org/realms/keel';
  if (address.protocol === 'http:' && !isLoopback(address.hostname))
    return 'is not encrypted: whoever is on the way could log in as anybody; write an https address';
  if (address.username || address.password) return 'holds a user or a password; leave out what stands before the @';
  return address.search + address.hash === '' ? null : 'has more than an issuer; leave out what stands behind ? or #';
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** @returns what is wrong; null: it is a role, or a role with sites */
function grantFault(group: string, given: unknown): string | null {
  const asked = typeof given === 'string' ? { role: given } : given;
  const { role, sites, ...others } = (asked ?? {}) as Record<string, unknown>;
  if (typeof role !== 'string' || !isRole(role))
    return `names no role for the group "${group}"; write one of ${roles.join(', ')}`;
  const [other] = Object.keys(others);
  if (other !== undefined) return `has "${other}" for the group "${group}", which is not known; write role and sites`;
  if (sites === undefined) return null;
  if (role === 'admin') return `limits the admins of "${group}" to sites; leave the sites out, or give another role`;
  const isList = Array.isArray(sites) && sites.length > 0 && sites.every(isText);
  return isList ? null : `has sites for the group "${group}" that are no list of names; write [Berlin]`;
}

function groupsFault(groups: Record<string, unknown>): string | null {
  const entries = Object.entries(groups);
  if (entries.length === 0) return 'has no group, so nobody could log in; write the name of one and its role';
  return entries.map(([group, given]) => grantFault(group, given)).find((fault) => fault !== null) ?? null;
}

export const LogInSettings = Type.Object(
  {
    openid: Type.Optional(
      Type.Object(
        {
          issuer: text('address of the provider, as it calls itself', { want: 'an https address', check: issuerFault }),
          client_id: text('of this collector, as registered there'),
          client_secret_file: Type.String({
            minLength: 1,
            want: 'a path',
            description: 'file with the secret of that client',
          }),
          client_auth: Type.Optional(
            Type.Union([Type.Literal('post'), Type.Literal('basic')], {
              description: 'how the secret is sent; default: as the provider says that it takes it',
            }),
          ),
          name: Type.Optional(text('on the button of the log-in page; default: the host of the issuer')),
          groups_claim: Type.Optional(text('claim with the groups; default groups')),
          scope: Type.Optional(Type.Array(text('asked for beside openid, profile and email'), { maxItems: 20 })),
          groups: Type.Object(
            {},
            {
              description: 'by group: a role, or { role, sites }',
              want: 'groups with a role each, such as { keel-admins: admin }',
              check: groupsFault,
            },
          ),
          ca: Type.Optional(
            Type.String({
              minLength: 1,
              want: 'a path',
              description: 'PEM file: authority of its certificate, when no system knows it',
            }),
          ),
          session: Type.Optional(
            Type.Union([Type.String(), Type.Number()], {
              description: 'how long a log-in lasts',
              default: '12h',
              want: 'a duration such as 8h',
              check(value: string | number) {
                try {
                  const ms = parseDuration(value);
                  if (ms >= hourMs / 12 && ms <= mostHours * hourMs) return null;
                } catch {
                  return 'is not a duration; write a number with a unit, such as 90m or 8h';
                }
                return `must be from 5m to ${mostHours}h: a role ends with its group at the next log-in only`;
              },
            }),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type LogInSettings = Static<typeof LogInSettings>;

const openIdOf = (section: unknown): Record<string, unknown> =>
  ((section as { openid?: Record<string, unknown> } | undefined)?.openid ?? {}) as Record<string, unknown>;

export function logInFaults(section: unknown, read: Read): Fault[] {
  const { client_secret_file: file, ca } = openIdOf(section);
  const faults: Fault[] = [];
  readNamed(file, ['login', 'openid', 'client_secret_file'], read, faults);
  const pem = readNamed(ca, ['login', 'openid', 'ca'], read, faults);
  try {
    if (pem !== undefined) new X509Certificate(pem);
  } catch (thrown) {
    const problem = `${shown(ca)} holds no certificate in PEM: ${reasonOf(thrown)}`;
    faults.push({ path: ['login', 'openid', 'ca'], problem });
  }
  return faults;
}

const grantIn = (given: unknown): Grant => {
  const { role, sites = null } = (typeof given === 'string' ? { role: given } : given) as Grant & { sites?: string[] };
  return { role, sites };
};

/** Null: people log in with passwords alone. */
export function readLogIn(section: LogInSettings | undefined, read: Read): OpenIdSettings | null {
  const given = section?.openid;
  if (!given) return null;
  return {
    ...{ issuer: given.issuer, clientId: given.client_id, clientAuth: given.client_auth ?? null },
    clientSecret: read(given.client_secret_file).trim(),
    name: given.name ?? new URL(given.issuer).hostname,
    groupsClaim: given.groups_claim ?? 'groups',
    scope: given.scope ?? [],
    groups: new Map(Object.entries(given.groups).map(([group, one]) => [group, grantIn(one)])),
    ca: given.ca === undefined ? null : read(given.ca),
    sessionMs: parseDuration(given.session ?? '12h'),
  };
}
