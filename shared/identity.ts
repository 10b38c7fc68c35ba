/** What happens to the identity of an endpoint, as its page tells it, and what its agent and the collector say about it. */
import { type Static, Type } from 'typebox';
import { identityEventKinds } from './identity-kinds.ts';

export type IdentityEventKind = (typeof identityEventKinds)[number];

export const IdentityEvent = Type.Object({
  at: Type.Integer({ description: 'ms UTC' }),
  kind: Type.Enum([...identityEventKinds]),
  by: Type.Union([Type.String(), Type.Null()], { description: 'null: by itself' }),
  /** What the sentence about it names. */
  names: Type.Record(Type.String(), Type.String()),
  /** Values from here up to it may be another machine's. */
  doubtfulSince: Type.Union([Type.Integer(), Type.Null()]),
});
export type IdentityEvent = Static<typeof IdentityEvent>;
