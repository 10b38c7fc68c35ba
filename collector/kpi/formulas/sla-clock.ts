/**
 * The clock of one target: how much of it is used, and when it is due. Derived from events whenever it is read, so that
 * no stored due time can be wrong. It runs in support hours, and not while the requester is awaited or after it stopped.
 * A raised priority cancels the clock and starts a new one; a lowered one keeps what was used.
 */
import { businessClock, type Calendar } from '../../../shared/calendar.ts';
import type { Span } from '../../../shared/intervals.ts';
import { awaitsRequester, changesOf, isDone, isOpen, type TicketHistory } from './ticket-history.ts';

/** What must be done in how many business minutes, by which calendar. */
export interface SlaTarget {
  calendar: Calendar;
  /** Null: nothing is promised. */
  minutes: number | null;
}

interface ClockMark {
  /** ms UTC */
  at: number;
  /** Order of events of the same millisecond; without it: start, retarget, resume, pause, stop. */
  seq?: number;
}

export type ClockEvent =
  | (ClockMark & { type: 'start' | 'pause' | 'resume' | 'stop' | 'reopen' })
  /** The priority changed. */
  | (ClockMark & { type: 'retarget'; target: SlaTarget });

/** A clock that a raised priority ended; kept for the record. */
export interface CancelledClock {
  startedAt: number;
  cancelledAt: number;
  target: SlaTarget;
  usedMinutes: number;
}

export interface SlaClock {
  state: 'not_started' | 'running' | 'paused' | 'stopped';
  /** Stopped with used = target is met. `open`: running or paused within its target; `none`: nothing is promised. */
  outcome: 'met' | 'breached' | 'open' | 'none';
  target: SlaTarget;
  /** Business minutes. */
  usedMinutes: number;
  /** Negative beyond the target; null without one. */
  remainingMinutes: number | null;
  /** When the target was or will be used up. Null while it is paused within its target, and without a target. */
  dueAt: number | null;
  /** When half and four fifths of the target were or will be used; null as above. */
  warnings: { share: 0.5 | 0.8; at: number | null }[];
  /** When it ran, with what that adds to `usedMinutes`. */
  ran: (Span & { minutes: number })[];
  cancelled: CancelledClock[];
  priorityChanges: number;
}

const order = ['start', 'retarget', 'resume', 'reopen', 'pause', 'stop'];

interface Face {
  target: SlaTarget;
  startedAt: number | null;
  /** Since when it runs. */
  since: number | null;
  ran: Span[];
  isPaused: boolean;
  isStopped: boolean;
  /** The priority changed while it was stopped: it applies from a reopening on. */
  next: SlaTarget | null;
  cancelled: CancelledClock[];
  priorityChanges: number;
}

/** @param now what happens later is not known yet, ms UTC */
export function slaClock(target: SlaTarget, events: readonly ClockEvent[], now: number): SlaClock {
  const face: Face = {
    target,
    startedAt: null,
    since: null,
    ran: [],
    isPaused: false,
    isStopped: false,
    next: null,
    cancelled: [],
    priorityChanges: 0,
  };
  const known = events
    .filter(({ at }) => at <= now)
    .sort((a, b) => a.at - b.at || (a.seq ?? 0) - (b.seq ?? 0) || order.indexOf(a.type) - order.indexOf(b.type));
  for (const event of known) apply(face, event);
  return read(face, now);
}

function apply(face: Face, event: ClockEvent): void {
  const { at } = event;
  if (event.type === 'start') {
    if (face.startedAt !== null) return;
    face.startedAt = at;
    face.since = at;
  } else if (face.startedAt === null) {
    if (event.type === 'retarget') face.target = event.target;
  } else if (event.type === 'retarget') retarget(face, event.target, at);
  else if (event.type === 'pause') halt(face, at, 'isPaused');
  else if (event.type === 'stop') halt(face, at, 'isStopped');
  else if (event.type === 'reopen' || (event.type === 'resume' && !face.isStopped)) {
    const { next } = face;
    face.isPaused = false;
    face.isStopped = false;
    face.next = null;
    face.since ??= at;
    if (next) retarget(face, next, at);
  }
}

function halt(face: Face, at: number, why: 'isPaused' | 'isStopped'): void {
  if (face.since !== null) face.ran.push({ start: face.since, end: at });
  face.since = null;
  if (why === 'isStopped' || !face.isStopped) face[why] = true;
}

