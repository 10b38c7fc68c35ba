/**
 * What the REST interface answers: one schema for the collector, OpenAPI and the web app.
 * Times are ms since 1970 UTC; `null` means unknown or none and is never shown as 0.
 */

import { type Static, type TSchema, Type } from 'typebox';
import { EndedRun } from './backup-runs.ts';
import { weekdays } from './calendar.ts';
import { patchAges } from './choices.ts';
import { DeskLink } from './desk.ts';
import { holdReasons } from './hold.ts';
import { IdentityEvent } from './identity.ts';
import { Reason, Reasons } from './inventory.ts';
import { JoinLines } from './joining.ts';
import { oneLinePattern } from './safe-text.ts';
import { NextTicket } from './ticket-work.ts';
import { ViewStarts } from './view.ts';

const closed = { additionalProperties: false } as const;
const text = Type.String();
const ms = Type.Integer({ description: 'ms since 1970, UTC' });
const orNull = {
  text: Type.Union([Type.String(), Type.Null()]),
  ms: Type.Union([ms, Type.Null()]),
  number: Type.Union([Type.Number(), Type.Null()]),
  bool: Type.Union([Type.Boolean(), Type.Null()]),
  reasons: Type.Union([Reasons, Type.Null()]),
};
const tags = Type.Record(Type.String(), Type.String());

export const roles = ['viewer', 'operator', 'manager', 'admin'] as const;
export const Role = Type.Enum([...roles]);
export type Role = (typeof roles)[number];
export const EndpointKind = Type.Union([Type.Literal('server'), Type.Literal('workstation')]);
export const Severity = Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')]);

export const ErrorBody = Type.Object({
  code: text,
  message: text,
  hint: text,
  /** Where in what was sent the faults lie. */
  faults: Type.Optional(
    Type.Array(
      Type.Object({
        at: text,
        problem: text,
        /** The same for readers of other languages. */
        why: Type.Optional(Reason),
        /** Of a table. */
        line: Type.Optional(Type.Integer()),
        column: Type.Optional(Type.Union([text, Type.Null()])),
        value: Type.Optional(text),
      }),
    ),
  ),
  /** The cause that the message has in English, as a code with its values. */
  why: Type.Optional(Type.Array(Reason)),
});
export const page = <T extends TSchema>(item: T) =>
  Type.Object({
    items: Type.Array(item),
    next: Type.Union([Type.String({ description: 'cursor' }), Type.Null()]),
  });

/** Text written by a person for a rule: one text, or one per language. */
const OwnName = Type.Union([text, Type.Record(text, text)]);
/**
 * Built-in rules have names in the words, by their id or by that of the milder rule whose worse level they are; a rule that
 * people made, or renamed, has its own.
 */
export const NamedRule = Type.Object({ id: text, level_of: Type.Optional(text), name: Type.Optional(OwnName) });

export type NamedRule = Static<typeof NamedRule>;

/** Why an endpoint needs attention, worst first, by the verdicts of the rules. */
export const Attention = Type.Object({
  /** Id of the rule's mildest level. */
  code: text,
  rule: NamedRule,
  /** `disk.used_percent`: what the rule looks at. */
  metric: text,
  severity: Severity,
  state: Type.Enum(['firing', 'unknown']),
  /** Which of several: a path, a job; empty when there is only one. */
  detail: text,
  /** The worst alert, and how many there are. */
  alert: text,
  since: ms,
  acknowledged: Type.Boolean(),
  count: Type.Integer(),
});

/** Alerts that fire, by severity. */
const AlertCounts = Type.Object({
  critical: Type.Integer(),
  warning: Type.Integer(),
  info: Type.Integer(),
  unacknowledged: Type.Integer({ description: 'critical ones that are neither acknowledged nor suppressed' }),
});

export const EndpointRow = Type.Object({
  id: text,
  name: text,
  kind: EndpointKind,
  site: orNull.text,
  tags: Type.Array(text),
  /** In the order of their names. */
  groups: Type.Array(Type.Object({ id: text, name: text })),
  platform: text,
  os: orNull.text,
  version: orNull.text,
  behind: Type.Optional(
    Type.Boolean({
      description: 'whether there is a newer version of its agent in the folder of packages; missing: not known',
    }),
  ),
  state: Type.Enum(['online', 'offline', 'lost', 'unknown', 'never']),
  stateReason: orNull.text,
  stateSince: ms,
  lastSeenAt: orNull.ms,
  cpuPercent: orNull.number,
  memoryPercent: orNull.number,
  /** The file system of which the engine holds the worst; of equals, the fullest. */
  disk: Type.Union([Type.Object({ path: text, usedPercent: Type.Number() }), Type.Null()]),
  /** When the three values above were measured. */
  valuesAt: orNull.ms,
  alerts: AlertCounts,
  attention: Type.Array(Attention),
  /** Worst of all jobs; `none` = no job known, `unknown` = cannot be determined. */
  backup: Type.Object({
    state: Type.Enum(['ok', 'late', 'failed', 'warning', 'running', 'never', 'none', 'unknown']),
    ageSeconds: orNull.number,
    /** Of the job whose last good backup is the oldest. */
    lastSuccess: orNull.ms,
    jobs: Type.Integer(),
    /** Jobs whose restore was never tried out; left out when that is unknown. */
    unverified: Type.Optional(Type.Integer()),
  }),
  patches: Type.Object({
    pending: orNull.number,
    pendingSecurity: orNull.number,
    oldestSecuritySince: orNull.ms,
    scan: Type.Enum(['ok', 'failed', 'unknown']),
    rebootRequired: orNull.bool,
    endOfLife: orNull.ms,
    /** No security updates are published for it any more. */
    supportEnded: orNull.bool,
  }),
  diskHealth: Type.Enum(['ok', 'info', 'warning', 'critical', 'unknown']),
});
export type EndpointRow = Static<typeof EndpointRow>;

const level = Type.Union([Severity, Type.Null()], { description: 'the worst that the engine holds; null: nothing' });

/**
 * By what endpoints can be filtered and put in order, with what each choice finds now: `filters` and `sorts` are names of
 * parameters and values of `sort` of `GET /api/v1/endpoints`. `GET /api/v1/endpoints/filters`.
 */
export const FleetFilters = Type.Object({
  total: Type.Integer(),
  /** Those that fire. */
  alerts: AlertCounts,
  waiting: Type.Integer({ description: 'critical alerts that need somebody, also those that are not about endpoints' }),
  filters: Type.Array(
    Type.Object({
      name: text,
      /** Its choices are what occurs; others are taken and find nothing. */
      open: Type.Boolean(),
      choices: Type.Array(
        Type.Object({
          /** Empty: endpoints that have none. */
          value: text,
          /**
           * Of a site, tag, group or rule, which have names of their own; null: the language files have a word for the
           * value.
           */
          label: Type.Union([text, NamedRule, Type.Null()]),
          count: Type.Integer(),
          level,
        }),
      ),
    }),
  ),
  sorts: Type.Array(
    Type.Object({ name: text, first: Type.Enum(['up', 'down'], { description: 'the more useful direction' }) }),
  ),
  sort: Type.String({ description: 'the order where none is asked for' }),
});
export type FleetFilters = Static<typeof FleetFilters>;

const JobState = Type.Enum(['ok', 'late', 'failed', 'warning', 'running', 'never', 'unknown']);

const Latest = Type.Object({ metric: text, tags, at: ms, value: Type.Number() });

/** One interval of an endpoint's state. `until` null: it lasts. */
export const Interval = Type.Object({
  from: ms,
  to: ms,
  state: Type.Enum(['up', 'down', 'unknown', 'idle', 'maintenance', 'not_monitored', 'out_of_service']),
  cause: orNull.text,
  /** What the state was concluded from, in codes; missing where it was not examined. */
  evidence: Type.Optional(Type.Array(text)),
});
export type Interval = Static<typeof Interval>;

const Section = Type.Object({ section: text, at: ms, receivedAt: ms, data: Type.Unknown() });

const hash = Type.Optional(Type.String({ pattern: '^[0-9a-f]{16}$', want: '16 hex digits' }));
/**
 * Hardware and system hashes of a machine, as its agent sends them at enrolment; what it could not read is left out.
 */
export const Fingerprint = Type.Object({
  uuid: hash,
  serial: hash,
  board: hash,
  machine: hash,
  macs: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9a-f]{16}$', want: '16 hex digits' }), { maxItems: 16 })),
});
export type Fingerprint = Static<typeof Fingerprint>;

/** same: a serial number is equal. perhaps: enough to ask a person. copy: same system and other hardware, or both report. */
export const Likeness = Type.Enum(['same', 'perhaps', 'copy']);
export type Likeness = Static<typeof Likeness>;

export const LooksLike = Type.Object({
  id: text,
  name: text,
  likeness: Likeness,
  /** Enrolled before this one: it is what may be replaced. */
  older: Type.Boolean(),
  state: Type.Enum(['online', 'offline', 'lost', 'unknown', 'never']),
  lastSeenAt: orNull.ms,
});
export type LooksLike = Static<typeof LooksLike>;

/** What was refused of a message whose rest was stored; null where the whole message was refused. */
export const RefusedParts = Type.Union([
  Type.Object({
    count: Type.Integer({ description: 'all parts refused for this cause; the list may hold fewer' }),
    list: Type.Array(Type.Object({ path: text, reason: text, value: Type.Unknown() })),
  }),
  Type.Null(),
]);

/** An endpoint beyond what it may cost the collector: its messages wait, and none is lost. */
export const Flood = Type.Object({
  since: ms,
  percent: Type.Number({ description: 'of the last ten seconds, in which its messages waited; 0: no longer' }),
  /** With the seconds that were waited for each since then, longest first. */
  budgets: Type.Array(
    Type.Object({
      budget: Type.Enum(['cpu', 'inventory', 'epochs', 'rows', 'alerts', 'messages', 'connects']),
      seconds: Type.Integer(),
    }),
  ),
});
export type Flood = Static<typeof Flood>;

