/**
 * Availability of an endpoint: the share of its service time in which it could do its work, as far as is known.
 * Pure: signals in, minutes and intervals out. Unknown time is neither up nor down; it widens the value to a range.
 *
 *   S = service time while monitored    M = maintenance in S    K = unknown in S−M
 *   D = down, I = idle, U = up in S−M−K                 A = U / (U + D), null without U + D
 *   A_low = U / (U + D + K)    A_high = (U + K) / (U + D + K)    coverage = (U + D + I) / (S − M)
 */
import { businessClock, type Calendar } from '../../shared/calendar.ts';
import { intersect, length, type Span, subtract, union } from '../../shared/intervals.ts';
import {
  type Absence,
  type EndpointClass,
  type Evidence,
  isInferred,
  type Judged,
  judgeAbsence,
  type SignedOn,
  type Stretch,
  type TimelineState,
} from './absence.ts';

export const formula = 'availability/2: U / (U + D); what incidents stopped is in D';

/** A fact about presence, by the collector's clock (ms). */
export interface Signal {
  at: number;
  type: 'online' | 'offline' | 'lost' | 'silent';
  /** offline: sleep, shutdown, restart, stop. */
  reason?: string | null;
  /** The last proof of life before. For a lost connection or missing reports: when the absence began. */
  lastSeen?: number | null;
  /** online: the facts that the agent reported when it signed on; null when only reports came. */
  birth?: SignedOn | null;
  /** online: reports went on in the connection that was there before. */
  sameConnection?: boolean;
  /** online: the machine reports that it went down uncleanly before. */
  unclean?: boolean;
  /** online: same boot as before, and the buffer that it delivered has no gap. */
  backfilled?: boolean;
}

export interface Maintenance extends Span {
  createdAt?: number;
  approved?: boolean;
}

export interface AvailabilityInput {
  class: EndpointClass;
  calendar: Calendar;
  period: Span;
  signals: readonly Signal[];
  /** Time in which the collector was not watching. */
  unknown?: readonly Span[];
  /** Time proved by the endpoint itself (delivered buffer): overrides unknown time and missing reports. */
  proved?: readonly Span[];
  maintenance?: readonly Maintenance[];
  /** Impact that people or checks reported. */
  incidents?: readonly Span[];
  monitored?: Partial<Span>;
  /** The last birth before the signals. */
  before?: SignedOn | null;
  /** State at the start; without it, it is read from the first signal. */
  initial?: 'up' | 'off' | 'unknown';
  minOutageMs?: number;
  /** How long a proof of life is valid: a shorter hole beside a proved span is part of it. */
  blinkMs?: number;
  crashCapMs?: number;
}

export interface AvailabilityMinutes {
  scheduled: number;
  up: number;
  down: number;
  unknown: number;
  idle: number;
  maintenance: number;
  /** The part of the maintenance in which it was up all the same. */
  upInMaintenance: number;
}

export interface AvailabilityShares {
  availability: number | null;
  low: number | null;
  high: number | null;
  coverage: number | null;
  gross: number | null;
}

export interface EndpointAvailability {
  minutes: AvailabilityMinutes;
  /** Percent. */
  shares: AvailabilityShares;
  intervals: Stretch[];
}

/** A birth with facts about a gap may follow the report that ended it: finding the reason can take a moment. */
const explainedWithinMs = 60_000;

function absences(input: AvailabilityInput): Absence[] {
  const signals = [...input.signals].sort((a, b) => a.at - b.at);
  const found: Absence[] = [];
  let before: SignedOn | null = input.before ?? null;
  let open: { start: number; why: string } | undefined;
  const first = signals[0];
  const initial = input.initial ?? guessInitial(input.class, first);
  if (initial !== 'up') open = { start: Number.NEGATIVE_INFINITY, why: initial === 'off' ? 'off' : 'unknown' };
  signals.forEach((signal, n) => {
    if (signal.type === 'online') {
      open ??= unnoticed(signal, before);
      const birth = explained(signal, signals[n + 1], before);
      if (open) found.push({ ...open, end: signal.at, before, back: { ...signal, birth } });
      open = undefined;
      before = signal.birth ?? before;
    } else if (!open || (signal.type === 'offline' && open.why !== signal.reason && signal.at > open.start)) {
      // A sign-off after a loss has more information than the loss; a loss after a sign-off has none.
      if (open) found.push({ ...open, end: signal.at, before });
      const start = signal.type === 'offline' ? signal.at : Math.min(signal.at, signal.lastSeen ?? signal.at);
      open = { start, why: signal.type === 'offline' ? (signal.reason ?? 'offline') : signal.type };
    }
  });
  if (open) found.push({ ...open, end: Number.POSITIVE_INFINITY, before });
  return found;
}

