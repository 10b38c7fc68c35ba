/** What is over and kept for the record: folded away, with its number. */
import type { ComponentChildren } from 'preact';
import { number } from '../../../shared/words/format.ts';
import { language, t } from '../words/words.ts';

export function Ended({ n, children }: { n: number; children: ComponentChildren }) {
  if (n === 0) return null;
  return (
    <details>
      <summary class="box-body">{t('common.ended', { n: number(n, language.value) })}</summary>
      {children}
    </details>
  );
}
