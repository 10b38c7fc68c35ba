/**
 * What this agent calls its attempt to use a join code: on disk before the code is sent. Where the answer is lost, the same
 * attempt again gets the same endpoint, and a code for one machine is not used up.
 */
import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivate, replaceFile } from './safe-write.ts';
import { readTrusted } from './trusted-path.ts';

export const attemptName = 'join-attempt.json';
const pathIn = (data: string) => join(data, attemptName);

/** The same one for the same code, until `forgetAttempt`. @throws EvenkeelError UNTRUSTED_PATH; errors of the file system */
export function attemptFor(data: string, secret: string): string {
  const code = createHash('sha256').update(secret).digest('hex');
  const before = readAttempt(data);
  if (before?.code === code) return before.attempt;
  const attempt = randomBytes(16).toString('hex');
  makePrivate(data);
  replaceFile(pathIn(data), JSON.stringify({ code, attempt }), { flush: true });
  return attempt;
}

export const forgetAttempt = (data: string): void => rmSync(pathIn(data), { force: true });

function readAttempt(data: string): { code: string; attempt: string } | null {
  try {
    const { code, attempt } = JSON.parse(readTrusted(pathIn(data)).toString('utf8')) as Record<string, unknown>;
    return typeof code === 'string' && typeof attempt === 'string' && /^[0-9a-f]{32}$/.test(attempt)
      ? { code, attempt }
      : null;
  } catch {
    // None, or not whole: a new one is made.
    return null;
  }
}
