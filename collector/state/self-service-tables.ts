/** Columns of the tables of people who report without an account. Of every secret only the hash is here. */
import type { Ms } from './columns.ts';

export interface SelfServiceTables {
  report_labels: {
    /** Of the secret in the link. */
    token_hash: string;
    endpoint: string;
    made_at: Ms;
    /** Who printed it; the machine itself for a link that it asked for. */
    made_by: string;
    /** Null: until an admin ends it. */
    expires_at: Ms | null;
  };
  request_links: {
    token_hash: string;
    ticket: number;
    made_at: Ms;
    expires_at: Ms;
    /** Of the secret that the browser keeps; null where it keeps none. */
    browser: string | null;
    /** With the secret of the browser it makes the secret of this link. */
    salt: string | null;
  };
}
