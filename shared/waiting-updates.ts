/** Which updates wait on which endpoints. `GET /api/v1/patches/updates`. */
import { type Static, Type } from 'typebox';

const ms = Type.Integer({ description: 'ms since 1970, UTC' });

export const WaitingUpdate = Type.Object({
  manager: Type.String(),
  name: Type.String(),
  candidate: Type.Union([Type.String(), Type.Null()], { description: 'the version that waits; null: not known' }),
  security: Type.Union([Type.Boolean(), Type.Null()], { description: 'null: its manager does not say' }),
  since: Type.Union([ms, Type.Null()], { description: 'of all endpoints the earliest' }),
  sinceAtLeast: Type.Boolean({ description: 'it has waited at least since then' }),
  count: Type.Integer({ description: 'of endpoints' }),
  endpoints: Type.Array(Type.Object({ id: Type.String(), name: Type.String() }), {
    description: 'by name, at most 50',
  }),
});
export type WaitingUpdate = Static<typeof WaitingUpdate>;

export const WaitingUpdates = Type.Object({
  asOf: ms,
  /** Of all endpoints, those whose managers could be read. */
  endpoints: Type.Integer(),
  known: Type.Integer(),
  updates: Type.Integer(),
  security: Type.Integer(),
  items: Type.Array(WaitingUpdate),
  /** That were asked for. */
  total: Type.Integer(),
  next: Type.Union([Type.String(), Type.Null()]),
});
export type WaitingUpdates = Static<typeof WaitingUpdates>;
