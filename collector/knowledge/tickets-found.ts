/**
 * Tickets as texts that are found, kept in step: each change of a ticket is an event, so what was not yet read are events behind the
 * last one that was. A new index, or a lost one, begins with all tickets and articles.
 */
import { sql } from 'kysely';
import type { NamedRule } from '../../shared/api.ts';
import { languages } from '../../shared/words/index.ts';
import { ticketTitle } from '../../shared/words/names.ts';
import type { State, StateTransaction } from '../state/database.ts';
import type { TextIndex } from '../state/drivers/text-index.ts';
import { articleDocuments } from './articles.ts';
import { clearDocuments, type FoundDocument, putDocuments } from './documents.ts';

/** A change of how texts are read: all of them are read anew. */
const indexVersion = 1;
const markKey = 'search-index';
const atOnce = 100;
/** Of what was said on a ticket. */
const saidLength = 6000;

interface IndexMark {
  version: number;
  /** The last event that was read. */
  event: number;
  /** The last article, then the last ticket, while all of them are read; null: that is done. */
  article: string | null;
  ticket: number | null;
}

export interface IndexingParts {
  state: State;
  index: TextIndex;
  ruleNamed(id: string): NamedRule;
}

/** Of a new state, a new version of the index, or one that was lost: an empty one, which `catchUp` fills. */
export const openIndex = ({ state, index }: Pick<IndexingParts, 'state' | 'index'>): Promise<IndexMark> =>
  state.transaction().execute((db) => markOrBegin(db, index));

async function markOrBegin(db: StateTransaction, index: TextIndex): Promise<IndexMark> {
  const mark = await markIn(db);
  return mark !== null && (await index.isThere(db)) ? mark : begin(db, index);
}

/** @returns whether there may be more to read */
export async function catchUp(parts: IndexingParts): Promise<boolean> {
  const { state, index } = parts;
  return state.transaction().execute(async (db) => {
    const mark = await markOrBegin(db, index);
    if (mark.article !== null) return allArticles(parts, db, mark, mark.article);
    if (mark.ticket !== null) return allTickets(parts, db, mark, mark.ticket);
    const events = await db
      .selectFrom('ticket_events')
      .select(['id', 'ticket'])
      .where('id', '>', mark.event)
      .orderBy('id')
      .limit(atOnce)
      .execute();
    const last = events.at(-1);
    if (!last) return false;
    await putTickets(parts, db, [...new Set(events.map(({ ticket }) => ticket))]);
    await keepMark(db, { ...mark, event: last.id });
    return events.length === atOnce;
  });
}

async function markIn(db: StateTransaction): Promise<IndexMark | null> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', markKey).executeTakeFirst();
  const mark = row && (JSON.parse(row.value) as IndexMark);
  return mark?.version === indexVersion ? mark : null;
}

async function keepMark(db: StateTransaction, mark: IndexMark): Promise<void> {
  const value = JSON.stringify(mark);
  await db
    .insertInto('settings')
    .values({ key: markKey, value })
    .onConflict((clash) => clash.column('key').doUpdateSet({ value }))
    .execute();
}

async function begin(db: StateTransaction, index: TextIndex): Promise<IndexMark> {
  await clearDocuments(db, index);
  const last = await db
    .selectFrom('ticket_events')
    .select(({ fn }) => fn.max('id').as('id'))
    .executeTakeFirst();
  const mark = { version: indexVersion, event: Number(last?.id ?? 0), article: '', ticket: 0 };
  await keepMark(db, mark);
  return mark;
}

/** Of what was erased nothing is left in the index; what is left is read anew by `catchUp`. */
export const beginAnew = ({ state, index }: Pick<IndexingParts, 'state' | 'index'>): Promise<unknown> =>
  state.transaction().execute((db) => begin(db, index));

async function allArticles({ index }: IndexingParts, db: StateTransaction, mark: IndexMark, from: string) {
  const rows = await db
    .selectFrom('articles')
    .select('id')
    .where('id', '>', from)
    .orderBy('id')
    .limit(atOnce)
    .execute();
  const ids = rows.map(({ id }) => id);
  await putDocuments(db, index, 'article', ids, await articleDocuments(db, ids));
  await keepMark(db, { ...mark, article: ids.length < atOnce ? null : (ids.at(-1) ?? null) });
  return true;
}

async function allTickets(parts: IndexingParts, db: StateTransaction, mark: IndexMark, from: number): Promise<boolean> {
  const rows = await db.selectFrom('tickets').select('id').where('id', '>', from).orderBy('id').limit(atOnce).execute();
  const ids = rows.map(({ id }) => id);
  await putTickets(parts, db, ids);
  await keepMark(db, { ...mark, ticket: ids.length < atOnce ? null : (ids.at(-1) ?? null) });
  return true;
}

async function putTickets({ index, ruleNamed }: IndexingParts, db: StateTransaction, ids: readonly number[]) {
  if (ids.length === 0) return;
  const rows = await db
    .selectFrom('tickets')
    .leftJoin('endpoints', 'endpoints.id', 'tickets.endpoint')
    .selectAll('tickets')
    .select('endpoints.name as endpoint_name')
    .where('tickets.id', 'in', [...ids])
    // Spam and duplicates help nobody.
    .where('tickets.state', '<>', 'cancelled')
    .execute();
  const said = await db
    .selectFrom('ticket_events')
    .select(['ticket', 'text'])
    .where('ticket', 'in', [...ids])
    .where('kind', 'in', ['opened', 'comment', 'state', 'handed_off'])
    .where('text', 'is not', null)
    .orderBy('id')
    .execute();
  const texts = new Map<number, string>();
  for (const { ticket, text } of said) {
    const before = texts.get(ticket) ?? '';
    if (before.length < saidLength) texts.set(ticket, `${before} ${text}`.slice(0, saidLength));
  }
  const docs = rows.map((row): FoundDocument => {
    const endpoint = row.endpoint === null ? null : { id: row.endpoint, name: row.endpoint_name ?? row.endpoint };
    const ticket = { ...row, endpoint, rule: row.rule === null ? null : ruleNamed(row.rule) };
    // What the monitor opened is found by its words of each language.
    const titles = new Set(languages.map((language) => ticketTitle(language, ticket)));
    return {
      ...{ kind: 'ticket', ref: String(row.id), language: '', at: row.updated_at, title: [...titles].join(' / ') },
      keywords: `${row.id} ${endpoint?.name ?? ''} ${row.vendor_reference ?? ''}`,
      body: texts.get(row.id)?.trim() ?? '',
    };
  });
  await putDocuments(db, index, 'ticket', ids.map(String), docs);
}

/** Tickets whose evidence has ended. @returns how many are found no more */
export async function dropGone({ state, index }: Pick<IndexingParts, 'state' | 'index'>): Promise<number> {
  return state.transaction().execute(async (db) => {
    const { rows: gone } = await sql<{ ref: string }>`select ref from search_documents where kind = 'ticket'
      and ref not in (select cast(id as text) from tickets) limit 1000`.execute(db);
    const refs = gone.map(({ ref }) => ref);
    await putDocuments(db, index, 'ticket', refs, []);
    return refs.length;
  });
}
