/**
 * Passwords as argon2id in a PHC string, so that the parameters travel with each hash and may be raised later.
 * Parameters: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, 2 passes, 1 lane.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { fail } from '../../shared/errors.ts';

/** Each takes 19 MiB and a thread of four, which files need, too. */
const atOnce = 2;
/**
 * So many strangers may wait, and so many people who are known, who go first: a second or two of work each. Further ones are
 * told to try again.
 */
const waitingAtMost = 40;
const derive = bounded(promisify(argon2));

/** @throws EvenkeelError LOGINS_BUSY */
function bounded<A extends unknown[], R>(work: (...given: A) => Promise<R>) {
  let running = 0;
  const known: (() => void)[] = [];
  const strangers: (() => void)[] = [];
  return async (isKnown: boolean, ...given: A): Promise<R> => {
    const waiting = isKnown ? known : strangers;
    if (running >= atOnce) {
      if (waiting.length >= waitingAtMost) throw fail('LOGINS_BUSY');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work(...given);
    } finally {
      const next = known.shift() ?? strangers.shift();
      if (next) next();
      else running--;
    }
  };
}

const own = { memory: 19_456, passes: 2, parallelism: 1 };
const tagLength = 32;
export const minimumLength = 12;
/** Far above any passphrase; a limit, because the whole text is hashed. */
const maximumLength = 1024;

const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');

/** @throws EvenkeelError WEAK_PASSWORD below 12 characters (counted as people count them) or above 1024 */
function checkStrength(password: string): void {
  const length = [...password.normalize('NFC')].length;
  if (length < minimumLength || length > maximumLength) {
    throw fail('WEAK_PASSWORD', { length, limit: minimumLength });
  }
}

/** Guesses, as a power of ten, that somebody needs who knows how people choose. A hundred in a row are let through. */
const guessesAtLeast = 8;
/** What is judged of a password; the judgement takes longer than linear time. */
const judgedLength = 100;

/** Loaded when a password is chosen: its dictionaries take 10 MB. @throws EvenkeelError COMMON_PASSWORD */
async function refuseCommon(password: string, userName: string): Promise<void> {
  const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  const judge = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  const { guessesLog10 } = judge.check(password.slice(0, judgedLength), ['evenkeel', userName]);
  if (guessesLog10 < guessesAtLeast) throw fail('COMMON_PASSWORD');
}

/**
 * The PHC string of a password.
 * @param userName a password made of it is none
 * @throws EvenkeelError WEAK_PASSWORD, COMMON_PASSWORD
 */
export async function hashPassword(password: string, userName = ''): Promise<string> {
  checkStrength(password);
  await refuseCommon(password, userName);
  const nonce = randomBytes(16);
  const tag = await derive(true, 'argon2id', { ...own, message: password.normalize('NFC'), nonce, tagLength });
  return `$argon2id$v=19$m=${own.memory},t=${own.passes},p=${own.parallelism}$${base64(nonce)}$${base64(tag)}`;
}

/**
 * False for a wrong password and for a hash that cannot be read. Takes the time of one derivation either way.
 * @param isKnown checked before those of strangers
 * @throws EvenkeelError LOGINS_BUSY
 */
export async function verifyPassword(password: string, phc: string, isKnown = false): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(phc);
  const kept = match ? Buffer.from(match[5] as string, 'base64') : Buffer.alloc(tagLength);
  const tag = await derive(isKnown, 'argon2id', {
    memory: match ? Number(match[1]) : own.memory,
    passes: match ? Number(match[2]) : own.passes,
    parallelism: match ? Number(match[3]) : own.parallelism,
    message: password.slice(0, maximumLength).normalize('NFC'),
    nonce: match ? Buffer.from(match[4] as string, 'base64') : Buffer.alloc(16),
    tagLength: kept.length,
  });
  return match !== null && timingSafeEqual(tag, kept);
}

/** A hash without a password: the log-in of an unknown user is verified against it, so that both take as long. */
export const dummyHash = `$argon2id$v=19$m=${own.memory},t=${own.passes},p=${own.parallelism}$${base64(Buffer.alloc(16))}$${base64(randomBytes(tagLength))}`;
