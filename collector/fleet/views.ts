/** Saved views: names for what stands in the address of a page, of one person or for all. Nothing is shown by them that their reader may not see. */
import type { Selectable } from 'kysely';
import type { Role } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import { nameFault, nameKey, shownName, tidyName } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import type { SavedView, ViewPage, ViewStarts, Views } from '../../shared/view.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { mayDo } from '../accounts/roles.ts';
import { makeId } from '../accounts/secret.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';

/** On one page, of one person; as many are shared by all of them together. */
export const viewsAtMost = 50;
/** Characters. An address of this length passes every proxy. */
export const queryAtMost = 2000;

type ViewRow = Selectable<Database['saved_views']>;

/** Who asks. */
export interface Viewer {
  name: string;
  role: Role;
  /** To some sites: names of others stand in what is shared. */
  isLimited: boolean;
}

export interface ViewFields {
  name: string;
  query: string;
  shared: boolean;
}

export interface SavedViews {
  /** In the order of their names. */
  list(page: ViewPage, who: Viewer): Promise<Views>;
  /** @throws EvenkeelError BAD_NAME, BAD_REQUEST, CONFLICT, FORBIDDEN; so does `edit`, and NOT_FOUND */
  create(page: ViewPage, fields: ViewFields, who: Viewer): Promise<SavedView>;
  edit(id: string, fields: Partial<ViewFields>, who: Viewer): Promise<SavedView>;
  /** @throws EvenkeelError FORBIDDEN, NOT_FOUND */
  remove(id: string, who: Viewer): Promise<void>;
  /** @param id null: the page opens without one. @throws EvenkeelError NOT_FOUND */
  startWith(page: ViewPage, id: string | null, who: Viewer): Promise<Views>;
  starts(who: Viewer): Promise<ViewStarts>;
}

const refused = (name: string, why: Reason) => refusal('BAD_NAME', why, { what: 'view', name: shownName(name) });
const mayEdit = ({ owner, shared }: ViewRow, who: Viewer) =>
  owner === who.name || (shared === 1 && who.role === 'admin');
const viewOf = (row: ViewRow, who: Viewer): SavedView => ({
  ...{ id: row.id, page: row.page as ViewPage, name: row.name, query: row.query, owner: row.owner },
  ...{ shared: row.shared === 1, mayEdit: mayEdit(row, who) },
});

/** As a browser writes it, without what says the same twice. @throws EvenkeelError BAD_REQUEST */
function tidyQuery(text: string): string {
  const query = new URLSearchParams(text).toString();
  if (query.length <= queryAtMost) return query;
  throw refusal('BAD_REQUEST', reason('view_query_long', { count: query.length, limit: queryAtMost }));
}

/** @throws EvenkeelError FORBIDDEN */
function checkShared(who: Viewer): void {
  if (!mayDo(who.role, 'operator')) throw fail('FORBIDDEN', { role: who.role, needed: 'operator' });
  if (who.isLimited) throw refusal('CONFLICT', reason('view_share_limited'));
}

