/** A collector among others, as the interface shows it. */
import { type Static, Type } from 'typebox';

/** Who has not said that it runs for so long is taken for gone. Longer than a database needs to be restarted on a quiet day. */
export const goneMs = 8000;

/** What a collector says of itself when it says that it runs. */
export const CollectorFigures = Type.Object({
  reportsPerS: Type.Number({ description: 'reports of its endpoints, per second, since it said so the last time' }),
  waiting: Type.Number({ description: 'messages that the leader has not answered yet' }),
  unwritten: Type.Number({ description: 'reports in its journal that the time series do not hold yet' }),
  trouble: Type.Union([Type.String(), Type.Null()], { description: 'what is wrong there; null: nothing' }),
});
export type CollectorFigures = Static<typeof CollectorFigures>;

export const CollectorView = Type.Object({
  name: Type.String(),
  address: Type.String({ description: 'where the others reach it' }),
  version: Type.String(),
  startedAt: Type.Number(),
  beatAt: Type.Number({ description: 'when it last said that it runs, by the clock of the database' }),
  isGone: Type.Boolean({ description: 'it has not said so for longer than it may serve anything' }),
  isLeader: Type.Boolean({ description: 'alerts, tickets, messages, chores and pages are made there' }),
  buckets: Type.Number({ description: 'of 256: its share of the endpoints' }),
  figures: Type.Union([CollectorFigures, Type.Null()]),
});
export type CollectorView = Static<typeof CollectorView>;
