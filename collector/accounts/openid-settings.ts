/** A provider by which people log in, as settings have it. */
import type { Grant } from './grants.ts';

export interface OpenIdSettings {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** How the secret is sent; null: as the provider says that it takes it. */
  clientAuth: 'post' | 'basic' | null;
  /** On the button. */
  name: string;
  groupsClaim: string;
  /** Asked for beside openid, profile and email. */
  scope: readonly string[];
  groups: ReadonlyMap<string, Grant>;
  /** PEM text of an authority that the system does not know. */
  ca: string | null;
  sessionMs: number;
}
