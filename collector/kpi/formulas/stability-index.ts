/**
 * One index of 0 to 100 that comes apart again: weighted mean of scores, whose loss splits exactly into parts and causes.
 *
 *   score = 100 · clamp((value − floor) / (target − floor), 0, 1)      W = Σ weights of parts with a value
 *   points lost = weight / W · (100 − score)                           index = 100 − Σ points lost
 */
import { enough } from './numbers.ts';

export interface StabilityPart {
  weight: number;
  /** Value of 100 points, and of 0. Where less is better the target is the smaller one. */
  target: number;
  floor: number;
  /** Null: not known. The other parts then carry its weight. */
  value: number | null;
  /** How much each cause adds to the loss, in any unit of the part: down minutes, late tickets, incident load, lost hours. */
  causes?: Readonly<Record<string, number>>;
}

export type StabilityParts = Readonly<Record<string, StabilityPart>>;

export type Band = 'excellent' | 'good' | 'fair' | 'poor' | 'very_poor';

export interface CauseLoss {
  cause: string;
  points: number;
  byPart: Record<string, number>;
}

export interface StabilityIndex {
  /** Null where parts of less than 60 of 100 weight have a value. */
  index: number | null;
  band: Band | null;
  /** A fleet of fewer than 5 endpoints is too small for an index. */
  status: 'ok' | 'insufficient';
  /** Sum of the weights of parts with a value. */
  weight: number;
  scores: Record<string, number | null>;
  /** Their sum is 100 − index. Empty without index. */
  pointsLost: Record<string, number>;
  /** Worst first; with `unattributed` their sum is 100 − index. */
  causes: CauseLoss[];
  unattributed: number;
  /** The part with the lowest score, printed beside the index: good parts do not hide it. Null where nothing is lost. */
  limitedBy: { part: string; score: number; band: Band } | null;
}

const leastWeight = 60;

const bandOf = (points: number): Band =>
  points >= 95 ? 'excellent' : points >= 90 ? 'good' : points >= 80 ? 'fair' : points >= 50 ? 'poor' : 'very_poor';

function scoreOf({ value, floor, target }: StabilityPart): number | null {
  // A part without a range has no scale, and so no score.
  if (value === null || target === floor) return null;
  return 100 * Math.min(1, Math.max(0, (value - floor) / (target - floor)));
}

/** @param endpoints size of the fleet; without it the fleet is taken to be large enough */
export function stabilityIndex(parts: StabilityParts, endpoints = Number.POSITIVE_INFINITY): StabilityIndex {
  const names = Object.keys(parts);
  const scores = Object.fromEntries(names.map((name) => [name, scoreOf(parts[name] as StabilityPart)]));
  const present = names.flatMap((name) => {
    const score = scores[name];
    const { weight, causes = {} } = parts[name] as StabilityPart;
    return score === null || score === undefined || weight <= 0 ? [] : { name, score, weight, causes };
  });
  const weight = present.reduce((sum, part) => sum + part.weight, 0);
  const status = enough(endpoints) === 'insufficient' ? 'insufficient' : 'ok';
  const worst = present.toSorted((a, b) => a.score - b.score || b.weight - a.weight)[0];
  const limitedBy =
    worst && worst.score < 100 ? { part: worst.name, score: worst.score, band: bandOf(worst.score) } : null;
  if (weight < leastWeight)
    return { index: null, band: null, status, weight, scores, pointsLost: {}, causes: [], unattributed: 0, limitedBy };
  const lost = present.map((part) => ({ ...part, points: (part.weight / weight) * (100 - part.score) }));
  const index = Math.max(0, 100 - lost.reduce((sum, { points }) => sum + points, 0));
  return {
    index,
    band: bandOf(index),
    status,
    weight,
    scores,
    pointsLost: Object.fromEntries(lost.map(({ name, points }) => [name, points])),
    ...causesOf(lost),
    limitedBy,
  };
}

interface LostPart {
  name: string;
  points: number;
  causes: Readonly<Record<string, number>>;
}

function causesOf(lost: readonly LostPart[]): Pick<StabilityIndex, 'causes' | 'unattributed'> {
  const causes = new Map<string, CauseLoss>();
  let unattributed = 0;
  for (const { name, points, causes: own } of lost) {
    const entries = Object.entries(own).filter(([, amount]) => amount > 0);
    const whole = entries.reduce((sum, [, amount]) => sum + amount, 0);
    if (whole === 0) unattributed += points;
    for (const [cause, amount] of points > 0 ? entries : []) {
      const loss = causes.get(cause) ?? { cause, points: 0, byPart: {} };
      const part = points * (amount / whole);
      loss.points += part;
      loss.byPart[name] = part;
      causes.set(cause, loss);
    }
  }
  return { causes: [...causes.values()].sort((a, b) => b.points - a.points), unattributed };
}

/** Why the index differs from another month's. */
export interface IndexChange {
  change: number;
  /** Points by which each part moved it; with `composition` they sum to `change`. */
  byPart: Record<string, number>;
  /** From parts that have a value in one month only, and from other weights. 0 while both months have the same. */
  composition: number;
}

/** Null where either month has no index. */
export function indexChange(before: StabilityParts, after: StabilityParts): IndexChange | null {
  const [then, now] = [stabilityIndex(before), stabilityIndex(after)];
  if (then.index === null || now.index === null) return null;
  const change = now.index - then.index;
  const byPart: Record<string, number> = {};
  for (const name of Object.keys(now.pointsLost)) {
    const [was, is] = [then.scores[name], now.scores[name]];
    if (!(name in then.pointsLost) || was == null || is == null) continue;
    byPart[name] = ((after[name] as StabilityPart).weight / now.weight) * (is - was);
  }
  const rest = change - Object.values(byPart).reduce((sum, points) => sum + points, 0);
  const isSame =
    Object.keys(byPart).length === Math.max(...[then, now].map(({ pointsLost }) => Object.keys(pointsLost).length)) &&
    Object.keys(byPart).every((name) => before[name]?.weight === after[name]?.weight);
  return { change, byPart, composition: isSame ? 0 : rest };
}
