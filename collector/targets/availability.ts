/**
 * How long a target or a service was up, from the changes of its state: the formula of machines (collector/kpi/availability.ts), with
 * nothing that is idle. Pure. Planned work is outside; what nobody watched is unknown, neither up nor down. What is down was
 * confirmed before, so that nothing short is left out.
 */
import { intersect, length, type Span, subtract, union } from '../../shared/intervals.ts';
import type { WatchedShare } from '../../shared/watched.ts';
import { sharesOf } from '../kpi/availability.ts';

export interface WatchedChange {
  at: number;
  state: 'up' | 'down' | 'unknown' | 'over';
}

export interface WatchedStretch extends Span {
  state: 'up' | 'down' | 'unknown' | 'maintenance';
}

/** Sorted and disjoint. */
export interface WatchedPast {
  /** In the order of their times, the last one before the span included. */
  changes: readonly WatchedChange[];
  /** When a collector was running. */
  watched: readonly Span[];
  maintenance: readonly Span[];
}

/** Each change until the next one. */
export const spansIn = (changes: readonly WatchedChange[], { start, end }: Span) =>
  changes.map(({ at, state }, n) => ({
    state,
    start: Math.max(at, start),
    end: Math.min(changes[n + 1]?.at ?? end, end),
  }));

/** What it was in a span, in order; before it was first watched, and once it is over, it was nothing. */
export function stretchesOf({ changes, watched, maintenance }: WatchedPast, span: Span): WatchedStretch[] {
  const all = spansIn(changes, span);
  const of = (state: WatchedChange['state']) => intersect(union(all.filter((one) => one.state === state)), watched);
  const monitored = union(all.filter(({ state }) => state !== 'over'));
  const planned = intersect(union(maintenance), monitored);
  const [up, down] = [subtract(of('up'), planned), subtract(of('down'), planned)];
  const unknown = subtract(subtract(monitored, planned), union(up, down));
  const label = (set: readonly Span[], state: WatchedStretch['state']) => set.map((one) => ({ ...one, state }));
  const parts = [label(up, 'up'), label(down, 'down'), label(unknown, 'unknown'), label(planned, 'maintenance')];
  return parts.flat().sort((a, b) => a.start - b.start);
}

/** @param stretches those of the span, or of more */
export function shareOf(stretches: readonly WatchedStretch[], outages: number, span: Span): WatchedShare {
  const ms = (state: WatchedStretch['state']) =>
    stretches.reduce(
      (sum, one) =>
        one.state === state ? sum + Math.max(0, Math.min(one.end, span.end) - Math.max(one.start, span.start)) : sum,
      0,
    );
  const [upMs, downMs, unknownMs, maintenanceMs] = [ms('up'), ms('down'), ms('unknown'), ms('maintenance')];
  const scheduled = upMs + downMs + unknownMs + maintenanceMs;
  const minutes = { scheduled, up: upMs, down: downMs, unknown: unknownMs, maintenance: maintenanceMs };
  const { availability, low, high, coverage } = sharesOf({ ...minutes, idle: 0, upInMaintenance: 0 });
  return {
    ...{ from: span.start, to: span.end, upMs, downMs, unknownMs, maintenanceMs },
    ...{ percent: availability, low, high, coverage, outages },
  };
}

export interface WatchedDown {
  /** When it went down, also where that was before the span. */
  from: number;
  /** Null: it still is. */
  to: number | null;
  /** Of it, what counts in the span. */
  downMs: number;
  /** What was planned work, and what nobody watched. */
  maintenanceMs: number;
  unknownMs: number;
}

/** The outages in a span, in order: what counts of them adds up to its down time. */
export function outagesIn({ changes, watched, maintenance }: WatchedPast, span: Span): WatchedDown[] {
  const planned = union(maintenance);
  return changes.flatMap(({ at, state }, n): WatchedDown[] => {
    const to = changes[n + 1]?.at ?? null;
    const part = { start: Math.max(at, span.start), end: Math.min(to ?? span.end, span.end) };
    if (state !== 'down' || part.end <= part.start) return [];
    const inPlanned = intersect([part], planned);
    const rest = subtract([part], planned);
    const downMs = length(intersect(rest, watched));
    return [{ from: at, to, downMs, maintenanceMs: length(inPlanned), unknownMs: length(rest) - downMs }];
  });
}

/**
 * Planned work on a service: where it is meant itself, or so many of its parts that the others are too few. With a spare
 * part in work it is to go on, and what then fails counts.
 */
export function plannedOf(own: readonly Span[], parts: readonly (readonly Span[])[], need: number | null): Span[] {
  const spare = parts.length - (need ?? parts.length);
  const edges = [...new Set(parts.flatMap((set) => set.flatMap(({ start, end }) => [start, end])))].sort(
    (a, b) => a - b,
  );
  const tooMany = edges.flatMap((start, n): Span[] => {
    const end = edges[n + 1];
    if (end === undefined) return [];
    const inWork = parts.filter((set) => set.some((one) => one.start <= start && one.end > start)).length;
    return inWork > spare ? [{ start, end }] : [];
  });
  return union(own, tooMany);
}
