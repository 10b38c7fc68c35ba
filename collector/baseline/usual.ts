/**
 * What is usual of a metric at an hour of the week, from its five-minute means of six weeks. Pure. The hours beside count as
 * well; what lay outside of what was usual before it is not learned; after seven days on the same side it is the new normal.
 */
import { middleOf } from '../slopes.ts';

export const weekMs = 7 * 86_400_000;
const hourMs = 3_600_000;
export const weeksKept = 6;
const hoursInWeek = 168;
/** From fewer weeks or values nothing is usual. */
const leastWeeks = 3;
export const leastValues = 60;
/** So many times the robust deviation. */
const spread = 4 * 1.4826;
const leastShare = 0.05;

/** 0 is Monday from midnight, in the zone of a site. */
export type HourOfWeek = (at: number) => number;
export type UsualPoint = readonly [at: number, value: number];

/** Of a metric: how little is no difference, and what it can be at all. */
export interface Habit {
  floor: number;
  bounds: readonly [low: number, high: number];
}

export interface UsualRange {
  low: number;
  high: number;
  middle: number;
}

export interface Usual {
  /** Null: too little is known. */
  range: UsualRange | null;
  /** Five-minute means that were learned, of so many of the weeks. */
  values: number;
  weeks: number;
}

/** Median ± the larger of four robust deviations, the floor of the metric, and a twentieth of the median. */
export function rangeOf(values: readonly number[], { floor, bounds: [least, greatest] }: Habit): UsualRange {
  const middle = medianOf(values);
  const deviation = medianOf(values.map((value) => Math.abs(value - middle)));
  const wide = Math.max(spread * deviation, floor, leastShare * Math.abs(middle));
  return { low: Math.max(least, middle - wide), high: Math.min(greatest, middle + wide), middle };
}

const medianOf = (values: readonly number[]) => middleOf(Float64Array.from(values).sort());

/** 1 above, -1 below, 0 inside. */
export function sideOf(value: number, { low, high }: Pick<UsualRange, 'low' | 'high'>): -1 | 0 | 1 {
  return value > high ? 1 : value < low ? -1 : 0;
}

/** How far from the middle, as a share of the way to the bound on its side; beyond 1 it is outside. */
export function scoreOf(value: number, { low, high, middle }: UsualRange): number {
  const way = value >= middle ? high - middle : middle - low;
  return way > 0 ? (value - middle) / way : 0;
}

/** Hours of the week in a zone; a holiday has those of a Sunday, and an hour that comes twice is the same one. */
export function hoursOfWeek(zone: string, holidays: ReadonlySet<string>): HourOfWeek {
  // No offset from UTC ends within a quarter of an hour.
  const quarterMs = hourMs / 4;
  const known = new Map<number, number>();
  return (at) => {
    const quarter = Math.floor(at / quarterMs);
    const before = known.get(quarter);
    if (before !== undefined) return before;
    const local = Temporal.Instant.fromEpochMilliseconds(quarter * quarterMs).toZonedDateTimeISO(zone);
    const day = holidays.has(local.toPlainDate().toString()) ? 7 : local.dayOfWeek;
    const hour = (day - 1) * 24 + local.hour;
    // The quarters of nine weeks: older ones are not asked for any more.
    if (known.size > 6000) known.clear();
    known.set(quarter, hour);
    return hour;
  };
}

/** Values by hour of the week and by week, oldest week first. */
type Learned = (number[] | undefined)[][];

const beside = (hour: number) =>
  [hour + hoursInWeek - 1, hour, hour + 1].map((one) => one % hoursInWeek) as [number, number, number];

function usualIn(learned: Learned, hour: number, habit: Habit, least = leastValues): Usual {
  const near = beside(hour).map((one) => learned[one] ?? []);
  const values = near.flatMap((weeks) => weeks.flatMap((some) => some ?? []));
  const weeks = Array.from({ length: weeksKept }, (_, week) => near.some((one) => one[week] !== undefined));
  const known = weeks.filter(Boolean).length;
  const isEnough = known >= leastWeeks && values.length >= least;
  return { range: isEnough ? rangeOf(values, habit) : null, values: values.length, weeks: known };
}

/** The week of an instant, 0 the oldest of six before `until`; outside of these it is no index. */
const weekOf = (at: number, until: number) => weeksKept - 1 - Math.floor((until - 1 - at) / weekMs);

/**
 * @param points five-minute means before `until`; those of times that are not to be learned left out
 * @returns what is usual at each hour of the week
 */
export function learn(
  points: readonly UsualPoint[],
  until: number,
  hourOf: HourOfWeek,
  habit: Habit,
): (hour: number) => Usual {
  const weeks = Array.from({ length: weeksKept }, () => new Map<number, number[]>());
  for (const [at, value] of points) {
    const week = weeks[weekOf(at, until)];
    if (!week || !Number.isFinite(value)) continue;
    const hour = hourOf(at);
    const there = week.get(hour);
    if (there) there.push(value);
    else week.set(hour, [value]);
  }
  const learned: Learned = [];
  for (const [number, week] of weeks.entries()) {
    // By the weeks before: each week is judged before any of it is learned.
    const inside = [...week].map(([hour, values]): [number, number[]] => {
      const { range } = usualIn(learned, hour, habit);
      return [hour, range ? values.filter((value) => sideOf(value, range) === 0) : values];
    });
    for (const [hour, values] of inside)
      if (values.length > 0) {
        learned[hour] ??= [];
        (learned[hour] as (number[] | undefined)[])[number] = values;
      }
  }
  return (hour) => usualIn(learned, hour, habit);
}