export const EndpointDetail = Type.Object({
  row: EndpointRow,
  bootId: orNull.text,
  enrolledAt: ms,
  kindWhy: Reasons,
  /** As the machine calls itself, where its name here had to differ. */
  hostname: orNull.text,
  /** Machines that report under this one identity, when there are several: all but one must be enrolled anew. */
  /** Other endpoints that may be this machine: it was installed anew, or is a copy. */
  looksLike: Type.Array(LooksLike),
  /** When people confirmed that a new endpoint was this machine, newest first. */
  /** Since when its machine has to be enrolled again before it may report. */
  againAt: orNull.ms,
  /** Rotations, copies, hardware: newest first. */
  identityEvents: Type.Array(IdentityEvent),
  replacements: Type.Array(Type.Object({ at: ms, by: text, oldHostname: orNull.text, newHostname: orNull.text })),
  sharedBy: Type.Array(
    Type.Object({ hostname: orNull.text, address: text, at: ms, instance: text, isRefused: Type.Boolean() }),
  ),
  flood: Type.Union([Flood, Type.Null()]),
  intervalSeconds: orNull.number,
  clockOffsetMs: orNull.number,
  people: Type.Union([Type.Integer(), Type.Null()], {
    description: 'who cannot work while it is down; null: not known',
  }),
  latest: Type.Array(Latest),
  sections: Type.Array(Section),
  /** Its backup jobs with the verdicts of the rules. */
  backups: Type.Array(Type.Object({ product: text, job: text, state: JobState, level })),
  backupNotNeeded: Type.Union([text, Type.Null()], {
    description: 'the rule about a missing backup, where people turned it off for this endpoint',
  }),
  /** The last 7 days, oldest first. */
  timeline: Type.Array(Interval),
  /** Raw presence facts behind the timeline, newest first, at most 200. */
  signals: Type.Array(
    Type.Object({
      at: ms,
      kind: text,
      session: orNull.text,
      bootId: orNull.text,
      reason: orNull.text,
      lastSeen: orNull.ms,
    }),
  ),
  losses: Type.Array(
    Type.Object({ receivedAt: ms, from: Type.Integer(), to: Type.Integer(), reason: text, count: Type.Integer() }),
  ),
  quarantined: Type.Array(
    Type.Object({ receivedAt: ms, code: text, message: text, size: Type.Integer(), parts: RefusedParts }),
  ),
});
export type EndpointDetail = Static<typeof EndpointDetail>;

export const Series = Type.Object({
  from: ms,
  to: ms,
  step: Type.Integer({ description: 'ms' }),
  resolution: Type.Union([Type.Literal('raw'), Type.Literal('5m'), Type.Literal('1h')]),
  asOf: ms,
  series: Type.Array(
    Type.Object({
      metric: text,
      tags,
      agg: text,
      unit: text,
      points: Type.Array(Type.Tuple([Type.Integer(), orNull.number])),
    }),
  ),
});
export type Series = Static<typeof Series>;

export const Alert = Type.Object({
  id: text,
  rule: NamedRule,
  endpoint: Type.Object({ id: text, name: text }),
  metric: text,
  tags,
  unit: text,
  summary: Type.Optional(Type.String({ description: 'of an alert of other monitoring: what its sender says' })),
  state: Type.Enum(['pending', 'firing', 'unknown', 'resolved']),
  flapping: Type.Boolean(),
  severity: Severity,
  value: orNull.number,
  threshold: orNull.number,
  pendingAt: ms,
  firedAt: orNull.ms,
  resolvedAt: orNull.ms,
  resolvedWhy: orNull.text,
  /** The acknowledgement in force. */
  acknowledgedAt: orNull.ms,
  acknowledgedBy: orNull.text,
  acknowledgedNote: orNull.text,
  acknowledgedUntil: orNull.ms,
  /** Asked to take it, and until when it waits for that. */
  handedTo: orNull.text,
  handedUntil: orNull.ms,
  firstAcknowledgedAt: orNull.ms,
  ticket: Type.Union([Type.Integer(), Type.Null()]),
  /** It fires, has no ticket, and its rule leaves it to people to open one. */
  proposesTicket: Type.Boolean(),
  suppressedBy: Type.Array(text, {
    description: 'why nobody is notified of it: maintenance, silence, site_incident, inhibition, hold',
  }),
});
export type Alert = Static<typeof Alert>;

/** One line of the history of an alert, oldest first; `params` belong to the code. */
const AlertEvent = Type.Object({
  at: ms,
  code: text,
  rule: text,
  severity: Severity,
  value: orNull.number,
  actor: text,
  params: Type.Record(text, Type.Unknown()),
});

export const TicketState = Type.Enum(['new', 'in_progress', 'on_hold', 'resolved', 'closed', 'cancelled']);
export const HoldReason = Type.Enum([...holdReasons]);
export type HoldReason = (typeof holdReasons)[number];
export const cancelReasons = ['duplicate', 'not_an_issue', 'merged', 'spam'] as const;
export const CancelReason = Type.Enum([...cancelReasons]);
export type CancelReason = (typeof cancelReasons)[number];
export const TicketCategory = Type.Enum(['incident', 'request', 'question', 'problem']);
/** What a ticket is about, for whoever puts it into words. */
export const TicketName = Type.Object({
  id: Type.Integer(),
  /** Text written by a person; null where kind, rule, instance, endpoint and site say what it is about. */
  title: orNull.text,
  kind: Type.Enum(['alert', 'incident', 'budget', 'person']),
  instance: text,
  site: orNull.text,
  endpoint: Type.Union([Type.Object({ id: text, name: text }), Type.Null()]),
  rule: Type.Union([NamedRule, Type.Null()]),
  priority: Type.Integer({ minimum: 1, maximum: 5 }),
  state: TicketState,
});
export type TicketName = Static<typeof TicketName>;

const SlaOutcome = Type.Enum(['met', 'breached', 'open', 'none']);
export const TicketRow = Type.Object({
  ...TicketName.properties,
  impact: Type.Integer({ minimum: 1, maximum: 3 }),
  urgency: Type.Integer({ minimum: 1, maximum: 3 }),
  tier: Type.Integer({ minimum: 0, maximum: 4 }),
  category: TicketCategory,
  channel: Type.Enum(['monitor', 'portal', 'mail', 'phone', 'chat', 'api']),
  /** Who asked for it; null for tickets of the monitor. */
  requester: orNull.text,
  holdReason: Type.Union([HoldReason, Type.Null()]),
  holdUntil: orNull.ms,
  /** Case number at the vendor. */
  vendorReference: orNull.text,
  tags: Type.Array(text),
  flappingSince: orNull.ms,
  assignee: orNull.text,
  openedAt: ms,
  resolvedAt: orNull.ms,
  restoredAt: orNull.ms,
  fires: Type.Integer(),
  updatedAt: ms,
  /** Until when it is to be answered, and resolved; null: nothing is promised, or the clock stands. */
  responseDueAt: orNull.ms,
  resolutionDueAt: orNull.ms,
  /** none: nothing is promised; open: within the target. */
  outcome: Type.Object({ response: SlaOutcome, resolution: SlaOutcome }),
  /** The next of both that is still to be met. */
  dueAt: orNull.ms,
  /** A target was missed, and what it asks for is still to be done. */
  isLate: Type.Boolean(),
});
export type TicketRow = Static<typeof TicketRow>;

/** By what tickets are looked for: the names in the address. */
export const ticketFilters = [
  ...(['state', 'queue', 'endpoint', 'assignee', 'priority', 'site', 'category', 'tier', 'tag', 'q'] as const),
];
export const TicketList = Type.Object({
  ...page(TicketRow).properties,
  total: Type.Integer({ description: 'found in all' }),
  without: Type.Array(Type.Object({ filter: Type.Enum([...ticketFilters]), n: Type.Integer() }), {
    description: 'where nothing is found: for each filter, how many are found without it',
  }),
});
export type TicketList = Static<typeof TicketList>;

/** What waits for whom. `GET /api/v1/tickets/queues`. */
export const TicketQueues = Type.Object({
  /** Assigned to the caller; then what to take up next, of these and of those that nobody has. */
  mine: Type.Integer(),
  next: Type.Union([NextTicket, Type.Null()]),
  unassigned: Type.Integer(),
  /** Late, or past four fifths of a target. */
  breaching: Type.Integer(),
  late: Type.Integer(),
});
export type TicketQueues = Static<typeof TicketQueues>;

const TicketTarget = Type.Object({ response: orNull.number, resolution: orNull.number, always: Type.Boolean() });
/** Minutes of support time, by priority. `GET /api/v1/ticket-targets`. */
export const TicketTargets = Type.Object({
  current: Type.Integer({ description: 'the version of tickets opened now' }),
  versions: Type.Array(
    Type.Object({
      version: Type.Integer(),
      from: orNull.ms,
      at: orNull.ms,
      by: orNull.text,
      reason: orNull.text,
      targets: Type.Object({
        ...{ P1: TicketTarget, P2: TicketTarget, P3: TicketTarget, P4: TicketTarget, P5: TicketTarget },
      }),
    }),
  ),
});
export type TicketTargets = Static<typeof TicketTargets>;

const TicketEvent = Type.Object({
  id: Type.Integer(),
  at: ms,
  actor: text,
  kind: text,
  from: orNull.text,
  to: orNull.text,
  text: orNull.text,
  data: Type.Unknown(),
  /** The requester may read it. */
  isPublic: Type.Boolean(),
});

const NotificationRow = Type.Object({
  channel: text,
  user: Type.Union([text, Type.Null()], { description: 'whom it was for; null: the channel' }),
  event: text,
  severity: Severity,
  state: Type.Union([Type.Literal('queued'), Type.Literal('sent'), Type.Literal('dead'), Type.Literal('dropped')]),
  attempts: Type.Integer(),
  createdAt: ms,
  sentAt: orNull.ms,
  lastError: orNull.text,
  takenOver: Type.Boolean({ description: 'not sent any more: it has reached the same person by another way' }),
});

