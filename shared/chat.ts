/** Chat rooms, as the interface shows them. */
import { type Static, Type } from 'typebox';

const text = Type.String();
const ms = Type.Integer();
const msOrNull = Type.Union([Type.Integer(), Type.Null()]);
const textOrNull = Type.Union([text, Type.Null()]);

export const ChatView = Type.Object({
  name: text,
  kind: text,
  settings: Type.Record(text, Type.Unknown(), { description: 'without the secrets' }),
  isConnected: Type.Boolean(),
  connectedAt: msOrNull,
  lastAt: Type.Union([ms, Type.Null()], { description: 'when something was said to us last' }),
  waiting: Type.Integer({ description: 'commands that are not done or not answered yet' }),
  trouble: textOrNull,
  /** Of the error that it is. */
  troubleCode: textOrNull,
  troubleSince: msOrNull,
  isStopped: Type.Boolean({ description: 'its token was refused: it is tried again every 15 minutes' }),
});
export type ChatView = Static<typeof ChatView>;

export const ChatFinding = Type.Object({
  what: Type.Enum(['account', 'listen']),
  result: Type.Enum(['good', 'bad']),
  detail: text,
});
export type ChatFinding = Static<typeof ChatFinding>;

/** What a test found; it sends nothing. */
export const ChatTrial = Type.Object({
  at: ms,
  error: textOrNull,
  errorCode: textOrNull,
  findings: Type.Array(ChatFinding),
});
export type ChatTrial = Static<typeof ChatTrial>;

export const ChatAccount = Type.Object({
  id: text,
  room: text,
  shown: Type.String({ description: 'as people there see it' }),
  linkedAt: ms,
});
export type ChatAccount = Static<typeof ChatAccount>;

/** Of whoever asks. */
export const OwnChat = Type.Object({
  rooms: Type.Array(Type.Object({ name: text, kind: text })),
  accounts: Type.Array(ChatAccount),
});
export type OwnChat = Static<typeof OwnChat>;

export const ChatCode = Type.Object({ code: text, expiresAt: ms });
export type ChatCode = Static<typeof ChatCode>;
