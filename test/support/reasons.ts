/** Reasons of agents as a test compares them. */
import { type Reason, type Reasons, reasonsIn, reasonsInLog } from '../../shared/reason.ts';
import { findWord, type Language, type Values } from '../../shared/words/index.ts';

/** Codes and values as logs write them: `locked, said (text: …)`. */
export const inLog = (told: Reasons | readonly Reason[] | null | undefined): string =>
  reasonsInLog(reasonsIn(told as Reasons));

/** What a page shows for a code; what a tool said stays as it is. */
export const onPage = (language: Language, codeOrText: string, values: Values = {}): string =>
  findWord(language, `reason.${codeOrText}`, values) ?? codeOrText;
