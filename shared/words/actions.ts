/** What an action would win back, in words: the same on the page and in the mail. */
import type { NextAction } from '../api.ts';
import { money as moneyText, number, percent } from './format.ts';
import { findWord, type Language, word } from './index.ts';

/** Empty where it is not known what it wins back. */
export function actionGain(action: NextAction, language: Language): string {
  const { code, points, hours, n, days, kpi, share, money, currency } = action;
  const count = { n: number(n ?? 0, language) };
  const inHours = (value: number) =>
    word(language, 'stability.personHours', { n: number(value, language, Math.abs(value) < 10 ? 1 : 0) });
  if (code === 'confirm_impact')
    return hours === null ? '' : word(language, 'stability.action.toConfirm', { hours: inHours(hours) });
  const gains = [
    points === null ? '' : word(language, 'stability.points', { n: number(points, language, 1) }),
    hours === null ? '' : inHours(hours),
    share === undefined || kpi === undefined
      ? ''
      : word(language, 'stability.action.share', {
          share: percent(share, language, 0),
          kpi: findWord(language, `kpi.${kpi}.name`) ?? kpi,
        }),
    money === undefined || currency === undefined ? '' : moneyText(money, currency, language, 'about'),
  ].filter(Boolean);
  const about = n === undefined ? '' : aboutOf(code, count, days ?? 0, language);
  const won = gains.length === 0 ? '' : word(language, 'stability.action.gain', { gain: gains.join(' · ') });
  return [about, won].filter(Boolean).join(' · ');
}

function aboutOf(code: NextAction['code'], count: { n: string }, days: number, language: Language): string {
  if (code === 'answer_in_time') return word(language, 'stability.action.late', count);
  if (code === 'review_changes') return word(language, 'stability.action.failed', count);
  if (code !== 'free_disk') return word(language, 'stability.action.count', count);
  return word(language, 'stability.action.disks', { ...count, days: number(days, language) });
}
