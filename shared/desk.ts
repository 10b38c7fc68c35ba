/** Ticket desks of others, as the interface shows them. */
import { type Static, Type } from 'typebox';

const text = Type.String();
const textOrNull = Type.Union([text, Type.Null()]);
const msOrNull = Type.Union([Type.Integer(), Type.Null()]);

/** The ticket at a desk that stands for one of ours. */
export const DeskLink = Type.Object({
  desk: text,
  state: Type.Enum(['opening', 'linked', 'gone', 'done'], {
    description: 'opening: not there yet; gone: it was deleted there; done: both sides have ended it for good',
  }),
  name: textOrNull,
  url: textOrNull,
  word: Type.Union([text, Type.Null()], { description: 'its state, in the words of the desk' }),
  assignee: textOrNull,
  error: Type.Union([text, Type.Null()], { description: 'why the two do not agree yet' }),
});
export type DeskLink = Static<typeof DeskLink>;

export const DeskView = Type.Object({
  name: text,
  kind: text,
  settings: Type.Record(text, Type.Unknown(), { description: 'without the secrets' }),
  hook: Type.Union([text, Type.Null()], {
    description: 'where the desk sends its signed messages; null: it is polled',
  }),
  waiting: Type.Integer({ description: 'tickets of which one side has something that the other has not' }),
  linked: Type.Integer(),
  refused: Type.Integer({ description: 'tickets that the desk did not take' }),
  lastAt: msOrNull,
  trouble: textOrNull,
  /** Of the error that it is. */
  troubleCode: textOrNull,
  troubleSince: msOrNull,
  isStopped: Type.Boolean({ description: 'its account lacks rights: it is asked again every 15 minutes' }),
});
export type DeskView = Static<typeof DeskView>;

const DeskFindingView = Type.Object({
  what: Type.Enum(['reached', 'account', 'place', 'read', 'write', 'assign', 'private', 'fields']),
  result: Type.Enum(['good', 'bad', 'warning', 'unknown']),
  detail: text,
});

/** What a test found, and what would be sent. */
export const DeskTrial = Type.Object({
  at: Type.Integer(),
  ms: Type.Integer(),
  error: textOrNull,
  errorCode: textOrNull,
  findings: Type.Array(DeskFindingView),
  example: Type.Union([
    Type.Object({ title: text, text, priority: Type.Integer(), assignee: textOrNull }),
    Type.Null(),
  ]),
});
export type DeskTrial = Static<typeof DeskTrial>;