/** Another process or another run of the machine signs on while the end of the one before was not noticed. */
function unnoticed(
  { at, lastSeen, birth }: Signal,
  before: SignedOn | null,
): { start: number; why: string } | undefined {
  if (!birth || !before || lastSeen == null || lastSeen >= at) return undefined;
  const same = birth.bootId === before.bootId && birth.startedAt === before.startedAt;
  return same ? undefined : { start: lastSeen, why: 'unnoticed' };
}

function explained({ at, birth = null }: Signal, next: Signal | undefined, before: SignedOn | null): SignedOn | null {
  const process = (birth ?? before)?.startedAt ?? null;
  const later = next?.type === 'online' && next.at - at <= explainedWithinMs ? (next.birth ?? null) : null;
  if (!later || process === null || later.startedAt !== process) return birth;
  // Gaps reported by the first one are not reported again.
  return {
    ...later,
    sleptMs: later.sleptMs || (birth?.sleptMs ?? later.sleptMs),
    stoodStillMs: later.stoodStillMs || (birth?.stoodStillMs ?? later.stoodStillMs),
    stalled: later.stalled ?? birth?.stalled ?? null,
  };
}

function guessInitial(kind: EndpointClass, first: Signal | undefined): 'up' | 'off' {
  // A signal of absence implies presence before; a workstation that never reported was never on.
  if (first) return first.type === 'online' && kind === 'workstation' ? 'off' : 'up';
  return kind === 'server' ? 'up' : 'off';
}

const day = 86_400_000;
const pick = (stretches: readonly Stretch[], state: TimelineState) =>
  union(stretches.filter((stretch) => stretch.state === state));

/** Which windows count: entered before they began, or approved by a second person. */
function accepted(windows: readonly Maintenance[] = []): Span[] {
  return union(windows.filter((w) => w.approved === true || w.createdAt === undefined || w.createdAt <= w.start));
}

export function endpointAvailability(input: AvailabilityInput): EndpointAvailability {
  const monitored = {
    start: Math.max(input.period.start, input.monitored?.start ?? input.period.start),
    end: Math.min(input.period.end, input.monitored?.end ?? input.period.end),
  };
  const service = businessClock(input.calendar).open(monitored.start, monitored.end);
  const found = absences(input);
  const judged = found
    .flatMap((absence) => judgeAbsence(absence, input))
    // Same state on both sides and too short to matter: absorbed. The raw signals stay.
    .filter((s) => s.state !== 'down' || s.end - s.start >= (input.minOutageMs ?? 120_000) || s.end === Infinity)
    .map((s) => ({ ...s, start: Math.max(s.start, monitored.start - day), end: Math.min(s.end, monitored.end + day) }));

  const maintenance = intersect(accepted(input.maintenance), service);
  const rest = subtract(service, maintenance);
  const proved = bridged(
    union(
      input.proved ?? [],
      judged.filter((s) => s.state === 'up'),
    ),
    union(
      input.unknown ?? [],
      judged.filter((s) => s.silence),
    ),
    input.blinkMs ?? 0,
  );
  const crash = union(judged.filter((s) => s.recorded));
  const reported = union(input.incidents ?? []);
  const blind = subtract(union(input.unknown ?? []), union(proved, crash, reported));
  const silent = (state: TimelineState) => subtract(pick(judged, state), proved);
  const [isDown, isIdle] = [silent('down'), silent('idle')];
  const unknown = intersect(subtract(union(blind, silent('unknown')), reported), rest);
  const known = subtract(rest, unknown);
  const down = intersect(union(isDown, reported), known);
  const idle = intersect(subtract(isIdle, down), known);
  const up = subtract(known, union(down, idle));

  const minutes = {
    scheduled: length(service) / 60_000,
    up: length(up) / 60_000,
    down: length(down) / 60_000,
    unknown: length(unknown) / 60_000,
    idle: length(idle) / 60_000,
    maintenance: length(maintenance) / 60_000,
    upInMaintenance: length(subtract(maintenance, union(isDown, isIdle, reported))) / 60_000,
  };
  return {
    minutes,
    shares: sharesOf(minutes),
    intervals: [
      ...label(maintenance, 'maintenance', []),
      ...label(unknown, 'unknown', judged),
      ...label(down, 'down', judged),
      ...label(idle, 'idle', judged),
      ...label(up, 'up', [...judged, ...disconnected(found, proved, union(input.unknown ?? []))]),
    ].sort((a, b) => a.start - b.start),
  };
}

