/** Messages in browsers, as the API has them. */
import { Type } from 'typebox';

const msOrNull = Type.Union([Type.Integer({ description: 'ms since 1970, UTC' }), Type.Null()]);

export const PushDevice = Type.Object({
  id: Type.String({ description: 'the first 32 hex digits of the SHA-256 of its address' }),
  name: Type.String(),
  service: Type.String({ description: 'the host of its push service' }),
  createdAt: Type.Integer({ description: 'ms since 1970, UTC' }),
  lastAt: msOrNull,
  lastError: Type.Union([Type.String(), Type.Null()]),
});
export type PushDevice = Type.Static<typeof PushDevice>;

export const OwnPush = Type.Object({
  key: Type.String({ description: 'public key of the collector, for the browser' }),
  channels: Type.Array(Type.String(), {
    description: 'names of the channels of kind push; without one nothing is sent',
  }),
  devices: Type.Array(PushDevice),
});
export type OwnPush = Type.Static<typeof OwnPush>;

export const PushTrial = Type.Object({
  error: Type.Union([Type.String(), Type.Null()], { description: 'why it was not accepted; null: it was' }),
});
export type PushTrial = Type.Static<typeof PushTrial>;
