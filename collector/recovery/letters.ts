/** The letters: a code to the person, or a link to whoever confirms. Pure. */
import { escapeHtml } from '../../shared/html.ts';
import { findWord, type Language } from '../../shared/words/index.ts';
import type { Mail } from '../notify/channel.ts';
import { codeShown } from './requests.ts';

type LetterValues = Readonly<Record<string, string | number>>;

function letter(language: Language, to: string, kind: 'code' | 'confirm', values: LetterValues): Mail {
  const w = (part: string) => findWord(language, `recovery.${kind}.${part}`, values) ?? part;
  const lines = w('text').split('\n');
  return {
    ...{ to, subject: w('subject'), text: `${lines.join('\n\n')}\n`, attachment: null },
    html: `<html lang="${language}"><body>${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}</body></html>`,
  };
}

/** Not in the subject, which a locked telephone shows. */
export const codeLetter = (language: Language, to: string, code: string, minutes: number): Mail =>
  letter(language, to, 'code', { code: codeShown(code), minutes });

export function confirmLetter(
  language: Language,
  to: string,
  of: { name: string; url: string; minutes: number },
): Mail {
  return letter(language, to, 'confirm', of);
}
