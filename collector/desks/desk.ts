/**
 * The interface of ticket desks. A desk does once what it is asked for, in the form its vendor documents; desks.ts decides
 * what is to be done, and when it is tried again.
 */
import type { TObject } from 'typebox';
import type { Outgoing } from '../../shared/outgoing.ts';
import type { Fault } from '../../shared/shape.ts';

/** All that both sides must agree on. How it waits or is worked on is each side's own. */
export type AgreedState = 'open' | 'resolved';

/** One of our tickets, as a desk gets it. */
export interface DeskTicket {
  /** Found again by it: it stands where the desk can look for it. */
  marker: string;
  title: string;
  /** Lines of plain text. */
  text: string;
  /** Our page of it. */
  url: string;
  priority: number;
  impact: number;
  urgency: number;
  /** When it was opened here, ms UTC. */
  openedAt: number;
  /** Of the desk's people; null: nobody. */
  assignee: string | null;
}

export interface RemoteTicket {
  id: string;
  /** As people there call it: `OPS-12`, `#12`. */
  name: string;
  url: string;
  state: AgreedState;
  /** The desk's own word for it. */
  word: string;
  assignee: string | null;
  /** Who ended it, where that is said. */
  by?: string | null;
  /** When it was changed last, in the desk's own words. */
  seen: string;
}

export interface RemoteComment {
  id: string;
  by: string;
  text: string;
  /** Whoever asked for the ticket may read it. */
  isPublic: boolean;
}

export interface OutgoingComment {
  text: string;
  isPublic: boolean;
}

/** What a test found, in the order in which it looked. */
export interface DeskFinding {
  what: 'reached' | 'account' | 'place' | 'read' | 'write' | 'assign' | 'private' | 'fields';
  result: 'good' | 'bad' | 'warning' | 'unknown';
  /** Names and answers of the desk. */
  detail: string;
}

export interface DeskChanges {
  changed: readonly { id: string; seen: string }[];
  /** Where the next look begins; the desk's own words. */
  cursor: string;
  /** There are more behind it. */
  isMore: boolean;
}

/** All throw EvenkeelError DESK_FAILED (worth another try), DESK_REFUSED, DESK_DENIED; DeskBusy. */
export interface TicketDesk {
  kind: string;
  /** Nothing comes back: what is sent counts as done. */
  isOneWay?: true;
  /** Comments that the requester must not read stay hidden there. */
  hidesInternal: boolean;
  /** After a create without an answer it is looked for this long before it counts as not made, ms. */
  settleMs: number;
  check(signal: AbortSignal): Promise<DeskFinding[]>;
  /** The oldest with the marker. @param openedAt when ours was opened, ms UTC: it is no older than that */
  find(marker: string, openedAt: number, signal: AbortSignal): Promise<RemoteTicket | null>;
  open(ticket: DeskTicket, signal: AbortSignal): Promise<RemoteTicket>;
  /** Null: it is no longer there, while the place where it was is. */
  read(id: string, signal: AbortSignal): Promise<(RemoteTicket & { comments: RemoteComment[] }) | null>;
  comment(id: string, comment: OutgoingComment, signal: AbortSignal): Promise<void>;
  resolve(id: string, why: string, signal: AbortSignal): Promise<void>;
  reopen(id: string, signal: AbortSignal): Promise<void>;
  assign?(id: string, to: string | null, signal: AbortSignal): Promise<void>;
  /** What was changed there. @param cursor null: the first look, from now on */
  changes?(cursor: string | null, now: number, signal: AbortSignal): Promise<DeskChanges>;
}

/** A message that a desk has sent. */
export interface HookMessage {
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  body: Buffer;
}

/** How a desk is connected to. */
export interface DeskReach {
  /** Decides about each connection that is made. */
  outgoing: Outgoing;
  /** Of each request, ms. */
  deadlineMs: number;
  /** False once another collector works for the desk in place of this one. */
  maySend(): boolean;
}

export interface DeskType {
  kind: string;
  /** The shape of its own settings. Texts may come from a file: `token_file`. */
  settings: TObject;
  /** Checks beyond the schema; only called for settings that satisfy it. */
  check?(settings: never): Fault[];
  /** @param settings checked before */
  create(name: string, settings: never, reach: DeskReach): TicketDesk;
  /** Whether a message was signed with the secret, as its vendor signs. Without it the desk sends none. */
  isSigned?(message: HookMessage, secret: string): boolean;
  /** Ids of the tickets that such a message is about; what else it says is read from the desk itself. */
  ticketsIn?(message: unknown, settings: never): string[];
}
