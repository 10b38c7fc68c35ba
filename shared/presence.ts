import { type Static, Type } from 'typebox';

/** What an agent says of itself on the retained topic `presence`; the `lost` form is its last will. */
export const Presence = Type.Union([
  Type.Object(
    {
      state: Type.Literal('online'),
      session: Type.String({ pattern: '^[0-9a-f]{16,32}$' }),
      boot_id: Type.String({ maxLength: 64 }),
      started_at: Type.Integer({ minimum: 0, description: 'ms UTC, by the agent’s clock' }),
      previous_shutdown: Type.Union([Type.Literal('clean'), Type.Literal('unclean'), Type.Literal('unknown')]),
      version: Type.String({ maxLength: 32 }),
      instance: Type.Optional(Type.String({ pattern: '^[0-9a-f]{16,32}$', description: 'random, of this process' })),
      hostname: Type.Optional(Type.String({ maxLength: 1024, description: 'as the machine calls itself' })),
    },
    // A newer agent may say more than this side knows.
    { additionalProperties: true },
  ),
  Type.Object(
    {
      state: Type.Literal('offline'),
      session: Type.String({ pattern: '^[0-9a-f]{16,32}$' }),
      reason: Type.Union([
        Type.Literal('sleep'),
        Type.Literal('shutdown'),
        Type.Literal('restart'),
        Type.Literal('stop'),
      ]),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    { state: Type.Literal('lost'), session: Type.String({ pattern: '^[0-9a-f]{16,32}$' }) },
    { additionalProperties: false },
  ),
]);
export type Presence = Static<typeof Presence>;
export type Online = Extract<Presence, { state: 'online' }>;
export type OfflineReason = Extract<Presence, { state: 'offline' }>['reason'];
