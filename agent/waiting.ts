/**
 * A machine that may join only once a person has let it: what it has to ask with is kept, so that it asks on after a restart too,
 * under the same attempt. Of the agent's user alone, and gone with the answer.
 */
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { askAgainMs, waitingMs } from '../shared/applicant-times.ts';
import { EvenkeelError, fail } from '../shared/errors.ts';
import { type EnrollOptions, type EnrollOutcome, enroll } from './enroll.ts';
import { forgetAttempt } from './join-attempt.ts';
import { replaceFile } from './safe-write.ts';
import { readTrusted } from './trusted-path.ts';
import { waitingPath } from './waiting-path.ts';

/** A person may be looking at the page right now. */
const soonMs = 5000;
const soonForMs = 60_000;

type KeptQuestion = Omit<EnrollOptions, 'data' | 'timeoutMs'> & { since: number };

/** @throws errors of the file system */
export function keepWaiting({ data, timeoutMs: _, ...options }: EnrollOptions, now = Date.now()): void {
  replaceFile(waitingPath(data), JSON.stringify({ ...options, since: now } satisfies KeptQuestion), { flush: true });
}

const forgetWaiting = (data: string): void => rmSync(waitingPath(data), { force: true });

/** Null: it does not wait. @throws EvenkeelError UNTRUSTED_PATH */
export function readWaiting(data: string): (EnrollOptions & { since: number }) | null {
  if (!existsSync(waitingPath(data))) return null;
  const text = readTrusted(waitingPath(data)).toString('utf8');
  try {
    const kept = JSON.parse(text) as KeptQuestion;
    if (typeof kept.code === 'string' && Number.isFinite(kept.since)) return { ...kept, data };
  } catch {
    // Written whole or not at all; what is neither is not ours.
  }
  throw fail('DATA_CORRUPT', { path: waitingPath(data), reason: 'it is not what an enrolment left there' });
}

/**
 * Asks until there is an answer. What passes by itself does not end it.
 * @throws EvenkeelError JOIN_REFUSED, APPROVAL_NOT_GIVEN, or what else the collector says of the code
 */
export async function untilDecided(
  options: EnrollOptions & { since: number },
  onTrouble: (error: EvenkeelError) => void,
): Promise<Extract<EnrollOutcome, { credential: unknown }>> {
  const { data, since } = options;
  let said: string | null = null;
  for (;;) {
    // A clock that was set back does not make it ask for ever: the collector forgets it as well.
    const age = Date.now() - since;
    if (age > waitingMs) {
      forgetWaiting(data);
      throw fail('APPROVAL_NOT_GIVEN', { days: waitingMs / 86_400_000 });
    }
    await pause(age < soonForMs ? soonMs : askAgainMs);
    try {
      const outcome = await enroll(options);
      if ('credential' in outcome) {
        forgetWaiting(data);
        return outcome;
      }
      said = null;
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError)) throw thrown;
      if (!thrown.retryable && thrown.code !== 'INTERNAL') {
        forgetWaiting(data);
        // Asked once more, it is another question.
        if (thrown.code === 'JOIN_REFUSED') forgetAttempt(data);
        throw thrown;
      }
      if (said !== thrown.message) onTrouble(thrown);
      said = thrown.message;
    }
  }
}
