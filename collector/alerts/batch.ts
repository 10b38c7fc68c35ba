/**
 * What travels along the second half of the road: everything that has come since the last commit, and what each room has
 * decided about it. The order of the rooms stands in ../pipeline.ts.
 */
import type { Level } from '../evaluate/evaluate.ts';
import type { Notification } from '../notify/notification.ts';
import type { Action, PolicyEvent } from '../tickets/actions.ts';
import type { Wish } from './acknowledgement.ts';
import { alertKey, type LiveAlert, type TransitionReason } from './alert.ts';

/** What comes in; `at` is ms UTC by the collector's clock. */
export type Input = { at: number } & (
  | { type: 'sample'; sample: Sample }
  /** The endpoint has come or gone, or what is awaited of it may have come. */
  | { type: 'presence'; endpoint: string }
  | { type: 'end'; key: string; reason: TransitionReason; by?: string }
  | { type: 'retired'; endpoint: string }
  /** Rules have changed, or where an endpoint stands (null: anywhere). */
  | { type: 'rules'; endpoint: string | null }
  | { type: 'acknowledge'; key: string; wish: Wish }
  | { type: 'hand-over'; key: string; by: string; to: string }
  | { type: 'withdraw'; key: string; by: string }
  /** A person did something to a ticket. */
  | { type: 'ticket'; did: PolicyEvent }
  /** Nothing but time: what is due is done. */
  | { type: 'time' }
);

/** A verdict about one instance of a family. */
export interface Sample {
  /** Known before, judged once more because a rule has changed: it says nothing of the pace of its series. */
  again?: true;
  key: string;
  endpoint: string;
  family: string;
  metric: string;
  tags: Record<string, string>;
  /** Worst first. */
  levels: Level[];
}

/** What was found about one instance of a family on an endpoint. */
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
  | 'acknowledgement_ended';

/** One thing that happened to an alert; a line of its history. */
export interface AlertChange {
  at: number;
  code: ChangeCode;
  /** As it is afterwards; of one that ended, as it was. */
  alert: LiveAlert;
  /** It has ended with this change. */
  ended: boolean;
  reason: TransitionReason | null;
  actor: string;
  params: Record<string, unknown>;
  /** People hear of the incident that it is one of, or that it flaps, and not of it. */
  quiet: boolean;
}

export interface Batch {
  at: number;
  inputs: readonly Input[];
  /** In order: what happened to alerts, and what people did to tickets, as the ticket policy must see them. */
  changes: (AlertChange | { did: PolicyEvent; at: number })[];
  /** What follows for tickets. */
  actions: Action[];
  /** What people are to be told. */
  notifications: Notification[];
  /** Filled by the commit: the ticket in which an alert now is, by its id (of an incident: by its key). */
  ticketOf: Map<string, number>;
  changedTickets: Set<number>;
}

export const isAlertChange = (change: Batch['changes'][number]): change is AlertChange => 'code' in change;

export function createBatch(inputs: readonly Input[], at: number): Batch {
  return {
    at,
    inputs,
    changes: [],
    actions: [],
    notifications: [],
    ticketOf: new Map(),
    changedTickets: new Set(),
  };
}
