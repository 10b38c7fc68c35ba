/** How many tickets were created, and whether that changes. */
import { weeksOf } from '../../../shared/calendar.ts';
import type { Span } from '../../../shared/intervals.ts';
import { slopesOf } from '../../slopes.ts';
import { median } from '../median.ts';
import { distinct, z95 } from './numbers.ts';

export interface CreatedTicket {
  id: string;
  /** ms UTC */
  createdAt: number;
  /** `user`, `monitor` or `script`. */
  source: string;
  /** Why it was cancelled, if it was. */
  cancelledReason?: string | null;
}

export interface VolumeInput {
  /** A month of the report zone. */
  period: Span;
  /** Of the weeks. */
  zone: string;
  tickets: readonly CreatedTicket[];
  /** Of the period. */
  businessDays?: number;
  endpoints?: number;
}

export interface Volume {
  count: number;
  bySource: Record<string, number>;
  /** Created in the period and not counted: duplicates, spam, merged into another. */
  excluded: { id: string; reason: string }[];
  perBusinessDay: number | null;
  per100Endpoints: number | null;
  /** Weeks of the period from Monday, those without tickets too; the first and the last may be short. */
  byWeek: (Span & { count: number })[];
  /** Ids of those that count. */
  tickets: string[];
}

/** The last whole weeks before an instant, from Monday to Monday, the oldest first. */
export function wholeWeeks(zone: string, end: number, count: number): Span[] {
  const around = { start: end - (count + 2) * weekMs, end: end + 2 * weekMs };
  // The first one is cut by the start.
  const whole = weeksOf(zone, around).slice(1);
  return whole.filter((week) => week.end <= end).slice(-count);
}
const weekMs = 7 * 86_400_000;

const notWork = new Set(['duplicate', 'spam', 'merged', 'merged_into_parent']);

export function ticketVolume({ period, zone, tickets, businessDays, endpoints }: VolumeInput): Volume {
  const created = distinct(tickets).filter(({ createdAt }) => isIn(period, createdAt));
  const counted = created.filter(({ cancelledReason }) => !notWork.has(cancelledReason ?? ''));
  const bySource: Record<string, number> = {};
  for (const { source } of counted) bySource[source] = (bySource[source] ?? 0) + 1;
  const per = (whole = 0) => (whole > 0 ? counted.length / whole : null);
  return {
    count: counted.length,
    bySource,
    excluded: created.flatMap(({ id, cancelledReason: reason }) =>
      reason && notWork.has(reason) ? { id, reason } : [],
    ),
    perBusinessDay: per(businessDays),
    per100Endpoints: per((endpoints ?? 0) / 100),
    byWeek: weeksOf(zone, period).map((week) => ({
      ...week,
      count: counted.filter(({ createdAt }) => isIn(week, createdAt)).length,
    })),
    tickets: counted.map(({ id }) => id),
  };
}

const isIn = ({ start, end }: Span, at: number) => at >= start && at < end;

export interface Rate {
  count: number;
  businessDays: number;
}

export interface RateRatio {
  /** After ÷ before, both per business day. */
  ratio: number | null;
  /** Null with fewer than 10 tickets on either side. */
  ci95: [low: number, high: number] | null;
  /** The interval excludes "no change": only then an arrow is drawn. */
  significant: boolean;
}

export function rateRatio(before: Rate, after: Rate): RateRatio {
  const days = Math.min(before.businessDays, after.businessDays);
  if (!(before.count > 0 && days > 0)) return { ratio: null, ci95: null, significant: false };
  const ratio = after.count / after.businessDays / (before.count / before.businessDays);
  if (Math.min(before.count, after.count) < 10) return { ratio, ci95: null, significant: false };
  const half = z95 * Math.sqrt(1 / before.count + 1 / after.count);
  const [low, high] = [ratio * Math.exp(-half), ratio * Math.exp(half)];
  return { ratio, ci95: [low, high], significant: low > 1 || high < 1 };
}

/** Per step: one odd week does not bend it. Null for fewer than two. */
export const theilSenSlope = (series: readonly number[]): number | null =>
  median(slopesOf(series.map((value, n) => [n, value])));