/** So long outside on the same side, and it is the new normal. */
const newNormalMs = 7 * 86_400_000;
/** Of hourly means: all three hours of three weeks. */
const leastHours = 9;

/**
 * When the present normal began: what is older is not learned.
 * @param hourly means of whole hours before `until`, in order
 * @returns null: it has been so all the time
 */
export function newNormalSince(
  hourly: readonly UsualPoint[],
  until: number,
  hourOf: HourOfWeek,
  habit: Habit,
): number | null {
  let learned: Learned = [];
  /** Of the week that runs, and of the time outside. */
  let pending: UsualPoint[] = [];
  let outside = null as { side: -1 | 1; points: UsualPoint[] } | null;
  let since: number | null = null;
  let week = -1;
  const take = (points: readonly UsualPoint[]) => {
    for (const [at, value] of points) {
      const [hour, number] = [hourOf(at), weekOf(at, until)];
      learned[hour] ??= [];
      const there = learned[hour] as (number[] | undefined)[];
      there[number] = [...(there[number] ?? []), value];
    }
  };
  for (const point of hourly) {
    const [at, value] = point;
    const number = weekOf(at, until);
    if (number < 0 || number >= weeksKept || !Number.isFinite(value)) continue;
    if (number !== week) {
      take(pending);
      [pending, week] = [[], number];
    }
    const { range } = usualIn(learned, hourOf(at), habit, leastHours);
    const side = range ? sideOf(value, range) : null;
    // Where nothing is known of an hour, it ends nothing and counts for nothing.
    if (side === null || side === 0) pending.push(point);
    if (side === null) continue;
    if (side === 0) outside = null;
    else {
      if (outside?.side === side) outside.points.push(point);
      else outside = { side, points: [point] };
      const [first] = outside.points[0] as UsualPoint;
      if (at + hourMs - first < newNormalMs) continue;
      since = first;
      learned = [];
      pending = [...outside.points];
      outside = null;
    }
  }
  return since;
}

/** By less it is the same machine: a new kernel keeps some more memory for itself. */
const sameSize = 0.02;

/** Since when a size (cores, memory, a disk) is what it is now; null: all the time. */
export function sizeSince(points: readonly UsualPoint[]): number | null {
  const now = points.at(-1)?.[1];
  if (now === undefined) return null;
  const last = points.findLastIndex(([, size]) => Math.abs(size - now) > sameSize * Math.abs(now));
  return last < 0 ? null : ((points[last + 1] as UsualPoint)[0] ?? null);
}

export interface UsualSpan {
  from: number;
  to: number;
}

/** The times of the six weeks before `until` that have a part in what is usual at these hours of the week. */
export function spansToRead(hours: ReadonlySet<number>, until: number, hourOf: HourOfWeek): UsualSpan[] {
  const wanted = new Set([...hours].flatMap((hour) => beside(hour)).flatMap((hour) => beside(hour)));
  const halfMs = hourMs / 2;
  const spans: UsualSpan[] = [];
  for (let at = Math.floor((until - weeksKept * weekMs) / halfMs) * halfMs; at < until; at += halfMs) {
    if (!wanted.has(hourOf(at))) continue;
    const last = spans.at(-1);
    if (last?.to === at) last.to = at + halfMs;
    else spans.push({ from: at, to: at + halfMs });
  }
  return spans;
}

/** A stretch outside. */
export interface OutsideStretch {
  side: -1 | 1;
  from: number;
  to: number;
  /** The mean that was farthest away, with what was usual then. */
  value: number;
  range: UsualRange;
  score: number;
}

const slotMs = 300_000;
/** A hole of one slot ends no stretch: a report may come late. */
const gapMs = 2 * slotMs;

/** The longest stretch of means outside on one side; of equally long ones the first. */
export function longestOutside(points: readonly UsualPoint[], usual: (at: number) => Usual): OutsideStretch | null {
  let [longest, running]: [OutsideStretch | null, OutsideStretch | null] = [null, null];
  for (const [at, value] of points) {
    const { range } = usual(at);
    const side = range ? sideOf(value, range) : 0;
    if (!range || side === 0) {
      running = null;
      continue;
    }
    const score = scoreOf(value, range);
    const here: OutsideStretch = { side, from: at, to: at + slotMs, value, range, score };
    if (running?.side === side && at - running.to < gapMs) {
      const worst: OutsideStretch = Math.abs(score) > Math.abs(running.score) ? here : running;
      running = { ...worst, from: running.from, to: here.to };
    } else running = here;
    if (!longest || running.to - running.from > longest.to - longest.from) longest = running;
  }
  return longest;
}
