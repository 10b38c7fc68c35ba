/** A mirror of the series, as the interface shows it. */
import { type Static, Type } from 'typebox';

const orNull = <T extends ReturnType<typeof Type.Number> | ReturnType<typeof Type.String>>(one: T) =>
  Type.Union([one, Type.Null()]);

export const MirrorView = Type.Object({
  name: Type.String(),
  kind: Type.String(),
  url: Type.String(),
  waitingBytes: Type.Number(),
  keepBytes: Type.Number({ description: 'beyond that the oldest that wait are given up' }),
  sent: Type.Number({ description: 'samples that it has taken since the start of the collector' }),
  sentAt: orNull(Type.Number()),
  lost: Type.Record(Type.String(), Type.Number(), {
    description: 'samples that it did not get since then, by reason: full, out_of_order, too_old, refused, too_large',
  }),
  lostAt: orNull(Type.Number()),
  trouble: orNull(Type.String({ description: 'why it does not take what it is sent; null: it does' })),
  troubleSince: orNull(Type.Number()),
});
export type MirrorView = Static<typeof MirrorView>;
