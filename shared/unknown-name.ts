/** Refusals of a name that is not there, with the one that was most likely meant, and of a place in a list that is none. */
import { EvenkeelError, fail } from './errors.ts';
import { namesNear } from './nearest.ts';
import { shownName } from './place-name.ts';
import { reason } from './reason.ts';

/** @param what such as `site` @param known the names that there are @param why it is not one of them, where that is known */
export function unknownName(what: string, given: string, known: Iterable<string>, why?: string): EvenkeelError {
  const all = [...known];
  const [name, nearest] = [shownName(given), namesNear(given, all)];
  const near = all.length === 0 ? 'there is none yet' : `there is: ${nearest}`;
  const cause = all.length === 0 ? reason('name_none', { name }) : reason('name_unknown', { name, known: nearest });
  const id = `${name}${why === undefined ? '' : ` ${why}`}; ${near}`;
  return new EvenkeelError('NOT_FOUND', { what, id }, undefined, [], [cause]);
}

/** The refusal of a mark that no list gave. */
export const badMark = (mark: string): EvenkeelError =>
  fail('BAD_REQUEST', {
    problem: `page is ${mark === '' ? 'empty' : shownName(mark)}, which is not the "next" of a page of this list; leave it out for the first page`,
  });
