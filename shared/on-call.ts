/**
 * Schedules, escalation policies, routes and people, as they are written in evenkeel.yaml and sent to the interface: one
 * shape for both. Durations are written `30s`, `5m`, `24h`. What the shapes cannot say is checked by
 * collector/routing/check.ts.
 */

import { type Static, Type } from 'typebox';
import { weekdays } from './calendar.ts';
import { Reason } from './inventory.ts';
import { oneLinePattern } from './safe-text.ts';

const closed = { additionalProperties: false } as const;
const text = Type.String();
const ms = Type.Integer({ description: 'ms since 1970, UTC' });
const orNull = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(item: T) =>
  Type.Union([item, Type.Null()]);

const Name = Type.String({
  pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N} ._-]{0,63}$',
  want: 'a name of 1 to 64 letters, digits, blanks, or . _ -, beginning with a letter or digit',
});
const Receiver = Type.String({
  pattern: oneLinePattern,
  minLength: 1,
  maxLength: 160,
  want: 'a receiver such as channel:ops, person:ann, schedule:primary or policy:servers',
});
const Zone = Type.String({
  pattern: oneLinePattern,
  minLength: 1,
  maxLength: 64,
  want: 'a time zone such as Europe/Berlin',
});
const Time = Type.String({ pattern: oneLinePattern, maxLength: 5, want: 'a time of day such as 09:00' });
const DateText = Type.String({ pattern: oneLinePattern, maxLength: 10, want: 'a date such as 2026-12-24' });
const duration = { want: 'a duration such as 30s, 5m or 24h' };
const Duration = Type.Union(
  [Type.String({ pattern: oneLinePattern, maxLength: 20, ...duration }), Type.Number()],
  duration,
);
const Days = Type.Array(Type.Enum([...weekdays]), { minItems: 1, uniqueItems: true });
const Severities = Type.Array(Type.Enum(['info', 'warning', 'critical']), { uniqueItems: true });
const UserText = Type.String({ pattern: oneLinePattern, minLength: 1, maxLength: 64, want: 'the name of a user' });

const Layer = Type.Object(
  {
    name: Name,
    users: Type.Array(UserText, { maxItems: 100 }),
    rotation: Type.Object(
      {
        unit: Type.Union([Type.Literal('hour'), Type.Literal('day'), Type.Literal('week')]),
        every: Type.Integer({ minimum: 1, maximum: 1000 }),
        start: Type.String({
          pattern: oneLinePattern,
          maxLength: 16,
          want: 'a local date and time such as 2026-03-02T09:00',
        }),
      },
      closed,
    ),
    hours: Type.Optional(
      Type.Array(Type.Object({ days: Days, from: Time, to: Time }, closed), { minItems: 1, maxItems: 20 }),
    ),
    holidays: Type.Optional(Type.Array(DateText, { maxItems: 1000, uniqueItems: true })),
  },
  closed,
);
export const ScheduleContent = Type.Object(
  {
    zone: Zone,
    layers: Type.Array(Layer, { minItems: 1, maxItems: 10, want: 'a list of 1 to 10 layers, from low to high' }),
    fallback: Type.Optional(Receiver),
  },
  closed,
);
export type ScheduleContent = Static<typeof ScheduleContent>;

export const PolicyContent = Type.Object(
  {
    steps: Type.Array(
      Type.Object(
        { targets: Type.Array(Receiver, { minItems: 1, maxItems: 20 }), wait: Type.Optional(Duration) },
        closed,
      ),
      { minItems: 1, maxItems: 10, want: 'a list of 1 to 10 steps' },
    ),
    repeat: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
    fallback: Type.Optional(Receiver),
  },
  closed,
);
export type PolicyContent = Static<typeof PolicyContent>;

const Quiet = Type.Object({ zone: Zone, start: Time, end: Time, letsThrough: Type.Optional(Severities) }, closed);
export type QuietContent = Static<typeof Quiet>;
const grouping = {
  receivers: Type.Optional(Type.Array(Receiver, { maxItems: 50, uniqueItems: true })),
  by: Type.Optional(
    Type.Array(Type.String({ pattern: oneLinePattern, minLength: 1, maxLength: 128, want: 'the name of a label' }), {
      maxItems: 10,
      uniqueItems: true,
    }),
  ),
  wait: Type.Optional(Duration),
  interval: Type.Optional(Duration),
  repeat: Type.Optional(
    Type.Object(
      {
        ...{ critical: Type.Optional(Duration), warning: Type.Optional(Duration), info: Type.Optional(Duration) },
      },
      closed,
    ),
  ),
  children: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 500 })),
};
/** Its children are nodes as well; each is checked by itself. */
export const RouteNodeContent = Type.Object(
  {
    name: Name,
    match: Type.Optional(
      Type.Array(
        Type.String({
          pattern: oneLinePattern,
          minLength: 1,
          maxLength: 1200,
          want: 'a condition such as site="berlin"',
        }),
        {
          maxItems: 20,
        },
      ),
    ),
    when: Type.Optional(
      Type.Object(
        { zone: Zone, days: Type.Optional(Days), start: Type.Optional(Time), end: Type.Optional(Time) },
        closed,
      ),
    ),
    continue: Type.Optional(Type.Boolean()),
    ...grouping,
  },
  closed,
);
export const RoutesContent = Type.Object(
  {
    ...grouping,
    quiet: Type.Optional(
      Type.Array(
        Type.Object(
          {
            channel: Type.String({
              pattern: oneLinePattern,
              minLength: 1,
              maxLength: 64,
              want: 'the name of a channel',
            }),
            ...Quiet.properties,
          },
          closed,
        ),
        {
          maxItems: 100,
        },
      ),
    ),
  },
  closed,
);
type WithoutChildren<Content> = Omit<Content, 'children'>;
export type RouteNodeContent = WithoutChildren<Static<typeof RouteNodeContent>> & { children?: RouteNodeContent[] };
export type RoutesContent = WithoutChildren<Static<typeof RoutesContent>> & { children?: RouteNodeContent[] };

