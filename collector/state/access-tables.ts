/** The tables of people who log in, what they log in by, and their sessions. */
import type { Generated } from 'kysely';
import type { Json, Ms } from './columns.ts';

export interface AccessTables {
  users: {
    id: string;
    name: string;
    /** Of who logs in by a provider: random, and no hash of a password. */
    password_hash: string;
    role: string;
    created_at: Ms;
    disabled_at: Ms | null;
    /** JSON list of ids of the sites that the person is limited to; null: not limited. */
    sites: Generated<Json | null>;
  };
  /** Users who log in by a provider. */
  identities: {
    issuer: string;
    subject: string;
    user_id: string;
    seen_at: Ms;
  };
  sessions: {
    id_hash: string;
    user_id: string;
    created_at: Ms;
    expires_at: Ms;
    seen_at: Ms;
    confirmed_at: Ms;
    via: Generated<'password' | 'openid'>;
    address: Generated<string | null>;
    /** What the browser said of itself. */
    device: Generated<string | null>;
  };
  second_factors: {
    user_id: string;
    /** Encrypted by the key in the data folder. */
    seed: string;
    /** Null: shown, and not proven yet. */
    on_since: Ms | null;
    /** The last step of 30 s whose code was taken: none is taken twice. */
    last_step: Generated<number>;
    /** JSON list of SHA-256 of the codes that are left. */
    recovery: Generated<Json>;
  };
}
