/** Numbers of the Stability page in words: the same on the page and in the mail. */
import type { KpiValue, MadeWith } from '../api.ts';
import { besideOf } from '../stability.ts';
import { money, number } from './format.ts';
import { aboutLanguage, type Language, word } from './index.ts';

/** `440 person-hours`. */
export const personHours = (value: number, language: Language): string =>
  word(language, 'stability.personHours', { n: number(value, language, Math.abs(value) < 10 ? 1 : 0) });

/** `−11.0 pt`: with one decimal, because points are added up, and never −0. */
export const pointsText = (value: number, language: Language, decimals = 1): string => {
  const shown = Math.abs(value) < 0.5 * 10 ** -decimals ? 0 : value;
  return word(language, 'stability.points', { n: number(shown, language, decimals).replace('-', '−') });
};

/** `about €14,100`: what lost hours come to; null where no price of an hour is stated. */
export function aboutMoney(lost: KpiValue | undefined, language: Language): string | null {
  const cents = besideOf(lost, 'money');
  if (cents === null || lost?.currency === undefined) return null;
  return word(language, 'stability.aboutMoney', { amount: money(cents, lost.currency, language, 'about') });
}

/** `▲ better`, `no clear change`: the arrow says which way the number went. */
export function verdictText(
  verdict: 'better' | 'worse' | 'unclear' | null,
  difference: number,
  language: Language,
): string | null {
  if (verdict === null) return null;
  if (verdict === 'unclear') return word(language, 'stability.compare.unclear');
  return `${difference > 0 ? '▲' : '▼'} ${word(language, `stability.compare.${verdict}`)}`;
}

/** Versions of the time zones and of the calendars. */
export function madeWithLines({ tz, calendars }: Pick<MadeWith, 'tz' | 'calendars'>, language: Language): string[] {
  const zones = word(language, 'report.tz', { version: tz });
  if (calendars === null) return [zones, word(language, 'report.calendarsNotKept')];
  if (calendars.length === 0) return [zones, word(language, 'report.noCalendars')];
  const lines = calendars.map(({ site, use, name, version }) =>
    word(language, 'report.calendar', {
      ...{ site, name, n: version, use: word(language, `report.use.${use as 'service'}`) },
    }),
  );
  return [zones, lines.join(aboutLanguage(language).separator)];
}
