/** What went wrong at PostgreSQL: whether it passes, and what a person can do. Pure. */
import { type PostgresPlace, postgresName } from './postgres-address.ts';

/**
 * Classes of SQLSTATE that the statement itself is to blame for: bad data, a broken constraint, bad SQL. All else, and every
 * failure of the network, is between us and the server, and the same statement will work when that is mended.
 */
const ours = ['0A', '21', '22', '23', '42'];
/** Of class 42: a right was taken away. */
const insufficientPrivilege = '42501';

export function willPass(thrown: unknown): boolean {
  const { code, severity } = thrown as { code?: string; severity?: string };
  if (code === insufficientPrivilege) return true;
  // Without a severity it is no answer of the server.
  return severity === undefined ? !isBug(thrown) : !ours.includes(String(code).slice(0, 2));
}

const isBug = (thrown: unknown) => thrown instanceof TypeError || thrown instanceof RangeError;

/** Nobody need mend anything: it starts, or is full for a moment, or cannot be reached yet. */
export function comesByItself(thrown: unknown): boolean {
  const { code, severity } = thrown as { code?: string; severity?: string };
  return severity === undefined ? willPass(thrown) && code !== 'ENOTFOUND' : /^(08|53|57P)/.test(String(code));
}

/** @returns what to do now, as sentences */
export function advice(thrown: unknown, place: PostgresPlace): string {
  const { code } = thrown as { code?: string };
  const { user, database, host, port } = place;
  switch (code) {
    case '28P01':
    case '28000':
      return `Check the user in \`state\` and the password: it stands in the file that state_password_file or EVENKEEL_STATE_PASSWORD_FILE names.`;
    case '3D000':
      return `Create it: createdb -h ${host} -p ${port} -E UTF8 -O ${user} ${database}`;
    case insufficientPrivilege:
      return `Let the user own the database: alter database "${database}" owner to "${user}"; or give it every right on the schema public.`;
    case '25006':
      return 'This server takes no writes; name the primary server.';
    case '42P07':
      return 'Another program keeps its tables there. Give Evenkeel a database of its own.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'Check the host in `state` and the name service of this machine.';
    case '53300':
      return 'Raise max_connections of the server, or end other clients; Evenkeel needs one connection.';
    default:
      return `See that PostgreSQL runs and can be reached from here: psql ${postgresName(place)}`;
  }
}
