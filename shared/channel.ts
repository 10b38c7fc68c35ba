/** Channels as the API has them: how messages reach people. */
import { Type } from 'typebox';

const severity = Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')]);

const ChannelValue = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Array(Type.String())]);

export const ChannelRow = Type.Object({
  id: Type.String({ description: 'its name' }),
  kind: Type.String(),
  owner: Type.Union([Type.Literal('file'), Type.Literal('people')], {
    description: 'file: it stands in evenkeel.yaml and can be changed there only',
  }),
  severities: Type.Array(severity),
  settings: Type.Record(Type.String(), ChannelValue, { description: 'without secrets' }),
  secrets: Type.Array(Type.String(), { description: 'names of the secrets that are set' }),
  last: Type.Union([Type.Object({ at: Type.Integer(), error: Type.Union([Type.String(), Type.Null()]) }), Type.Null()]),
  failed7d: Type.Integer({ description: 'messages given up in the last seven days' }),
  waiting: Type.Integer(),
  isFailing: Type.Boolean({ description: 'messages do not get through' }),
  blocked: Type.Union([Type.String(), Type.Null()], {
    description: 'why it may not connect where it goes, and what to do; null: it may, as far as is known now',
  }),
  updatedAt: Type.Union([Type.Integer(), Type.Null()]),
  updatedBy: Type.Union([Type.String(), Type.Null()]),
});
export type ChannelRow = Type.Static<typeof ChannelRow>;

export const ChannelField = Type.Object({
  name: Type.String(),
  type: Type.Enum(['text', 'number', 'flag', 'choice', 'list', 'long']),
  isSecret: Type.Boolean(),
  isRequired: Type.Boolean(),
  choices: Type.Array(Type.String()),
});
export type ChannelField = Type.Static<typeof ChannelField>;

export const ChannelKind = Type.Object({
  kind: Type.String(),
  form: Type.String({ description: 'as one address' }),
  fields: Type.Array(ChannelField),
});
export type ChannelKind = Type.Static<typeof ChannelKind>;

/** What a test has shown. */
export const ChannelTrial = Type.Object({
  at: Type.Integer(),
  ms: Type.Integer(),
  error: Type.Union([Type.String(), Type.Null()], { description: 'why it did not arrive; null: it was accepted' }),
});
export type ChannelTrial = Type.Static<typeof ChannelTrial>;

export const ChannelTrouble = Type.Object({
  failing: Type.Array(Type.String()),
  isMute: Type.Boolean({ description: 'there are channels, and none of them works' }),
  heldSince: Type.Union([Type.Integer(), Type.Null()], {
    description: 'ms UTC: restored from a backup then, and nothing is sent until an admin lets it',
  }),
});
export type ChannelTrouble = Type.Static<typeof ChannelTrouble>;
