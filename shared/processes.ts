/** `GET /api/v1/endpoints/{id}/processes`. */
import { type Static, Type } from 'typebox';

const orNull = Type.Union([Type.Number(), Type.Null()]);

export const Processes = Type.Object({
  at: Type.Union([Type.Integer(), Type.Null()], { description: 'ms UTC, when they were looked at; null: never' }),
  /** Of one name together, the busiest first. */
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      cpu: { ...orNull, description: '% of one core' },
      memory: { ...orNull, description: 'bytes' },
      count: orNull,
    }),
  ),
});
export type Processes = Static<typeof Processes>;
