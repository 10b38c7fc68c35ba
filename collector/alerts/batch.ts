/**
 * What passes through the second half of the pipeline: the inputs since the last commit, and the decisions of each room
 * about them. The order of the rooms stands in ../pipeline.ts.
 */
import type { LevelVerdict } from '../evaluate/evaluate.ts';
import type { MaintenanceWish, UnsavedMaintenance } from '../maintenance/changes.ts';
import type { NewNotification } from '../notify/notification.ts';
import type { PassedOn, Undelivered } from '../notify/undelivered.ts';
import type { SilenceWish, UnsavedSilence } from '../silences/model.ts';
import type { Action, PolicyEvent } from '../tickets/actions.ts';
import type { AcknowledgementRequest } from './acknowledgement.ts';
import { alertKey, type LiveAlert, type TransitionReason } from './alert.ts';

/** What comes in; `at` is ms UTC by the collector's clock. */
export type Input = { at: number } & (
  | { type: 'sample'; sample: Sample }
  /** The presence of the endpoint has changed, or an awaited value may have come. */
  | { type: 'presence'; endpoint: string }
  | { type: 'end'; key: string; reason: TransitionReason; by?: string }
  | { type: 'retired'; endpoint: string }
  /** Rules have changed, or the place of an endpoint (null: of any). */
  | { type: 'rules'; endpoint: string | null }
  | { type: 'acknowledge'; key: string; request: AcknowledgementRequest }
  | { type: 'hand-over'; key: string; by: string; to: string }
  | { type: 'withdraw'; key: string; by: string }
  | { type: 'want-ticket'; key: string; by: string }
  /** A person has opened its page. */
  | { type: 'opened'; key: string; by: string }
  /** A person did something to a ticket. */
  | { type: 'ticket'; event: PolicyEvent }
  /** A person changed a maintenance window, or an endpoint changed its place. */
  | { type: 'maintenance'; wish: MaintenanceWish }
  /** A person entered or changed a silence. */
  | { type: 'silence'; wish: SilenceWish }
  /** Labels of the alerts of an endpoint may be others: it was renamed, or is at another place. */
  | { type: 'relabelled'; endpoint: string }
  /** What these endpoints are reached by way of is another. */
  | { type: 'dependencies'; endpoints: readonly string[] }
  /** A message does not get through to somebody. */
  | { type: 'undelivered'; message: Undelivered }
  /** The clock was set back or far ahead, or all stood still: nobody watched between `from` and now. */
  | { type: 'unwatched'; from: number }
  /** Only time has passed: runs what is due. */
  | { type: 'time' }
);

/** A verdict about one instance of a family. */
export interface Sample {
  /** An old sample, evaluated again because a rule has changed: not counted for the interval of its series. */
  again?: true;
  key: string;
  endpoint: string;
  family: string;
  metric: string;
  tags: Record<string, string>;
  /** Worst first. */
  levels: LevelVerdict[];
  /** Of what others watched: since when it is so, and until when it was, ms UTC, before the sample. */
  since?: number;
  until?: number;
}

/** The verdict about one instance of a family on an endpoint. */
export function sampleOf(endpoint: string, { family, metric, tags, levels }: Omit<Sample, 'key' | 'endpoint'>): Sample {
  return { key: alertKey(endpoint, family, tags), endpoint, family, metric, tags, levels };
}

export type ChangeCode =
  | 'pending'
  | 'dropped'
  | 'firing'
  | 'worse'
  | 'eased'
  | 'unknown'
  | 'back'
  | 'resolved'
  | 'flapping'
  | 'stable'
  /** Pending at another level, or under a rule that was changed. */
  | 'level'
  | 'acknowledged'
  | 'handed_over'
  | 'acknowledgement_ended'
  /** A person opens a ticket that was only proposed. */
  | 'ticket_wanted'
  /** Suppressed: its endpoint is in maintenance. */
  | 'maintenance'
  /** Five minutes after the end it still fires. */
  | 'maintenance_ended'
  | 'silenced'
  | 'silence_ended'
  /** What is the cause of it fires, or has just ended. */
  | 'inhibited'
  | 'inhibition_ended'
  /** What may be the cause of it is pending. */
  | 'held'
  | 'hold_over'
  /** Its endpoint is one of many of its site that went silent at once. */
  | 'in_site_incident'
  | 'site_incident_left';

/** One change of an alert; one row of its history. */
export interface AlertChange {
  at: number;
  code: ChangeCode;
  /** The alert afterwards; if it ended, as it was before. */
  alert: LiveAlert;
  /** It has ended with this change. */
  ended: boolean;
  /** Earlier than it came to be known. */
  endedAt?: number;
  reason: TransitionReason | null;
  actor: string;
  params: Record<string, unknown>;
  /** Not notified: its incident, or the fact that it flaps, is notified instead, or it is suppressed (suppressions.ts). */
  isSuppressed: boolean;
}

/** One row of the history of an alert, which changes nothing in it. */
export interface AlertRemark {
  at: number;
  code: 'reaches_nobody' | 'not_reached' | 'said_before' | 'stands_in' | 'exhausted' | 'opened';
  alert: LiveAlert;
  params: Record<string, unknown>;
}

export interface Batch {
  at: number;
  /** Those that came in; the step `detect` adds to them. */
  inputs: readonly Input[];
  /** In order: what happened to alerts, and what else the rooms after it must see in this order. */
  changes: (
    | AlertChange
    | { event: PolicyEvent; at: number }
    | { wish: MaintenanceWish; at: number }
    | { silence: SilenceWish; at: number }
    | { relabelled: string; at: number }
    | { dependencies: readonly string[]; at: number }
    | { undelivered: Undelivered; at: number }
    | { opened: string; by: string; at: number }
  )[];
  /** What follows for tickets. */
  actions: Action[];
  /** Notifications to send. */
  notifications: NewNotification[];
  /** What becomes of messages that do not get through. */
  passedOn: PassedOn[];
  /** What happened to the messages about alerts: in their history, beside their changes. */
  remarks: AlertRemark[];
  /** Filled by the commit: the ticket in which an alert now is, by its id (of an incident: by its key). */
  ticketOf: Map<string, number>;
  changedTickets: Set<number>;
  maintenance: UnsavedMaintenance[];
  silences: UnsavedSilence[];
}

export const isAlertChange = (change: Batch['changes'][number]): change is AlertChange => 'code' in change;

export function createBatch(inputs: readonly Input[], at: number): Batch {
  return {
    at,
    inputs,
    changes: [],
    actions: [],
    notifications: [],
    passedOn: [],
    remarks: [],
    ticketOf: new Map(),
    changedTickets: new Set(),
    maintenance: [],
    silences: [],
  };
}
