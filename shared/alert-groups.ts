/** What the REST interface answers about alerts by rule and site, and about how much noise rules make. */
import { type Static, Type } from 'typebox';
import { Alert, ChangeMark, NamedRule, Severity } from './api.ts';

const text = Type.String();
const ms = Type.Integer({ description: 'ms since 1970, UTC' });
const count = Type.Integer({ minimum: 0 });

export const AlertGroup = Type.Object({
  key: text,
  /** Its family: worse levels of a rule are in the same group. */
  rule: NamedRule,
  site: Type.Union([text, Type.Null()]),
  /** Of its worst member. */
  severity: Severity,
  count,
  endpoints: count,
  /** Nobody has acknowledged these. */
  unowned: count,
  /** Of the one that is there longest. */
  since: ms,
  owners: Type.Array(text, { description: 'the first three' }),
  tickets: Type.Array(Type.Integer(), { description: 'the first three' }),
  /** Ids of all members, worst first. */
  ids: Type.Array(text),
  /** The first of them. */
  alerts: Type.Array(Alert),
});
export type AlertGroup = Static<typeof AlertGroup>;

export const AlertGroups = Type.Object({
  counts: Type.Object({
    critical: Type.Integer({ description: 'of `needs` those that are critical' }),
    needs: Type.Integer({ description: 'fire or are unknown now, not acknowledged, not suppressed' }),
    owned: Type.Integer({ description: 'fire, acknowledged, not suppressed' }),
    mine: Type.Integer({ description: 'of these, by the caller or handed to them' }),
    all: Type.Integer({ description: 'fire, not suppressed' }),
    pending: count,
    hidden: Type.Integer({ description: 'fire, and nobody is notified' }),
  }),
  /** Those that nobody has first, then worst, then longest. */
  groups: Type.Array(AlertGroup),
  more: Type.Integer({ description: 'groups beyond those given' }),
  /** Only the newest of so many alerts were read. */
  cutAt: Type.Union([Type.Integer(), Type.Null()]),
});
export type AlertGroups = Static<typeof AlertGroups>;

export const BulkOutcome = Type.Object({
  done: Type.Array(text),
  failed: Type.Array(Type.Object({ id: text, code: text, message: text })),
});
export type BulkOutcome = Static<typeof BulkOutcome>;

/** What else is known about the time of an alert, and about earlier ones like it. */
export const AlertContext = Type.Object({
  isMachine: Type.Boolean({
    description: 'it is about an endpoint with an agent: without one there is nothing beside it',
  }),
  /** Work on the machine in the day before, newest first. */
  changes: Type.Array(ChangeMark),
  /** Metrics of the machine that were outside of what is usual at that hour of the week, farthest first. */
  unusual: Type.Array(
    Type.Object({
      metric: text,
      tags: Type.Record(text, text),
      unit: text,
      value: Type.Number({ description: 'the mean of five minutes that was farthest away' }),
      low: Type.Number({ description: 'the range that was expected then' }),
      high: Type.Number(),
      score: Type.Number({ description: 'how far, as a share of the way to the bound: beyond 1 it is outside' }),
      from: ms,
      to: Type.Union([ms, Type.Null()], { description: 'null: it went on for as long as was looked at' }),
      values: Type.Integer({ description: 'means of five minutes that the range was learned from' }),
      weeks: Type.Integer({ description: 'of so many weeks' }),
    }),
  ),
  compared: Type.Integer({ description: 'series whose usual range is known for that hour' }),
  /** Of these too little is known of that hour: 60 values of 3 weeks are needed. */
  short: Type.Array(Type.Object({ metric: text, values: count, weeks: count })),
  /** Alerts of the same rule on the same instance that are over, newest first. */
  earlier: Type.Array(
    Type.Object({
      id: text,
      firedAt: ms,
      resolvedAt: ms,
      why: Type.Union([text, Type.Null()]),
      acknowledgedBy: Type.Union([text, Type.Null()]),
      ticket: Type.Union([Type.Integer(), Type.Null()]),
      solved: Type.Union([text, Type.Null()], { description: 'what was written when its ticket was resolved' }),
    }),
  ),
});
export type AlertContext = Static<typeof AlertContext>;

/** Whatever fired is in one of the others: they add up to it. */
const NoiseCounts = {
  fired: count,
  acknowledged: Type.Integer({ minimum: 0, description: 'by a person, at any time' }),
  ticket: Type.Integer({
    minimum: 0,
    description: 'resolved without an acknowledgement, with a ticket that a person touched',
  }),
  alone: Type.Integer({
    minimum: 0,
    description: 'resolved without an acknowledgement or a ticket that a person touched',
  }),
  open: Type.Integer({ minimum: 0, description: 'still firing, and not acknowledged' }),
};

export const AlertNoise = Type.Object({
  from: ms,
  to: ms,
  ...NoiseCounts,
  endpointWeeks: Type.Number({ description: 'weeks in which endpoints were monitored, added up' }),
  perEndpointWeek: Type.Union([Type.Number(), Type.Null()], {
    description: 'null: unknown, as less than one endpoint week was monitored; see endpointWeeks',
  }),
  /** The noisiest first. */
  rules: Type.Array(
    Type.Object({
      rule: NamedRule,
      alertname: Type.Optional(Type.String({ description: 'of other monitoring: what its sender calls them' })),
      ...NoiseCounts,
    }),
  ),
});
export type AlertNoise = Static<typeof AlertNoise>;
