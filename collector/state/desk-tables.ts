/** Columns of the tables of ticket desks of others. */
import type { Generated } from 'kysely';
import type { Ms } from './columns.ts';

export interface DeskTables {
  desks: {
    /** Its name in the settings. */
    id: string;
    /** Stands in each of our tickets there: another collector that uses the same desk has another. */
    marker: string;
    /** Tickets with a smaller number were there before it was set up, or are done. */
    from_ticket: number;
    /** How far its changes were read, in its own words. */
    cursor: string | null;
  };
  desk_links: {
    id: Generated<number>;
    desk: string;
    ticket: number;
    /** opening: not known to be there · gone: it was deleted there · done: ours has ended for good, and both say so. */
    state: 'opening' | 'linked' | 'gone' | 'done';
    /** By what its interface names it, and how people there call it. */
    remote: string | null;
    remote_name: string | null;
    remote_state: string | null;
    remote_assignee: string | null;
    url: string | null;
    /** What both sides said when they were compared last: whoever differs from it has changed. */
    agreed_state: 'open' | 'resolved' | null;
    agreed_assignee: string | null;
    /** The last event of ours that is there. */
    sent_event: number;
    /** When it was changed there last, in the desk's own words. */
    seen: string | null;
    /** 1: it is to be read again. */
    look: number;
    attempts: number;
    /** A ticket may have been opened there then without our hearing of it. */
    tried_at: Ms | null;
    next_at: Ms;
    last_error: string | null;
  };
}
