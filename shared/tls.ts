/** The certificate of the collector, as people see it, and which agents do not trust what they were told yet. */
import { type Static, Type } from 'typebox';

const instant = () => Type.Integer({ description: 'ms UTC' });

export const NotTrusting = Type.Object({
  id: Type.String(),
  name: Type.String(),
  /** old: its agent has to be updated; waiting: it is connected and has not answered; never: it has not connected yet. */
  why: Type.Enum(['offline', 'waiting', 'never', 'old', 'refused']),
  text: Type.Union([Type.String(), Type.Null()], { description: 'what the agent says, in English' }),
});
export type NotTrusting = Static<typeof NotTrusting>;

const Pinned = Type.Object({
  pin: Type.String({ description: 'SHA-256 of its public key, base64' }),
  until: instant(),
});

export const TlsView = Type.Object({
  asOf: instant(),
  /** Which certificate browsers see. */
  source: Type.Enum(['own', 'outside', 'none']),
  names: Type.Array(Type.String()),
  until: Type.Union([instant(), Type.Null()]),
  /** Why it could not be renewed, or read again. */
  trouble: Type.Union([Type.String(), Type.Null()]),
  authority: Type.Union([
    Type.Object({
      ...{ current: Pinned, next: Pinned },
      nextKeyIsHere: Type.Boolean(),
      before: Type.Union([
        Type.Object({ pin: Type.String(), since: instant(), notBefore: instant(), isDropped: Type.Boolean() }),
        Type.Null(),
      ]),
    }),
    Type.Null(),
  ]),
  /** Under way between a certificate of the collector's own and one from outside. */
  change: Type.Union([
    Type.Object({ to: Type.Enum(['own', 'outside']), since: instant(), notBefore: instant() }),
    Type.Null(),
  ]),
  version: Type.Integer({ description: 'of what agents are told; 0: nothing' }),
  mode: Type.Union([Type.Enum(['pin', 'system', 'both']), Type.Null()]),
  agents: Type.Integer({ description: 'endpoints that live' }),
  missing: Type.Array(NotTrusting, { description: 'of them, who has not taken it' }),
});
export type TlsView = Static<typeof TlsView>;
