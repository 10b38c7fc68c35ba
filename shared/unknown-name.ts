/** Refusals of a name that is not there, with the one that was most likely meant, and of a place in a list that is none. */
import { type EvenkeelError, fail } from './errors.ts';
import { namesNear } from './nearest.ts';
import { shownName } from './place-name.ts';

/** @param what such as `site` @param known the names that there are @param why it is not one of them, where that is known */
export function unknownName(what: string, given: string, known: Iterable<string>, why?: string): EvenkeelError {
  const all = [...known];
  const near = all.length === 0 ? 'there is none yet' : `there is: ${namesNear(given, all)}`;
  return fail('NOT_FOUND', { what, id: `${shownName(given)}${why === undefined ? '' : ` ${why}`}; ${near}` });
}

/** The refusal of a mark that no list gave. */
export const badMark = (mark: string): EvenkeelError =>
  fail('BAD_REQUEST', {
    problem: `page is ${mark === '' ? 'empty' : shownName(mark)}, which is not the "next" of a page of this list; leave it out for the first page`,
  });
