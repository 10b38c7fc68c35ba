/** The refusal of a name that is not there, with the one that was most likely meant. */
import { type EvenkeelError, fail } from './errors.ts';
import { namesNear } from './nearest.ts';
import { shownName } from './place-name.ts';

/** @param what such as `site` @param known the names that there are */
export function unknownName(what: string, given: string, known: Iterable<string>): EvenkeelError {
  const all = [...known];
  const near = all.length === 0 ? 'there is none yet' : `there is: ${namesNear(given, all)}`;
  return fail('NOT_FOUND', { what, id: `${shownName(given)}; ${near}` });
}
