/** Articles of the knowledge base: texts per language with all their versions, who looks at them again, and until when they hold. */
import type { Selectable } from 'kysely';
import { articleLength } from '../../shared/choices.ts';
import { fail } from '../../shared/errors.ts';
import type { ArticleState, ArticleText } from '../../shared/knowledge.ts';
import { reason } from '../../shared/reason.ts';
import { languages } from '../../shared/words/index.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Database, State, StateTransaction } from '../state/database.ts';
import type { TextIndex } from '../state/drivers/text-index.ts';
import { type FoundDocument, putDocuments } from './documents.ts';
import { plainTextOf } from './plain-text.ts';
import { folded } from './terms.ts';

const articlesAtMost = 10_000;
/** Of one article; the oldest go. */
const versionsAtMost = 200;

export type Article = Selectable<Database['articles']>;

export interface ArticleFields {
  texts: readonly ArticleText[];
  keywords: string;
  reviewer: string | null;
  /** ms UTC; null: no end. */
  validUntil: number | null;
  state: ArticleState;
  /** Whoever reports something may read it without an account. */
  isPublic?: boolean;
}

export interface ArticleParts {
  state: State;
  index: TextIndex;
  changeFeed: ChangeFeed;
  now(): number;
}

/** What was saved as a version. */
type ArticleContent = Omit<ArticleFields, 'state' | 'isPublic'>;

/** Each throws EvenkeelError: NOT_FOUND, or BAD_REQUEST with a reason. */
export interface Articles {
  create(fields: ArticleFields, by: string, reason: string, fromTicket?: number | null): Promise<string>;
  edit(id: string, fields: Partial<ArticleFields>, by: string, reason: string): Promise<void>;
  /** The texts of an earlier version become the newest version. */
  restore(id: string, version: number, by: string, reason: string): Promise<void>;
  /** Somebody has looked at it: it holds as it is. */
  review(id: string, validUntil: number | null, by: string): Promise<void>;
}

const columns = (content: ArticleContent, by: string, at: number) => ({
  ...{ keywords: content.keywords.trim(), reviewer: content.reviewer, valid_until: content.validUntil },
  ...{ updated_at: at, updated_by: by },
});

export function createArticles({ state, index, changeFeed, now }: ArticleParts): Articles {
  async function change(id: string, work: (db: StateTransaction, row: Article) => Promise<void>): Promise<void> {
    await state.transaction().execute(async (db) => work(db, await articleRow(db, id)));
    changeFeed.publish({ kind: 'article', article: id });
  }

  async function save(
    db: StateTransaction,
    row: Article,
    next: ArticleContent,
    by: string,
    why: string,
  ): Promise<void> {
    const [version, at] = [row.version + 1, now()];
    // A later end is reminded of again.
    const reminded = next.validUntil === row.valid_until ? {} : { reminded_at: null };
    await db
      .updateTable('articles')
      .set({ version, ...columns(next, by, at), ...reminded })
      .where('id', '=', row.id)
      .execute();
    await writeTexts(db, row.id, version, next, { at, by, reason: why });
  }

  return {
    async create(fields, by, why, fromTicket = null) {
      checkContent(fields);
      const at = now();
      const id = await state.transaction().execute(async (db) => {
        const slug = await freeSlug(db, fields.texts);
        const made = { created_at: at, created_by: by, version: 1, from_ticket: fromTicket, state: fields.state };
        const is_public = fields.isPublic ? (1 as const) : (0 as const);
        await db
          .insertInto('articles')
          .values({ id: slug, ...made, is_public, ...columns(fields, by, at), reviewed_at: null, reminded_at: null })
          .execute();
        await writeTexts(db, slug, 1, fields, { at, by, reason: why });
        await indexArticle(db, index, slug);
        return slug;
      });
      changeFeed.publish({ kind: 'article', article: id });
      return id;
    },
    edit: (id, { state: next, isPublic, ...fields }, by, why) =>
      change(id, async (db, row) => {
        const old = await contentOf(db, row);
        const content = { ...old, ...fields };
        checkContent(content);
        if (JSON.stringify(content) !== JSON.stringify(old)) await save(db, row, content, by, why);
        const set = {
          ...(next === undefined || next === row.state ? {} : { state: next }),
          ...(isPublic === undefined || isPublic === (row.is_public === 1)
            ? {}
            : { is_public: isPublic ? (1 as const) : (0 as const) }),
        };
        if (Object.keys(set).length > 0)
          await db
            .updateTable('articles')
            .set({ ...set, updated_at: now(), updated_by: by })
            .where('id', '=', id)
            .execute();
        await indexArticle(db, index, id);
      }),
    restore: (id, version, by, why) =>
      change(id, async (db, row) => {
        const kept = await versionRow(db, id, version);
        const { texts, keywords } = JSON.parse(kept.content) as ArticleContent;
        await save(db, row, { ...(await contentOf(db, row)), texts, keywords }, by, why);
        await indexArticle(db, index, id);
      }),
    review: (id, validUntil, by) =>
      change(id, async (db, row) => {
        const at = now();
        const reminded = validUntil === row.valid_until ? {} : { reminded_at: null };
        const set = { reviewer: row.reviewer ?? by, reviewed_at: at, valid_until: validUntil, ...reminded };
        await db.updateTable('articles').set(set).where('id', '=', id).execute();
      }),
  };
}

