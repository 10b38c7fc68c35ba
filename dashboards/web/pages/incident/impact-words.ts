/** How much people were hindered, in words where there is one. */
import { percent } from '../../../../shared/words/format.ts';
import { language, t } from '../../words/words.ts';

export const factors = [
  [1, 'full'],
  [0.5, 'major'],
  [0.2, 'minor'],
  [0, 'none'],
] as const;

export function formatFactor(value: number): string {
  const word = factors.find(([factor]) => factor === value)?.[1];
  return word ? t(`impact.factor.${word}`) : percent(value * 100, language.value, 0);
}
