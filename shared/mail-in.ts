/** The mailbox of the desk, as the settings page shows it. */
import { type Static, Type } from 'typebox';

const textOrNull = Type.Union([Type.String(), Type.Null()]);
const msOrNull = Type.Union([Type.Integer(), Type.Null()]);

/** Why a message became no ticket and no comment. */
const asideReasons = [
  ...([
    'auto_reply',
    'bounce',
    'own',
    'too_many',
    'no_sender',
    'head',
    'nested',
    'parts',
    'broken',
    'refused',
  ] as const),
] as const;
export type AsideReason = (typeof asideReasons)[number];

const MailAside = Type.Object({
  at: Type.Integer(),
  sender: textOrNull,
  subject: textOrNull,
  size: Type.Integer(),
  why: Type.Enum([...asideReasons]),
});

export const MailInView = Type.Object({
  settings: Type.Record(Type.String(), Type.Unknown(), { description: 'without the password' }),
  state: Type.Enum(['starting', 'connected', 'waiting', 'held'], {
    description: 'waiting: it tries again; held: restored from a backup, a person looks first',
  }),
  trouble: Type.Union([
    Type.Enum(['host', 'refused', 'tls', 'password', 'folder', 'timeout', 'gone', 'other']),
    Type.Null(),
  ]),
  said: Type.Union([Type.String(), Type.Null()], { description: 'what the server said, as it said it' }),
  troubleSince: msOrNull,
  checkedAt: msOrNull,
  lastMessageAt: msOrNull,
  counts: Type.Object(
    { tickets: Type.Integer(), comments: Type.Integer(), bounces: Type.Integer(), aside: Type.Integer() },
    { description: 'of the last 24 hours' },
  ),
  waiting: Type.Integer({ description: 'messages that stay in the mailbox until the limit of this hour is over' }),
  aside: Type.Array(MailAside, { description: 'the newest 20 that were put aside' }),
  canAnswer: Type.Boolean({ description: 'there is a channel that sends mail' }),
});
export type MailInView = Static<typeof MailInView>;

export const MailTrial = Type.Object({
  at: Type.Integer(),
  ms: Type.Integer(),
  trouble: MailInView.properties.trouble,
  said: textOrNull,
  messages: Type.Union([Type.Integer(), Type.Null()]),
  folders: Type.Array(Type.Object({ name: Type.String(), isThere: Type.Boolean() })),
  hasIdle: Type.Boolean({ description: 'it says at once that a message came' }),
});
export type MailTrial = Static<typeof MailTrial>;
export type MailTrouble = NonNullable<MailInView['trouble']>;
