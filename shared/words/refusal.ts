/** Errors that people read in their own language: the cause is a code with values, in English in the message. */
import { type ErrorCode, EvenkeelError, type PlacedFault } from '../errors.ts';
import { namesThere } from '../nearest.ts';
import { shownName } from '../place-name.ts';
import { type Reason, reason } from '../reason.ts';
import { formatReasons } from './reasons.ts';

/** @param values `problem` and `fault` are the cause; what else the message of the code wants */
export function refusal(
  code: ErrorCode,
  why: Reason,
  values: Record<string, string | number> = {},
  placed: readonly Omit<PlacedFault, 'problem'>[] = [],
): EvenkeelError {
  const problem = formatReasons('en', [why]);
  const faults = placed.map((one) => ({ ...one, problem, why }));
  return new EvenkeelError(code, { problem, fault: problem, ...values }, undefined, faults, [why]);
}

/** In English, for the end of a sentence about a name that is not there. */
export function whatThereIs(given: string, known: readonly string[]): string {
  const { there, ...params } = namesThere(given, known);
  return formatReasons('en', [{ code: there, params }]);
}

/** @param what such as `site` @param known the names that there are @param why it is not one of them, where that is known */
export function unknownName(what: string, given: string, known: Iterable<string>, why?: string): EvenkeelError {
  const all = [...known];
  const name = shownName(given);
  const cause = reason('name_unknown', { name, ...namesThere(given, all) });
  const id = `${name}${why === undefined ? '' : ` ${why}`}; ${whatThereIs(given, all)}`;
  return new EvenkeelError('NOT_FOUND', { what, id }, undefined, [], [cause]);
}
