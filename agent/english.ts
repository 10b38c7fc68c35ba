/** Reasons for a terminal. Loads the language files: to be imported only where somebody reads. */
import type { Reasons } from '../shared/reason.ts';
import { sayReasons } from '../shared/words/reasons.ts';

export const english = (told: Reasons): string => sayReasons('en', told);
