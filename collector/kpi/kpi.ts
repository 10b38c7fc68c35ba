/**
 * The contract of a KPI: facts in, a value and its evidence out. Pure. To add one: a file in `kpis/`, a line in
 * `kpis/index.ts`, and its words under `kpi` in each language.
 *
 * The value of every KPI is computed here from its evidence, so that no number can differ from its list.
 */
import type { KpiUnit } from '../../shared/api.ts';
import type { Span } from '../../shared/intervals.ts';
import type { CalendarUse } from '../calendars/calendars.ts';
import type { FactName, KpiFacts } from './facts.ts';
import { wholeCents } from './formulas/cents.ts';
import type { ChangeOutcome, ChangeReason } from './formulas/change-success.ts';
import { enough } from './formulas/numbers.ts';
import { daysOf, knownPart } from './period.ts';

export interface Kpi<Need extends FactName = FactName> {
  id: string;
  unit: KpiUnit;
  /** Unit of `whole` in an item. */
  of: KpiUnit;
  /**
   * How its list makes the value: sum of parts / sum of wholes of the lines with a whole; the sum of parts; or all parts
   * of some lines / all wholes of others, in whole cents. Default a ratio.
   */
  total?: KpiTotal;
  /** Version and formula: a closed month records how it was computed. */
  formula: string;
  /** Which end of the list is the worse one: it is shown first. */
  worst: 'lowest' | 'highest';
  needs: readonly Need[];
  /** The hours of sites that it counts in; none: around the clock. */
  hours?: CalendarUse;
  /** Maintenance is left out of it. */
  isWithoutMaintenance?: boolean;
  /** @param period ends at the present where it is not over */
  compute(facts: Pick<KpiFacts, Need>, period: Span): Figure;
}

export type KpiTotal = 'ratio' | 'sum' | 'quotient';

/** Gives `compute` the facts that the KPI declares, and no others. */
export const defineKpi = <const Need extends FactName>(kpi: Kpi<Need>): Kpi => kpi;

/** One row of the evidence: it adds `part` of `whole`. Without a whole it is listed and not counted. */
export interface EvidenceItem {
  endpoint?: string;
  /** Id and rule, where the row is an alert. */
  alert?: { id: string; rule: string };
  /** Its number, where the row is a ticket. */
  ticket?: number;
  /** Why it counts, or does not, as a code: `kpi.<id>.why.<code>` of the words. */
  why?: string;
  /** A cost or a product, as it was called. */
  named?: { id: string; name: string };
  /** Its number and how it went, where the row is a change. */
  change?: { id: number; outcome: ChangeOutcome | 'repair'; reasons: readonly ChangeReason[] };
  /** Percent with planned work in it, where the row is the uptime of an endpoint. */
  gross?: number | null;
  /** ms UTC */
  at?: number;
  part: number;
  whole: number;
}

/** Further numbers beside the value, with words of the KPI's own: `kpi.<id>.beside.<code>`. */
export interface SideFigure {
  code: string;
  unit: KpiUnit;
  value: number | null;
  low?: number | null;
  high?: number | null;
}

export interface Figure {
  value: number | null;
  state: 'ok' | 'low_n' | 'insufficient' | 'no_data';
  /** Number of items that count. */
  n: number;
  low: number | null;
  high: number | null;
  /** Percent of the time that was observed; null where that does not apply. */
  coverage: number | null;
  beside: SideFigure[];
  /** Of its amounts, ISO 4217. */
  currency?: string;
  evidence: EvidenceItem[];
  /** Some of its items may still change, because the time for that has not passed. */
  isProvisional?: boolean;
  /** Its facts are not kept as long as the period is past: what a closed month says of it cannot be computed again. */
  isForgotten?: boolean;
  /** Whole weeks up to the end of the period, the oldest first; those without any are 0. */
  weeks?: (Span & { count: number })[];
}

/** A period of which the start is not known says how many days its number is about. */
export function partBeside(period: Span, since: number | null): SideFigure[] {
  const part = knownPart(period, since);
  const isPart = part.start > period.start && part.start < part.end;
  return isPart ? [{ code: 'days', unit: 'count', value: daysOf(part) }] : [];
}

const scale: Record<KpiUnit, number> = { percent: 100, seconds: 1, count: 1, hours: 1, money: 1 };

/** Null without a whole: neither 0 nor 100. The quotient first, so that the whole of something is exactly 100. */
export const valueIn = (unit: KpiUnit, { part, whole }: Pick<EvidenceItem, 'part' | 'whole'>): number | null =>
  whole > 0 ? (unit === 'money' ? wholeCents : Number)(scale[unit] * (part / whole)) : null;

export function totalOf(items: readonly EvidenceItem[], how: KpiTotal = 'ratio'): { part: number; whole: number } {
  const total = { part: 0, whole: 0 };
  for (const { part, whole } of items) {
    if (whole <= 0 && how !== 'quotient') continue;
    total.part += part;
    total.whole += whole;
  }
  return total;
}

type Around = Partial<
  Pick<Figure, 'low' | 'high' | 'coverage' | 'beside' | 'currency' | 'isProvisional' | 'isForgotten' | 'weeks'>
>;

/**
 * A figure that is the sum of its list. Nothing happened is 0; it is null only where it cannot be known.
 * @param isKnown whether there was anything that could have added to it
 */
export function sumOf(evidence: EvidenceItem[], isKnown: boolean, around: Around = {}): Figure {
  const n = evidence.filter(({ whole }) => whole > 0).length;
  const value = isKnown ? totalOf(evidence).part : null;
  const state = isKnown ? 'ok' : 'no_data';
  return { value, state, n, low: null, high: null, coverage: null, beside: [], ...around, evidence };
}

/** A figure whose list has the parts in some lines and the wholes in others. It is an amount, no share: few lines are enough. */
export function quotientOf(unit: KpiUnit, evidence: EvidenceItem[], around: Around = {}): Figure {
  const n = evidence.filter(({ whole }) => whole > 0).length;
  const value = evidence.some(({ whole }) => whole === 0) ? valueIn(unit, totalOf(evidence, 'quotient')) : null;
  const state = value === null ? 'no_data' : 'ok';
  return { value, state, n, low: null, high: null, coverage: null, beside: [], ...around, evidence };
}

export function figureOf(unit: KpiUnit, evidence: EvidenceItem[], around: Around = {}): Figure {
  const n = evidence.filter(({ whole }) => whole > 0).length;
  // Pooled, never the mean of shares.
  const value = valueIn(unit, totalOf(evidence));
  const state = value === null ? 'no_data' : enough(n);
  return { value, state, n, low: null, high: null, coverage: null, beside: [], ...around, evidence };
}

/** Of the first that has one: a month without any amount knows none. */
export const currencyOf = (...figures: (Figure | undefined)[]): { currency?: string } => {
  const currency = figures.find((figure) => figure?.currency !== undefined)?.currency;
  return currency === undefined ? {} : { currency };
};
