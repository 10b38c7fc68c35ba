/** Articles, and what a search found, as people read them. */
import type { ExpressionBuilder } from 'kysely';
import type { NamedRule } from '../../shared/api.ts';
import { badMark } from '../../shared/bad-mark.ts';
import type { ArticleListName } from '../../shared/choices.ts';
import type { ArticleDetail, ArticleList, ArticleRow, ArticleVersion, FoundRow } from '../../shared/knowledge.ts';
import type { Database, State } from '../state/database.ts';
import { type Article, articleRow, textsOf, versionRow } from './articles.ts';
import { endedByThemselves, outcomesOf } from './outcomes.ts';
import { nearMs, type ReviewNotices } from './reminders.ts';
import type { SearchHit } from './search.ts';

const pageLength = 100;

const validityOf = ({ valid_until: end }: Pick<Article, 'valid_until'>, now: number): ArticleRow['validity'] =>
  end === null || end > now + nearMs ? 'valid' : end > now ? 'near' : 'past';

type ReviewerLacks = ReviewNotices['lack'];

async function rowsOf(state: State, rows: readonly Article[], now: number, lack: ReviewerLacks): Promise<ArticleRow[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const texts = await state
    .selectFrom('article_texts')
    .select(['article', 'language', 'title'])
    .where('article', 'in', ids)
    .orderBy('language')
    .execute();
  const outcomes = await outcomesOf(state, ids);
  return rows.map((row) => ({
    ...{ id: row.id, state: row.state, version: row.version, keywords: row.keywords, isPublic: row.is_public === 1 },
    titles: texts.filter(({ article }) => article === row.id).map(({ language, title }) => ({ language, title })),
    ...{ reviewer: row.reviewer, reviewedAt: row.reviewed_at, validUntil: row.valid_until },
    ...{ validity: validityOf(row, now), fromTicket: row.from_ticket, remindedAt: row.reminded_at },
    reviewerLack:
      row.state === 'published' && row.reminded_at === null && validityOf(row, now) !== 'valid'
        ? lack(row.reviewer, now)
        : null,
    ...{ createdAt: row.created_at, createdBy: row.created_by, updatedAt: row.updated_at, updatedBy: row.updated_by },
    ...outcomes(row.id),
  }));
}

type Where = (is: ExpressionBuilder<Database, 'articles'>) => ReturnType<ExpressionBuilder<Database, 'articles'>['or']>;

const listed = (list: ArticleListName, now: number): Where =>
  list === 'review'
    ? (is) => is.and([is('state', '=', 'published'), is('valid_until', '<=', now + nearMs)])
    : (is) => is.and([is('state', '=', list)]);

/** Newest change first; of those to be looked at again the nearest end. @throws EvenkeelError BAD_REQUEST */
export async function articleList(
  state: State,
  { list, page, mayEdit }: { list: ArticleListName; page: string | undefined; mayEdit: boolean },
  now: number,
  lack: ReviewerLacks,
): Promise<ArticleList> {
  if (page !== undefined && !/^\d{1,6}$/.test(page)) throw badMark(page);
  const from = Number(page ?? 0);
  // Only who writes them sees drafts.
  const isHidden = !mayEdit && (list === 'draft' || list === 'archived');
  const [column, way] = list === 'review' ? (['valid_until', 'asc'] as const) : (['updated_at', 'desc'] as const);
  const rows = isHidden
    ? []
    : await state
        .selectFrom('articles')
        .selectAll()
        .where(listed(list, now))
        .orderBy(column, way)
        .orderBy('id')
        .limit(pageLength + 1)
        .offset(from)
        .execute();
  const count = async (one: ArticleListName) => {
    if (!mayEdit && (one === 'draft' || one === 'archived')) return 0;
    const { n } = await state
      .selectFrom('articles')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .where(listed(one, now))
      .executeTakeFirstOrThrow();
    return Number(n);
  };
  return {
    items: await rowsOf(state, rows.slice(0, pageLength), now, lack),
    next: rows.length > pageLength ? String(from + pageLength) : null,
    counts: {
      ...{ published: await count('published'), review: await count('review') },
      ...{ draft: await count('draft'), archived: await count('archived') },
    },
    ended: await endedByThemselves(state, now),
  };
}

