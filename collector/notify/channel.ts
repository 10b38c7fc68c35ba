import type { TObject } from 'typebox';
import type { ChangeMark, TicketName } from '../../shared/api.ts';
import type { Finding } from '../../shared/finding.ts';
import type { NotificationEvent } from '../../shared/notification.ts';
import type { Outgoing } from '../../shared/outgoing.ts';
import type { Fault } from '../../shared/shape.ts';
import type { Language } from '../../shared/words/index.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { RuleTemplates } from '../../shared/words/rule-texts.ts';
import type { DevicesToPush } from './devices.ts';
import type { MailThread } from './mail-thread.ts';

/** One alert of a group, as a message names it. */
export interface MemberAlert {
  /** Id and key of the alert. */
  alert: string;
  key: string;
  /** Its name for other tools: the same at each level. Older ones in the outbox have none. */
  family?: string;
  rule: NamedRule;
  severity: 'info' | 'warning' | 'critical';
  endpoint: { id: string; name: string; kind: string; site: string | null };
  metric: string;
  tags: Record<string, string>;
  value: number | null;
  threshold: number | null;
  unit: string;
  /** When it fired, and where it has ended, when. */
  since: number;
  endedAt?: number;
  /** What was seen of a target or a service when the message was made. */
  finding?: Finding;
  /** What other monitoring said of it. */
  said?: { summary: string };
}

/** Of a message about several alerts. A channel with little space shortens the lists, never the counts. */
export interface MemberAlerts {
  /** Alerts that fire; when all has ended, those that have. */
  count: number;
  /** Endpoints, targets and services on which they are. */
  endpoints: number;
  /** How many of these are no machine. Older ones in the outbox say neither. */
  targets?: number;
  services?: number;
  /** Of the first of these endpoints, without repeats. */
  names: string[];
  /** The first 20 that fire, worst first, then longest. */
  list: MemberAlert[];
  /** Ended since the last message to the same receiver, and the first 20 of them. */
  resolvedCount: number;
  resolved: MemberAlert[];
}

/** The interface of channels. A channel sends a notification once; outbox.ts retries, times, logs and dedupes. */
export interface Notification {
  /** The same at every repeat of this notification to this channel: receivers may drop duplicates. */
  id: string;
  event: NotificationEvent;
  /** The same for every notification of one group of alerts: receivers group and resolve by it. */
  key: string;
  /** The key and the name of the alert, where it is about one. */
  alertKey?: string;
  family?: string;
  rule: NamedRule;
  severity: 'info' | 'warning' | 'critical';
  /** `site` as kind: the notification is about several endpoints, named in `members`. */
  endpoint: { id: string; name: string; kind: string; site: string | null };
  /** Where it is about more than one alert. */
  members: MemberAlerts | null;
  /** Endpoints of which nobody hears because they are behind this: how many, and the first, those of which somebody heard before at the top. */
  behind?: { endpoints: number; targets?: number; services?: number; names: string[] };
  /** Of the incident of a site that is over: endpoints that are silent all the same, and go on as alerts of their own. */
  stillSilent?: { endpoints: number; names: string[] };
  metric: string;
  tags: Record<string, string>;
  value: number | null;
  threshold: number | null;
  unit: string;
  /** Of the alert that fires longest. */
  startedAt: number;
  endedAt: number | null;
  /** The newest work on its endpoints in the day before it began, and on which of them. */
  changed?: ChangeMark & { endpoint: string };
  /** When it is sent: how long it fires is told by it. */
  sentAt?: number;
  /** Which one of its kind: of a `repeat` since the first message, of an `escalation` its round. */
  number?: number;
  /** Who has acknowledged it. */
  owner?: string | null;
  /** What was seen of a target or a service when the message was made, where it is about one. */
  finding?: Finding;
  /** What its rule says, as written there: filled in by the facts of this message in the language of its reader. */
  texts?: Pick<RuleTemplates, 'summary' | 'description'>;
  /** What other monitoring said of it. */
  said?: { summary: string; description: string };
  /** What to do, where its rule says so: an address or a text. */
  runbook?: string | null;
  /** What the routes were matched with; of several alerts what they have in common. */
  labels?: Readonly<Record<string, string | readonly string[]>>;
  /** Why it ended or what is special about it, as a code; notification-text.ts has the words. */
  why: string | null;
  ticket: number | null;
  /** The ticket, where it is about the ticket itself. */
  about?: TicketName;
  assignee?: string | null;
  /** The article whose reviewer is asked to look at it again. */
  article?: { id: string; titles: { language: string; title: string }[]; validUntil: number };
  /** Who calls helpers. */
  calledBy?: string;
  /** Until when an answer or a resolution is promised. */
  dueAt?: number | null;
  /** One address in place of those of the channel; of a personal channel the user. */
  recipient?: string;
  /** Of the devices of that user this one alone. */
  device?: string;
  /** Id of the alert, where it is about one. */
  alert?: string | null;
  /** To whoever watches a ticket: how many changes it tells of. */
  changes?: number;
  /** What was written, over as many lines. */
  comment?: string;
  /** Of a mail to a requester who can answer it. */
  thread?: MailThread;
  /** In which its reader wrote; left out: that of the channel. */
  language?: Language;
  /** Link to the page of the ticket for whoever reported it without an account. */
  follow?: string;
  /** Link to the page of the alert or ticket. */
  url: string;
  /** Links that serve one purpose for a limited time; made when it is sent. */
  links?: { acknowledge?: string; silence?: string };
}

