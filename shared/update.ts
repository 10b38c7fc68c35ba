/** What an agent says of updates: in its birth, and at each change. */
import { type Static, Type } from 'typebox';
import { Reason } from './inventory.ts';

/** In the order of an update that goes well, then how it may end otherwise. */
const updateStates = ['idle', 'downloading', 'staged', 'trial', 'proven', 'refused', 'fell-back'] as const;

export const UpdateReport = Type.Object(
  {
    state: Type.Enum([...updateStates]),
    version: Type.Optional(
      Type.String({ maxLength: 32, description: 'which this is about; none: nothing was offered' }),
    ),
    from: Type.Optional(Type.String({ maxLength: 32, description: 'what ran before, and runs again after fell-back' })),
    sequence: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    reason: Type.Optional(Reason),
    at: Type.Integer({ minimum: 0, maximum: 8.64e15, description: 'ms UTC, by the agent’s clock, of this state' }),
    /** By the machine's own file; what comes from afar cannot raise it. */
    allow: Type.Enum(['off', 'notify', 'auto']),
    /** What would be installed: of a package manager (deb, rpm) nothing is, people are told. */
    target: Type.String({ pattern: '^[a-z0-9]{1,16}-[a-z0-9]{1,16}$' }),
    form: Type.String({ pattern: '^[a-z0-9.]{1,16}$', description: 'tar.gz, deb, rpm, msi, zip, source' }),
    keys: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'of the set that it knows; 0: none',
    }),
  },
  // A newer agent may send fields that this side does not know.
  { additionalProperties: true },
);
export type UpdateReport = Static<typeof UpdateReport>;
