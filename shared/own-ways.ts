/** What the REST interface answers about how one is reached oneself, and whether one is on call now. */
import { type Static, Type } from 'typebox';

const ms = Type.Integer({ description: 'ms since 1970, UTC' });

export const OwnWay = Type.Object({
  channel: Type.String(),
  /** Null: the addresses of the channel. */
  address: Type.Union([Type.String(), Type.Null()]),
  /** The newest message or test by this way; null: none yet. */
  last: Type.Union([
    Type.Object({
      at: ms,
      error: Type.Union([Type.String(), Type.Null()], { description: 'why it did not arrive; null: it was accepted' }),
    }),
    Type.Null(),
  ]),
});
export type OwnWay = Static<typeof OwnWay>;

export const OwnTurn = Type.Object({
  /** By which one is on call now. */
  schedules: Type.Array(Type.String()),
  /** When that changes next, if it does in the next four weeks. */
  until: Type.Union([ms, Type.Null()]),
});
export type OwnTurn = Static<typeof OwnTurn>;
