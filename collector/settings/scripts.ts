/** `scripts` of the settings: whether people may run scripts that machines offer, and who. */
import { type Static, Type } from 'typebox';
import { roles } from '../../shared/api.ts';
import { formatDuration, parseDuration } from '../../shared/duration.ts';
import type { ScriptSettings } from '../scripts/asking.ts';

const [least, most] = [60_000, 86_400_000];

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
    approve_within: Type.Optional(
      Type.Union([Type.String(), Type.Number()], {
        ...{ description: 'how long another person may approve', default: '30m' },
        want: 'a duration such as 10s, 2m, 36h or 14d',
        check(value: string | number) {
          try {
            const ms = parseDuration(value);
            if (ms >= least && ms <= most) return null;
          } catch {
            return 'is not a duration; write a number with a unit, such as 500ms, 10s, 2m, 36h or 14d';
          }
          return `must be from ${formatDuration(least)} to ${formatDuration(most)}`;
        },
      }),
    ),
  },
  { additionalProperties: false },
);

export const readScripts = (given: Static<typeof ScriptsSettings> = {}): ScriptSettings => ({
  enabled: given.enabled ?? false,
  role: given.role ?? 'admin',
  twoPersons: given.two_persons ?? false,
  approveMs: parseDuration(given.approve_within ?? '30m'),
});