/** A rule within a scope; the shape of the rule itself is checked where it is made. */
const RuleScope = Type.Object({ of: Type.Enum(['all', 'kind', 'site', 'group', 'tag', 'endpoint']), target: text });
const Op = Type.Enum(['>', '>=', '<', '<=', '=']);
export const RuleShown = Type.Object(
  {
    id: text,
    name: Type.Optional(OwnName),
    enabled: Type.Boolean(),
    notify: Type.Optional(Type.Boolean()),
    level_of: Type.Optional(text),
    severity: Severity,
    applies: Type.Enum(['all', 'server', 'workstation']),
    when: Type.Object(
      {
        kind: text,
        measurement: Type.Optional(text),
        field: Type.Optional(text),
        after_s: Type.Optional(Type.Number()),
        all: Type.Optional(
          Type.Array(
            Type.Object(
              { field: text, op: Op, value: Type.Number(), clear: Type.Optional(Type.Number()) },
              { additionalProperties: true },
            ),
          ),
        ),
      },
      { additionalProperties: true },
    ),
    for_s: Type.Number(),
    clear_for_s: Type.Number(),
    covered_by: Type.Optional(Type.Array(text)),
    no_data: Type.Optional(Type.Enum(['keep', 'ignore', 'alert'])),
    ticket: Type.Enum(['off', 'propose', 'open']),
    urgency: Type.Integer(),
    labels: Type.Optional(Type.Record(text, text)),
    summary: Type.Optional(text),
    description: Type.Optional(text),
    runbook: Type.Optional(text),
  },
  { additionalProperties: true },
);
export const RuleEntry = Type.Object({
  rule: RuleShown,
  scope: RuleScope,
  /** Who may change it: built in (no restriction), the settings file, people. */
  owner: Type.Enum(['built-in', 'file', 'people']),
  /** The parts that its owner overrides; null where it is as it was built in. */
  overrides: Type.Union([Type.Record(text, Type.Unknown()), Type.Null()]),
  /** False: the program has no such built-in rule, so without its overrides there is none. */
  hasDefault: Type.Boolean(),
  changedAt: orNull.ms,
  changedBy: orNull.text,
});
export type RuleEntry = Static<typeof RuleEntry>;
/** What a change would do. `POST /api/v1/rules/preview`. */
export const RulePreview = Type.Object({
  /** The rules as they would be, in every scope. */
  entries: Type.Array(RuleEntry),
  /** Endpoints that the scope reaches; how many of them have an alert of it now, and would by their newest values. */
  reached: Type.Integer(),
  now: Type.Integer(),
  /** null: only time can show, as for means and growth. */
  after: Type.Union([Type.Integer(), Type.Null()]),
  /** On stored history, by five minutes; null: history cannot say it, as for presence. */
  history: Type.Union([
    Type.Object({
      /** The oldest value of the last 30 days; null: there is none. */
      since: orNull.ms,
      /** Endpoints that have such a value, and as many of these as it looked at in the time that it has. */
      having: Type.Integer(),
      looked: Type.Integer(),
      /** How often it fired under the rules of now, and how often it would have. */
      before: Type.Integer(),
      after: Type.Integer(),
      /** On how many of them it would have, and for how long in all. */
      endpoints: Type.Integer(),
      seconds: Type.Integer(),
      /** The newest of these times; `to` null: it would still fire. */
      times: Type.Array(
        Type.Object({ endpoint: Type.Object({ id: text, name: text }), tags, from: ms, to: orNull.ms }),
      ),
    }),
    Type.Null(),
  ]),
});
export type RulePreview = Static<typeof RulePreview>;
const parts = Type.Union([Type.Record(text, Type.Unknown()), Type.Null()]);
export const RuleVersion = Type.Object({
  rule: text,
  scope: RuleScope,
  at: ms,
  by: text,
  reason: text,
  /** The parts in which the rule differs, as they were and as they are; null: there was no such rule, or is none. */
  before: parts,
  after: parts,
});
export type RuleVersion = Static<typeof RuleVersion>;

/** One alert with its history and its notifications. `GET /api/v1/alerts/{id}`. */
export const AlertDetail = Type.Object({
  alert: Alert,
  events: Type.Array(AlertEvent),
  notifications: Type.Array(NotificationRow),
  /** What its rule says about it now, as it is written there; `ruleTexts` fills it in. */
  texts: Type.Object({
    summary: Type.Optional(text),
    description: Type.Optional(text),
    runbook: Type.Optional(text),
  }),
});
export type AlertDetail = Static<typeof AlertDetail>;

export const LinkKind = Type.Enum(['parent', 'duplicate', 'follows', 'change', 'alert', 'related']);
export type LinkKind = Static<typeof LinkKind>;
export const SwarmKind = Type.Enum(['local', 'severity']);
export type SwarmKind = Static<typeof SwarmKind>;
/** What the page of a link for rating shows; it names nobody. `GET /api/v1/rate/{token}`. */
const stars = (description: string) =>
  Type.Union([Type.Integer({ minimum: 1, maximum: 5 }), Type.Null()], { description });
export const AskedRating = Type.Object({
  ticket: Type.Integer(),
  rating: stars('the last answer about the ticket; null: none yet'),
  at: orNull.ms,
  replaced: stars('the earlier answer that this one has replaced'),
});
export type AskedRating = Static<typeof AskedRating>;

export const TicketDetail = Type.Object({
  row: TicketRow,
  links: Type.Array(Type.Object({ id: Type.Integer(), kind: LinkKind, target: text, at: ms, by: text })),
  /** Tickets that are linked to this one. */
  linkedFrom: Type.Array(Type.Object({ ticket: Type.Integer(), kind: LinkKind })),
  participants: Type.Array(Type.Object({ person: text, swarm: SwarmKind, joinedAt: ms, leftAt: orNull.ms })),
  /** Told of what others do with it. */
  watchers: Type.Array(Type.Object({ person: text, at: ms })),
  /** The last answer of the requester, and whether one is awaited. */
  rating: Type.Object({
    isAsked: Type.Boolean(),
    rating: Type.Union([Type.Integer(), Type.Null()]),
    comment: orNull.text,
    at: orNull.ms,
  }),
  /** Public comments reach the requester by mail: their name has an address, and a channel sends mails. */
  requesterIsMailed: Type.Boolean(),
  /** Where whoever works on it talks. */
  chat: orNull.text,
  /** The secret of the link for rating, only in the answer to what made it. */
  ratingToken: orNull.text,
  made: Type.Union([Type.Integer(), Type.Null()], { description: 'the ticket that a split has made' }),
  alert: Type.Union([Alert, Type.Null()]),
  events: Type.Array(TicketEvent),
  /** Comments of tickets that were merged into it, and of the one that it is a part of. */
  quoted: Type.Array(Type.Object({ ticket: Type.Integer(), event: TicketEvent })),
  notifications: Type.Array(NotificationRow),
  said: Type.Union(
    [
      Type.Object({
        summary: Type.Optional(text),
        description: Type.Optional(text),
        runbook: Type.Optional(text),
        url: Type.Optional(text),
      }),
      Type.Null(),
    ],
    { description: 'of an alert of other monitoring: what came with it, and where it is shown there' },
  ),
  follows: Type.Union([Type.Integer(), Type.Null()]),
  /** At ticket desks of others. */
  desks: Type.Array(DeskLink),
});
export type TicketDetail = Static<typeof TicketDetail>;

/** What was measured around the beginning and the end of a ticket's alert, kept when the series are gone. */
export const KeptEvidence = Type.Object({
  ...{ alert: text, metric: text, unit: text, from: ms, to: ms },
  step: Type.Integer({ description: 'ms' }),
  asOf: ms,
  series: Type.Array(Type.Object({ tags, points: Type.Array(Type.Tuple([Type.Integer(), orNull.number])) })),
});
export type KeptEvidence = Static<typeof KeptEvidence>;

export const ImpactSegment = Type.Object(
  {
    start: ms,
    end: Type.Union([ms, Type.Null({ description: 'it lasts' })]),
    factor: Type.Number({
      minimum: 0,
      maximum: 1,
      description: '1 cannot work, 0.5 a major part is blocked, 0.2 a nuisance',
    }),
    affected: Type.Array(
      Type.Object(
        {
          site: Type.Union([
            Type.String({ maxLength: 64, description: 'id' }),
            Type.Null({ description: 'of no site' }),
          ]),
          people: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
        },
        closed,
      ),
      { maxItems: 200 },
    ),
  },
  closed,
);
/** Why an estimate of the impact is what it is, or why there is none. */
const estimateReasons = [
  'site_stopped',
  'site_uncounted',
  'dependants',
  'no_dependants',
  'dependants_unknown',
  'workstations_only',
  'no_outage',
  'line_only',
] as const;
export type EstimateReason = (typeof estimateReasons)[number];
/** What an incident did to people. */
export const Impact = Type.Object({
  segments: Type.Array(ImpactSegment),
  /** Null: estimated from alerts, not confirmed. */
  stated: Type.Union([Type.Object({ by: text, at: ms, reason: text }), Type.Null()]),
  /** Endpoints that were down, and whose number of dependants is not known. */
  unknown: Type.Array(Type.Object({ id: text, name: text })),
  reasons: Type.Array(
    Type.Object({
      code: Type.Enum([...estimateReasons]),
      site: orNull.text,
      endpoints: Type.Array(Type.Object({ id: text, name: text })),
    }),
    {
      description:
        'Why the estimate is what it is, or why there is none; empty once the impact is stated. line_only: these ' +
        'machines were up, as their agents reported afterwards, and only the connection was cut',
    },
  ),
  /** Newest first. */
  versions: Type.Array(Type.Object({ at: ms, by: text, reason: text, segments: Type.Array(ImpactSegment) })),
});
export type Impact = Static<typeof Impact>;

export const changeOutcomes = ['success', 'with_issues', 'failed'] as const;
const ChangeVerdict = Type.Enum([...changeOutcomes]);
/** Without a title, what was recognised says it: updates of a manager, or restarts at a site. */
export const ChangeName = Type.Object({
  id: Type.Integer(),
  kind: Type.Enum(['planned', 'recognised']),
  title: text,
  what: Type.Union([Type.Enum(['patch', 'restart']), Type.Null()]),
  manager: orNull.text,
  site: orNull.text,
  packages: Type.Array(text),
});
export type ChangeName = Static<typeof ChangeName>;
/** Work on one endpoint: what its agent reported, and the start of what was planned. */
export const ChangeMark = Type.Object({ at: ms, what: Type.Enum(['change', 'patch', 'restart']), change: ChangeName });
export type ChangeMark = Static<typeof ChangeMark>;

/** Why an incident has no lost hours, neither confirmed nor estimated. */
const noHoursReasons = [
  ...estimateReasons,
  'cancelled',
  'nobody_hindered',
  'planned',
  'outside_working_hours',
  'site_removed',
  'month_closed',
  'other_incident',
] as const;
/** The story of an incident beside its ticket. `GET /api/v1/incidents/{id}`. */
export const Incident = Type.Object({
  from: Type.Integer({ description: 'ms since 1970, UTC: the earliest evidence' }),
  to: Type.Union([ms, Type.Null({ description: 'it lasts' })]),
  asOf: ms,
  found: Type.Object({
    by: Type.String({ description: 'monitor, or who opened the ticket' }),
    afterMs: Type.Number({ description: 'from its beginning to the first alert or the ticket' }),
  }),
  alerts: Type.Array(Alert),
  merged: Type.Array(TicketName),
  /** From a day before it to an hour after, at most 40. */
  endpoints: Type.Array(Type.Object({ id: text, name: text, site: orNull.text, intervals: Type.Array(Interval) })),
  moreEndpoints: Type.Integer(),
  signals: Type.Array(Type.Object({ endpoint: text, at: ms, kind: text, reason: orNull.text, lastSeen: orNull.ms })),
  /** Work on its endpoints in the 72 hours before, newest first. */
  changes: Type.Array(Type.Object({ ...ChangeMark.properties, endpoint: Type.Object({ id: text, name: text }) })),
  /** Of the rules of its alerts, in the day before. */
  ruleChanges: Type.Array(Type.Object({ rule: NamedRule, at: ms, by: text, reason: text })),
  /** Person-hours, by month, as Stability counts them. */
  hours: Type.Array(
    Type.Object({ period: text, lost: Type.Number(), planned: Type.Number(), unconfirmed: Type.Number() }),
  ),
  noHours: Type.Union([Type.Enum([...noHoursReasons]), Type.Null()], {
    description: 'Why no lost hours are counted, confirmed or estimated; null where there are some',
  }),
});
export type NoHours = (typeof noHoursReasons)[number];
export type Incident = Static<typeof Incident>;

