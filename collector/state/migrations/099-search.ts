import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What articles and tickets are found by: their terms, and the words that are there. Made of them, and made anew when lost. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create(
    'search_documents',
    {
      ...{ id: 'id', kind: 'text in article|ticket', ref: 'text', language: 'text', at: 'int' },
      ...{ title: 'text', body: 'text', title_terms: 'text', body_terms: 'text' },
    },
    { unique: ['kind', 'ref', 'language'] },
  );
  await tables.create('search_words', { word: 'text key', documents: 'int' });
}
