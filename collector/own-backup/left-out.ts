/** What a backup does not hold: a sentence in its note, which every version reads, and the same as a code for readers of every language. */
import { type Reason, reason } from '../../shared/reason.ts';
import { reasons } from '../../shared/words/en/reasons.ts';
import { formatReasons } from '../../shared/words/reasons.ts';

const codes = ['own_backup_without_secrets', 'own_backup_without_series'] as const;

export const leftOutText = (why: Reason): string => `${formatReasons('en', [why])}.`;

/** @param text of a note, of whichever version: one that this version does not write stays as it is */
export function leftOutReason(text: string): Reason {
  for (const code of codes) {
    const [before = '', name = '', after = ''] = reasons[code].split(/\{\{|\}\}/);
    if (text.startsWith(before) && text.endsWith(`${after}.`))
      return { code, params: { [name]: text.slice(before.length, -after.length - 1) } };
  }
  return reason('verbatim', { text });
}
