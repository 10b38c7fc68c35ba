/** The refusal of a place in a list that is none. */
import { type EvenkeelError, fail } from './errors.ts';
import { shownName } from './place-name.ts';

/** The refusal of a mark that no list gave. */
export const badMark = (mark: string): EvenkeelError =>
  fail('BAD_REQUEST', {
    problem: `page is ${mark === '' ? 'empty' : shownName(mark)}, which is not the "next" of a page of this list; leave it out for the first page`,
  });
