/** Columns of the tables of chat: collector/chat. */
import type { Json, Ms } from './columns.ts';

export interface ChatTables {
  chat_rooms: {
    /** Its name in the settings. */
    id: string;
    /** How far it was read, in its own words. */
    cursor: string | null;
  };
  /** Whose account in a room it is: what is said there is done in the name of that user. */
  chat_accounts: {
    id: string;
    user_id: string;
    room: string;
    /** As the vendor names it for good, such as `T012/U034` or `@ada:example.org`. */
    account: string;
    /** As people there see it. */
    shown: string;
    linked_at: Ms;
  };
  /** One per user: a new one ends the one before. */
  chat_codes: {
    user_id: string;
    /** SHA-256. */
    code_hash: string;
    expires_at: Ms;
  };
  /** What was said to us, by the vendor's id of it, so that each is done once. */
  chat_events: {
    room: string;
    id: string;
    at: Ms;
    account: string;
    /** Where the answer goes, in the driver's own words. */
    place: string;
    /** Empty once it is done. */
    said: string;
    /** taken: to be done · done: to be answered. */
    state: 'taken' | 'done' | 'answered';
    /** Since then it may have been done without our knowing. */
    began_at: Ms | null;
    /** Until it is sent. */
    answer: Json | null;
  };
}
