/** Reasons for a terminal. Brings the language files: to be imported only where text is printed for people. */
import type { Reasons } from '../shared/reason.ts';
import { words } from '../shared/words/en/first.ts';
import { reasons } from '../shared/words/en/reasons.ts';
import { addWords } from '../shared/words/index.ts';
import { formatReasons } from '../shared/words/reasons.ts';

// A package loads no language by itself.
addWords('en', words);
addWords('en', { reason: reasons });

export const english = (list: Reasons): string => formatReasons('en', list);
