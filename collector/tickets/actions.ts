/** Events of the ticket policy and its actions, which save.ts applies. Times are ms UTC. */
import type { AboutTicket } from './ticket-state.ts';

export type PolicyEvent = { at: number } & (
  | { type: 'fire'; key: string; endpoint: string; check: string; site: string | null; about?: AboutTicket }
  /** A person wants a ticket for an alert that fires and opens none by itself. */
  | { type: 'want'; key: string; endpoint: string; check: string; site: string | null; about?: AboutTicket; by: string }
  | { type: 'recover'; key: string }
  /** The alert has changed its level: the urgency with which its ticket opens. */
  | { type: 'level'; key: string; urgency: number }
  /** A person commented, assigned or changed the ticket. */
  | { type: 'touch'; key: string }
  /** A person resolved, closed or cancelled it. */
  | { type: 'close'; key: string; mutedUntil?: number | null }
  /** A person opened it again. */
  | { type: 'reopen'; key: string }
  /** Its alert ended while no collector was running. */
  | { type: 'orphan'; key: string }
  /** A site is down: one ticket for all of it, once that has lasted for the open delay. `since`: when it began. */
  | { type: 'outage'; on: boolean; key: string; check: string; site: string; since: number; alert: string }
  /** The alert is part of an outage, from its next fire on or as it fires: it has the outage's ticket. */
  | { type: 'join'; key: string; parent: string }
  /** No ticket opens for it by itself; afterwards the open delay counts from its fire, or from the release. */
  | { type: 'hold'; on: boolean; key: string; openAfter: 'fire' | 'release' }
  | {
      type: 'maintenance';
      on: boolean;
      endpoint?: string | null;
      site?: string | null;
      /** Of the alerts of the endpoint; without them all are looked at. */
      keys?: readonly string[];
    }
);

/** Several alerts that are one outage. Urgency: the highest of them, as in a ticket. */
export interface Outage {
  check: string;
  site: string | null;
  urgency: number;
}

/** `outage`: the alert about a site, which has the ticket of the incident. */
export type Action = { at: number; key: string; about?: AboutTicket; outage?: string } & (
  | { type: 'open'; follows: boolean; count: number /** The person who wanted it. */; by?: string }
  | ({ type: 'open-parent'; follows: boolean } & Outage)
  | { type: 'attach'; parent: string /** It had a ticket of its own, which is cancelled as merged. */; merged: boolean }
  /** A ticket in work stays, below that of the outage. */
  | { type: 'link'; parent: string }
  | { type: 'count' /** The alert that fired, if it is attached to this ticket. */; child?: string }
  | { type: 'recovered'; touched: boolean }
  | { type: 'flapping' }
  | { type: 'resolve' }
  | { type: 'reopen'; why: 'fired' | 'still-firing' /** Incident. */; of?: Outage }
  /** Of an incident, whatever people do with its ticket meanwhile. */
  | { type: 'began' }
  | { type: 'ended' /** Its members until now. */; members: readonly string[] }
  | { type: 'remind' }
  /** The alert has got worse: its ticket follows. */
  | { type: 'urgency'; urgency: number; severity: string }
  /** A person has acknowledged it. */
  | { type: 'acknowledged'; by: string; note: string | null /** Before the ticket was. */; isEarlier?: boolean }
  /** The acknowledgement was taken back. */
  | { type: 'released'; by: string }
);
