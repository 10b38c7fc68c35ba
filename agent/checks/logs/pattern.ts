/**
 * Patterns of messages. RE2, whose time is linear in the message: whoever can write a line into a log must not be able to
 * stop the agent. Loaded only where checks.yaml has a pattern: the library takes 7 MB.
 */
import { RE2JS } from 're2js';
import { reasonOf } from '../../../shared/errors.ts';

/** To look at one character of a message takes longer the larger the compiled pattern is; `a{100}` is as large as `a` written 100 times. */
const instructionsAtMost = 2000;

/** What is wrong with it, reading on after the place; null: nothing. */
export function patternFault(pattern: string): string | null {
  try {
    return RE2JS.compile(pattern).programSize() > instructionsAtMost
      ? `${JSON.stringify(pattern.slice(0, 60))} is too large: repeat less often`
      : null;
  } catch (thrown) {
    return `${JSON.stringify(pattern.slice(0, 60))} is not a pattern that RE2 understands: ${reasonOf(thrown)}; look-arounds and back references do not exist there`;
  }
}

export function compilePattern(pattern: string): (text: string) => boolean {
  const compiled = RE2JS.compile(pattern);
  return (text) => compiled.matcher(text).find();
}
