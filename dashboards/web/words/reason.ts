/** Reasons of agents in the language of this browser. */
import type { Reasons } from '../../../shared/reason.ts';
import { sayReasons } from '../../../shared/words/reasons.ts';
import { language } from './words.ts';

export const sayWhy = (reasons: Reasons | null | undefined): string => sayReasons(language.value, reasons);
