/** What the REST interface answers about how targets and services were: shares, intervals, outages. */
import { type Static, Type } from 'typebox';
import { Interval } from './api.ts';
import { Finding } from './finding.ts';

const text = Type.String();
const ms = Type.Number();
const orNull = { number: Type.Union([Type.Number(), Type.Null()]), text: Type.Union([text, Type.Null()]) };

export const WatchedShare = Type.Object({
  from: ms,
  to: ms,
  upMs: ms,
  downMs: ms,
  /** Nobody watched it, or could tell. */
  unknownMs: ms,
  /** Planned work, which is outside. */
  maintenanceMs: ms,
  /** Of the time that is known, in percent; null: nothing is known. */
  percent: orNull.number,
  /** If all that is unknown was down, or up. */
  low: orNull.number,
  high: orNull.number,
  /** Share of the time that is known, in percent. */
  coverage: orNull.number,
  /** How many. */
  outages: Type.Integer(),
});
export type WatchedShare = Static<typeof WatchedShare>;

export const WatchedOutage = Type.Object({
  from: ms,
  /** Null: it goes on. */
  to: orNull.number,
  /** What counts of it. */
  downMs: ms,
  maintenanceMs: ms,
  unknownMs: ms,
  /** What was seen when it began; null: of before that was kept. */
  finding: Type.Union([Finding, Type.Null()]),
  /** Id of its alert. */
  alert: orNull.text,
  ticket: orNull.number,
});
export type WatchedOutage = Static<typeof WatchedOutage>;

/** The past of a target or a service, until `asOf`. */
export const WatchedRecord = Type.Object({
  asOf: ms,
  /** Since when it has been watched, in the twelve months; null: it was not. */
  since: orNull.number,
  /** Of the months: the report zone. */
  zone: text,
  month: WatchedShare,
  /** The last twelve months, this one included: all together, and each, oldest first. */
  year: WatchedShare,
  months: Type.Array(Type.Object({ name: text, ...WatchedShare.properties })),
  /** The last ninety days. */
  intervals: Type.Array(Interval),
  /** Of the last twelve months, newest first, at most 200. */
  outages: Type.Array(WatchedOutage),
});
export type WatchedRecord = Static<typeof WatchedRecord>;
