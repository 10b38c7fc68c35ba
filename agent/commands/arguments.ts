import { fail } from '../../shared/errors.ts';

/** For commands that take no words. @throws EvenkeelError BAD_FLAG */
export function refuseWords(words: readonly string[]): void {
  if (words.length > 0) throw fail('BAD_FLAG', { problem: `an unexpected argument: "${words[0]}"` });
}