function retarget(face: Face, target: SlaTarget, at: number): void {
  const current = face.isStopped ? (face.next ?? face.target) : face.target;
  if (current.minutes === target.minutes && current.calendar === target.calendar) return;
  if (face.isStopped) {
    face.next = target;
    return;
  }
  face.priorityChanges++;
  const isRaised = (target.minutes ?? Infinity) < (face.target.minutes ?? Infinity);
  if (isRaised && face.startedAt !== null) {
    const ran = face.since === null ? face.ran : [...face.ran, { start: face.since, end: at }];
    const usedMinutes = total(measure(face.target.calendar, ran));
    face.cancelled.push({ startedAt: face.startedAt, cancelledAt: at, target: face.target, usedMinutes });
    face.startedAt = at;
    face.ran = [];
    if (face.since !== null) face.since = at;
  }
  face.target = target;
}

function measure(calendar: Calendar, spans: readonly Span[]) {
  const clock = businessClock(calendar);
  return spans
    .filter(({ start, end }) => end > start)
    .map((span) => ({ ...span, minutes: clock.between(span.start, span.end) / 60_000 }));
}

/** In whole ms: fractions of minutes would add up to a bit more than the target that they meet. */
const total = (ran: SlaClock['ran']) => ran.reduce((sum, { minutes }) => sum + msOf(minutes), 0) / 60_000;
const msOf = (minutes: number) => Math.round(minutes * 60_000);

function read(face: Face, now: number): SlaClock {
  const { target, since, startedAt, isPaused, isStopped, cancelled, priorityChanges } = face;
  const ran = measure(target.calendar, since === null ? face.ran : [...face.ran, { start: since, end: now }]);
  const usedMinutes = total(ran);
  const state = startedAt === null ? 'not_started' : isStopped ? 'stopped' : isPaused ? 'paused' : ('running' as const);
  // As it would have run on: stopped in time, it still says until when there was time.
  const last = since ?? (isStopped && !isPaused ? face.ran.at(-1)?.start : undefined);
  const at = (share: number) =>
    target.minutes === null || startedAt === null
      ? null
      : reached(target.calendar, ran, last, msOf(share * target.minutes));
  const isOver = target.minutes !== null && msOf(usedMinutes) > msOf(target.minutes);
  return {
    state,
    outcome: target.minutes === null ? 'none' : isOver ? 'breached' : isStopped ? 'met' : 'open',
    target,
    usedMinutes,
    remainingMinutes: target.minutes === null ? null : target.minutes - usedMinutes,
    dueAt: at(1),
    warnings: [
      { share: 0.5, at: at(0.5) },
      { share: 0.8, at: at(0.8) },
    ],
    ran,
    cancelled,
    priorityChanges,
  };
}

/** The instant at which so many ms are used. @param last since when it runs on, or would have */
function reached(calendar: Calendar, ran: SlaClock['ran'], last: number | undefined, ms: number): number | null {
  const clock = businessClock(calendar);
  let rest = ms;
  for (const { start, minutes } of ran) {
    if (start === last || msOf(minutes) >= rest) return clock.after(start, rest);
    rest -= msOf(minutes);
  }
  return last === undefined ? null : clock.after(last, rest);
}

/** What a clock needs to know of a ticket. */
export interface TicketPromise extends TicketHistory {
  /** Targets by priority as they were set, the first when the ticket was opened. */
  targets: readonly { at: number; target: SlaTarget }[];
  /** The first public reply of a person; automatic mails are none. */
  firstResponseAt: number | null;
}

/** The clock until the first reply, or until it is resolved. Null for a cancelled ticket, and without events or target. */
export function ticketClock(kind: 'response' | 'resolution', ticket: TicketPromise, now: number): SlaClock | null {
  const changes = changesOf(ticket.events, now);
  const opened = changes[0];
  const [first, ...later] = [...ticket.targets].sort((a, b) => a.at - b.at);
  if (!opened || !first || changes.at(-1)?.state === 'cancelled') return null;
  const events: ClockEvent[] = [{ type: 'start', at: opened.at }];
  for (const { at, target } of later) events.push({ type: 'retarget', at, target });
  for (const [seq, change] of changes.entries()) {
    const { at } = change;
    const before = changes[seq - 1]?.state;
    if (isOpen(change.state) && before && !isOpen(before)) events.push({ type: 'reopen', at, seq });
    const type = !isOpen(change.state) ? 'stop' : awaitsRequester(change) ? 'pause' : 'resume';
    events.push({ type, at, seq });
  }
  if (kind === 'resolution') return slaClock(first.target, events, now);
  // Merged and taken out again it had ended meanwhile, and nobody had answered.
  const resolvedAt = changes.find(({ state }) => isDone(state))?.at ?? Infinity;
  const answeredAt = Math.max(opened.at, Math.min(ticket.firstResponseAt ?? Infinity, resolvedAt));
  const until = events.filter(({ at, type }) => at < answeredAt || type === 'start');
  return slaClock(first.target, answeredAt <= now ? [...until, { type: 'stop', at: answeredAt }] : until, now);
}
