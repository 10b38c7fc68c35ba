/** The section `broker`: an MQTT broker of somebody else, in place of the one of this process. */
import { Type } from 'typebox';
import { isLoopback } from '../../shared/loopback.ts';
import { type Fault, shown } from '../../shared/shape.ts';
import { type Read, readNamed } from './named-file.ts';

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));

export const BrokerSettings = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      description: 'broker by which messages come; with it the collector opens none of its own',
      want: 'an address such as mqtts://broker.example.org:8883',
    }),
    agents_url: text('the same broker as agents reach it; default: url'),
    username: text('user of this collector at the broker; default: collector'),
    password_file: Type.String({ minLength: 1, want: 'a path', description: 'file with its password' }),
    ca: text('PEM file: the authority of its certificate, when this system does not know it'),
    users: Type.Optional(
      Type.Object(
        {
          kind: Type.Union([Type.Literal('dynamic-security'), Type.Literal('http')], {
            description: 'how users at the broker are kept in step; default: by hand, with `broker-config`',
          }),
          secret_file: text('for http: file with the secret by which the broker asks this collector'),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

export interface ExternalBroker {
  url: URL;
  agentsUrl: string;
  username: string;
  password: string;
  /** PEM text; null: authorities of this system. */
  ca: string | null;
  /** How its users are kept in step; null: by hand. */
  users: BrokerUsersSettings | null;
}

/** Mosquitto's plugin is told of changes; or the broker asks, as EMQX can. */
export type BrokerUsersSettings = { kind: 'dynamic-security' } | { kind: 'http'; secret: string };

const protocols = ['mqtt:', 'mqtts:'];

/** @returns null where there is none, or it is wrong: then `faults` says how */
export function readBroker(section: unknown, mqtt: unknown, read: Read, faults: Fault[]): ExternalBroker | null {
  if (typeof section !== 'object' || section === null) return null;
  const given = section as Partial<Record<string, unknown>>;
  const before = faults.length;
  const password = readNamed(given.password_file, ['broker', 'password_file'], read, faults)?.trim();
  const ca = readNamed(given.ca, ['broker', 'ca'], read, faults);
  for (const key of ['url', 'agents_url']) {
    const address = given[key];
    if (typeof address !== 'string') continue;
    const parsed = URL.parse(address);
    const path = ['broker', key];
    if (!parsed || !protocols.includes(parsed.protocol) || parsed.hostname === '')
      faults.push({
        path,
        problem: `${shown(address)} is not an mqtt or mqtts address; write it like mqtts://broker.example.org:8883`,
      });
    else if (parsed.username !== '' || parsed.password !== '')
      faults.push({
        path,
        problem: 'holds a user name or a password; they have keys of their own: `username` and `password_file`',
      });
    else if (parsed.protocol === 'mqtt:' && !isLoopback(parsed.hostname))
      faults.push({
        path,
        problem: `${shown(address)} would send passwords over the network in plain text; use mqtts`,
      });
  }
  for (const key of Object.keys(typeof mqtt === 'object' && mqtt !== null ? mqtt : {}))
    faults.push({
      path: ['mqtt', key],
      problem: 'is of the own broker, and means nothing beside `broker`; leave it out',
    });
  const users = readUsers(given.users, read, faults);
  if (password === undefined || typeof given.url !== 'string' || faults.length > before) return null;
  const agentsUrl = typeof given.agents_url === 'string' ? given.agents_url : given.url;
  const username = typeof given.username === 'string' ? given.username : 'collector';
  return { url: new URL(given.url), agentsUrl, username, password, ca: ca ?? null, users };
}

/** Whoever has it may ask whether a password is right. */
const secretAtLeast = 20;

function readUsers(section: unknown, read: Read, faults: Fault[]): BrokerUsersSettings | null {
  if (typeof section !== 'object' || section === null) return null;
  const { kind, secret_file: file } = section as Partial<Record<string, unknown>>;
  const path = ['broker', 'users', 'secret_file'];
  if (kind === 'dynamic-security') {
    if (file !== undefined) faults.push({ path, problem: 'is of `kind: http`, and means nothing here; leave it out' });
    return { kind };
  }
  if (kind !== 'http') return null;
  if (file === undefined) {
    faults.push({
      path: ['broker', 'users'],
      problem: '`kind: http` needs `secret_file`, which `broker-config emqx --out DIR` makes: there is no default',
    });
    return null;
  }
  const secret = readNamed(file, path, read, faults)?.trim();
  if (secret === undefined) return null;
  if (secret.length < secretAtLeast)
    faults.push({ path, problem: `has a secret of ${secret.length} characters; it needs ${secretAtLeast} at least` });
  // It goes through a header and through the settings of the broker.
  else if (!/^[\x21-\x7e]+$/.test(secret))
    faults.push({
      path,
      problem: 'has a secret with spaces or letters beyond ASCII; `openssl rand -base64 32` makes a right one',
    });
  return { kind, secret };
}