const thin = Type.Boolean({ description: 'too little of the time was observed for the number to be relied on' });
const period = Type.Object({ name: text, from: ms, to: ms, zone: text });

/** Minutes of one endpoint or of a pool; definitions in the KPI room's README. */
export const AvailabilityFigures = Type.Object({
  availability_pct: orNull.number,
  availability_low_pct: orNull.number,
  availability_high_pct: orNull.number,
  availability_gross_pct: Type.Union([Type.Number(), Type.Null()], { description: 'with planned work in it' }),
  coverage_pct: orNull.number,
  thin,
  up_minutes: Type.Number(),
  down_minutes: Type.Number(),
  unknown_minutes: Type.Number(),
  idle_minutes: Type.Number(),
  maintenance_minutes: Type.Number(),
  service_minutes: Type.Number(),
});

export const Availability = Type.Object({
  period,
  class: EndpointKind,
  asOf: ms,
  /** The period has not ended, or late facts may still come. */
  provisional: Type.Boolean(),
  n: Type.Integer({ description: 'endpoints with monitored time' }),
  status: Type.Union([Type.Literal('ok'), Type.Literal('low_n'), Type.Literal('insufficient')]),
  pool: AvailabilityFigures,
  endpoints: Type.Array(
    Type.Object({
      id: text,
      name: text,
      site: orNull.text,
      figures: AvailabilityFigures,
      intervals: Type.Array(Interval),
    }),
  ),
  formula: text,
});
export type Availability = Static<typeof Availability>;

export const KpiUnit = Type.Enum(['percent', 'seconds', 'count', 'hours', 'money'], {
  description: 'money: in the smallest unit of the currency',
});
export type KpiUnit = Static<typeof KpiUnit>;

/** One line behind a number: value = sum of `part` / sum of `whole`, in percent where that is the unit. */
export const KpiLine = Type.Object({
  endpoint: Type.Union([Type.Object({ id: text, name: text, site: orNull.text }), Type.Null()]),
  alert: Type.Union([Type.Object({ id: text, rule: NamedRule }), Type.Null()]),
  ticket: Type.Union([TicketName, Type.Null()]),
  site: Type.Union([Type.String(), Type.Null()], { description: 'of its endpoint, or of its ticket' }),
  why: Type.Union([Type.String(), Type.Null()], { description: 'why it counts, or does not: `kpi.<id>.why.<code>`' }),
  /** A cost or a product. */
  named: Type.Union([Type.Object({ id: text, name: text }), Type.Null()]),
  /** `repair`: of another change, so it counts for nothing. */
  change: Type.Union([
    Type.Object({
      ...ChangeName.properties,
      outcome: Type.Enum([...changeOutcomes, 'repair']),
      reasons: Type.Array(text),
    }),
    Type.Null(),
  ]),
  gross: Type.Optional(
    Type.Union([Type.Number(), Type.Null()], {
      description:
        'uptime of an endpoint in percent with planned work in it; months closed by older versions have none',
    }),
  ),
  at: orNull.ms,
  part: Type.Number(),
  whole: Type.Number({ description: '0: listed, and counts for nothing' }),
  value: orNull.number,
});
export type KpiLine = Static<typeof KpiLine>;

export const KpiValue = Type.Object({
  /** Its name and meaning are words: `kpi.<id>.name` and so on. */
  id: text,
  unit: KpiUnit,
  value: orNull.number,
  state: Type.Enum(['ok', 'low_n', 'insufficient', 'no_data'], {
    description: 'low_n: few lines count, insufficient: too few for one number; no_data: nothing to compute it from',
  }),
  n: Type.Integer({ description: 'lines of the list that count' }),
  low: orNull.number,
  high: orNull.number,
  coverage: Type.Union([Type.Number(), Type.Null()], { description: 'percent of the time that was observed' }),
  thin,
  beside: Type.Array(
    Type.Object({ code: text, unit: KpiUnit, value: orNull.number, low: orNull.number, high: orNull.number }),
  ),
  /** Where the number is insufficient: the lines themselves, to be shown in its place. */
  few: Type.Array(KpiLine),
  /** Whole weeks up to the end of the period, where the KPI has a trend; those without any are 0. */
  weeks: Type.Array(Type.Object({ from: ms, to: ms, count: Type.Integer() })),
  provisional: Type.Boolean({ description: 'some of its lines may still change, even where the month is closed' }),
  formula: Type.Union([Type.String(), Type.Null()], {
    description: 'name, version and meaning; null: the month was closed before it was kept with it',
  }),
  currency: Type.Optional(Type.String({ description: 'of its amounts, ISO 4217' })),
});
export type KpiValue = Static<typeof KpiValue>;

export const PeriodMonitored = Type.Object({
  from: ms,
  days: Type.Integer({ description: 'from then on, with that one' }),
  ofDays: Type.Integer({ description: 'of the period, as far as they have begun' }),
});
export type PeriodMonitored = Static<typeof PeriodMonitored>;
/** Null: nothing was. Reports made by older versions do not say it. */
const monitored = Type.Optional(
  Type.Union([PeriodMonitored, Type.Null()], {
    description: 'since the first endpoint reported; time before is in no number',
  }),
);
const kpiHead = {
  period,
  asOf: ms,
  provisional: Type.Boolean({ description: 'late facts may still change it' }),
  monitored,
  since: Type.Optional(
    Type.Union([ms, Type.Null()], { description: 'first report ever of an endpoint that was there in the period' }),
  ),
};
export const Kpis = Type.Object({ ...kpiHead, items: Type.Array(KpiValue) });
export type Kpis = Static<typeof Kpis>;
const CalendarUse = Type.Enum(['service', 'working', 'support']);
/** What the numbers of a period were computed with: of a closed month what held when it was closed. */
const madeWithParts = {
  tz: Type.String({ description: 'version of the time zone database' }),
  /** Of the sites that have one of their own; null: the month was closed before they were kept with it. */
  calendars: Type.Union([
    Type.Array(Type.Object({ site: text, use: text, id: Type.Optional(text), name: text, version: Type.Integer() })),
    Type.Null(),
  ]),
  /** Time that does not count as down, at most 200; who entered it, and who approved what was entered late. */
  exclusions: Type.Array(
    Type.Object({
      scope: Type.Enum(['site', 'group', 'tag', 'endpoint']),
      name: text,
      from: ms,
      to: ms,
      reason: text,
      by: text,
      enteredAt: Type.Optional(ms),
      late: Type.Boolean(),
      approvedBy: orNull.text,
    }),
  ),
  otherExclusions: Type.Integer(),
};
const MadeWith = Type.Object(madeWithParts);
export type MadeWith = Static<typeof MadeWith>;
/** Of one number: the calendars of the hours that it counts in, and what was left out where it leaves maintenance out. */
const KpiMadeWith = Type.Object({
  ...madeWithParts,
  hours: Type.Union([CalendarUse, Type.Null()], { description: 'null: around the clock' }),
  exclusions: Type.Union([madeWithParts.exclusions, Type.Null()]),
});
export const KpiDetail = Type.Object({
  ...kpiHead,
  kpi: KpiValue,
  /** `value` is part / whole, in percent where that is the unit; `of` is the unit of the whole. */
  total: Type.Object({
    how: Type.Enum(['ratio', 'sum', 'quotient'], {
      description: 'sum: value is the part; quotient: the parts of some lines / the wholes of others',
    }),
    part: Type.Number(),
    whole: Type.Number(),
    of: KpiUnit,
  }),
  /** ms UTC: until then all tickets, alerts and presence of the period were kept; null while they are. */
  evidenceUntil: Type.Union([Type.Integer(), Type.Null()]),
  madeWith: KpiMadeWith,
  /** Worst first. */
  evidence: Type.Array(KpiLine),
  next: Type.Union([Type.String({ description: 'cursor' }), Type.Null()]),
});
export type KpiDetail = Static<typeof KpiDetail>;

/** Whether two values differ by more than chance: only then is the one better than the other. */
const KpiChange = Type.Object({
  difference: Type.Number(),
  of: Type.Enum(['value', 'median'], { description: 'of what the difference is' }),
  low: orNull.number,
  high: Type.Union([Type.Number(), Type.Null()], { description: 'with low the 95 % interval; null: too few for one' }),
  verdict: Type.Enum(['better', 'worse', 'unclear'], { description: 'unclear: the interval includes no change' }),
});
const orChange = Type.Union([KpiChange, Type.Null()]);
const WhyList = Type.Object({
  /** What each added to the value of both periods: largest difference first, at most 50. */
  lines: Type.Array(
    Type.Object({
      ticket: Type.Union([TicketName, Type.Null()]),
      endpoint: Type.Union([Type.Object({ id: text, name: text }), Type.Null()]),
      site: orNull.text,
      before: Type.Number(),
      after: Type.Number(),
      by: Type.Number({ description: 'after - before' }),
    }),
  ),
  rest: Type.Union([Type.Number(), Type.Null()], {
    description: 'of what is not listed and of nothing that has a name; with the lines it is the difference',
  }),
});
const whySide = { ...kpiHead, closed: Type.Boolean(), value: orNull.number };
/** Why a KPI differs between two periods. `GET /api/v1/kpis/{id}/why`. */
export const KpiWhy = Type.Object({
  kpi: Type.String({ description: 'its id, or index' }),
  unit: KpiUnit,
  currency: Type.Optional(text),
  from: Type.Object(whySide),
  to: Type.Object(whySide),
  difference: Type.Union([Type.Number(), Type.Null()], { description: 'null: one of them has no value' }),
  change: orChange,
  incidents: WhyList,
  sites: WhyList,
  machines: WhyList,
});
export type KpiWhy = Static<typeof KpiWhy>;

