/**
 * By what a broker of somebody else recognises the secret of an endpoint: PBKDF2 with SHA-512, in the form that Mosquitto keeps.
 * It is saved with the secret's hash wherever the secret is seen, because it cannot be made of that hash later.
 */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { hashSecret } from './secret.ts';

/** Mosquitto's own number. Secrets are 256 random bits, so that more would only cost time at each log-in. */
const iterations = 101;
const bytes = 64;
/** What Mosquitto 2.0 allows. */
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

/** What is stored of a secret: for this collector, and for a broker of somebody else. */
export const storedSecret = (secret: string) => ({ secret_hash: hashSecret(secret), verifier: verifierOf(secret) });
