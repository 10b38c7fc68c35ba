/** Reasons of agents in the language of this browser. */
import type { Reasons } from '../../../shared/reason.ts';
import * as reasons from '../../../shared/words/reasons.ts';
import { language } from './words.ts';

export const formatReasons = (list: Reasons | null | undefined): string => reasons.formatReasons(language.value, list);
