/** The table of browsers that take messages. */
import type { Ms } from './columns.ts';

export interface PushTables {
  push_subscriptions: {
    /** Of its address. */
    id: string;
    user_name: string;
    /** As its user reads it: `Firefox on Android`. */
    name: string;
    /** At the push service; whoever knows it may send there. */
    endpoint: string;
    p256dh: string;
    auth: string;
    created_at: Ms;
    last_at: Ms | null;
    /** Why the last message did not get there; null: it did. */
    last_error: string | null;
    /** Id of the last message that its service has accepted. */
    last_message: string | null;
  };
}
