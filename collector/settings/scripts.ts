/** `scripts` of the settings: whether people may run scripts that machines offer, and who. */
import { type Static, Type } from 'typebox';
import { roles } from '../../shared/api.ts';
import { parseDuration } from '../../shared/duration.ts';
import type { ScriptSettings } from '../scripts/asking.ts';
import { duration } from './duration.ts';

export const ScriptsSettings = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ description: 'people may run scripts that machines offer; default false' })),
    role: Type.Optional(
      Type.Union(
        roles.filter((role) => role !== 'viewer').map((role) => Type.Literal(role)),
        { description: 'who may run them, and whoever may more; default admin' },
      ),
    ),
    two_persons: Type.Optional(
      Type.Boolean({ description: 'one asks and another approves, for every script; default false' }),
    ),
    approve_within: duration('how long another person may approve', '30m', 60_000, 86_400_000),
  },
  { additionalProperties: false },
);

export const readScripts = (given: Static<typeof ScriptsSettings> = {}): ScriptSettings => ({
  enabled: given.enabled ?? false,
  role: given.role ?? 'admin',
  twoPersons: given.two_persons ?? false,
  approveMs: parseDuration(given.approve_within ?? '30m'),
});
