/** A rule is data: when a metric of an endpoint is worth a person's attention. Defaults: defaults.ts (a table). */
import { type Static, Type } from 'typebox';

const closed = { additionalProperties: false } as const;
/** Longer than this nobody waits, and nothing is kept: it is a slip, such as milliseconds for seconds. */
const year = 366 * 86_400;
const seconds = (minimum: number) => Type.Number({ minimum, maximum: year });

/** `value op limit` must hold. With `clear`, a firing alert ends only when the value is on the good side of `clear`. */
export const Condition = Type.Object(
  {
    field: Type.String(),
    op: Type.Union([Type.Literal('>'), Type.Literal('>='), Type.Literal('<'), Type.Literal('<='), Type.Literal('=')]),
    value: Type.Number(),
    clear: Type.Optional(Type.Number()),
    /** Look in another measurement of the same report, in the first metric that carries `tags`. */
    measurement: Type.Optional(Type.String()),
    tags: Type.Optional(Type.Record(Type.String(), Type.String())),
    /** Compare the mean of so many seconds; no verdict before most of them have been seen. */
    mean_s: Type.Optional(Type.Number({ minimum: 10, maximum: 86_400 })),
    /** For a counter: compare its growth since the report before. */
    growth: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type Condition = Static<typeof Condition>;

export const Rule = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z][a-z0-9-]{1,63}$',
      want: 'a name of small letters, digits and -, such as disk-full',
    }),
    name: Type.Object({ en: Type.String({ maxLength: 120 }), ja: Type.String({ maxLength: 120 }) }, closed),
    enabled: Type.Boolean(),
    /** The milder rule that this one is the worse level of: both make one alert, whose severity follows the worse. */
    level_of: Type.Optional(Type.String()),
    severity: Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')]),
    applies: Type.Union([Type.Literal('all'), Type.Literal('server'), Type.Literal('workstation')]),
    when: Type.Union([
      /** All conditions hold for one series group (same measurement, same tags); the first one's value is shown. */
      Type.Object(
        {
          kind: Type.Literal('metric'),
          measurement: Type.String(),
          tags: Type.Optional(Type.Record(Type.String(), Type.String())),
          all: Type.Array(Condition, { minItems: 1, maxItems: 4 }),
        },
        closed,
      ),
      /** Expected to be there and is not: will, or no report for `after_s`. A clean goodbye of a workstation is none. */
      Type.Object({ kind: Type.Literal('silent'), after_s: seconds(1) }, closed),
      /** The value has been missing or stale for `after_s` though the endpoint reports: unknown has a rule of its own. */
      Type.Object(
        {
          kind: Type.Literal('missing'),
          measurement: Type.String(),
          field: Type.String(),
          after_s: seconds(1),
        },
        closed,
      ),
    ]),
    /** Seconds that it must hold before the alert fires. */
    for_s: seconds(0),
    /** Seconds that it must be clear before the alert is resolved. */
    clear_for_s: seconds(0),
    /** Seconds without a value, the endpoint being online, after which the thing is taken to be gone. Default 26 h. */
    gone_s: Type.Optional(seconds(1)),
    ticket: Type.Union([Type.Literal('off'), Type.Literal('open')]),
    urgency: Type.Integer({ minimum: 1, maximum: 3 }),
  },
  closed,
);
export type Rule = Static<typeof Rule>;