const BudgetScope = Type.Enum(['site', 'group', 'tag', 'endpoint']);
/** What is left of the error budgets. `GET /api/v1/availability/budgets`. */
export const Budgets = Type.Object({
  ...kpiHead,
  closed: Type.Boolean(),
  kind: EndpointKind,
  by: BudgetScope,
  standard: Type.Number({ description: 'target of the kind, percent' }),
  n: Type.Integer({ description: 'rows of all pages' }),
  items: Type.Array(
    Type.Object({
      key: Type.Union([text, Type.Null()], { description: 'id of the endpoint or group, name of the site, the tag' }),
      name: orNull.text,
      endpoints: Type.Integer(),
      availability: orNull.number,
      target: Type.Number(),
      from: Type.Union([BudgetScope, Type.Null()], {
        description: 'where the target is set; null: of the kind, or several',
      }),
      budget: Type.Union([Type.Number(), Type.Null()], { description: 'minutes of the whole period' }),
      used: Type.Number({ description: 'minutes down' }),
      left: Type.Union([Type.Number(), Type.Null()], { description: 'minutes; below 0: overspent' }),
    }),
  ),
  next: Type.Union([Type.String({ description: 'cursor' }), Type.Null()]),
});
export type Budgets = Static<typeof Budgets>;
export const AvailabilityTargets = Type.Object({
  standard: Type.Object({ server: Type.Number(), workstation: Type.Number() }),
  versions: Type.Array(
    Type.Object({
      scope: BudgetScope,
      target: text,
      name: text,
      percent: orNull.number,
      at: ms,
      by: text,
      reason: text,
    }),
  ),
});
export type AvailabilityTargets = Static<typeof AvailabilityTargets>;

const band = Type.Union([Type.Enum(['excellent', 'good', 'fair', 'poor', 'very_poor']), Type.Null()]);
const PartName = Type.Enum(['servers', 'workstations', 'response', 'major_incidents', 'lost_hours']);
const partDefinition = {
  weight: Type.Number({ minimum: 0, maximum: 100 }),
  target: Type.Number(),
  floor: Type.Number(),
};
export const StabilityDefinition = Type.Object(
  Object.fromEntries(PartName.enum.map((name) => [name, Type.Object(partDefinition, closed)])),
  closed,
);
/** What took points: an incident, or an endpoint whose down time has no ticket. */
const StabilityCause = Type.Object({
  ticket: Type.Union([TicketName, Type.Null()]),
  endpoint: Type.Union([Type.Object({ id: text, name: text }), Type.Null()]),
  points: Type.Number(),
  byPart: Type.Record(text, Type.Number()),
  hours: Type.Number({ description: 'lost person-hours' }),
});
const hourParts = { lost: Type.Number(), planned: Type.Number(), unconfirmed: Type.Number() };
const minutes = Type.Number({ description: 'minutes' });
const MajorIncident = Type.Object({
  ticket: TicketName,
  site: orNull.text,
  from: Type.Integer({ description: 'ms since 1970, UTC: the earliest evidence' }),
  to: Type.Union([ms, Type.Null({ description: 'it lasts' })]),
  people: Type.Union([Type.Integer(), Type.Null()], { description: 'whom it hit; null: not known' }),
  ...{ lost: Type.Number(), unconfirmed: Type.Number(), points: Type.Number() },
  /** What is known of its cause: a change that it is linked to, and what was written when it was resolved. */
  change: Type.Union([ChangeName, Type.Null()]),
  said: orNull.text,
});
export const Stability = Type.Object({
  ...kpiHead,
  /** When it was closed, and how often it was computed again since, the last time by whom and why; null while it is open. */
  closed: Type.Union([Type.Object({ at: ms, revision: Type.Integer(), by: text, reason: text }), Type.Null()]),
  site: orNull.text,
  index: Type.Object({
    value: orNull.number,
    band,
    state: Type.Enum(['ok', 'insufficient', 'no_data']),
    weight: Type.Number({ description: 'of 100: of the parts that have a value' }),
    limitedBy: Type.Union([Type.Object({ part: PartName, score: Type.Number(), band }), Type.Null()]),
    definition: Type.Integer({ description: 'version' }),
  }),
  parts: Type.Array(
    Type.Object({
      part: PartName,
      kpi: text,
      ...partDefinition,
      unit: Type.Enum(['percent', 'count']),
      value: orNull.number,
      score: orNull.number,
      lost: Type.Number({ description: 'points' }),
    }),
  ),
  /** Of priority 1 and 2 that began in it, those that cost most first. Reports made by older versions do not say it. */
  majors: Type.Optional(Type.Array(MajorIncident)),
  /** Worst first, at most 50; with the rest they are what is lost. */
  causes: Type.Array(StabilityCause),
  otherCauses: Type.Number({ description: 'points of those not listed, and of none' }),
  /** The month before: `byPart` and `composition` sum to the change. */
  before: Type.Union([
    Type.Object({
      name: text,
      value: Type.Number(),
      change: Type.Number(),
      byPart: Type.Record(text, Type.Number()),
      composition: Type.Number(),
    }),
    Type.Null(),
  ]),
  /** The period, or the site, that it is compared with; null where nothing was monitored then. */
  compared: Type.Union([
    Type.Object({
      ...kpiHead,
      closed: Type.Boolean(),
      site: orNull.text,
      endpoints: Type.Integer(),
      coverage: orNull.number,
      index: orNull.number,
      verdict: Type.Union([KpiChange.properties.verdict, Type.Null()]),
      kpis: Type.Array(
        Type.Object({
          id: text,
          value: orNull.number,
          state: KpiValue.properties.state,
          n: Type.Integer(),
          change: orChange,
        }),
      ),
    }),
    Type.Null(),
  ]),
  endpoints: Type.Integer(),
  coverage: orNull.number,
  kpis: Type.Array(KpiValue),
  weeks: Type.Array(Type.Object({ from: ms, to: ms, ...hourParts })),
  incidents: Type.Array(Type.Object({ ticket: TicketName, isOpen: Type.Boolean(), ...hourParts })),
  sites: Type.Array(
    Type.Object({
      site: Type.Union([Type.Object({ id: text, name: text }), Type.Null()]),
      endpoints: Type.Integer(),
      servers: orNull.number,
      workstations: orNull.number,
      lost: Type.Number(),
      unconfirmed: Type.Number(),
      days: Type.Array(
        Type.Object({ at: ms, up: minutes, down: minutes, unknown: minutes, maintenance: minutes, idle: minutes }),
      ),
    }),
  ),
  /** By operating system and model, most incidents per machine-month first; null: not kept when the month was closed. */
  rates: Type.Union([
    Type.Object({
      rows: Type.Array(
        Type.Object({
          by: Type.Enum(['os', 'model']),
          name: orNull.text,
          machines: Type.Integer(),
          months: Type.Number({ description: 'of 30 days in the fleet' }),
          incidents: Type.Number(),
          hours: Type.Number({ description: 'lost person-hours' }),
        }),
      ),
      rest: Type.Object({ incidents: Type.Number(), hours: Type.Number() }, { description: 'of no machine' }),
    }),
    Type.Null(),
  ]),
  /** What to do next, the most useful first, at most 5. */
  actions: Type.Array(
    Type.Object({
      code: Type.Enum([
        ...(['follow_up', 'endpoint_down', 'confirm_impact', 'people_of_site', 'people_of_endpoint'] as const),
        ...(['answer_in_time', 'back_up', 'patch', 'review_changes', 'free_disk', 'reclaim_licences'] as const),
      ]),
      ticket: Type.Union([TicketName, Type.Null()]),
      endpoint: Type.Union([Type.Object({ id: text, name: text }), Type.Null()]),
      site: orNull.text,
      points: Type.Union([Type.Number(), Type.Null()], { description: 'of the index, won back at most' }),
      hours: Type.Union([Type.Number(), Type.Null()], { description: 'person-hours' }),
      // What follows has no place in reports of older versions.
      kpi: Type.Optional(Type.String({ description: 'whose list is the evidence' })),
      n: Type.Optional(Type.Integer({ description: 'endpoints, disks, tickets or changes that it is about' })),
      share: Type.Optional(Type.Number({ description: 'percentage points of the KPI, won back at most' })),
      days: Type.Optional(Type.Number({ description: 'until the first disk is full' })),
      money: Type.Optional(Type.Number({ description: 'in the smallest unit of the currency' })),
      currency: Type.Optional(Type.String({ description: 'ISO 4217' })),
    }),
  ),
  /** A report says it beside these numbers. */
  madeWith: Type.Optional(MadeWith),
});
export type Stability = Static<typeof Stability>;
export type NextAction = Stability['actions'][number];
const reportHead = {
  id: text,
  period: Type.Object({ name: text, from: ms, to: ms, zone: text }),
  /** Null: all. */
  site: Type.Union([Type.Object({ id: text, name: text }), Type.Null()]),
  language: text,
  revision: Type.Integer(),
  madeAt: ms,
  by: text,
  reason: text,
  provisional: Type.Boolean({
    description: 'when it was made late facts could still change it, or its month was not closed',
  }),
  digest: Type.String({ description: 'SHA-256 of the content: equal digests are equal numbers' }),
};
export const PeriodReportRow = Type.Object(reportHead);
export type PeriodReportRow = Static<typeof PeriodReportRow>;
/** As it was when the report was made: the same for ever. */
export const PeriodReportContent = Type.Object({
  stability: Stability,
  /** The period before, without its lists; null where it had nothing to measure. */
  before: Type.Union([Stability, Type.Null()]),
  ...madeWithParts,
});
export type PeriodReportContent = Static<typeof PeriodReportContent>;
export const PeriodReport = Type.Object({
  ...reportHead,
  settledSince: Type.Boolean({ description: 'it is provisional, and made anew it would be final' }),
  content: PeriodReportContent,
});
export type PeriodReport = Static<typeof PeriodReport>;
/** The index month by month, oldest first. */
export const IndexLine = Type.Object({
  months: Type.Array(
    Type.Object({
      name: text,
      closed: Type.Boolean(),
      provisional: Type.Boolean(),
      monitored,
      index: orNull.number,
      endpoints: Type.Integer(),
      coverage: orNull.number,
      definition: Type.Integer({ description: 'version' }),
    }),
  ),
  baseline: Type.Union([Type.Number(), Type.Null()], {
    description: 'median of the first three closed months that have an index',
  }),
});
export type IndexLine = Static<typeof IndexLine>;
export const OutwardChange = Type.Object({ at: ms, by: text, reason: text, content: Type.Unknown() });
export type OutwardChange = Static<typeof OutwardChange>;
export const statusAccess = ['public', 'login'] as const;
const noticeHead = { id: Type.Integer(), component: text, title: text, beganAt: ms, endedAt: orNull.ms };
const StatusNotice = Type.Object({
  ...noticeHead,
  updates: Type.Array(Type.Object({ at: ms, by: text, words: text, nextAt: orNull.ms })),
});
export type StatusNotice = Static<typeof StatusNotice>;
/** For those who manage it. */
/** What a part of a status page is based on. */
export const statusBases = ['site', 'group', 'service', 'target'] as const;
export const StatusPageRow = Type.Object({
  id: text,
  slug: text,
  title: text,
  intro: text,
  access: Type.Enum([...statusAccess]),
  enabled: Type.Boolean(),
  zone: text,
  components: Type.Array(Type.Object({ id: text, name: text, of: Type.Enum([...statusBases]), target: text })),
  notices: Type.Array(StatusNotice),
  updatedAt: ms,
  updatedBy: text,
});
export type StatusPageRow = Static<typeof StatusPageRow>;
/** For everyone who may see it: no hosts, no tickets, no authors, no ids of places. */
export const StatusAnswer = Type.Object({
  title: text,
  intro: text,
  zone: text,
  asOf: ms,
  components: Type.Array(
    Type.Object({
      id: text,
      name: text,
      state: Type.Enum(['works', 'disturbed', 'down', 'maintenance', 'unknown']),
      since: orNull.ms,
      /** What it follows: servers of a place, or checks from outside. */
      basis: Type.Enum(['servers', 'checks']),
      availability: orNull.number,
      /** Of the days, the newest first, and planned work that runs or is to come. Of checks only. */
      outages: Type.Array(Type.Object({ from: ms, to: orNull.ms })),
      work: Type.Array(Type.Object({ from: ms, to: ms })),
      days: Type.Array(
        Type.Object({ at: ms, up: minutes, down: minutes, unknown: minutes, maintenance: minutes, idle: minutes }),
      ),
    }),
  ),
  /** When the desk will say more; null where it did not say. */
  next: orNull.ms,
  /** A person has said something of what is not over. */
  hasWord: Type.Boolean(),
  notices: Type.Array(
    Type.Object({ ...noticeHead, updates: Type.Array(Type.Object({ at: ms, words: text, nextAt: orNull.ms })) }),
  ),
});
export type StatusAnswer = Static<typeof StatusAnswer>;
export const ReportSchedule = Type.Object({
  id: text,
  rhythm: Type.Enum(['week', 'month', 'quarter']),
  hour: Type.Integer(),
  zone: text,
  /** Id; null: all. */
  site: orNull.text,
  language: text,
  recipients: Type.Array(text),
  enabled: Type.Boolean(),
  next: orNull.ms,
  /** What it made last; `problem` is the code of why there is no report or no mail, `error` of a mail that is not sent. */
  last: Type.Union([
    Type.Object({
      period: text,
      at: ms,
      report: orNull.text,
      mails: Type.Integer(),
      sent: Type.Integer(),
      failed: Type.Integer(),
      problem: orNull.text,
      error: orNull.text,
    }),
    Type.Null(),
  ]),
  updatedAt: ms,
  updatedBy: text,
});
export type ReportSchedule = Static<typeof ReportSchedule>;
export const StabilityDefinitions = Type.Array(
  Type.Object({
    version: Type.Integer(),
    at: orNull.ms,
    by: orNull.text,
    reason: orNull.text,
    parts: StabilityDefinition,
  }),
);
export const Recomputed = Type.Object({
  applied: Type.Boolean(),
  differences: Type.Array(
    Type.Object({
      site: orNull.text,
      kpi: Type.String({ description: 'its id; index: the index itself; definition: the version of its weights' }),
      before: orNull.number,
      after: orNull.number,
      /** Of the list behind it; null: there is none. */
      lines: Type.Union([
        Type.Object({ added: Type.Integer(), removed: Type.Integer(), changed: Type.Integer() }),
        Type.Null(),
      ]),
      currency: Type.Optional(text),
    }),
  ),
  kept: Type.Array(Type.Object({ site: orNull.text, kpi: text }), {
    description: 'figures that stay as they were closed, because their facts are no longer there',
  }),
});
export type Recomputed = Static<typeof Recomputed>;

