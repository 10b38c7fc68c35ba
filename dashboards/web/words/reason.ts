/** Sentences for reasons in the language of this browser. Whoever imports this waits until they are here. */
import type { Reasons } from '../../../shared/reason.ts';
import { loadReasons } from '../../../shared/words/index.ts';
import * as reasons from '../../../shared/words/reasons.ts';
import { language } from './words.ts';

// Not part of the first page: pages that need it, and errors, load it.
await loadReasons(language.value);

export const formatReasons = (list: Reasons | null | undefined): string => reasons.formatReasons(language.value, list);
