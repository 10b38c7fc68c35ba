/** Log-in by a provider of OpenID Connect, as the web app asks for it. */
import { type Static, Type } from 'typebox';
import { Me } from './api.ts';

export const OpenIdBegun = Type.Object({ url: Type.String({ description: 'where the browser goes now' }) });
export type OpenIdBegun = Static<typeof OpenIdBegun>;

export const OpenIdFinished = Type.Object({
  ...Me.properties,
  again: Type.Boolean({ description: 'the password was asked for again there' }),
});
export type OpenIdFinished = Static<typeof OpenIdFinished>;

/** What a look at the provider has found, one line each. */
export const ProviderLook = Type.Object({
  items: Type.Array(
    Type.Object({
      /** metadata: it can be reached, and is who it says; redirect: it sends people back here; secret: it knows this collector. */
      what: Type.Enum(['metadata', 'redirect', 'secret', 'clock', 'logout']),
      isGood: Type.Boolean(),
      said: Type.String({ description: 'in English: what was found, or what is wrong' }),
      todo: Type.String({ description: 'in English: what to do now; empty where nothing is' }),
    }),
  ),
});
export type ProviderLook = Static<typeof ProviderLook>;

export const LoggedOutAt = Type.Object({
  url: Type.String({ description: 'where the browser goes, to be logged out at the provider as well' }),
});
export type LoggedOutAt = Static<typeof LoggedOutAt>;
