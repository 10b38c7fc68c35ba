/**
 * What a machine that waits for approval and the page that approves it both show, so that a person lets in the machine in front of
 * them and no other one: 32 bits of the attempt's hash, in syllables that can be read out.
 */
import { createHash } from 'node:crypto';

const consonants = 'bdfghjklmnprstvz';
const vowels = 'aiou';

/** @param attempt the random number that the machine keeps for this one enrolment */
export function checkWordOf(attempt: string): string {
  const bits = createHash('sha256').update(`evenkeel check word ${attempt}`).digest().readUInt32BE(0);
  const half = (n: number) =>
    [
      consonants[n >>> 12],
      vowels[(n >>> 10) & 3],
      consonants[(n >>> 6) & 15],
      vowels[(n >>> 4) & 3],
      consonants[n & 15],
    ].join('');
  return `${half(bits >>> 16)}-${half(bits & 0xffff)}`;
}
