/** What an agent answers to its settings: which it has, whether it took them all, and what its own machine decides. */
import { type Static, Type } from 'typebox';
import { Reason } from './inventory.ts';

export const Applied = Type.Object(
  {
    version: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'of the settings that this is about; 0: none have come',
    }),
    digest: Type.String({ pattern: '^[0-9a-f]{16}$', description: 'of the settings as they came' }),
    result: Type.Enum(['ok', 'partly', 'refused']),
    problems: Type.Array(Reason, { maxItems: 50 }),
    /** By the machine's own file: whether settings from afar are taken at all, and which keys are not. */
    remote: Type.Enum(['on', 'off']),
    lock: Type.Array(Type.String({ maxLength: 80 }), { maxItems: 100 }),
  },
  // A newer agent may send fields that this side does not know.
  { additionalProperties: true },
);
export type Applied = Static<typeof Applied>;