/**
 * Cuts a set at the edges of the judged stretches that explain it, and names each part's cause. In one pass: a flapping
 * endpoint has tens of thousands.
 */
function label(set: readonly Span[], state: TimelineState, judged: readonly Judged[]): Stretch[] {
  const reasons = disjoint(judged.filter((s) => s.state === state));
  const named: Stretch[] = [];
  for (let i = 0, j = 0; i < set.length && j < reasons.length; ) {
    const part = set[i] as Span;
    const reason = reasons[j] as Judged;
    const start = Math.max(part.start, reason.start);
    const end = Math.min(part.end, reason.end);
    if (end > start) named.push({ start, end, state, cause: reason.cause, evidence: reason.evidence });
    if (part.end < reason.end) i++;
    else j++;
  }
  const rest = subtract(set, reasons).map((part) => ({ ...part, state, ...unexplained[state] }));
  return [...named, ...rest];
}

/** In order of time; where two overlap, the one that was judged first holds. They come nearly in order. */
function disjoint(judged: readonly Judged[]): Judged[] {
  const kept: Judged[] = [];
  for (const one of judged) {
    let from = kept.length;
    if (from === 0 || (kept[from - 1] as Judged).end <= one.start) {
      if (one.end > one.start) kept.push(one);
      continue;
    }
    while (from > 0 && (kept[from - 1] as Judged).end > one.start) from--;
    let to = from;
    while (to < kept.length && (kept[to] as Judged).start < one.end) to++;
    const there = kept.slice(from, to);
    const added = subtract([one], there).map((part) => ({ ...one, ...part }));
    kept.splice(from, to - from, ...[...there, ...added].sort((a, b) => a.start - b.start));
  }
  return kept;
}

const unexplained: Record<TimelineState, { cause: string | null; evidence: Evidence[] }> = {
  up: { cause: null, evidence: ['reported'] },
  down: { cause: 'incident', evidence: [] },
  idle: { cause: null, evidence: [] },
  unknown: { cause: 'not_watching', evidence: ['no_collector'] },
  maintenance: { cause: null, evidence: [] },
};

/** The connection was down while this collector was running: up, and shown apart. */
function disconnected(found: readonly Absence[], proved: Span[], blind: readonly Span[]): Judged[] {
  return found
    .filter(isInferred)
    .filter(({ start, end }) => !blind.some((gap) => gap.start <= end && start <= gap.end))
    .flatMap((absence) => intersect([absence], proved))
    .map((part) => ({ ...part, state: 'up', cause: 'disconnected', evidence: ['delivered_late'] }));
}

/** The buffer ends where the live reports begin, an interval or two later: such a hole is no absence. */
function bridged(proved: Span[], gaps: Span[], blinkMs: number): Span[] {
  const edges = new Set(proved.flatMap(({ start, end }) => [start, end]));
  const holes = subtract(gaps, proved).filter(
    ({ start, end }) => end - start <= blinkMs && (edges.has(start) || edges.has(end)),
  );
  return union(proved, holes);
}

/** The quotient first: the whole of something is exactly 100, where 100 times it, divided by it, may be a bit more. */
const percent = (part: number, whole: number) => (whole > 0 ? 100 * (part / whole) : null);

/** The shares of one endpoint, or of pooled minutes: minutes are pooled, percentages never averaged. */
export function sharesOf(m: AvailabilityMinutes): AvailabilityShares {
  return {
    availability: percent(m.up, m.up + m.down),
    low: m.up + m.down > 0 ? percent(m.up, m.up + m.down + m.unknown) : null,
    high: m.up + m.down > 0 ? percent(m.up + m.unknown, m.up + m.down + m.unknown) : null,
    coverage: percent(m.up + m.down + m.idle, m.scheduled - m.maintenance),
    gross: percent(m.up + m.upInMaintenance, m.up + m.down + m.maintenance),
  };
}

/** Whether so much of the time was not observed that the share means little; `coverage` in percent. */
export const isThin = (coverage: number): boolean => coverage < 95;

export function pooled(all: readonly AvailabilityMinutes[]): AvailabilityMinutes {
  const sum: AvailabilityMinutes = {
    ...{ scheduled: 0, up: 0, down: 0, unknown: 0, idle: 0, maintenance: 0, upInMaintenance: 0 },
  };
  const keys = Object.keys(sum) as (keyof AvailabilityMinutes)[];
  for (const one of all) for (const key of keys) sum[key] += one[key];
  return sum;
}
