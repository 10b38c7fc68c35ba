import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Articles with a text per language, each version of them, and whether they helped. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('articles', {
    ...{ id: 'text key', state: 'text = draft in draft|published|archived', version: 'int', keywords: 'text' },
    ...{ reviewer: 'text?', reviewed_at: 'int?', valid_until: 'int?', reminded_at: 'int?', from_ticket: 'int?' },
    ...{ created_at: 'int', created_by: 'text', updated_at: 'int', updated_by: 'text' },
  });
  await tables.index('articles_due', 'articles', 'state', 'valid_until');
  await tables.create(
    'article_texts',
    { article: 'text', language: 'text', title: 'text', body: 'text' },
    { key: ['article', 'language'] },
  );
  await tables.create(
    'article_versions',
    { article: 'text', version: 'int', at: 'int', by_user: 'text', reason: 'text', content: 'text' },
    { key: ['article', 'version'] },
  );
  await tables.create('article_outcomes', {
    ...{ id: 'id', article: 'text', version: 'int', at: 'int', by_user: 'text' },
    ...{ place: 'text in request|ticket|alert|page', ticket: 'int?', solved: 'int' },
  });
  await tables.index('article_outcomes_article', 'article_outcomes', 'article', 'at');
  await tables.index('article_outcomes_at', 'article_outcomes', 'at');
}
