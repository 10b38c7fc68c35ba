/** Incidents, and tickets with what belongs to them. */
import type { Generated } from 'kysely';
import type { Json, Ms, Worked } from './columns.ts';

export interface TicketTables {
  /** Incidents: several alerts that are one outage, with one ticket. */
  incidents: Worked & {
    id: Generated<number>;
    kind: 'site' | 'budget';
    key: string;
    site: string | null;
    rule: string | null;
    ticket: number;
    opened_at: Ms;
    ended_at: Ms | null;
  };
  tickets: Worked & {
    id: Generated<number>;
    key: string;
    /** Equals `key` while the ticket is open, else null: unique, so one key has one open ticket. */
    open_key: string | null;
    /** alert: about one · incident: about several of a site · budget: beyond the hourly budget · person. */
    kind: 'alert' | 'incident' | 'budget' | 'person';
    /** A title given by a person; null where rule, instance, endpoint and site describe the ticket. */
    title: string | null;
    state: 'new' | 'in_progress' | 'on_hold' | 'resolved' | 'closed' | 'cancelled';
    priority: number;
    impact: number;
    urgency: number;
    tier: number;
    endpoint: string | null;
    site: string | null;
    rule: string | null;
    /** `/var`, `nightly` …: which of several; empty when there is only one. */
    instance: string;
    alert: string | null;
    assignee: string | null;
    /** A person commented, assigned or changed it: from then on only a person resolves it. */
    touched_at: Ms | null;
    opened_at: Ms;
    resolved_at: Ms | null;
    resolved_by: string | null;
    /** When the alert cleared, whatever the state of the ticket. */
    restored_at: Ms | null;
    closed_at: Ms | null;
    /** How often the alert fired into this ticket. */
    fires: number;
    flapping_since: Ms | null;
    /** A person set "won't fix until". */
    muted_until: Ms | null;
    follows: number | null;
    updated_at: Ms;
    /** Who asked for it: a user's name, or any other; null for tickets of the monitor. */
    requester: string | null;
    channel: Generated<'monitor' | 'portal' | 'mail' | 'phone' | 'chat' | 'api'>;
    category: Generated<'incident' | 'request' | 'question' | 'problem'>;
    /** Both while on hold; of holds of older versions both are unknown. */
    hold_reason: 'awaiting_requester' | 'awaiting_vendor' | 'awaiting_change' | 'awaiting_problem' | null;
    hold_until: Ms | null;
    /** Case number at the vendor; it stays when the hold ends. */
    vendor_reference: string | null;
    /** JSON list of words. */
    tags: Generated<Json>;
  };
  ticket_events: {
    id: Generated<number>;
    ticket: number;
    at: Ms;
    /** `monitor` or a user's name. */
    actor: string;
    kind:
      | 'opened'
      | 'fired'
      | 'cleared'
      | 'flapping'
      | 'comment'
      | 'assigned'
      | 'acknowledged'
      | 'state'
      | 'priority'
      | 'impact'
      | 'reopened'
      /** A hold has come to its date. */
      | 'reminder'
      /** A clock has reached a share of its target. */
      | 'sla'
      /** What was tried before a hand-off. */
      | 'tried'
      | 'handed_off'
      | 'tagged'
      /** Became part of another, or a part of it became another; the same undone. */
      | 'merged'
      | 'unmerged'
      | 'split'
      | 'swarm'
      | 'joined'
      | 'left'
      | 'linked'
      | 'unlinked'
      | 'rated'
      /** A script of its machine was asked for, ran, or was not run. */
      | 'script'
      /** A file was added; its name is the text. */
      | 'attached'
      /** Who asked, or what kind of ticket it is, was entered wrongly. */
      | 'corrected';
    from_state: string | null;
    to_state: string | null;
    text: string | null;
    data: Json | null;
    /** 1: the requester may read it. */
    is_public: Generated<number>;
  };
  /** What is promised for each priority; a ticket keeps the version under which it was opened. */
  ticket_targets: { version: number; at: Ms; by_user: string; reason: string; from_at: Ms; targets: Json };
  ticket_links: {
    id: Generated<number>;
    ticket: number;
    kind: 'parent' | 'duplicate' | 'follows' | 'change' | 'alert' | 'related';
    /** The number of a ticket, the id of an alert, or a change like C-12; of older versions any text for a change. */
    target: string;
    at: Ms;
    by_user: string;
  };
  /** Helpers of a swarm: the owner of the ticket stays its owner. */
  ticket_participants: {
    id: Generated<number>;
    ticket: number;
    person: string;
    swarm: 'local' | 'severity';
    joined_at: Ms;
    left_at: Ms | null;
  };
  /** Who is told of what happens to it. */
  ticket_watchers: { ticket: number; person: string; at: Ms; by_user: string };
  /** Changes that somebody is still to be told of. */
  ticket_news: {
    id: Generated<number>;
    ticket: number;
    person: string;
    event: number;
    why: 'watch' | 'mention';
    at: Ms;
  };
  /** What was measured an hour before and after its alert began, and ended. */
  ticket_evidence: {
    ticket: number;
    moment: 'began' | 'ended';
    alert: string;
    metric: string;
    from_at: Ms;
    to_at: Ms;
    /** ms; 0 while nothing was found. */
    step: number;
    /** Before `to_at`: not all of it had come yet. */
    kept_at: Ms;
    /** `[{tags, from, values}]`: one value per step, null where there is none. */
    lines: Json;
  };
  /** What somebody knows; only suggestions are made of it. */
  person_skills: { person: string; skill: string; at: Ms; by_user: string };
  /** Questions for satisfaction, one per resolution by a person; the last answer of a ticket counts. */
  ratings: {
    id: Generated<number>;
    ticket: number;
    token_hash: string;
    sent_at: Ms;
    /** 1 to 5; null: not answered. */
    rating: number | null;
    comment: string | null;
    at: Ms | null;
  };
}
