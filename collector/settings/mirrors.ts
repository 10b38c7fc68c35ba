/** Where every sample goes as well, as settings have it: mirrors by line protocol or by Prometheus remote write. */
import { type Static, Type } from 'typebox';
import { isLoopback } from '../../shared/loopback.ts';
import { isNeverReached } from '../../shared/outgoing.ts';
import { type Fault, portFault, repeated } from '../../shared/shape.ts';
import { mirrorKinds } from '../mirrors/index.ts';
import type { MirrorSettings } from '../mirrors/mirror.ts';
import { type Read, readNamed } from './named-file.ts';

const megabyte = 1024 * 1024;

function addressFault(text: string): string | null {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '')
    return portFault(text) ?? 'is not an http or https address; write it like http://127.0.0.1:9090/api/v1/write';
  if (url.username || url.password) return 'holds a user or a password; write them as `username` and `password_file`';
  if (isNeverReached(url.hostname.replace(/^\[|\]$/g, '')))
    return 'holds credentials of machines or is valid on one cable only: nothing is sent there';
  return url.hash ? 'has a `#`, which no server is sent' : null;
}

const file = (description: string) => Type.Optional(Type.String({ minLength: 1, want: 'a path', description }));

export const MirrorsSettings = Type.Array(
  Type.Object(
    {
      name: Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,31}$', want: 'a word such as mimir' }),
      kind: Type.Union(mirrorKinds.map(({ kind }) => Type.Literal(kind))),
      url: Type.String({
        ...{ minLength: 1, maxLength: 1000, want: 'an http or https address', check: addressFault },
        description: 'the whole address to which samples are posted',
      }),
      token_file: file('file with the token of the receiver'),
      token_scheme: Type.Optional(
        Type.Enum(['Bearer', 'Token'], { description: 'default: Token for line_protocol, else Bearer' }),
      ),
      username: Type.Optional(Type.String({ minLength: 1, maxLength: 200, want: 'a name' })),
      password_file: file('file with the password of `username`'),
      tenant: Type.Optional(
        Type.String({ pattern: '^[!-~]{1,150}$', want: 'a word', description: 'of Mimir: X-Scope-OrgID' }),
      ),
      keep_mb: Type.Optional(
        Type.Integer({
          ...{ minimum: 1, maximum: 100_000, default: 256 },
          description: 'most that waits on the disk while it is away, MB; beyond that the oldest samples are given up',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  { maxItems: 8 },
);
type MirrorSection = Static<typeof MirrorsSettings>[number];

/** Faults of entries that are each of the right shape. */
export function mirrorFaults(section: readonly MirrorSection[], read: Read): Fault[] {
  const faults: Fault[] = [];
  section.forEach(({ name, token_file: token, username, password_file: password }, n) => {
    const fault = (key: string, value: unknown, problem: string) =>
      void faults.push({ path: ['mirrors', n, key], problem: `${repeated(value, [key])}${problem}` });
    if (section.findIndex((one) => one.name === name) < n) fault('name', name, 'is the name of another mirror, too');
    if (token !== undefined && username !== undefined) fault('username', username, 'is given beside `token_file`');
    if (username !== undefined && password === undefined)
      fault('username', username, 'is given without `password_file`');
    if (username === undefined && password !== undefined)
      fault('password_file', password, 'is given without `username`');
    for (const [key, path] of Object.entries({ token_file: token, password_file: password })) {
      const text = readNamed(path, ['mirrors', n, key], read, faults)?.trim();
      if (text !== undefined && !/^[ -~]+$/.test(text))
        faults.push({
          path: ['mirrors', n, key],
          problem: 'names a file with more than one line of ASCII characters, which no header can carry',
        });
    }
  });
  return faults;
}

export const readMirrors = (section: readonly MirrorSection[] | undefined, read: Read): MirrorSettings[] =>
  (section ?? []).map(({ name, kind, url, tenant = null, keep_mb: keep = 256, ...login }) => ({
    ...{ name, kind, url, tenant, keepBytes: keep * megabyte },
    authorization: authorizationOf(kind, login, read),
  }));

function authorizationOf(
  kind: string,
  { token_file: token, token_scheme: scheme, username, password_file: password }: Partial<MirrorSection>,
  read: Read,
): string | null {
  const usual = mirrorKinds.find((one) => one.kind === kind)?.tokenScheme;
  if (token !== undefined) return `${scheme ?? usual} ${read(token).trim()}`;
  if (username === undefined || password === undefined) return null;
  return `Basic ${Buffer.from(`${username}:${read(password).trim()}`).toString('base64')}`;
}

/** The network may be one of its own, so this is no fault. */
export const plainMirrors = (mirrors: readonly MirrorSettings[]): string[] =>
  mirrors.flatMap(({ name, url, authorization }) => {
    const { protocol, hostname } = new URL(url);
    if (authorization === null || protocol === 'https:' || isLoopback(hostname)) return [];
    return [`The secret of mirror ${name} goes over the network in plain text; use https where you can.`];
  });