export function createViews(state: State, now: () => number): SavedViews {
  /** What somebody has in the menu of a page. */
  const seen = (db: State, who: Viewer) =>
    db
      .selectFrom('saved_views')
      .selectAll()
      .where((is) => is.or([is('owner', '=', who.name), ...(who.isLimited ? [] : [is('shared', '=', 1)])]));

  async function find(db: State, id: string, who: Viewer): Promise<ViewRow> {
    const row = await seen(db, who).where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'view', id });
    return row;
  }

  async function findToEdit(db: State, id: string, who: Viewer): Promise<ViewRow> {
    const row = await find(db, id, who);
    if (mayEdit(row, who)) return row;
    throw refusal('CONFLICT', reason('view_of_other', { name: row.name, owner: row.owner }));
  }

  /** Of the same name in a menu in which this one stands: whoever reads it could not tell them apart. */
  async function checkNew(
    db: State,
    view: Pick<ViewRow, 'id' | 'page' | 'name_key' | 'shared' | 'owner'>,
    name: string,
  ) {
    const others = db.selectFrom('saved_views').where('page', '=', view.page).where('id', '<>', view.id);
    const taken = await others
      .select('name')
      .where('name_key', '=', view.name_key)
      .where((is) => is.or([is('owner', '=', view.owner), is('shared', '=', 1)]))
      .executeTakeFirst();
    if (taken) throw refused(name, reason('view_name_taken'));
    const count = others.select((f) => f.fn.countAll<number>().as('n'));
    const of =
      view.shared === 1 ? count.where('shared', '=', 1) : count.where('shared', '=', 0).where('owner', '=', view.owner);
    if (Number((await of.executeTakeFirstOrThrow()).n) >= viewsAtMost)
      throw refusal('CONFLICT', reason(view.shared === 1 ? 'views_shared_full' : 'views_full', { limit: viewsAtMost }));
  }

  function tidy(text: string): { name: string; name_key: string } {
    const fault = nameFault(text);
    if (fault) throw refused(text, fault);
    return { name: tidyName(text), name_key: nameKey(text) };
  }

  async function list(page: ViewPage, who: Viewer): Promise<Views> {
    const rows = await seen(state, who).where('page', '=', page).orderBy('name_key').orderBy('id').execute();
    const start = await state
      .selectFrom('view_starts')
      .select('view')
      .where('page', '=', page)
      .where('person', '=', who.name)
      .executeTakeFirst();
    const items = rows.map((row) => viewOf(row, who));
    return { items, start: items.find(({ id }) => id === start?.view)?.id ?? null };
  }

  return {
    list,

    async create(page, { name: text, query, shared }, who) {
      if (shared) checkShared(who);
      const row: ViewRow = {
        ...{ id: makeId('v'), page, ...tidy(text), query: tidyQuery(query), owner: who.name },
        ...{ shared: shared ? 1 : 0, created_at: now(), updated_at: now() },
      };
      await state.transaction().execute(async (db) => {
        await checkNew(db, row, text);
        await db.insertInto('saved_views').values(row).execute();
      });
      return viewOf(row, who);
    },

    edit: (id, { name: text, query, shared }, who) =>
      state.transaction().execute(async (db) => {
        const before = await findToEdit(db, id, who);
        if (shared && before.shared === 0) checkShared(who);
        const row: ViewRow = {
          ...before,
          ...(text === undefined ? {} : tidy(text)),
          ...(query === undefined ? {} : { query: tidyQuery(query) }),
          ...(shared === undefined ? {} : { shared: shared ? 1 : 0 }),
          updated_at: now(),
        };
        const { name, name_key, query: saved, updated_at } = row;
        await checkNew(db, row, name);
        await db
          .updateTable('saved_views')
          .set({ name, name_key, query: saved, shared: row.shared, updated_at })
          .where('id', '=', id)
          .execute();
        if (before.shared === 1 && row.shared === 0)
          await db.deleteFrom('view_starts').where('view', '=', id).where('person', '<>', row.owner).execute();
        return viewOf(row, who);
      }),

    remove: (id, who) =>
      state.transaction().execute(async (db) => {
        await findToEdit(db, id, who);
        await db.deleteFrom('view_starts').where('view', '=', id).execute();
        await db.deleteFrom('saved_views').where('id', '=', id).execute();
      }),

    async startWith(page, id, who) {
      await state.transaction().execute(async (db) => {
        if (id !== null && (await find(db, id, who)).page !== page)
          throw fail('NOT_FOUND', { what: `view of ${page}`, id });
        await db.deleteFrom('view_starts').where('page', '=', page).where('person', '=', who.name).execute();
        if (id !== null) await db.insertInto('view_starts').values({ page, person: who.name, view: id }).execute();
      });
      return list(page, who);
    },

    async starts(who) {
      const rows = await seen(state, who)
        .innerJoin('view_starts', 'view_starts.view', 'saved_views.id')
        .where('view_starts.person', '=', who.name)
        .execute();
      return Object.fromEntries(rows.map(({ page, query }) => [page, query]));
    },
  };
}
