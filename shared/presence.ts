import { type Static, Type } from 'typebox';
import { Applied } from './applied.ts';
import { trustBounds } from './trust.ts';
import { UpdateReport } from './update.ts';

const seconds = { minimum: 0, maximum: 1e10 };
const word = { pattern: '^[a-z_]{1,32}$' };

/** What an agent publishes about itself on the retained topic `presence`; the `lost` form is its last will. */
export const Presence = Type.Union([
  Type.Object(
    {
      state: Type.Literal('online'),
      session: Type.String({ pattern: '^[0-9a-f]{16,32}$' }),
      boot_id: Type.String({ maxLength: 64 }),
      started_at: Type.Integer({ minimum: 0, description: 'ms UTC, by the agent’s clock' }),
      /** Of the machine where it has been started anew since the agent ran last, else of the agent itself. */
      previous_shutdown: Type.Union([Type.Literal('clean'), Type.Literal('unclean'), Type.Literal('unknown')]),
      version: Type.String({ maxLength: 32 }),
      level: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 1e6, description: 'what this agent understands; 0 without it' }),
      ),
      instance: Type.Optional(Type.String({ pattern: '^[0-9a-f]{16,32}$', description: 'random, of this process' })),
      hostname: Type.Optional(Type.String({ maxLength: 1024, description: 'as the machine calls itself' })),
      uptime_s: Type.Optional(Type.Number({ ...seconds, description: 'since the machine started' })),
      // The list of codes may grow: a code that the reader does not know counts as absent.
      shutdown_cause: Type.Optional(Type.String({ ...word, examples: ['crash', 'power_loss'] })),
      shutdown_source: Type.Optional(Type.String({ ...word, examples: ['login_records', 'journal', 'event_log'] })),
      // Of gaps in the agent's own running since its last birth was delivered.
      slept_s: Type.Optional(Type.Number(seconds)),
      stood_still_s: Type.Optional(Type.Number({ ...seconds, description: 'awake, and the agent did not run' })),
      settings: Type.Optional(Applied),
      update: Type.Optional(UpdateReport),
      trust: Type.Optional(
        Type.Object(
          {
            version: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
            refused: Type.Optional(
              Type.Object({
                version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
                why: Type.String({ maxLength: trustBounds.why }),
              }),
            ),
          },
          { description: 'which authority it trusts, and what it could not take' },
        ),
      ),
      stalled: Type.Optional(Type.Boolean({ description: 'memory or disks had stopped all work just then' })),
    },
    // A newer agent may send fields that this side does not know.
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
