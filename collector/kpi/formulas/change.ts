/**
 * Whether a KPI differs between two periods, or two sites, by more than chance: the 95 % interval of the difference. Only
 * where it excludes "no change" is the one better than the other.
 *
 *   share of items        Newcombe's interval, from the two intervals by Wilson
 *   share of time         each endpoint is one observation: variance of a ratio, Σ (part − share · whole)² / W²; of causes
 *                         that stopped several at once the variance is Σ loss², and the larger of the two counts
 *   mean of durations     medians by order statistics: a mean of durations says little about a trend
 *   number of items       ratio of two rates, with at least 10 on both sides
 *   sum of hours          compound Poisson: variance Σ hours², with at least 10 on both sides
 */
import type { EvidenceItem, Figure, Kpi } from '../kpi.ts';
import { totalOf } from '../kpi.ts';
import { median, medianInterval } from '../median.ts';
import { ascending, shareOf, z95 } from './numbers.ts';
import { rateRatio } from './volume.ts';

export interface KpiChange {
  /** After − before, in the unit of the KPI. */
  difference: number;
  /** Of what the difference is. */
  of: 'value' | 'median';
  /** The 95 % interval of it; null where there are too few items for one. */
  low: number | null;
  high: number | null;
  verdict: 'better' | 'worse' | 'unclear';
}

type ComparedKpi = Pick<Kpi, 'unit' | 'total' | 'worst'>;
type ChangeBounds = [low: number, high: number];
const fewest = 10;

/**
 * Null where either has no value, or too few items for one number.
 * @param losses of a share of time: what each cause took of either value, in percent
 */
export function changeOf(
  kpi: ComparedKpi,
  before: Figure,
  after: Figure,
  losses: readonly [number[], number[]] = [[], []],
): KpiChange | null {
  const pair = [before, after] as const;
  if (pair.some(({ value, state }) => value === null || state === 'insufficient')) return null;
  const difference = (after.value as number) - (before.value as number);
  if (kpi.total === 'sum')
    return judged(kpi, difference, 'value', kpi.unit === 'hours' ? hoursApart(pair, difference) : countsApart(pair));
  // An amount is no sample of anything.
  if (kpi.total === 'quotient') return judged(kpi, difference, 'value', null);
  if (kpi.unit !== 'percent') {
    const [then, now] = pair.map(valuesIn) as [number[], number[]];
    const [was, is] = [medianInterval(then), medianInterval(now)];
    const apart = (median(now) as number) - (median(then) as number);
    return judged(kpi, apart, 'median', was && is ? [is[0] - was[1], is[1] - was[0]] : null);
  }
  const isCounted = pair.every(({ evidence }) => counting(evidence).every(isOneItem));
  return judged(
    kpi,
    difference,
    'value',
    isCounted ? sharesApart(pair, difference) : ratiosApart(pair, difference, losses),
  );
}

function judged(
  { worst }: ComparedKpi,
  difference: number,
  of: KpiChange['of'],
  interval: ChangeBounds | null,
): KpiChange {
  const [low, high] = interval ?? [null, null];
  const rises = low !== null && low > 0;
  const falls = high !== null && high < 0;
  const verdict = !(rises || falls) ? 'unclear' : rises === (worst === 'lowest') ? 'better' : 'worse';
  return { difference, of, low, high, verdict };
}

const counting = (evidence: readonly EvidenceItem[]) => evidence.filter(({ whole }) => whole > 0);
const isOneItem = ({ part, whole }: EvidenceItem) => whole === 1 && (part === 0 || part === 1);
const valuesIn = ({ evidence }: Figure) =>
  counting(evidence)
    .map(({ part }) => part)
    .sort(ascending);
type Pair = readonly [Figure, Figure];

function sharesApart(pair: Pair, difference: number): ChangeBounds | null {
  const [then, now] = pair.map(({ evidence }) => {
    const { part, whole } = totalOf(evidence);
    return shareOf(part, whole);
  });
  if (!then?.ci95 || !now?.ci95) return null;
  const [was, is] = [then.pct as number, now.pct as number];
  return [
    difference - Math.hypot(is - now.ci95[0], then.ci95[1] - was),
    difference + Math.hypot(now.ci95[1] - is, was - then.ci95[0]),
  ];
}

function ratiosApart(pair: Pair, difference: number, losses: readonly [number[], number[]]): ChangeBounds {
  const variances = pair.map((figure, n) => Math.max(varianceOf(figure), squaresOf(losses[n as 0 | 1]))) as [
    number,
    number,
  ];
  const half = z95 * Math.sqrt(variances[0] + variances[1]);
  return [difference - half, difference + half];
}

const squaresOf = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount ** 2, 0);

/** In percent squared. */
function varianceOf({ evidence, n }: Figure): number {
  const { part, whole } = totalOf(evidence);
  const share = part / whole;
  const squares = counting(evidence).reduce((sum, item) => sum + (item.part - share * item.whole) ** 2, 0);
  return ((100 / whole) ** 2 * squares * n) / (n - 1);
}

/** Of hours an incident brings many at once: each counts with its square. */
function hoursApart(pair: Pair, difference: number): ChangeBounds | null {
  if (pair.some(({ n }) => n < fewest)) return null;
  const squares = pair.reduce((sum, figure) => sum + squaresOf(valuesIn(figure)), 0);
  const half = z95 * Math.sqrt(squares);
  return [difference - half, difference + half];
}

/** What one item adds is its exposure, so that the value is the rate. */
function countsApart([before, after]: Pair): ChangeBounds | null {
  const rateIn = ({ n, value }: Figure) => ({ count: n, businessDays: n > 0 ? n / (value as number) : 0 });
  const { ci95 } = rateRatio(rateIn(before), rateIn(after));
  const was = before.value as number;
  return ci95 && [was * (ci95[0] - 1), was * (ci95[1] - 1)];
}
