/** What was seen of a target or a service, in codes: for messages, alerts and pages. Never a secret. */
import { type Static, Type } from 'typebox';
import { type TargetResult, targetKinds, targetResults } from './target.ts';

const text = Type.String();
const Count = Type.Integer({ minimum: 0 });
const Result = Type.Unsafe<TargetResult>(Type.Enum(Object.keys(targetResults)));

export const TargetFinding = Type.Object({
  of: Type.Literal('target'),
  kind: Type.Enum([...targetKinds]),
  /** Where it was looked. */
  address: text,
  /** What most of those saw that say so; null: nobody can tell. */
  result: Type.Union([Result, Type.Null()]),
  /** Of an HTTP answer. */
  status: Type.Optional(Type.Integer()),
  /** What was awaited: statuses, words that must be there, or must not. */
  expected: Type.Optional(text),
  /** Until its certificate ends; negative: since. */
  daysLeft: Type.Optional(Type.Number()),
  /** Watchers that can tell, and those of them that say that it is down. */
  votes: Count,
  down: Count,
  /** Services that are down, and of which it is a part. */
  services: Type.Array(text),
});
export type TargetFinding = Static<typeof TargetFinding>;

/** What was kept before has none. */
const Since = Type.Optional(Type.Union([Type.Number(), Type.Null()]));

export const ServiceFinding = Type.Object({
  of: Type.Literal('service'),
  /** Its parts that are down: their names, since when, and of targets what was seen. */
  down: Type.Array(
    Type.Object({ id: text, name: text, since: Since, finding: Type.Union([TargetFinding, Type.Null()]) }),
  ),
  /** Parts of which nobody can tell, and how many they are. */
  unclear: Type.Optional(Type.Array(Type.Object({ id: text, name: text, since: Since }))),
  unknown: Count,
  /** Parts that do not count: they were removed since, or are switched off. */
  out: Type.Optional(Count),
  /** Those that count. */
  parts: Count,
  /** How many must work. */
  need: Count,
});
export type ServiceFinding = Static<typeof ServiceFinding>;

export const Finding = Type.Union([TargetFinding, ServiceFinding]);
export type Finding = Static<typeof Finding>;
