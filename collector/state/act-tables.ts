/** Columns of the links in messages. */
import type { Json, Ms } from './columns.ts';

export interface ActTables {
  act_links: {
    /** Of the secret in the link. */
    token_hash: string;
    purpose: 'acknowledge' | 'silence';
    /** Ids of the alerts that fired when the message was sent. */
    alerts: Json;
    /** Whom the message was for; null: whoever reads the channel. */
    user_name: string | null;
    made_at: Ms;
    expires_at: Ms;
    /** The first time; null: not yet. */
    used_at: Ms | null;
  };
}
