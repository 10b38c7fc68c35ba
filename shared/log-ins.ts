/** Log-ins of people that go on, as the web app lists them. */
import { type Static, Type } from 'typebox';

export const LogIn = Type.Object({
  id: Type.String(),
  user: Type.String(),
  isThis: Type.Boolean({ description: 'the one that asks' }),
  via: Type.Enum(['password', 'openid']),
  /** Since when, when used last (to 5 min), and when it ends by itself, ms UTC. */
  since: Type.Integer(),
  lastUsed: Type.Integer(),
  endsAt: Type.Integer(),
  address: Type.Union([Type.String(), Type.Null()]),
  device: Type.Union([Type.String(), Type.Null()], { description: 'what the browser says of itself' }),
});
export type LogIn = Static<typeof LogIn>;
