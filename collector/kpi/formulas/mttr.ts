/**
 * Time to resolve, of incidents whose last resolution lies in the period and which a person worked on.
 *
 *   gross = business time from the first opening to the last resolution
 *   net   = gross − awaiting the requester − standing resolved before a reopening
 *   first = business time to the first resolution
 *   restored = business time until the monitor saw that it works again, where it did: the one that matters to users
 *
 * What is still open is in no mean; it stands beside it, and the Kaplan–Meier median includes it.
 */
import { businessClock, type Calendar } from '../../../shared/calendar.ts';
import type { Span } from '../../../shared/intervals.ts';
import { median, medianInterval, percentile } from '../median.ts';
import { ascending, distinct, enough, mean, type Share } from './numbers.ts';
import {
  awaitsRequester,
  changesOf,
  isDone,
  isOpen,
  resolutionsOf,
  type StageEvent,
  stagesOf,
  type TicketHistory,
} from './ticket-history.ts';

export interface MttrInput {
  /** Support hours of the desk, for tickets without hours of their own. */
  calendar: Calendar;
  period: Span;
  /** What happened later is not known yet, ms UTC. */
  asOf: number;
  tickets: readonly TicketHistory[];
}

/** All in business minutes. */
export interface ResolvedTicket {
  id: string;
  openedAt: number;
  resolvedAt: number;
  gross: number;
  net: number;
  first: number;
  /** Null where nothing says when it worked again. */
  restored: number | null;
  reopened: number;
}

export interface OpenTicket {
  id: string;
  openedAt: number;
  /** Business minutes. */
  age: number;
}

export interface Mttr {
  n: number;
  status: Share['status'];
  /** Business minutes, gross where nothing else is named. */
  mean: number | null;
  median: number | null;
  p90: number | null;
  medianCi95: [low: number, high: number] | null;
  netMean: number | null;
  firstMean: number | null;
  /** Of those of which it is known when they worked again. */
  restore: { n: number; mean: number | null; median: number | null };
  reopened: number;
  /** Median that includes the open ones, each known to take longer than its age. Null where half are not resolved. */
  kmMedian: number | null;
  /** Open at the end of the period, or now. */
  open: { n: number; medianAge: number | null; oldestAge: number | null; tickets: OpenTicket[] };
  /** Ids of those resolved in the period that no one had worked on. */
  selfHealed: string[];
  /** Ids of those resolved in the period and open again since: they were in this figure before. */
  reopenedSince: string[];
  tickets: ResolvedTicket[];
}

export function mttr({ calendar, period, asOf, tickets }: MttrInput): Mttr {
  const cutoff = Math.min(asOf, period.end);
  const resolved: ResolvedTicket[] = [];
  const open: OpenTicket[] = [];
  const selfHealed: string[] = [];
  const reopenedSince: string[] = [];
  for (const ticket of distinct(tickets)) {
    const { id, kind = 'incident', touched, events, calendar: own = calendar, restoredAt = null } = ticket;
    const minutes = (start: number, end: number) => businessClock(own).between(start, end) / 60_000;
    const changes = changesOf(events, asOf);
    const [opened, last] = [changes[0], changes.at(-1)];
    if (kind !== 'incident' || !opened || !last || last.state === 'cancelled') continue;
    const before = changes.findLast(({ at }) => at < period.end);
    const resolvedAt = resolutionsOf(changes).at(-1);
    if (before && isOpen(before.state)) open.push({ id, openedAt: opened.at, age: minutes(opened.at, cutoff) });
    else if (resolvedAt === undefined || resolvedAt < period.start || resolvedAt >= period.end) continue;
    else if (!isDone(last.state)) reopenedSince.push(id);
    else if (touched === false) selfHealed.push(id);
    else {
      const restored = restoredAt === null || restoredAt > asOf ? null : minutes(opened.at, restoredAt);
      resolved.push({ id, openedAt: opened.at, resolvedAt, restored, ...durations(changes, resolvedAt, minutes) });
    }
  }
  const gross = resolved.map((ticket) => ticket.gross).sort(ascending);
  const restored = resolved.flatMap((ticket) => ticket.restored ?? []).sort(ascending);
  const ages = open.map(({ age }) => age).sort(ascending);
  return {
    n: resolved.length,
    status: enough(resolved.length),
    mean: mean(gross),
    median: median(gross),
    p90: percentile(gross, 0.9),
    medianCi95: medianInterval(gross),
    netMean: mean(resolved.map(({ net }) => net)),
    firstMean: mean(resolved.map(({ first }) => first)),
    restore: { n: restored.length, mean: mean(restored), median: median(restored) },
    reopened: resolved.filter((ticket) => ticket.reopened > 0).length,
    kmMedian: kaplanMeierMedian(gross, ages),
    open: { n: open.length, medianAge: median(ages), oldestAge: ages.at(-1) ?? null, tickets: open },
    selfHealed,
    reopenedSince,
    tickets: resolved,
  };
}

function durations(changes: readonly StageEvent[], resolvedAt: number, minutes: (a: number, b: number) => number) {
  const openedAt = (changes[0] as StageEvent).at;
  const resolutions = resolutionsOf(changes);
  const running = stagesOf(changes, resolvedAt).filter((stage) => isOpen(stage.state) && !awaitsRequester(stage));
  const net = running.reduce((sum, { start, end }) => sum + minutes(start, end), 0);
  return {
    gross: minutes(openedAt, resolvedAt),
    net,
    first: minutes(openedAt, resolutions[0] as number),
    reopened: resolutions.length - 1,
  };
}

/** When half are resolved, if those still open go on as the others did. Both sorted; at the same time resolved first. */
function kaplanMeierMedian(resolved: readonly number[], open: readonly number[]): number | null {
  let survival = 1;
  let censored = 0;
  for (let n = 0; n < resolved.length; ) {
    const time = resolved[n] as number;
    while (censored < open.length && (open[censored] as number) < time) censored++;
    const atRisk = resolved.length - n + open.length - censored;
    let ended = 0;
    while (resolved[n] === time) {
      ended++;
      n++;
    }
    survival *= 1 - ended / atRisk;
    if (survival <= 0.5 + 1e-12) return time;
  }
  return null;
}
