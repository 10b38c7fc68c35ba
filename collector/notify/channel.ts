import type { TObject } from 'typebox';
import type { Fault } from '../../shared/shape.ts';
import type { NamedRule } from '../../shared/words/names.ts';

/** The seam to people. A channel sends one notice once; the outbox (outbox.ts) retries, times, logs and dedupes. */
export interface Notice {
  /** The same at every repeat of this one notice to this one channel: receivers may drop what they have seen. */
  id: string;
  /** What happened to the alert or ticket. */
  event: 'firing' | 'resolved' | 'reminder' | 'flapping' | 'test';
  /** The same for every notice of one alert: receivers group and resolve by it. */
  key: string;
  rule: NamedRule;
  severity: 'info' | 'warning' | 'critical';
  /** `site` as kind: it is about several endpoints, named in `members`. */
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
  /** Why it ended or what is special about it, as a code; see notice.ts for the words. */
  why: string | null;
  ticket: number | null;
  /** Link to the page that shows it. */
  url: string;
}

export interface Channel {
  kind: string;
  /**
   * Sends once. Resolves when the receiver has taken it.
   * @throws EvenkeelError CHANNEL_FAILED (worth another try) or CHANNEL_REFUSED (will not help)
   */
  send(notice: Notice, signal: AbortSignal): Promise<void>;
}

export interface ChannelType {
  kind: string;
  /** The shape of its own settings, for collector/notify/settings.ts. Texts may come from a file: `password_file`. */
  settings: TObject;
  /** What the shape cannot say; only asked for settings that have it. */
  check?(settings: never): Fault[];
  /** Of settings that have been checked. */
  create(name: string, settings: never): Channel;
}