const endpointName = Type.Object({ id: text, name: text, kind: EndpointKind, site: orNull.text });
export const RetiredEndpoint = Type.Object({
  ...endpointName.properties,
  enrolledAt: Type.Integer(),
  retiredAt: Type.Integer(),
  restorableUntil: Type.Union([Type.Integer(), Type.Null()], { description: 'ms UTC; null: no more' }),
});
export type RetiredEndpoint = Static<typeof RetiredEndpoint>;
const placeParts = {
  id: text,
  name: text,
  note: text,
  /** Endpoints that are not retired; how many of them need attention, and how many of these immediately. */
  endpoints: Type.Integer(),
  attention: Type.Integer(),
  critical: Type.Integer(),
  level,
  createdAt: ms,
  createdBy: text,
  updatedAt: ms,
  updatedBy: text,
};
export const GroupRow = Type.Object(placeParts);
export type GroupRow = Static<typeof GroupRow>;
export const maintenanceScopes = ['site', 'group', 'tag', 'endpoint'] as const;
const scopeOf = Type.Enum([...maintenanceScopes]);
const Approval = Type.Union([Type.Object({ at: ms, by: text }), Type.Null()]);
const time = Type.Object({ start: ms, end: ms });
export const MaintenanceRow = Type.Object({
  id: text,
  /** `name`: for people; `target` as in a request. */
  scope: Type.Object({ of: scopeOf, target: text, name: text }),
  reason: text,
  once: Type.Union([time, Type.Null()]),
  repeat: Type.Union([
    Type.Object({
      cron: text,
      zone: text,
      durationMin: orNull.number,
      until: orNull.text,
      skip: Type.Array(text),
      starts: orNull.ms,
      ends: orNull.ms,
    }),
    Type.Null(),
  ]),
  createdAt: ms,
  createdBy: text,
  updatedAt: ms,
  updatedBy: text,
  askedBy: Type.Union([text, Type.Null()], { description: 'id of the machine that asked for it itself' }),
  approval: Approval,
  state: Type.Enum(['running', 'planned', 'over', 'cancelled']),
  /** The occurrences that run. `plannedEnd` is later than `end` until a second person approves more than 24 h. */
  running: Type.Array(
    Type.Object({ id: text, ...time.properties, plannedEnd: ms, late: Type.Boolean(), approval: Approval }),
  ),
  /** At most five. */
  next: Type.Array(time),
  endpoints: Type.Integer({ description: 'that it covers, or would cover now' }),
  alerts: Type.Integer({ description: 'that fire on them now' }),
  /** late: waits for a second person, and counts as downtime. long: more than 24 h, which a second person has to approve. */
  warnings: Type.Array(Type.Enum(['late', 'long', 'much', 'nobody'])),
});
export type MaintenanceRow = Static<typeof MaintenanceRow>;

export const ChangeRow = Type.Object({
  ...ChangeName.properties,
  state: Type.Enum(['planned', 'in_progress', 'done', 'cancelled']),
  from: ms,
  to: ms,
  implementedAt: orNull.ms,
  /** Its window is over and nobody has said how it went. */
  isOverdue: Type.Boolean(),
  scopes: Type.Array(Type.Object({ of: scopeOf, target: text, name: text })),
  targets: Type.Object({
    n: Type.Integer(),
    done: Type.Integer(),
    failed: Type.Integer(),
    notSeen: Type.Integer({ description: 'no agent has reported the work' }),
  }),
  /** Null before it is done. */
  outcome: Type.Union([
    Type.Object({
      value: ChangeVerdict,
      reasons: Type.Array(text),
      isProvisional: Type.Boolean({ description: 'what happens within 72 hours may still change it' }),
    }),
    Type.Null(),
  ]),
  stated: Type.Union([Type.Object({ as: ChangeVerdict, reason: orNull.text }), Type.Null()]),
  objectiveMet: orNull.bool,
  rolledBack: Type.Boolean(),
  emergencyFix: Type.Boolean(),
  repairOf: Type.Union([Type.Integer(), Type.Null()]),
  createdAt: ms,
  createdBy: text,
});
export type ChangeRow = Static<typeof ChangeRow>;
export const ChangeWarning = Type.Object({
  code: Type.Enum(['overlap', 'nobody', 'past', 'late'], {
    description:
      'overlap: another change has one of its targets at the same time; past: it is over, so it has no maintenance; late: it has begun',
  }),
  change: Type.Union([ChangeName, Type.Null()]),
});
export type ChangeWarning = Static<typeof ChangeWarning>;
export const ChangePreview = Type.Object({
  endpoints: Type.Integer({ description: 'that it reaches now' }),
  warnings: Type.Array(ChangeWarning),
});
export type ChangePreview = Static<typeof ChangePreview>;
export const ChangeDetail = Type.Object({
  row: ChangeRow,
  description: text,
  warnings: Type.Array(ChangeWarning),
  targets: Type.Array(
    Type.Object({
      endpoint: Type.Object({ id: text, name: text, site: orNull.text }),
      seenAt: Type.Union([ms, Type.Null()], { description: 'when its agent reported the work' }),
      result: Type.Enum(['done', 'failed', 'not_seen']),
      isStated: Type.Boolean(),
      note: orNull.text,
      outage: Type.Union([Type.Object({ at: ms, end: ms, cause: text }), Type.Null()]),
    }),
  ),
  incidents: Type.Array(Type.Object({ ticket: TicketName, openedAt: ms })),
  repairs: Type.Array(ChangeName),
  history: Type.Array(Type.Object({ at: ms, by: text, code: text, data: Type.Record(text, Type.Unknown()) })),
});
export type ChangeDetail = Static<typeof ChangeDetail>;

/** A stretch of maintenance of one endpoint, or of one window. */
export const MaintenanceSpan = Type.Object({
  maintenance: text,
  reason: text,
  by: text,
  ...time.properties,
  /** Entered after its start. */
  late: Type.Boolean(),
  approval: Approval,
});
export type MaintenanceSpan = Static<typeof MaintenanceSpan>;

export const MaintenanceDetail = Type.Object({
  row: MaintenanceRow,
  /** Newest first, at most 50. */
  occurrences: Type.Array(MaintenanceSpan),
  history: Type.Array(Type.Object({ at: ms, by: text, code: text, params: Type.Record(text, Type.Unknown()) })),
});
export type MaintenanceDetail = Static<typeof MaintenanceDetail>;

