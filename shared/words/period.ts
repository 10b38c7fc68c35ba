/** A report period as people call it: `November 2026`, `Week 48 of 2026`, `Q4 2026`. */
import type { PeriodMonitored } from '../api.ts';
import { firstDayOf, kindOfPeriod } from '../period.ts';
import { number, time } from './format.ts';
import { type Language, word } from './index.ts';

export function periodName(name: string, language: Language): string {
  const kind = kindOfPeriod(name);
  if (kind === null) return name;
  if (kind === 'month') return time(firstDayOf(name), language, 'month', 'UTC');
  return word(language, `period.${kind}`, { year: name.slice(0, 4), n: Number(name.slice(6)) });
}

/** `monitored since 23 Oct: 9 of 31 days`; null where it was monitored from its first day on, or that is not told. */
export function monitoredText(
  { period, monitored }: { period: { zone: string }; monitored?: PeriodMonitored | null | undefined },
  language: Language,
): string | null {
  if (monitored === undefined) return null;
  if (monitored === null) return word(language, 'stability.monitoredNever');
  const { from, days, ofDays } = monitored;
  if (days === ofDays) return null;
  const at = time(from, language, 'day', period.zone);
  return word(language, 'stability.monitoredSince', { at, days: number(days, language), of: number(ofDays, language) });
}
