/** Reasons for a terminal. Loads the language files: to be imported only where text is printed for people. */
import type { Reasons } from '../shared/reason.ts';
import { sayReasons } from '../shared/words/reasons.ts';

export const english = (told: Reasons): string => sayReasons('en', told);
