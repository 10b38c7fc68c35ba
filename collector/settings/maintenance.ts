/** What machines may ask for themselves, as settings have it. */
import { Type } from 'typebox';

export const MaintenanceSettings = Type.Object(
  {
    agents_may_ask: Type.Optional(
      Type.Boolean({ description: 'machines may ask for maintenance of themselves, up to 24 h; default false' }),
    ),
  },
  { additionalProperties: false },
);
