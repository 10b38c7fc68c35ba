/** What both scripts say of a code that they need not send, as `enroll` says it. */
import { fail } from '../../shared/errors.ts';

/** @param place where the first characters of the code come in */
export function codeWords(code: 'BAD_JOIN_CODE' | 'JOIN_CODE_MISTYPED', place: string): string {
  const { message, hint } = fail(code, { code: place });
  return `${message} ${hint}`;
}
