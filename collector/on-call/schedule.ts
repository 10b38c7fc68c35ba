/**
 * Who is on call. Pure.
 *
 * A hand-over is a local time, taken as the first instant whose wall time is at or after it (shared/calendar.ts): a
 * week is not 604,800 seconds, and shifts that change at 08:00 do so after the clock has changed as well.
 */
import { type BusinessClock, instantAt } from '../../shared/calendar.ts';
import { hoursClock, isInside, type WeeklyHours } from './hours.ts';

const rotationUnits = ['hour', 'day', 'week'] as const;

export interface Rotation {
  unit: (typeof rotationUnits)[number];
  every: number;
  /** The first hand-over, local: `2026-03-02T09:00`. Nobody is on call by this layer before. */
  start: string;
}

export interface OnCallLayer {
  name: string;
  /** In the order in which they take over. */
  users: readonly string[];
  rotation: Rotation;
  /** Restrict the layer. The rotation counts on outside of them. */
  hours?: readonly WeeklyHours[] | undefined;
  /** Local dates on which the layer covers nothing. */
  holidays?: readonly string[] | undefined;
  /** The layer ends here, ms. */
  until?: number | undefined;
}

export interface OnCallOverride {
  created: number;
  from: number;
  to: number;
  user: string;
  /** A swap: applies only where this person would be on call. */
  replace?: string | undefined;
}

export interface OnCallSchedule {
  /** IANA. */
  zone: string;
  /** From low to high: the last one that covers an instant decides. */
  layers: readonly OnCallLayer[];
  overrides: readonly OnCallOverride[];
  /** A receiver for the time in which no layer covers; null: nobody. */
  fallback: string | null;
}

export interface OnCall {
  user: string | null;
  /** Name of the layer; or `override`, `fallback`, `gap`. */
  by: string;
}

export function onCallAt(schedule: OnCallSchedule, at: number): OnCall {
  const covering = schedule.overrides.filter(({ from, to }) => from <= at && at < to);
  const newestFirst = covering.sort((a, b) => b.created - a.created);
  return overridden(byLayers(schedule, at), newestFirst);
}

/** A swap finds the person whom the layers name, and one who took the shift over by an older override. */
function overridden(planned: OnCall, [newest, ...older]: readonly OnCallOverride[]): OnCall {
  if (!newest) return planned;
  const applied: OnCall = { user: newest.user, by: 'override' };
  if (newest.replace === undefined || newest.replace === planned.user) return applied;
  const before = overridden(planned, older);
  return before.user === newest.replace ? applied : before;
}

function byLayers({ zone, layers, fallback }: OnCallSchedule, at: number): OnCall {
  for (const layer of layers.toReversed()) {
    if (layer.users.length === 0 || (layer.until !== undefined && at >= layer.until)) continue;
    if (!isInside(clockOf(layer, zone), at)) continue;
    const passed = handOversUntil(layer.rotation, zone, at);
    if (passed < 0) continue;
    return { user: layer.users[passed % layer.users.length] as string, by: layer.name };
  }
  return fallback === null ? { user: null, by: 'gap' } : { user: fallback, by: 'fallback' };
}

const clockOf = (layer: OnCallLayer, zone: string): BusinessClock => hoursClock(zone, layer.hours, layer.holidays);

const hoursIn = { hour: 1, day: 24, week: 168 } as const;
const wallMs = (wall: Temporal.PlainDateTime) => wall.toZonedDateTime('UTC').epochMilliseconds;
const stepMs = ({ unit, every }: Rotation) => hoursIn[unit] * every * 3_600_000;

/** On the wall clock every day has 24 hours, so its steps can be computed with. */
function handOver(rotation: Rotation, zone: string, number: number): number {
  const first = Temporal.PlainDateTime.from(rotation.start);
  const wall = first.add({ hours: hoursIn[rotation.unit] * rotation.every * number });
  return instantAt(wall.toPlainDate(), wall.hour * 60 + wall.minute, zone, 'open');
}

/** The number of the last hand-over at or before an instant; -1 before the first. */
function handOversUntil(rotation: Rotation, zone: string, at: number): number {
  const wall = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDateTime();
  const elapsed = wallMs(wall) - wallMs(Temporal.PlainDateTime.from(rotation.start));
  let number = Math.max(-1, Math.floor(elapsed / stepMs(rotation)));
  // Where a clock was set back its wall time is behind what has passed; one step is enough but for short ones.
  while (handOver(rotation, zone, number + 1) <= at) number++;
  while (number >= 0 && handOver(rotation, zone, number) > at) number--;
  return number;
}

/** A time in which one person is on call, [start, end). */
export interface Shift extends OnCall {
  start: number;
  end: number;
}

/** All answers inside [from, to): without a gap or an overlap, and no two in a row are the same. */
export function shiftsOf(schedule: OnCallSchedule, from: number, to: number): Shift[] {
  const shifts: Shift[] = [];
  const edges = edgesIn(schedule, from, to);
  for (const [i, start] of edges.entries()) {
    const end = edges[i + 1] ?? to;
    const { user, by } = onCallAt(schedule, start);
    const last = shifts.at(-1);
    if (last && last.user === user && last.by === by) last.end = end;
    else shifts.push({ start, end, user, by });
  }
  return shifts;
}

/** Every instant at which the answer can change, the begin of the range included. */
function edgesIn({ zone, layers, overrides }: OnCallSchedule, from: number, to: number): number[] {
  if (to <= from) return [];
  const edges = new Set([from]);
  const add = (at: number) => {
    if (at > from && at < to) edges.add(at);
  };
  for (const override of overrides) {
    add(override.from);
    add(override.to);
  }
  for (const layer of layers) {
    if (layer.until !== undefined) add(layer.until);
    for (const { start, end } of clockOf(layer, zone).open(from, to)) {
      add(start);
      add(end);
    }
    if (layer.users.length === 0) continue;
    for (let number = handOversUntil(layer.rotation, zone, from) + 1; ; number++) {
      const at = handOver(layer.rotation, zone, number);
      if (at >= to) break;
      add(at);
    }
  }
  return [...edges].sort((a, b) => a - b);
}

/** No layer and no override covers it: the fallback is notified, or nobody. */
export const isGap = ({ by }: OnCall): boolean => by === 'fallback' || by === 'gap';

/** When the person who is on call changes next; null where that does not happen before `to`. */
export function nextHandOver(schedule: OnCallSchedule, at: number, to: number): number | null {
  const [now, ...later] = shiftsOf(schedule, at, to);
  return later.find(({ user }) => user !== now?.user)?.start ?? null;
}