export const SiteRow = Type.Object({
  ...placeParts,
  zone: Type.Union([Type.String({ description: 'IANA' }), Type.Null({ description: 'the report zone' })]),
  people: Type.Union([Type.Integer({ description: 'who work there' }), Type.Null({ description: 'not known' })]),
  calendars: Type.Object({ service: orNull.text, working: orNull.text, support: orNull.text }),
  joinCodes: Type.Integer({ description: 'join codes that can still be used and put endpoints here' }),
});
export type SiteRow = Static<typeof SiteRow>;

/** A site or a group with its endpoints, in the order of their names. */
export const SiteDetail = Type.Object({ row: SiteRow, members: Type.Array(endpointName) });
export type SiteDetail = Static<typeof SiteDetail>;
export const GroupDetail = Type.Object({ row: GroupRow, members: Type.Array(endpointName) });
export type GroupDetail = Static<typeof GroupDetail>;

const daySpans = Type.Array(Type.Tuple([Type.String({ maxLength: 5 }), Type.String({ maxLength: 5 })]), {
  maxItems: 24,
});
const date = Type.String({ maxLength: 10, description: 'local date, such as 2026-12-25' });
export const Holiday = Type.Object(
  {
    date,
    name: Type.String({
      maxLength: 120,
      pattern: oneLinePattern,
      want: 'a text of at most 120 characters, on one line',
    }),
  },
  closed,
);
/** Hours as people write them: local times HH:MM; closing before opening means the next day. */
export const CalendarContent = {
  name: Type.String({ maxLength: 512 }),
  zone: Type.String({ maxLength: 64, description: 'IANA, such as Europe/Berlin' }),
  weekly: Type.Object(Object.fromEntries(weekdays.map((day) => [day, Type.Optional(daySpans)])), closed),
  region: Type.Union([Type.String({ maxLength: 16 }), Type.Null()], {
    description: 'where the holidays come from, such as DE or DE-BE',
  }),
  holidays: Type.Array(Holiday, { maxItems: 2000 }),
  overrides: Type.Record(Type.String({ maxLength: 10 }), daySpans, {
    maxProperties: 1000,
    description: 'dates with hours of their own, which win over a holiday; without any it is closed',
  }),
};
export const CalendarRow = Type.Object({
  id: text,
  ...CalendarContent,
  version: Type.Integer(),
  weekMinutes: Type.Number({ description: 'minutes in a week without holidays' }),
  holidaysUntil: Type.Union([
    Type.String({ description: 'the last listed one: later ones are not known' }),
    Type.Null(),
  ]),
  /** What can be meant and often is not. */
  warnings: Type.Array(Type.Object({ why: Reason, problem: Type.String({ description: 'in English' }) })),
  sites: Type.Array(Type.Object({ id: text, name: text, use: CalendarUse })),
  createdAt: ms,
  createdBy: text,
  updatedAt: ms,
  updatedBy: text,
});
export type CalendarRow = Static<typeof CalendarRow>;
export const CalendarVersion = Type.Object({
  version: Type.Integer(),
  at: ms,
  by: text,
  reason: text,
  content: Type.Object(CalendarContent),
});
export const HolidayRegion = Type.Object({ id: text, name: text });

export const protectionGroups = [
  ...(['none', 'failed', 'late', 'never', 'anomaly', 'warning', 'unverified', 'unknown', 'ok', 'not_needed'] as const),
];
const ProtectionGroup = Type.Enum([...protectionGroups]);
export type ProtectionGroup = Static<typeof ProtectionGroup>;

/** A backup job as its tool reports it. */
export const ProtectedJob = Type.Object({
  product: text,
  job: text,
  protects: Type.Array(text),
  state: JobState,
  reason: orNull.reasons,
  lastRun: orNull.ms,
  lastSuccess: orNull.ms,
  /** Oldest first, at most the last 30. */
  runs: Type.Array(EndedRun),
  ageSeconds: orNull.number,
  rhythmSeconds: Type.Number({ description: 'how often it is to run' }),
  bytes: orNull.number,
  /** Median of its last five good runs before this one; null below three. */
  usualBytes: orNull.number,
  /** A rule says that it is too small: an empty source may be mounted. null: unknown. */
  sizeAnomaly: orNull.bool,
  /** The last restore that was tried out with success, by the tool or by a person. */
  lastVerified: orNull.ms,
  verifiedBy: orNull.text,
  /** The newest restore test failed: when, by whom, and what was noted; null when it did not. */
  verifyFailedAt: orNull.ms,
  verifyFailedBy: orNull.text,
  verifyNote: orNull.reasons,
});
export type ProtectedJob = Static<typeof ProtectedJob>;

/** One backup job of one endpoint with the verdict of the rules, or an endpoint without one. `GET /api/v1/protection`. */
export const ProtectionRow = Type.Object({
  endpoint: endpointName,
  level,
  /** Those of the Protection page that it belongs to. */
  groups: Type.Array(ProtectionGroup),
  /** null: it reports no job (groups `none`, `not_needed`), or whether it has one is not known (`unknown`). */
  job: Type.Union([ProtectedJob, Type.Null()]),
  /** The rule about a missing backup that an exception turns off for it: its reason stands in the history of the rule. */
  notNeeded: orNull.text,
  /** The open ticket about it; null: none. */
  ticket: Type.Union([Type.Integer(), Type.Null()]),
});
export type ProtectionRow = Static<typeof ProtectionRow>;

/** A part of the fleet with something in common, such as jobs that are late. */
const groupCount = <T extends string>(names: readonly T[]) =>
  Type.Object({ name: Type.Enum([...names]), count: Type.Integer(), level });

const protectionChoices = Type.Array(Type.Object({ value: text, count: Type.Integer() }));
export const Protection = Type.Object({
  asOf: ms,
  /** Of all that the caller sees, whatever is asked for. */
  endpoints: Type.Integer(),
  jobs: Type.Integer(),
  /** Worst first. Of endpoints in `none`, of jobs in the others, of both in `unknown`; of what else is asked for. */
  groups: Type.Array(groupCount(protectionGroups)),
  /** The same by site, the worst first; null: endpoints without a site. Those in which all is good are counted only. */
  bySite: Type.Array(Type.Object({ site: orNull.text, counts: Type.Record(text, Type.Integer()) })),
  goodSites: Type.Integer(),
  /** That of the items; null: all. */
  group: Type.Union([ProtectionGroup, Type.Null()]),
  /** What occurs in this group, and how often; of sites `""` is none. */
  sites: protectionChoices,
  products: protectionChoices,
  items: Type.Array(ProtectionRow),
  total: Type.Integer(),
  next: orNull.text,
});
export type Protection = Static<typeof Protection>;

export const PatchAges = Type.Object({
  asOf: ms,
  endpoints: Type.Integer(),
  /** Oldest first. */
  ages: Type.Array(Type.Object({ name: Type.Enum([...patchAges]), count: Type.Integer() })),
});
export type PatchAges = Static<typeof PatchAges>;

/** `GET /api/v1/disks/forecast`. */
export const DiskForecasts = Type.Object({
  /** Computed each night; null: not yet. */
  asOf: orNull.ms,
  /** How far ahead. */
  days: Type.Integer(),
  disks: Type.Integer(),
  /** Full within these days. */
  soon: Type.Integer(),
  /** Fewer than 7 days of values since the last large deletion. */
  short: Type.Integer(),
  /** No value in the last 3 days. */
  old: Type.Integer(),
  /** The one that is full first, first. */
  items: Type.Array(
    Type.Object({
      endpoint: endpointName,
      path: text,
      /** %, highest of the newest day. */
      used: Type.Number(),
      history: Type.Integer({ description: 'days with a value that count' }),
      /** Percentage points; null: it is full already, with too little history. */
      perDay: orNull.number,
      days: Type.Number({ description: 'until it is full' }),
      /** 95 % interval of `days`. */
      soonest: Type.Number(),
      latest: Type.Number(),
    }),
  ),
  next: orNull.text,
});
export type DiskForecasts = Static<typeof DiskForecasts>;

const patchGroups = ['critical', 'warning', 'info', 'waiting', 'unknown', 'none'] as const;
/** Patch level of one endpoint. `GET /api/v1/patches`. */
export const PatchRow = Type.Object({
  endpoint: endpointName,
  /**
   * compliant: scanned, and no security update is older than the limit. overdue: one is, or the system gets none any
   * more. unknown: cannot be determined, also while the age of what is pending is only known as a lower bound.
   */
  state: Type.Enum(['compliant', 'overdue', 'unknown']),
  fresh: Type.Boolean({
    description: 'unknown only because it is newly seen: the age of what is pending is not known yet',
  }),
  /** Verdict of the rules on the age of its security updates; waiting: nothing; none: no such update is pending. */
  group: Type.Enum([...patchGroups]),
  age: Type.Enum([...patchAges]),
  /** Verdict of the rules on its updates and its system. */
  attention: Type.Array(Attention),
  reason: orNull.reasons,
  managers: Type.Array(text),
  pending: orNull.number,
  pendingSecurity: orNull.number,
  oldestSecuritySince: orNull.ms,
  oldestSecurityAtLeast: Type.Boolean({ description: 'it may have waited longer: its publication date is not known' }),
  scannedAt: orNull.ms,
  rebootRequired: orNull.bool,
  rebootSince: orNull.ms,
  os: orNull.text,
  endOfLife: orNull.ms,
  /** The open ticket about its updates; null: none. */
  ticket: Type.Union([Type.Integer(), Type.Null()]),
});
export type PatchRow = Static<typeof PatchRow>;

const compliance = {
  endpoints: Type.Integer(),
  compliant: Type.Integer(),
  overdue: Type.Integer(),
  unsupported: Type.Integer({ description: 'of those that are overdue: its system gets no security updates any more' }),
  unknown: Type.Integer(),
  fresh: Type.Integer({
    description: 'of those that are unknown: newly seen, so that the age of its updates is not known yet',
  }),
  /** Compliant ones of those that are known; null when none is. */
  percent: orNull.number,
};
export const PatchOverview = Type.Object({
  asOf: ms,
  whole: Type.Object(compliance),
  /** By the share of compliant ones, smallest first. */
  sites: Type.Array(
    Type.Object({
      /** null: endpoints without a site. */
      site: orNull.text,
      ...compliance,
      oldestSecuritySince: orNull.ms,
    }),
  ),
  /** Worst first. */
  groups: Type.Array(groupCount(patchGroups)),
  /** Those that were asked for: overdue ones first, then those that are not known; of each, the oldest update first. */
  endpoints: Type.Array(PatchRow),
  total: Type.Integer(),
  next: orNull.text,
});
export type PatchOverview = Static<typeof PatchOverview>;

