/** Columns of the tables of saved views. */
import type { Ms } from './columns.ts';

export interface ViewTables {
  saved_views: {
    id: string;
    page: string;
    name: string;
    /** See shared/place-name.ts. */
    name_key: string;
    query: string;
    /** Name of a person. */
    owner: string;
    shared: 0 | 1;
    created_at: Ms;
    updated_at: Ms;
  };
  /** The view with which a page opens for somebody. */
  view_starts: { page: string; person: string; view: string };
}