/** A report for one reader. It stands in the outbox as these facts; its text is made when it is sent. */
export interface ReportMailFacts {
  event: 'report';
  /** Id. */
  report: string;
  language: string;
  to: string;
}

/** A letter by which somebody shows who they are: neither its code nor any name stands in the outbox, and it is kept in memory alone. */
export interface RecoveryMailFacts {
  event: 'recovery';
  request: number;
  nth: number;
}
export type LetterFacts = ReportMailFacts | RecoveryMailFacts;

/** A letter of its own, beside notifications. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
  attachment: { name: string; type: string; content: Buffer } | null;
  /** Id of the letter that began its thread. */
  answers?: string;
}

export interface Channel {
  kind: string;
  /** It is told when somebody has what it was told of. */
  takesAcknowledgement?: true;
  /** Its receiver keeps what it was told of until it is told of its end: each group of alerts has a message of its own. */
  keepsState?: true;
  /**
   * Sends once. Resolves when the receiver has accepted it.
   * @throws EvenkeelError CHANNEL_FAILED (worth another try) or CHANNEL_REFUSED (not worth one)
   */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
  /** Channels that can send a letter to an address. @param id the same at each repeat. @throws EvenkeelError as `send` */
  mail?(mail: Mail, id: string, signal: AbortSignal): Promise<void>;
}

/** A channel as one address, as Apprise writes it: `slack://TokenA/TokenB/TokenC`. */
export interface UrlForm {
  schemes: readonly string[];
  /** As it is to be written, for messages and the page. */
  form: string;
  /** @returns the settings; null where it is not written like this */
  read(address: FormAddress): Record<string, unknown> | null;
}

/** The parts of such an address, decoded. */
export interface FormAddress {
  scheme: string;
  /** All before the first `/`, as written: some tokens hold a colon. */
  authority: string;
  /** Empty where there is none. */
  user: string;
  password: string;
  host: string;
  port: number | null;
  path: readonly string[];
  query: Readonly<Record<string, string>>;
}

export interface ChannelType {
  kind: string;
  forms: readonly UrlForm[];
  /** Addresses of the vendor, which can belong to no other kind. */
  isOwn?(url: URL): boolean;
  /** The shape of its own settings, for collector/notify/settings.ts. Texts may come from a file: `password_file`. */
  settings: TObject;
  /** Checks beyond the schema; only called for settings that satisfy it. */
  check?(settings: never): Fault[];
  /** Where it connects to, as written; null: that is not in its settings. @param settings checked before */
  hostOf(settings: never): string | null;
  /** Where its secrets go, and how well protected: equal texts, the same place. @param settings checked before */
  secretsGoTo(settings: never): string;
  /** It reaches a person by their name: nobody has to give an address. */
  isPersonal?: true;
  /** Whether a person may give this in place of the address of the channel. Without it none is taken. */
  isAddress?(text: string, settings: never): boolean;
  /** @param settings checked before; @param outgoing decides about each connection that is made */
  create(name: string, settings: never, outgoing: Outgoing, devices: DevicesToPush): Channel;
}
