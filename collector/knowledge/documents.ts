/** What can be found: the terms of articles and tickets, in step with the index of the database. Rows are as many as there are of both. */
import { sql } from 'kysely';
import { chunks } from '../state/chunks.ts';
import type { State, StateTransaction } from '../state/database.ts';
import type { TextIndex } from '../state/drivers/text-index.ts';
import { insertRows } from '../state/rows.ts';
import type { WordList } from './question.ts';
import { termsOf } from './terms.ts';

/** Of the plain text, for the lines that a result shows. */
const shownLength = 1500;
/** Of one text: the size of an article of 40,000 characters, and an end to what one text costs. */
const termsAtMost = 800;

export interface FoundDocument {
  kind: 'article' | 'ticket';
  /** Id of the article, number of the ticket. */
  ref: string;
  language: string;
  at: number;
  title: string;
  /** Other words that it is found by, as well as by those of its title. */
  keywords: string;
  /** Plain text. */
  body: string;
}

/** Replaces all that is found of these. @param docs several of one article, one per language; none: it is not found any more */
export async function putDocuments(
  db: StateTransaction,
  index: TextIndex,
  kind: FoundDocument['kind'],
  refs: readonly string[],
  docs: readonly FoundDocument[],
): Promise<void> {
  const counts = new Map<string, number>();
  const count = (terms: readonly string[], by: 1 | -1) => {
    for (const term of new Set(terms)) counts.set(term, (counts.get(term) ?? 0) + by);
  };
  for (const some of chunks(refs)) {
    const old = await db
      .selectFrom('search_documents')
      .select(['id', 'title_terms', 'body_terms'])
      .where('kind', '=', kind)
      .where('ref', 'in', some)
      .execute();
    if (old.length === 0) continue;
    for (const { title_terms, body_terms } of old) count(split(`${title_terms} ${body_terms}`), -1);
    const ids = old.map(({ id }) => id);
    await index.remove(db, ids);
    await db.deleteFrom('search_documents').where('id', 'in', ids).execute();
  }
  const rows = docs.map(({ keywords, title, body, ...doc }) => {
    const [own, all] = [termsOf(title), termsOf(`${title} ${keywords} ${body}`, termsAtMost)];
    const named = [...new Set([...own, ...termsOf(keywords)])];
    count([...named, ...all], 1);
    const shown = { title, body: body.slice(0, shownLength) };
    return { ...doc, ...shown, title_terms: named.join(' '), body_terms: all.join(' ') };
  });
  if (rows.length > 0) {
    await insertRows(db, 'search_documents', rows);
    await indexRows(db, index, kind, docs);
  }
  await addCounts(db, counts);
}

async function indexRows(db: StateTransaction, index: TextIndex, kind: string, docs: readonly FoundDocument[]) {
  for (const some of chunks([...new Set(docs.map(({ ref }) => ref))])) {
    const made = await db
      .selectFrom('search_documents')
      .select(['id', 'title_terms', 'body_terms'])
      .where('kind', '=', kind as 'article')
      .where('ref', 'in', some)
      .execute();
    await index.put(
      db,
      made.map(({ id, title_terms, body_terms }) => ({ id, title: split(title_terms), body: split(body_terms) })),
    );
  }
}

async function addCounts(db: StateTransaction, counts: ReadonlyMap<string, number>): Promise<void> {
  const changed = [...counts].filter(([, documents]) => documents !== 0).sort();
  if (changed.length === 0) return;
  await insertRows(
    db,
    'search_words',
    changed.map(([word, documents]) => ({ word, documents })),
    'on conflict (word) do update set documents = search_words.documents + excluded.documents',
  );
  if (changed.some(([, documents]) => documents < 0))
    await db.deleteFrom('search_words').where('documents', '<=', 0).execute();
}

/** Nothing is found any more, and nothing is left of it in the index. */
export async function clearDocuments(db: StateTransaction, index: TextIndex): Promise<void> {
  await index.make(db);
  await sql`delete from search_documents`.execute(db);
  await sql`delete from search_words`.execute(db);
}

export const split = (terms: string): string[] => (terms === '' ? [] : terms.split(' '));

export const dictionaryOf = (db: State): WordList => ({
  async counts(words) {
    const found = new Map<string, number>();
    for (const some of chunks(words, 1500)) {
      const rows = await db
        .selectFrom('search_words')
        .select(['word', 'documents'])
        .where('word', 'in', [...some])
        .execute();
      for (const { word, documents } of rows) found.set(word, documents);
    }
    return found;
  },
  async beginning(start, atMost) {
    const rows = await db
      .selectFrom('search_words')
      .select(['word', 'documents'])
      .where('word', '>=', start)
      // Behind all that begins so; compared by code point on both databases.
      .where('word', '<', `${start}\u{10ffff}`)
      .orderBy('documents', 'desc')
      .orderBy('word')
      .limit(atMost)
      .execute();
    return new Map(rows.map(({ word, documents }) => [word, documents]));
  },
});
