/** Tables of notifications and of groups of alerts. */
import type { Generated } from 'kysely';
import type { NotificationEvent } from '../../shared/notification.ts';
import type { Json, Ms, Worked } from './columns.ts';

export interface NotificationTables {
  /** Notifications, one for all channels; in codes, put into words when they are sent. */
  notifications: Worked & {
    id: Generated<number>;
    at: Ms;
    event: NotificationEvent | 'report' | 'recovery';
    severity: 'info' | 'warning' | 'critical';
    alert: string | null;
    ticket: number | null;
    /** Key of the incident that it is about. */
    incident: string | null;
    facts: Json;
  };
  deliveries: Worked & {
    id: string;
    notification: number;
    channel: string;
    /** An address in place of those of the channel. */
    recipient: string | null;
    /** Whom the routes or an escalation policy named. */
    receiver: string | null;
    /** The user whom it reaches. */
    user_name: string | null;
    /** Identifies the event, so that it is notified once: unique. */
    dedupe_key: string;
    /** Notifications about the same go out in order. */
    about: string;
    /** Dropped: a later message took its place before it was sent. */
    state: 'queued' | 'sent' | 'dead' | 'dropped';
    attempts: number;
    next_at: Ms;
    last_error: string | null;
    created_at: Ms;
    sent_at: Ms | null;
    /** What it is to this reader, where that is not the event of the notification: the first message of a group. */
    named: NotificationEvent | null;
    /** The delivery in whose place it goes by another way of the same person. */
    stands_in: string | null;
    /** What is done about its failures: 1 the next way, 2 all, as it was given up. */
    passed_on: Generated<number>;
  };
  /** What an alert counts by between two changes, and good series whose silence would be one: collector/alerts/clocks.ts. */
  alert_clocks: Worked & { key: string; endpoint: string; content: Json; updated_at: Ms };
  /** Beside the alert with this key. */
  outside_alerts: Worked & {
    key: string;
    endpoint: string;
    labels: Json;
    annotations: Json;
    url: string | null;
    /** The token that it came with. */
    sender: string;
    ends_at: Ms | null;
    updated_at: Ms;
  };
  /** The alerts that a notification is about. */
  notification_alerts: { notification: number; alert: string };
  /** Groups of alerts of which a receiver was told that they fire. */
  alert_groups: Worked & {
    id: string;
    receiver: string;
    /** Of the labels by which it is grouped. */
    label_values: Json;
    last_at: Ms;
    last_severity: 'info' | 'warning' | 'critical';
    /** Of all messages since the first. */
    worst: 'info' | 'warning' | 'critical';
    /** Messages that said that it still fires. */
    repeats: number;
  };
  /** What the receiver of a group was told of its members. */
  alert_group_members: {
    group_id: string;
    alert_key: string;
    alert: string;
    severity: 'info' | 'warning' | 'critical';
    flaps: number;
  };
  /** Who was told, by channel and address (empty: those of the channel). */
  alert_group_ways: { group_id: string; channel: string; recipient: string; user_name: string | null };
  /** Steps of an escalation policy that are to come for a group. */
  escalation_runs: { group_id: string; policy: string; next_at: Ms | null; run: Json };
}
