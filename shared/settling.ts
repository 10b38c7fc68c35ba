/** Endpoints whose maintenance is over, and of which nobody is notified yet: their values settle. `GET /api/v1/maintenance/settling`. */
import { type Static, Type } from 'typebox';

export const Settling = Type.Object({
  endpoint: Type.Object({ id: Type.String(), name: Type.String() }),
  until: Type.Integer({ description: 'ms since 1970, UTC' }),
});
export type Settling = Static<typeof Settling>;
