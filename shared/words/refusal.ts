/** Errors that people read in their own language: the cause is a code with values, in English in the message. */
import { type ErrorCode, EvenkeelError, type PlacedFault } from '../errors.ts';
import type { Reason } from '../reason.ts';
import { formatReasons } from './reasons.ts';

/** @param values `problem` and `fault` are the cause; what else the message of the code wants */
export function refusal(
  code: ErrorCode,
  why: Reason,
  values: Record<string, string | number> = {},
  placed: readonly Omit<PlacedFault, 'problem'>[] = [],
): EvenkeelError {
  const problem = formatReasons('en', [why]);
  const faults = placed.map((one) => ({ ...one, problem }));
  return new EvenkeelError(code, { problem, fault: problem, ...values }, undefined, faults, [why]);
}
