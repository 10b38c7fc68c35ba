/** The address of a PostgreSQL database as people write it. Pure. */
import { isIPv4 } from 'node:net';
import { portFault } from '../../../shared/shape.ts';

export interface PostgresPlace {
  driver: 'postgres';
  host: string;
  port: number;
  user: string;
  /** null: none is sent, as where the server trusts its own machine. */
  password: string | null;
  database: string;
  /** null: unencrypted. */
  tls: { isVerified: boolean /** PEM text of the authority; null: those that Node knows. */; ca: string | null } | null;
  /** Several collectors work on it: none claims it for itself. */
  isShared?: boolean;
  /** Every transaction is refused once this lease is another's, and holds up whoever would take it. */
  fence?: Fence;
}

/** A row of `leases`. */
export interface Fence {
  item: string;
  holder: string;
  token: number;
}

const example = 'write it like postgres://evenkeel@db.example.org:5432/evenkeel';
const modes = ['disable', 'require', 'verify-full'];
const parameters = ['sslmode', 'sslrootcert'];

/** The fault of an address, or null; the text itself may hold a password and is not shown. */
export function postgresFault(text: string): string | null {
  const url = URL.parse(text);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol))
    return portFault(text) ?? `is not the address of a PostgreSQL database; ${example}`;
  if (url.hostname === '') return `names no host; ${example}`;
  if (url.username === '') return `names no user; ${example}`;
  if (!/^\/[^/]+$/.test(url.pathname)) return `names no database; ${example}`;
  const unknown = [...url.searchParams.keys()].find((key) => !parameters.includes(key));
  if (unknown !== undefined) return `has the parameter "${unknown}"; known here: ${parameters.join(', ')}`;
  const mode = url.searchParams.get('sslmode');
  if (mode !== null && !modes.includes(mode)) return `has an unknown sslmode; it is one of ${modes.join(', ')}`;
  try {
    for (const part of [url.username, url.password, url.pathname]) decodeURIComponent(part);
    return null;
  } catch {
    return 'has a % that is no escape; write %25 for it';
  }
}

/** The file that `sslrootcert` names. */
export const rootCertificateOf = (text: string) => URL.parse(text)?.searchParams.get('sslrootcert') ?? undefined;

/**
 * Beyond this machine TLS with a verified certificate is the default; anything weaker must be set in the address.
 * @param text without fault
 */
export function postgresPlace(text: string, password: string | null, ca: string | null): PostgresPlace {
  const url = new URL(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isHere = host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
  const mode = url.searchParams.get('sslmode') ?? (isHere && ca === null ? 'disable' : 'verify-full');
  return {
    driver: 'postgres',
    host,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: password ?? (url.password === '' ? null : decodeURIComponent(url.password)),
    database: decodeURIComponent(url.pathname.slice(1)),
    tls: mode === 'disable' ? null : { isVerified: mode === 'verify-full', ca },
  };
}

export const postgresName = ({ user, host, port, database }: PostgresPlace) =>
  `postgres://${user}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
