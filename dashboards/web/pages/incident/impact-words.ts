/** How much people were hindered, in words where there is one. */
import type { Impact } from '../../../../shared/api.ts';
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

/** The most people who were hindered at one time at each site, added up; null: not known of anybody. */
export function peopleHit({ segments, stated, reasons }: Impact): number | null {
  const most = new Map<string | null, number>();
  for (const { factor, affected } of segments)
    for (const { site, people } of affected) if (factor > 0) most.set(site, Math.max(most.get(site) ?? 0, people));
  if (most.size === 0 && stated === null) return reasons.every(({ code }) => code === 'no_dependants') ? 0 : null;
  return [...most.values()].reduce((sum, people) => sum + people, 0);
}