export const PersonContent = Type.Object(
  {
    ways: Type.Array(
      Type.Object(
        {
          channel: Type.String({ pattern: oneLinePattern, minLength: 1, maxLength: 64, want: 'the name of a channel' }),
          address: Type.Optional(
            Type.String({
              pattern: oneLinePattern,
              minLength: 1,
              maxLength: 254,
              want: 'an address of this person, such as ann@example.org',
            }),
          ),
        },
        closed,
      ),
      { maxItems: 10 },
    ),
    quiet: Type.Optional(Quiet),
  },
  closed,
);
export type PersonContent = Static<typeof PersonContent>;

// ── what the interface answers ──

const Owner = Type.Union([Type.Literal('file'), Type.Literal('people')]);
const ShiftAnswer = Type.Object({
  ...{ start: ms, end: ms, user: orNull(text), by: text },
  /** It is the turn of somebody who cannot log in any more: no message gets to them. */
  isOff: Type.Boolean(),
});
export const OverrideAnswer = Type.Object({
  ...{ id: text, schedule: text, from: ms, to: ms, user: text, replace: orNull(text) },
  ...{ createdAt: ms, createdBy: text },
});
export type OnCallOverrideRow = Static<typeof OverrideAnswer>;
export const ScheduleAnswer = Type.Object({
  name: text,
  owner: Owner,
  zone: text,
  now: Type.Object({
    ...{ user: orNull(text), by: text, until: orNull(ms), next: orNull(text) },
    /** False: no message gets to whoever it is, as where a person has not said how. */
    isReached: Type.Boolean(),
  }),
  /** Those that begin in the range, with their real end. */
  shifts: Type.Array(ShiftAnswer),
  overrides: Type.Array(OverrideAnswer),
  /** Inside the next 28 days. */
  gaps: Type.Array(ShiftAnswer),
  content: ScheduleContent,
  /** When the newest version takes effect, if that is to come. */
  changesAt: orNull(ms),
});
export type OnCallScheduleRow = Static<typeof ScheduleAnswer>;
const OwnShift = Type.Object({ schedule: text, start: ms, end: ms });
export const OnCallAnswer = Type.Object({
  at: ms,
  from: ms,
  to: ms,
  /** Shifts are known until then: one that ends there may go on. */
  known: ms,
  me: Type.Object({ now: Type.Array(OwnShift), next: Type.Union([OwnShift, Type.Null()]), hasFeed: Type.Boolean() }),
  schedules: Type.Array(ScheduleAnswer),
});
export type OnCallAnswer = Static<typeof OnCallAnswer>;

/** What does nothing as things are now: where it stands in the content, and why. */
const Doubts = Type.Array(Type.Object({ at: text, why: Reason }), {
  description: 'what does nothing as things are now: a label or site that is not there, a channel that was deleted',
});
export type Doubts = Static<typeof Doubts>;
export const PolicyAnswer = Type.Object({ name: text, owner: Owner, content: PolicyContent, warnings: Doubts });
export type PolicyShown = Static<typeof PolicyAnswer>;
export type PolicyRow = Omit<Static<typeof PolicyAnswer>, 'warnings'>;

export const RoutesAnswer = Type.Object({
  /** default: nobody has written routes, so that every channel is notified of its severities. */
  owner: Type.Union([Owner, Type.Literal('default')]),
  content: Type.Unknown(),
  at: orNull(ms),
  by: orNull(text),
  reason: orNull(text),
  warnings: Doubts,
});
export const RoutesChecked = Type.Object({ content: Type.Unknown(), warnings: Doubts });
export type RoutesRow = Omit<Static<typeof RoutesAnswer>, 'content' | 'warnings'> & { content: RoutesContent };
export type RoutesShown = RoutesRow & { warnings: Doubts };

const HeardAnswer = Type.Object({
  receiver: text,
  path: text,
  /** Not before then: quiet hours. */
  until: orNull(ms),
  /** Of a policy one for each step while nobody reacts. */
  steps: Type.Array(
    Type.Object({
      after: Type.Integer({ description: 'seconds' }),
      round: Type.Integer(),
      step: orNull(Type.Integer()),
      event: text,
      reached: Type.Array(
        Type.Object({
          receiver: text,
          /** The schedule that named the person. */
          via: orNull(text),
          channels: Type.Array(text),
          heldUntil: orNull(ms),
        }),
      ),
      /** Whom the step names without getting to them. */
      unreached: Type.Array(
        Type.Object({
          receiver: text,
          why: Type.Enum(['no_way', 'off', 'gap', 'gone'], {
            description:
              'no_way: named no channel that is there; off: cannot log in any more; gap: nobody is on call; gone: deleted',
          }),
        }),
      ),
    }),
  ),
});
export const TraceAnswer = Type.Object({
  at: ms,
  labels: Type.Record(text, Type.Unknown()),
  heard: Type.Array(HeardAnswer),
  /** Receivers that the routes name and that are not there any more: nobody hears by them. */
  gone: Type.Array(Type.Object({ receiver: text, path: text })),
});
export type TraceAnswer = Static<typeof TraceAnswer>;

export const PersonAnswer = Type.Object({ name: text, owner: Owner, content: PersonContent, warnings: Doubts });
export type PersonRow = Omit<Static<typeof PersonAnswer>, 'warnings'>;
