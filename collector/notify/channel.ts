import type { TObject } from 'typebox';
import type { TicketName } from '../../shared/api.ts';
import type { Fault } from '../../shared/shape.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { Outgoing } from './outgoing.ts';

/** The interface of channels. A channel sends a notification once; outbox.ts retries, times, logs and dedupes. */
export interface Notification {
  /** The same at every repeat of this notification to this channel: receivers may drop duplicates. */
  id: string;
  /**
   * What happened to the alert or ticket. `sla`: a clock of the ticket has reached a mark, `hold`: a hold its date,
   * `swarm`: helpers are called, `comment`: its requester is told of a public comment, `rating`: the requester is asked how satisfied they are.
   */
  event: 'firing' | 'resolved' | 'reminder' | 'flapping' | 'test' | 'sla' | 'hold' | 'swarm' | 'comment' | 'rating';
  /** The same for every notification of one alert: receivers group and resolve by it. */
  key: string;
  rule: NamedRule;
  severity: 'info' | 'warning' | 'critical';
  /** `site` as kind: the notification is about several endpoints, named in `members`. */
  endpoint: { id: string; name: string; kind: string; site: string | null };
  /** Of a grouped notification: how many alerts, and the endpoints of the first of them. */
  members: { count: number; names: string[] } | null;
  metric: string;
  tags: Record<string, string>;
  value: number | null;
  threshold: number | null;
  unit: string;
  startedAt: number;
  endedAt: number | null;
  /** Why it ended or what is special about it, as a code; notification-text.ts has the words. */
  why: string | null;
  ticket: number | null;
  /** The ticket, where it is about the ticket itself. */
  about?: TicketName;
  assignee?: string | null;
  /** Who calls helpers. */
  calledBy?: string;
  /** Until when an answer or a resolution is promised. */
  dueAt?: number | null;
  /** One address in place of those of the channel. */
  recipient?: string;
  /** What was written, over as many lines. */
  comment?: string;
  /** Link to the page of the alert or ticket. */
  url: string;
}

/** A report for one reader. It stands in the outbox as these facts; its text is made when it is sent. */
export interface ReportMailFacts {
  event: 'report';
  /** Id. */
  report: string;
  language: string;
  to: string;
}

/** A letter of its own, beside notifications. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
  attachment: { name: string; type: string; content: Buffer } | null;
}

export interface Channel {
  kind: string;
  /**
   * Sends once. Resolves when the receiver has accepted it.
   * @throws EvenkeelError CHANNEL_FAILED (worth another try) or CHANNEL_REFUSED (not worth one)
   */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
  /** Channels that can send a letter to an address. @param id the same at each repeat. @throws EvenkeelError as `send` */
  mail?(mail: Mail, id: string, signal: AbortSignal): Promise<void>;
}

export interface ChannelType {
  kind: string;
  /** The shape of its own settings, for collector/notify/settings.ts. Texts may come from a file: `password_file`. */
  settings: TObject;
  /** Checks beyond the schema; only called for settings that satisfy it. */
  check?(settings: never): Fault[];
  /** Where it connects to, as written. @param settings checked before */
  hostOf(settings: never): string;
  /** @param settings checked before; @param outgoing decides about each connection that is made */
  create(name: string, settings: never, outgoing: Outgoing): Channel;
}
