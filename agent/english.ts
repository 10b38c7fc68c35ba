/** Reasons for a terminal. Loads the language files: to be imported only where text is printed for people. */
import type { Reasons } from '../shared/reason.ts';
import { formatReasons } from '../shared/words/reasons.ts';

export const english = (reasons: Reasons): string => formatReasons('en', reasons);
