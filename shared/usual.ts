/** What the hours of the week have been, as a band behind a chart. `GET /api/v1/endpoints/{id}/usual`. */
import { type Static, Type } from 'typebox';

const ms = Type.Integer({ description: 'ms since 1970, UTC' });

export const UsualBand = Type.Object({ from: ms, to: ms, low: Type.Number(), high: Type.Number() });
export type UsualBand = Static<typeof UsualBand>;

export const UsualBands = Type.Object({
  /** Series of which something is known; hours of which too little is known are left out. */
  lines: Type.Array(
    Type.Object({
      metric: Type.String(),
      tags: Type.Record(Type.String(), Type.String()),
      bands: Type.Array(UsualBand),
    }),
  ),
});
export type UsualBands = Static<typeof UsualBands>;
