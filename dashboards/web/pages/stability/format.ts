/** Numbers of the Stability page in words. Pure but for the language. */
import type { KpiValue, Stability } from '../../../../shared/api.ts';
import { money, none, number } from '../../../../shared/words/format.ts';
import { periodName } from '../../../../shared/words/period.ts';
import { to, withQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';

export const formatMonth = (period: string): string => periodName(period, language.value);
export const formatIndex = (value: number | null): string => number(value, language.value);
const decimals = (value: number) => (Math.abs(value) < 10 ? 1 : 0);
/** `440 person-hours`. */
export const formatHours = (value: number | null): string =>
  value === null ? none : t('stability.personHours', { n: number(value, language.value, decimals(value)) });
/** `−11.0 pt`: one decimal, because points are added up. */
export const formatPoints = (value: number, decimals = 1): string => {
  const shown = Math.abs(value) < 0.5 * 10 ** -decimals ? 0 : value;
  return t('stability.points', { n: number(shown, language.value, decimals).replace('-', '−') });
};

export const kpiOf = ({ kpis }: Stability, id: string): KpiValue | undefined => kpis.find((kpi) => kpi.id === id);
export const besideOf = (kpi: KpiValue | undefined, code: string): number | null =>
  kpi?.beside.find((one) => one.code === code)?.value ?? null;

/** The list behind a KPI, for the same month and site. */
export const listOf = ({ period, site }: Stability, kpi: string): string =>
  `/stability/${encodeURIComponent(kpi)}${withQuery('', { period: period.name, site })}`;

/** `about €14,100`: what lost hours come to; null where no price of an hour is stated. */
export function formatAbout(lost: KpiValue | undefined): string | null {
  const cents = besideOf(lost, 'money');
  if (cents === null || lost?.currency === undefined) return null;
  return t('stability.aboutMoney', { amount: money(cents, lost.currency, language.value, 'about') });
}

/** What an endpoint did in the period that a number is about. */
export const presenceOf = (endpoint: string, period: string): string =>
  `${to.endpoint(endpoint)}${withQuery('', { tab: 'presence', period })}`;