/** @throws EvenkeelError NOT_FOUND */
export async function articleRow(db: State, id: string): Promise<Article> {
  const row = await db.selectFrom('articles').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'article', id });
  return row;
}

/** @throws EvenkeelError NOT_FOUND */
export async function versionRow(db: State, id: string, version: number) {
  const of = db.selectFrom('article_versions').selectAll().where('article', '=', id);
  const row = await of.where('version', '=', version).executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'version of this article:', id: version });
  return row;
}

export const textsOf = (db: State, id: string): Promise<ArticleText[]> =>
  db
    .selectFrom('article_texts')
    .select(['language', 'title', 'body'])
    .where('article', '=', id)
    .orderBy('language')
    .execute();

const contentOf = async (db: State, row: Article): Promise<ArticleContent> => ({
  ...{ texts: await textsOf(db, row.id), keywords: row.keywords },
  ...{ reviewer: row.reviewer, validUntil: row.valid_until },
});

async function writeTexts(
  db: StateTransaction,
  article: string,
  version: number,
  { texts, keywords, reviewer, validUntil }: ArticleContent,
  { at, by, reason: why }: { at: number; by: string; reason: string },
): Promise<void> {
  const sorted = [...texts].sort((a, b) => (a.language < b.language ? -1 : 1));
  await db.deleteFrom('article_texts').where('article', '=', article).execute();
  await db
    .insertInto('article_texts')
    .values(sorted.map((one) => ({ ...one, article })))
    .execute();
  const content = JSON.stringify({ texts: sorted, keywords, reviewer, validUntil });
  await db.insertInto('article_versions').values({ article, version, at, by_user: by, reason: why, content }).execute();
  const old = db.deleteFrom('article_versions').where('article', '=', article);
  await old.where('version', '<=', version - versionsAtMost).execute();
}

/** What is kept aside is found no more. */
async function indexArticle(db: StateTransaction, index: TextIndex, id: string): Promise<void> {
  await putDocuments(db, index, 'article', [id], await articleDocuments(db, [id]));
}

export async function articleDocuments(db: State, ids: readonly string[]): Promise<FoundDocument[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('article_texts as t')
    .innerJoin('articles as a', 'a.id', 't.article')
    .select(['a.id', 'a.keywords', 'a.updated_at', 't.language', 't.title', 't.body'])
    .where('a.id', 'in', [...ids])
    .where('a.state', '<>', 'archived')
    .execute();
  return rows.map(({ id, updated_at, body, ...rest }) => ({
    ...{ ...rest, kind: 'article' as const, ref: id, at: updated_at, body: plainTextOf(body) },
  }));
}

/** @throws EvenkeelError BAD_REQUEST */
function checkContent({ texts }: Pick<ArticleContent, 'texts'>): void {
  if (texts.length === 0) throw refusal('BAD_REQUEST', reason('article_empty'));
  const seen = new Set<string>();
  for (const { language, title, body } of texts) {
    if (!(languages as readonly string[]).includes(language))
      throw refusal('BAD_REQUEST', reason('article_language', { text: language, languages: languages.join(', ') }));
    if (seen.has(language)) throw refusal('BAD_REQUEST', reason('article_twice', { text: language }));
    seen.add(language);
    if (title.trim() === '') throw refusal('BAD_REQUEST', reason('article_title', { text: language }));
    if (body.length > articleLength)
      throw refusal('BAD_REQUEST', reason('article_long', { count: body.length, limit: articleLength }));
  }
}

/** Of the address: other routes stand beside it. */
const taken = new Set(['new', 'draft', 'search', 'summary']);
const slugLength = 56;

/** @throws EvenkeelError BAD_REQUEST where there are too many articles */
async function freeSlug(db: StateTransaction, texts: readonly ArticleText[]): Promise<string> {
  const { n } = await db
    .selectFrom('articles')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  if (Number(n) >= articlesAtMost) throw refusal('BAD_REQUEST', reason('articles_many', { limit: articlesAtMost }));
  const title = (texts.find(({ language }) => language === 'en') ?? texts[0])?.title ?? '';
  const words = folded(title).match(/[a-z0-9]+/g) ?? [];
  const plain = words.join('-').slice(0, slugLength).replace(/-+$/, '');
  const slug = /[a-z]/.test(plain) ? plain : `article${plain === '' ? '' : `-${plain}`}`;
  const like = await db.selectFrom('articles').select('id').where('id', 'like', `${slug}%`).execute();
  const used = new Set([...taken, ...like.map(({ id }) => id)]);
  for (let count = 1; ; count++) {
    const one = count === 1 ? slug : `${slug}-${count}`;
    if (!used.has(one)) return one;
  }
}
