/** Files of Mosquitto: users with their passwords in the form that it keeps (PBKDF2, SHA-512), and an ACL of our topics. */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { downLeaves, upLeaves } from '../../shared/topics.ts';

/** Mosquitto's own number. Secrets are 256 random bits, so that more would only cost time at each log-in. */
const iterations = 101;
const bytes = 64;
const saltBytes = 12;

export interface Verifier {
  iterations: number;
  /** base64 */
  salt: string;
  /** base64 */
  hash: string;
}

const hashOf = (secret: string, salt: Buffer, rounds: number) => pbkdf2Sync(secret, salt, rounds, bytes, 'sha512');

/** As a line of a password file has it behind the name: `$7$iterations$salt$hash`. */
export function verifierOf(secret: string, salt = randomBytes(saltBytes)): string {
  return `$7$${iterations}$${salt.toString('base64')}$${hashOf(secret, salt, iterations).toString('base64')}`;
}

/** @returns null where it is not of this form */
export function readVerifier(text: string): Verifier | null {
  const [, rounds, salt, hash] = /^\$7\$(\d{1,7})\$([A-Za-z0-9+/=]{4,200})\$([A-Za-z0-9+/=]{80,100})$/.exec(text) ?? [];
  return rounds === undefined ? null : { iterations: Number(rounds), salt: salt as string, hash: hash as string };
}

/** `%u` is the user name, which is the id of the endpoint: one set of lines for all of them. */
export function aclFile(collectors: readonly string[]): string {
  const patterns = [
    ...upLeaves.map((leaf) => `pattern write ek/v1/+/%u/${leaf}`),
    ...downLeaves.map((leaf) => `pattern read ek/v1/+/%u/${leaf}`),
  ];
  const ofCollector = (user: string) => [
    `user ${user}`,
    ...upLeaves.map((leaf) => `topic read ek/v1/+/+/${leaf}`),
    ...downLeaves.map((leaf) => `topic write ek/v1/+/+/${leaf}`),
  ];
  return [...collectors.flatMap((user) => [...ofCollector(user), '']), ...patterns, ''].join('\n');
}

export const passwordFile = (users: readonly { name: string; verifier: string }[]): string =>
  users.map(({ name, verifier }) => `${name}:${verifier}\n`).join('');
