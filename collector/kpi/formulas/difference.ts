/**
 * Why a KPI differs between two periods: what each line of the two lists adds to the difference. Exact: what the lines add
 * sums to the difference, whichever way they are put together.
 *
 *   value = scale · (base + Σ (part − base · whole) / W)      for any base; the one of both periods falls out of the difference
 *
 * The base is what a line has that neither adds nor takes: 100 % where more is better, 0 where less is, else the middle
 * between the two values.
 */
import type { EvidenceItem, Figure, Kpi } from '../kpi.ts';
import { totalOf } from '../kpi.ts';

/** What a line adds to the value of its period, in the unit of the KPI. */
export interface Addend extends Pick<EvidenceItem, 'endpoint' | 'ticket' | 'alert'> {
  amount: number;
}

/** Null where either period has no value. */
export function addendsOf(
  kpi: Pick<Kpi, 'unit' | 'total' | 'worst'>,
  before: Figure,
  after: Figure,
): { before: Addend[]; after: Addend[] } | null {
  if (before.value === null || after.value === null) return null;
  if (kpi.total === 'sum') return { before: sumAddends(before), after: sumAddends(after) };
  const quotient = ({ evidence }: Figure) => {
    const { part, whole } = totalOf(evidence, kpi.total);
    return part / whole;
  };
  const middle = (quotient(before) + quotient(after)) / 2;
  const base = kpi.unit !== 'percent' ? middle : kpi.worst === 'lowest' ? 1 : 0;
  const scale = kpi.unit === 'percent' ? 100 : 1;
  const of = ({ evidence, value }: Figure): Addend[] => {
    const { whole: all } = totalOf(evidence, kpi.total);
    const lines = kpi.total === 'quotient' ? evidence : counting(evidence);
    const addends = lines.map(({ part, whole, ...item }) => ({
      ...subjectOf(item),
      amount: scale * ((part - base * whole) / all),
    }));
    // An amount of money is rounded to whole cents: what that adds belongs to no line.
    const rounded = (value as number) - scale * base - addends.reduce((sum, { amount }) => sum + amount, 0);
    return kpi.unit === 'money' ? [...addends, { amount: rounded }] : addends;
  };
  return { before: of(before), after: of(after) };
}

const counting = (evidence: readonly EvidenceItem[]) => evidence.filter(({ whole }) => whole > 0);
const sumAddends = ({ evidence }: Figure) =>
  counting(evidence).map(({ part, ...item }) => ({ ...subjectOf(item), amount: part }));

const subjectOf = ({ endpoint, ticket, alert }: Pick<EvidenceItem, 'endpoint' | 'ticket' | 'alert'>) => ({
  ...(endpoint === undefined ? {} : { endpoint }),
  ...(ticket === undefined ? {} : { ticket }),
  ...(alert === undefined ? {} : { alert }),
});

export interface DifferenceLine {
  /** Empty: of nothing that has a name here. */
  key: string;
  before: number;
  after: number;
}

/**
 * Put together by what they belong to, in shares that add up to one each. Largest difference first.
 * @param sharesOf keys with their shares; what is missing to one belongs to no key
 */
export function groupedBy(
  addends: { before: readonly Addend[]; after: readonly Addend[] },
  sharesOf: (addend: Addend) => readonly { key: string; share: number }[],
): DifferenceLine[] {
  const lines = new Map<string, DifferenceLine>();
  const add = (side: 'before' | 'after', key: string, amount: number) => {
    const line = lines.get(key) ?? { key, before: 0, after: 0 };
    line[side] += amount;
    lines.set(key, line);
  };
  for (const side of ['before', 'after'] as const)
    for (const addend of addends[side]) {
      let left = 1;
      for (const { key, share } of sharesOf(addend)) {
        add(side, key, addend.amount * share);
        left -= share;
      }
      if (left > 1e-12) add(side, '', addend.amount * left);
    }
  const by = ({ before, after }: DifferenceLine) => Math.abs(after - before);
  return [...lines.values()].sort((a, b) => by(b) - by(a));
}
