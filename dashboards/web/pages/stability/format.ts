/** Numbers of the Stability page in words. Pure but for the language. */
import type { KpiValue, Stability } from '../../../../shared/api.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { periodName } from '../../../../shared/words/period.ts';
import * as words from '../../../../shared/words/stability.ts';
import { to, withQuery } from '../../router.ts';
import { language } from '../../words/words.ts';

export const formatMonth = (period: string): string => periodName(period, language.value);
export const formatIndex = (value: number | null): string => number(value, language.value);
/** `440 person-hours`. */
export const formatHours = (value: number | null): string =>
  value === null ? none : words.personHours(value, language.value);
export const formatPoints = (value: number, decimals = 1): string => words.pointsText(value, language.value, decimals);

export const kpiOf = ({ kpis }: Stability, id: string): KpiValue | undefined => kpis.find((kpi) => kpi.id === id);

/** The list behind a KPI, for the same month and site. */
export const listOf = ({ period, site }: Stability, kpi: string): string =>
  `/stability/${encodeURIComponent(kpi)}${withQuery('', { period: period.name, site })}`;

export const formatAbout = (lost: KpiValue | undefined): string | null => words.aboutMoney(lost, language.value);

/** What an endpoint did in the period that a number is about. */
export const presenceOf = (endpoint: string, period: string): string =>
  `${to.endpoint(endpoint)}${withQuery('', { tab: 'presence', period })}`;
