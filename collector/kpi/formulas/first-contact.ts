/**
 * Tickets of people that were resolved at the first contact. Provisional until the time for a reopening has passed.
 * A figure of the desk, never of one person.
 */
import { businessClock, businessDaysAfter, type Calendar } from '../../../shared/calendar.ts';
import type { Span } from '../../../shared/intervals.ts';
import { distinct, type Share, shareOf } from './numbers.ts';

export interface ContactTicket {
  id: string;
  /** Only `user` counts: a ticket of monitoring has no caller. */
  source: string;
  /** `phone`, `chat` and `walk_in` are live; every other is not. */
  channel: string;
  openedAt?: number;
  /** The last resolution, ms UTC; null while open. */
  resolvedAt: number | null;
  /** The first time. */
  reopenedAt: number | null;
  touched: boolean;
  cancelledReason: string | null;
  /** Given to another tier. Helpers of a swarm are no escalation. */
  escalated: boolean;
  /** Answers of the desk that the requester could read, automatic mails apart, and of the requester, before the resolution. */
  agentPublicReplies: number;
  requesterReplies: number;
  /** Live: solved before the contact ended. */
  resolvedInContact?: boolean | null;
  /** False where it cannot be solved at first contact, such as broken hardware. */
  firstContactPossible?: boolean;
  /** Solved by self-service or a script: a rate of its own. */
  selfService?: boolean;
  /** Support hours of its site, where it has any. */
  calendar?: Calendar;
}

export interface FirstContactInput {
  /** Support hours. */
  calendar: Calendar;
  /** Of the resolution; without it, all tickets that are resolved. */
  period?: Span;
  asOf: number;
  /** Business days, 5 without it. */
  reopenWindow?: number;
  tickets: readonly ContactTicket[];
}

export interface FirstContact {
  gross: Share;
  /** Without those that cannot be solved at first contact. */
  net: Share;
  /** Also within one business hour. Counts tickets whose opening is known. */
  withinHour: Share;
  /** How many may still change. */
  provisional: number;
  selfService: number;
  tickets: { id: string; isFirst: boolean; isProvisional: boolean; why: FirstContactMiss | null }[];
}

export type FirstContactMiss = 'escalated' | 'not_in_contact' | 'several_replies' | 'requester_replied' | 'reopened';

const live = new Set(['phone', 'chat', 'walk_in']);
/** The requester was there while it was worked on. */
export const isLive = (channel: string): boolean => live.has(channel);

export function firstContactResolution(input: FirstContactInput): FirstContact {
  const { calendar, period, asOf, reopenWindow = 5 } = input;
  const isIn = (at: number) => at <= asOf && (!period || (at >= period.start && at < period.end));
  const resolved = distinct(input.tickets).flatMap((ticket) =>
    ticket.source === 'user' && ticket.touched && !ticket.cancelledReason && ticket.resolvedAt !== null
      ? { ...ticket, resolvedAt: ticket.resolvedAt }
      : [],
  );
  const inPeriod = resolved.filter((ticket) => isIn(ticket.resolvedAt));
  const eligible = inPeriod
    .filter(({ selfService }) => !selfService)
    .map((ticket) => {
      const { reopenedAt, resolvedAt, openedAt, calendar: own = calendar } = ticket;
      const until = businessDaysAfter(own, resolvedAt, reopenWindow) ?? Infinity;
      const isReopened = reopenedAt !== null && reopenedAt <= asOf && reopenedAt < until;
      const why = missOf(ticket) ?? (isReopened ? 'reopened' : null);
      const isQuick = openedAt === undefined ? null : businessClock(own).between(openedAt, resolvedAt) <= 3_600_000;
      const isPossible = ticket.firstContactPossible !== false;
      return { id: ticket.id, why, isFirst: why === null, isProvisional: asOf < until, isPossible, isQuick };
    });
  const possible = eligible.filter(({ isPossible }) => isPossible);
  const timed = eligible.filter(({ isQuick }) => isQuick !== null);
  const firstOf = (items: typeof eligible) => items.filter(({ isFirst }) => isFirst);
  return {
    gross: shareOf(firstOf(eligible).length, eligible.length),
    net: shareOf(firstOf(possible).length, possible.length),
    withinHour: shareOf(firstOf(timed).filter(({ isQuick }) => isQuick).length, timed.length),
    provisional: eligible.filter(({ isProvisional }) => isProvisional).length,
    selfService: inPeriod.length - eligible.length,
    tickets: eligible.map(({ id, isFirst, isProvisional, why }) => ({ id, isFirst, isProvisional, why })),
  };
}

function missOf(ticket: ContactTicket): FirstContactMiss | null {
  if (ticket.escalated) return 'escalated';
  if (isLive(ticket.channel)) return ticket.resolvedInContact ? null : 'not_in_contact';
  if (ticket.agentPublicReplies > 1) return 'several_replies';
  return ticket.requesterReplies > 0 ? 'requester_replied' : null;
}
