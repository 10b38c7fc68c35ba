/** Second factors, as the web app asks for them. */
import { type Static, Type } from 'typebox';
import { Role } from './api.ts';

export const OwnFactor = Type.Object({
  since: Type.Union([Type.Integer(), Type.Null()], { description: 'ms UTC; null: it is off' }),
  recoveryLeft: Type.Integer({ description: 'recovery codes that were not used' }),
  isRequired: Type.Boolean({ description: 'by the role' }),
  removed: Type.Union([Type.Object({ at: Type.Integer(), by: Type.String() }), Type.Null()], {
    description: 'when somebody else took it away last, and who',
  }),
});
export type OwnFactor = Static<typeof OwnFactor>;

export const FactorSeed = Type.Object({
  key: Type.String({ description: 'base32, for apps that take it as text' }),
  uri: Type.String({ description: 'for the picture' }),
});
export type FactorSeed = Static<typeof FactorSeed>;

export const RecoveryCodes = Type.Object({ codes: Type.Array(Type.String()) });
export type RecoveryCodes = Static<typeof RecoveryCodes>;

export const FactorRule = Type.Object(
  { roles: Type.Array(Role) },
  { additionalProperties: false, examples: [{ roles: ['admin'] }] },
);
export type FactorRule = Static<typeof FactorRule>;
