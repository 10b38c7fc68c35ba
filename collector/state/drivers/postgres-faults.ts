/** Errors of PostgreSQL: whether they pass, and what a person can do. Pure. */
import { reasonOf } from '../../../shared/errors.ts';
import { type PostgresPlace, postgresName } from './postgres-address.ts';

/**
 * Classes of SQLSTATE caused by the statement itself: bad data, a broken constraint, bad SQL, a key too long for its index. All else, and every
 * failure of the network, is between us and the server, and the same statement will work when that is fixed.
 */
const ours = ['0A', '21', '22', '23', '42', '54'];
/** Of class 42: a privilege was revoked. */
const insufficientPrivilege = '42501';
const wrongPassword = '28P01';
/** Our own codes, where neither the server nor Node has one. */
const [badEncoding, oldServer, noTls, otherServer] = ['ENCODING', 'VERSION', 'NO_TLS', 'OTHER_SERVER'];
/** Node's codes for a certificate or a handshake that is refused. */
const tlsCodes = /CERT|TLS|SSL|UNABLE_TO|EPROTO|INVALID_CA|CRL/;

export interface Server {
  /** Such as 150003. */
  version: number;
  encoding: string;
}

const coded = (text: string, code: string, cause?: unknown) => Object.assign(new Error(text, { cause }), { code });

/** @returns why this server cannot be used */
export function serverFault({ version, encoding }: Server): Error | null {
  if (version < 130_000)
    return coded(`it is PostgreSQL ${Math.floor(version / 10_000)}, and must be 13 or newer`, oldServer);
  return encoding === 'UTF8' ? null : coded(`its encoding is ${encoding} and must be UTF8`, badEncoding);
}

/** Replaces connection errors of `pg` that have no code. */
export function plain(thrown: unknown, withinMs: number): unknown {
  const text = reasonOf(thrown);
  if (text === 'timeout expired') return new Error(`no answer within ${withinMs / 1000} s`, { cause: thrown });
  if (/password must be a string/.test(text))
    return coded('the server asks for a password, and there is none', wrongPassword, thrown);
  if (/does not support SSL/.test(text)) return coded('the server does not encrypt', noTls, thrown);
  if (/invalid response|error establishing an SSL/.test(text))
    return coded('what answers there is not PostgreSQL', otherServer, thrown);
  return thrown;
}

export function willPass(thrown: unknown): boolean {
  const { code, severity } = thrown as { code?: string; severity?: string };
  if (code === insufficientPrivilege) return true;
  // Without a severity it is not an answer of the server.
  return severity === undefined ? !isBug(thrown) : !ours.includes(String(code).slice(0, 2));
}

const isBug = (thrown: unknown) => thrown instanceof TypeError || thrown instanceof RangeError;

/** No action is needed: it starts, or is full or locked for a moment, or cannot be reached yet. */
export function comesByItself(thrown: unknown): boolean {
  const { code = '', severity } = thrown as { code?: string; severity?: string };
  if (severity !== undefined) return /^(08|53|55P03|57)/.test(code);
  const forPeople = ['ENOTFOUND', wrongPassword, badEncoding, oldServer, noTls, otherServer];
  return willPass(thrown) && !forPeople.includes(code) && !tlsCodes.test(code);
}

/** @returns what to do now, as sentences */
export function advice(thrown: unknown, place: PostgresPlace): string {
  const { code = '' } = thrown as { code?: string };
  const { user, database, host, port } = place;
  const create = `createdb -h ${host} -p ${port} -E UTF8 -T template0 -O ${user} ${database}`;
  switch (code) {
    case wrongPassword:
      return 'Check the user in `state`, and the password in the file that state_password_file or EVENKEEL_STATE_PASSWORD_FILE names.';
    case '28000':
      return `Let the server admit this user from this machine: a role that may log in, and a line in the server's pg_hba.conf. Where it admits encrypted connections only, add ?sslmode=verify-full to \`state\`.`;
    case '3D000':
      return `Create it: ${create}`;
    case badEncoding:
      return `Give Evenkeel another database: ${create}-utf8`;
    case oldServer:
      return 'Upgrade the server, or name another one in `state`.';
    case insufficientPrivilege:
      return `Let the user own the database: alter database "${database}" owner to "${user}"; or give it every right on the schema public.`;
    case '25006':
      return 'This server takes no writes; name the primary server.';
    case '42P07':
      return 'Another program keeps its tables there. Give Evenkeel a database of its own.';
    case '55P03':
      return 'Another session has locked the tables: see pg_stat_activity. One collector only works on a database.';
    case otherServer:
      return 'Check host and port in `state`.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'Check the host in `state` and the name service of this machine.';
    case '53300':
      return 'Raise max_connections of the server, or end other clients; Evenkeel needs one connection.';
    case '53100':
      return 'Make room on the disk of the server.';
    case noTls:
      return 'Switch on `ssl` at the server; or send everything unencrypted, with ?sslmode=disable in `state`.';
    default:
      return tlsCodes.test(code)
        ? 'Name the authority of its certificate with ?sslrootcert=FILE in `state`, and the server by the name that the certificate is for.'
        : `See that PostgreSQL runs and can be reached from here: psql ${postgresName(place)}`;
  }
}