/** @throws EvenkeelError NOT_FOUND */
export async function articleDetail(
  state: State,
  id: string,
  rules: readonly NamedRule[],
  now: number,
  lack: ReviewerLacks,
): Promise<ArticleDetail> {
  const [row] = await rowsOf(state, [await articleRow(state, id)], now, lack);
  const versions = await state
    .selectFrom('article_versions')
    .select(['version', 'at', 'by_user', 'reason'])
    .where('article', '=', id)
    .orderBy('version', 'desc')
    .execute();
  return {
    row: row as ArticleRow,
    texts: await textsOf(state, id),
    versions: versions.map(({ by_user, ...version }) => ({ ...version, by: by_user })),
    rules: [...rules],
  };
}

/** @throws EvenkeelError NOT_FOUND */
export async function articleVersion(state: State, id: string, version: number): Promise<ArticleVersion> {
  const { at, by_user, reason, content } = await versionRow(state, id, version);
  const { texts, keywords } = JSON.parse(content) as Pick<ArticleVersion, 'texts' | 'keywords'>;
  return { version, at, by: by_user, reason, texts, keywords };
}

export interface FoundReading {
  /** As its caller may see it. */
  state: State;
  ruleNamed(id: string): NamedRule;
  now: number;
  /** Drafts are for those who write. */
  mayEdit: boolean;
}

/** In the same order; what has gone meanwhile, or is not theirs to read, is left out. */
export async function foundRows(
  { state, ruleNamed, now, mayEdit }: FoundReading,
  hits: readonly SearchHit[],
): Promise<FoundRow[]> {
  const refs = (kind: SearchHit['kind']) => hits.filter((hit) => hit.kind === kind).map(({ ref }) => ref);
  const [articleIds, ticketIds] = [refs('article'), refs('ticket').map(Number)];
  const articles =
    articleIds.length === 0
      ? []
      : await state.selectFrom('articles').selectAll().where('id', 'in', articleIds).execute();
  const outcomes = await outcomesOf(state, articleIds);
  const tickets =
    ticketIds.length === 0
      ? []
      : await state
          .selectFrom('tickets')
          .leftJoin('endpoints', 'endpoints.id', 'tickets.endpoint')
          .selectAll('tickets')
          .select('endpoints.name as endpoint_name')
          .where('tickets.id', 'in', ticketIds)
          .execute();
  const solutions = await solutionsOf(state, ticketIds);
  return hits.flatMap(({ ref, ...hit }): FoundRow[] => {
    const shown = { ...hit, id: ref };
    if (hit.kind === 'article') {
      const row = articles.find(({ id }) => id === ref);
      if (!row || row.state === 'archived' || (row.state === 'draft' && !mayEdit)) return [];
      const article = { state: row.state, validity: validityOf(row, now), solved: outcomes(ref).solved };
      return [{ ...shown, article, ticket: null, solution: null }];
    }
    const row = tickets.find(({ id }) => id === Number(ref));
    if (!row) return [];
    const { id, title, kind, instance, site, priority, state: at } = row;
    const endpoint = row.endpoint === null ? null : { id: row.endpoint, name: row.endpoint_name ?? row.endpoint };
    const rule = row.rule === null ? null : ruleNamed(row.rule);
    const ticket = { id, title, kind, instance, site, priority, state: at, endpoint, rule };
    return [{ ...shown, article: null, ticket, solution: solutions.get(id) ?? null }];
  });
}

/** What people wrote when they resolved a ticket; the last of several. */
async function solutionsOf(state: State, tickets: readonly number[]): Promise<Map<number, string>> {
  if (tickets.length === 0) return new Map();
  const rows = await state
    .selectFrom('ticket_events')
    .select(['ticket', 'text'])
    .where('ticket', 'in', [...tickets])
    .where('to_state', '=', 'resolved')
    .where('text', 'is not', null)
    .orderBy('id')
    .execute();
  return new Map(rows.map(({ ticket, text }) => [ticket, text ?? '']));
}