const optionalParts = ['self_service', 'scripts', 'mail_in', 'chat', 'desks', 'remote_support', 'ldap'] as const;
export const OptionalParts = Type.Array(Type.Object({ name: Type.Enum([...optionalParts]), isOn: Type.Boolean() }));
export type OptionalPart = Static<typeof OptionalParts>[number];

export const Me = Type.Object({
  user: orNull.text,
  role: Type.Union([Role, Type.Null()]),
  via: Type.Union([Type.Enum(['password', 'openid']), Type.Null()], { description: 'how the session was begun' }),
  provider: Type.Union([text, Type.Null()], { description: 'by which people log in beside passwords' }),
  recovers: Type.Boolean({ description: 'who has lost their access finds help at /recovery' }),
  lacksFactor: Type.Boolean({ description: 'a second factor must be set up before anything else' }),
  /** No admin exists yet: only the set-up page works. */
  setup: Type.Boolean(),
  version: text,
  zone: Type.Union([Type.String({ description: 'the zone of reports, IANA' }), Type.Null()], {
    description: 'null for who is not logged in',
  }),
  sites: Type.Union([Type.Array(Type.Object({ id: text, name: text })), Type.Null()], {
    description: 'of who is limited to some: of nothing else anything is shown; null: not limited',
  }),
  starts: ViewStarts,
});
export type Me = Static<typeof Me>;

export const Enrollment = Type.Object({
  id: text,
  label: text,
  site: orNull.text,
  kind: Type.Union([EndpointKind, Type.Null()]),
  uses: Type.Integer(),
  maxUses: Type.Integer(),
  createdAt: ms,
  createdBy: text,
  expiresAt: ms,
  revokedAt: orNull.ms,
  /** The endpoint that gets another credential by it; null: it makes a new endpoint. */
  replaces: orNull.text,
  tags: Type.Array(text),
  /** Addresses and ranges from which it works; from anywhere when empty. */
  ranges: Type.Array(text),
  /** Ids of groups. */
  groups: Type.Array(text),
  /** A person lets in each machine. */
  approval: Type.Boolean(),
  revokedBy: orNull.text,
});
export type Enrollment = Static<typeof Enrollment>;

/** Answered once, when the code is made: afterwards only its hash is kept. */
export const NewEnrollment = Type.Object({ enrollment: Enrollment, code: text, lines: JoinLines });
export type NewEnrollment = Static<typeof NewEnrollment>;

export const Token = Type.Object({
  id: text,
  name: text,
  role: Role,
  createdAt: ms,
  createdBy: text,
  lastUsedAt: orNull.ms,
  revokedAt: orNull.ms,
  expiresAt: orNull.ms,
  /** Of a script with one purpose: to read metrics, or to send alerts. */
  onlyFor: Type.Union([Type.Literal('metrics'), Type.Literal('alerts'), Type.Null()]),
  /** Ids of the sites that it is limited to; null: not limited. */
  sites: Type.Union([Type.Array(text), Type.Null()]),
});
export type Token = Static<typeof Token>;

export const auditKinds = ['person', 'token', 'cli', 'agent', 'stranger'] as const;
const auditValues = Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]);
export const AuditRow = Type.Object({
  id: Type.Integer(),
  at: ms,
  kind: Type.Enum([...auditKinds]),
  actor: text,
  address: Type.Union([text, Type.Null({ description: 'the command line of the collector’s machine' })]),
  object: text,
  objectId: orNull.text,
  name: orNull.text,
  action: text,
  before: auditValues,
  after: auditValues,
  reason: orNull.text,
  outcome: Type.Enum(['done', 'begun'], {
    description: 'begun: written before the change, and not completed; whether it was made is not known',
  }),
});
export type AuditRow = Static<typeof AuditRow>;

/** What a table from outside does, or would do. A fault anywhere keeps all of it from being saved. */
export const TableOutcome = Type.Object({
  applied: Type.Boolean(),
  faults: Type.Array(
    Type.Object({
      line: Type.Integer(),
      column: Type.Union([text, Type.Null({ description: 'the whole line, or the whole file' })]),
      position: Type.Union([Type.Integer(), Type.Null()], { description: 'of the column, from 1' }),
      value: Type.String({ description: 'as it stands there, shortened' }),
      why: Reason,
      problem: Type.String({ description: 'in English: why it is refused, and what is allowed' }),
    }),
    {
      description: 'the first 20, only of a table that is shown before it is applied: applied, it is refused with 400',
    },
  ),
  moreFaults: Type.Integer({ description: 'which are not listed' }),
  lines: Type.Array(
    Type.Object({
      ...{ line: Type.Integer(), name: text, does: Type.Enum(['add', 'change', 'same']) },
      before: Type.Optional(Type.Union([text, Type.Null()], { description: 'as it is until then; null: new' })),
      after: Type.Optional(Type.Union([text, Type.Null()], { description: 'as the line has it' })),
      warnings: Type.Optional(Type.Array(Reason, { description: 'it can be applied, and may not be meant' })),
    }),
  ),
});
export type TableOutcome = Static<typeof TableOutcome>;
/** What a room finds in a table; its faults get their words and places where they are answered. */
export interface TableRead {
  applied: boolean;
  faults: { line: number; column: string | null; value: string; why: Reason }[];
  lines: TableOutcome['lines'];
}

const money = Type.Integer({ description: 'in the smallest unit of the currency; at least 0' });
const reportMonth = Type.String({ maxLength: 10, description: 'such as 2026-11' });
const CostCategory = Type.Enum(['people', 'tools', 'facilities', 'travel', 'training', 'supplies', 'other']);
export const CostContent = {
  name: Type.String({ maxLength: 512 }),
  category: CostCategory,
  kind: Type.Enum(['monthly', 'yearly', 'capital'], { description: 'capital: paid once, used for so many months' }),
  cents: money,
  from: reportMonth,
  to: Type.Union([reportMonth, Type.Null()], { description: 'the last month; null: it goes on' }),
  months: Type.Union([Type.Integer(), Type.Null()], { description: 'capital: months of life; else null' }),
};
export const CostRow = Type.Object({
  id: text,
  ...CostContent,
  version: Type.Integer(),
  createdAt: ms,
  createdBy: text,
  updatedAt: ms,
  updatedBy: text,
});
export type CostRow = Static<typeof CostRow>;
const versionHead = { version: Type.Integer(), at: ms, by: text, reason: text };
export const CostVersion = Type.Object({
  ...versionHead,
  content: Type.Union([Type.Object(CostContent), Type.Null()], { description: 'null: it was removed' }),
});
export const MoneyContent = {
  currency: Type.String({ maxLength: 3, description: 'ISO 4217, such as EUR' }),
  hourCents: Type.Union([money, Type.Null()], { description: 'what an hour of work costs, all included' }),
  expected: Type.Array(CostCategory, { maxItems: 7, description: 'a month without one of them is incomplete' }),
};
/** Newest first; the last one is what it begins with. */
export const MoneyVersions = Type.Array(
  Type.Object({ version: Type.Integer(), at: orNull.ms, by: orNull.text, reason: orNull.text, ...MoneyContent }),
);
export type MoneyVersions = Static<typeof MoneyVersions>;

export const SoftwareClass = Type.Enum(['approved', 'free', 'high_risk', 'unwanted', 'unknown']);
const productName = Type.Union([Type.Object({ id: text, name: text }), Type.Null()]);
export const SoftwareTitle = Type.Object({
  id: Type.Integer(),
  name: text,
  publisher: orNull.text,
  endpoints: Type.Integer(),
  versions: Type.Integer(),
  product: productName,
  class: SoftwareClass,
});
export const SoftwareTitles = Type.Object({
  ...page(SoftwareTitle).properties,
  endpoints: Type.Integer({ description: 'of which the software is known' }),
});
export type SoftwareTitles = Static<typeof SoftwareTitles>;
export const SoftwareInstall = Type.Object({
  name: text,
  publisher: orNull.text,
  version: Type.String({ description: 'empty: not known' }),
  endpoint: Type.Object({ id: text, name: text }),
  site: orNull.text,
  lastUsed: Type.Union([ms, Type.Null()], { description: 'null: no telemetry' }),
});
export type SoftwareInstall = Static<typeof SoftwareInstall>;

const localDate = Type.String({ maxLength: 10, description: 'local date, such as 2026-11-30' });
export const ProductContent = {
  name: Type.String({ maxLength: 512 }),
  patterns: Type.Array(Type.String({ maxLength: 512 }), {
    maxItems: 50,
    description: 'of names of installed titles; * is any text, case does not count',
  }),
  class: SoftwareClass,
  entitlements: Type.Array(
    Type.Object(
      {
        count: Type.Union([Type.Integer(), Type.Null()], { description: 'null: unlimited' }),
        unit: Type.Enum(['seat', 'device', 'user']),
        unitCents: money,
        from: localDate,
        to: Type.Union([localDate, Type.Null()], { description: 'the last day; null: it does not end' }),
      },
      closed,
    ),
    { maxItems: 50 },
  ),
};
const count = Type.Integer();
/** How much of what was bought is used; percent. null: unknown, or nothing was bought. */
export const ProductRow = Type.Object({
  id: text,
  ...ProductContent,
  version: Type.Integer(),
  createdAt: ms,
  createdBy: text,
  updatedAt: ms,
  updatedBy: text,
  use: Type.Object({
    entitled: Type.Union([count, Type.Null()], { description: 'null: unlimited' }),
    isBought: Type.Boolean({ description: 'something that was bought holds today' }),
    unit: Type.Enum(['seat', 'device', 'user']),
    installed: count,
    used: Type.Integer({ description: 'started in the last 90 days' }),
    usageUnknown: Type.Integer({ description: 'installed, without telemetry' }),
    percent: orNull.number,
    low: Type.Union([Type.Number(), Type.Null()], { description: 'if all of unknown use were unused' }),
    high: Type.Union([Type.Number(), Type.Null()], { description: 'if all of unknown use were used' }),
    installedUnused: count,
    unallocated: count,
    overDeployed: count,
  }),
});
export type ProductRow = Static<typeof ProductRow>;
export const ProductVersion = Type.Object({
  ...versionHead,
  content: Type.Union([Type.Object(ProductContent), Type.Null()], { description: 'null: it was removed' }),
});
