/** Saved views of a page, as the API has them: a name for what stands in its address, filters, order, columns and search. */
import { Type } from 'typebox';

/** The pages that have views. */
export const ViewPage = Type.Enum(['fleet', 'tickets', 'alerts', 'software']);
export type ViewPage = Type.Static<typeof ViewPage>;

export const SavedView = Type.Object({
  id: Type.String(),
  page: ViewPage,
  name: Type.String(),
  query: Type.String({ description: 'of the address of the page, without the question mark' }),
  owner: Type.String(),
  shared: Type.Boolean({ description: 'everybody has it in the menu' }),
  mayEdit: Type.Boolean({ description: 'it is of the caller, or the caller is an admin and it is shared' }),
});
export type SavedView = Type.Static<typeof SavedView>;

export const Views = Type.Object({
  items: Type.Array(SavedView),
  start: Type.Union([Type.String(), Type.Null()], {
    description: 'id of the one that the page opens with; null: none',
  }),
});
export type Views = Type.Static<typeof Views>;

/** The queries that pages open with, by page. */
export const ViewStarts = Type.Partial(Type.Record(ViewPage, Type.String()));
export type ViewStarts = Type.Static<typeof ViewStarts>;
