/** A report period as people call it: `November 2026`, `Week 48 of 2026`, `Q4 2026`. */
import { firstDayOf, kindOfPeriod } from '../period.ts';
import { time } from './format.ts';
import { type Language, word } from './index.ts';

export function periodName(name: string, language: Language): string {
  const kind = kindOfPeriod(name);
  if (kind === null) return name;
  if (kind === 'month') return time(firstDayOf(name), language, 'month', 'UTC');
  return word(language, `period.${kind}`, { year: name.slice(0, 4), n: Number(name.slice(6)) });
}
