/** The refusal of a name that is not there, with the one that was most likely meant. */
import { type EvenkeelError, fail } from './errors.ts';
import { namesNear } from './nearest.ts';
import { shownName } from './place-name.ts';

/** @param what such as `site` @param known the names that there are */
export const unknownName = (what: string, given: string, known: Iterable<string>): EvenkeelError =>
  fail('NOT_FOUND', { what, id: `${shownName(given)}; there is: ${namesNear(given, [...known])}` });
