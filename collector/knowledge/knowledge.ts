/** The knowledge base as the rest of the collector knows it: articles, searches, and what is kept in step with tickets. */
import type { NamedRule } from '../../shared/api.ts';
import type { ArticleListName } from '../../shared/choices.ts';
import { fail } from '../../shared/errors.ts';
import type { ArticleDetail, ArticleList, ArticleVersion, FoundRow, HelpAtHand } from '../../shared/knowledge.ts';
import type { Log } from '../../shared/log.ts';
import { isLanguage, type Language, languages } from '../../shared/words/index.ts';
import { ticketTitle } from '../../shared/words/names.ts';
import type { State } from '../state/database.ts';
import type { Chore } from '../state/housekeeping.ts';
import { limitedState } from '../state/sight.ts';
import { type ArticleParts, type Articles, articleRow, createArticles } from './articles.ts';
import { draftOf } from './draft.ts';
import { type ArticleOutcome, noteOutcome } from './outcomes.ts';
import { createPublicReading, type PublicReading } from './public.ts';
import { articleDetail, articleList, articleVersion, foundRows } from './reading.ts';
import { createReminders, type ReviewNotices } from './reminders.ts';
import { type SearchHit, type SearchQuestion, search } from './search.ts';
import { beginAnew, catchUp, dropGone, openIndex } from './tickets-found.ts';

export interface KnowledgeParts extends ArticleParts {
  ruleNamed(id: string): NamedRule;
  /** Only once there are channels. */
  reviews(): ReviewNotices;
  log: Log;
}

export interface KnowledgeReader {
  mayEdit: boolean;
  language: string;
}

export interface KnowledgeBase extends Articles, PublicReading {
  list(of: { list: ArticleListName; page: string | undefined; mayEdit: boolean }): Promise<ArticleList>;
  /** @param rules whose runbook it is @throws EvenkeelError NOT_FOUND; so do the next three */
  detail(id: string, rules: readonly NamedRule[], reader: Pick<KnowledgeReader, 'mayEdit'>): Promise<ArticleDetail>;
  version(id: string, version: number): Promise<ArticleVersion>;
  note(id: string, said: ArticleOutcome, by: string): Promise<void>;
  search(question: SearchQuestion, reader: KnowledgeReader): Promise<FoundRow[]>;
  /** @param about the words of an alert or a ticket @param runbook of its rule */
  help(about: HelpQuestion, reader: KnowledgeReader): Promise<HelpAtHand>;
  /** @returns id of the article: of the one that was made of the ticket before, where there is one */
  draft(ticket: number, language: string, by: string): Promise<string>;
  /** From here on the index is kept in step, and reviewers are asked. */
  start(): void;
  stop(): Promise<void>;
  /** All that was saved until now can be found afterwards. */
  settle(): Promise<void>;
  /** Of erased rows nothing is left in the index either, before files are shredded. */
  shredBy(shred: (state: State) => Promise<void>): (state: State) => Promise<void>;
  chores: readonly Chore[];
}

export interface HelpQuestion {
  rule: NamedRule | null;
  title: string | null;
  instance: string;
  runbook: string | null;
  /** The ticket beside which it is shown. */
  ticket: number | null;
}

/** Changes gather for so long before they can be found. */
const gatherMs = 300;
const helpAtMost = 4;
/** Of these those that say the same are one. */
const likeAtMost = 50;
/** What happened to a machine each week, and was solved the same way each time, is said once: the newest. */
function eachOnce(rows: readonly FoundRow[]): FoundRow[] {
  const keys = rows.map(({ ticket, solution }) => {
    const { title, rule, instance, endpoint } = ticket ?? {};
    return JSON.stringify([title, rule?.id, instance, endpoint?.id, solution]);
  });
  return rows.filter((_, n) => keys.indexOf(keys[n] as string) === n);
}
const runbookForm = /^\/knowledge\/([a-z0-9-]{1,64})\/?$/;

export const articleIn = (runbook: string | null): string | null => runbookForm.exec(runbook ?? '')?.[1] ?? null;

/** The index is there before anybody writes or searches; what is in it comes after the start. */
export async function createKnowledge(parts: KnowledgeParts): Promise<KnowledgeBase> {
  await openIndex(parts);
  const { index, changeFeed, now, log, ruleNamed } = parts;
  const state = limitedState(parts.state);
  const articles = createArticles(parts);
  const reminders = createReminders(parts);
  const searching = { state, index };
  let waiting: NodeJS.Timeout | undefined;
  let working: Promise<void> | null = null;
  let isStopped = false;

  async function readAll(): Promise<void> {
    while (!isStopped && (await catchUp(parts)));
  }

  function settle(): Promise<void> {
    working ??= readAll().finally(() => {
      working = null;
    });
    return working;
  }

  function soon(): void {
    if (waiting || isStopped) return;
    waiting = setTimeout(() => {
      waiting = undefined;
      settle().catch((thrown: unknown) => log.error({ err: thrown }, 'Could not keep the search index in step yet'));
    }, gatherMs);
    waiting.unref();
  }

  const unfollow = changeFeed.subscribe(({ kind }) => kind === 'ticket' && soon());
  const found = async (hits: readonly SearchHit[], { mayEdit }: KnowledgeReader) =>
    foundRows({ state, ruleNamed, now: now(), mayEdit }, hits);

  async function find(question: SearchQuestion, reader: KnowledgeReader): Promise<FoundRow[]> {
    const number = /^#?(\d{1,9})$/.exec(question.text.trim())?.[1];
    const more = await search(searching, { ...question, limit: question.limit + 5 });
    // A number is that of a ticket first of all.
    const named: SearchHit[] =
      number === undefined || question.only === 'article'
        ? []
        : [{ kind: 'ticket', ref: String(Number(number)), language: '', title: '', lines: '' }];
    const hits = [...named, ...more.filter(({ kind, ref }) => kind !== 'ticket' || ref !== named[0]?.ref)];
    return (await found(hits, reader)).slice(0, question.limit);
  }

  /** Of the same rule, those first that say what solved them. */
  async function ticketsLike({ rule, instance, ticket }: HelpQuestion): Promise<string[]> {
    if (rule === null) return [];
    let rows = state
      .selectFrom('tickets')
      .select('id')
      .where('rule', '=', rule.id)
      .where('state', 'in', ['resolved', 'closed'])
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('ticket_events as e')
            .select('e.id')
            .whereRef('e.ticket', '=', 'tickets.id')
            .where('e.to_state', '=', 'resolved')
            .where('e.text', 'is not', null),
        ),
      );
    if (ticket !== null) rows = rows.where('id', '<>', ticket);
    const same = await rows
      .orderBy((is) => is.case().when('instance', '=', instance).then(0).else(1).end())
      .orderBy('resolved_at', 'desc')
      .limit(likeAtMost)
      .execute();
    return same.map(({ id }) => String(id));
  }

  return {
    ...articles,
    list: (of) => articleList(state, of, now(), reminders.lack),
    async detail(id, rules, { mayEdit }) {
      const detail = await articleDetail(state, id, rules, now(), reminders.lack);
      if (!mayEdit && detail.row.state !== 'published') throw fail('NOT_FOUND', { what: 'article', id });
      return detail;
    },
    version: (id, version) => articleVersion(state, id, version),
    async note(id, said, by) {
      await noteOutcome(state, await articleRow(state, id), said, by, now());
      changeFeed.publish({ kind: 'article', article: id });
    },
    search: find,
    ...createPublicReading(searching),
    async help(about, reader) {
      const { rule, title, runbook, ticket } = about;
      const titles = rule === null ? [title ?? ''] : languages.map((one) => titleIn(one, about));
      const text = titles.join(' ').slice(0, 180);
      const without = ticket === null ? {} : { without: { kind: 'ticket' as const, ref: String(ticket) } };
      const asked = { text, language: reader.language, limit: helpAtMost + 1, ...without };
      const linked = articleIn(runbook);
      const hit = (kind: SearchHit['kind'], ref: string): SearchHit => ({
        kind,
        ref,
        language: '',
        title: '',
        lines: '',
      });
      const [first] = linked === null ? [] : await found([hit('article', linked)], reader);
      const like = (await find({ ...asked, only: 'article' }, reader)).filter(({ id }) => id !== linked);
      const same = await ticketsLike(about);
      const others = await search(searching, { ...asked, only: 'ticket' });
      const hits = [...same.map((ref) => hit('ticket', ref)), ...others.filter(({ ref }) => !same.includes(ref))];
      const of = state.selectFrom('articles').where('from_ticket', '=', ticket ?? -1);
      const draft = reader.mayEdit ? await of.select('id').executeTakeFirst() : undefined;
      return {
        runbook: first ?? null,
        articles: like.slice(0, helpAtMost),
        tickets: eachOnce(await found(hits, reader)).slice(0, helpAtMost),
        draft: draft?.id ?? null,
      };
    },
    async draft(ticket, language, by) {
      const made = await state.selectFrom('articles').select('id').where('from_ticket', '=', ticket).executeTakeFirst();
      if (made) return made.id;
      const spoken: Language = isLanguage(language) ? language : 'en';
      return articles.create(await draftOf(state, ticket, spoken, ruleNamed), by, `#${ticket}`, ticket);
    },
    start() {
      soon();
      reminders.start();
    },
    async stop() {
      isStopped = true;
      await reminders.stop();
      unfollow();
      clearTimeout(waiting);
      await working?.catch(() => undefined);
    },
    settle,
    shredBy: (shred) => async (all) => {
      await beginAnew(parts);
      soon();
      await shred(all);
    },
    chores: [
      {
        name: 'searches for tickets that are gone',
        async run() {
          while ((await dropGone(parts)) > 0);
        },
      },
    ],
  };
}

/** The problem without the machine: of every machine that had it people wrote. */
const titleIn = (language: Language, { rule, instance, title }: HelpQuestion): string =>
  ticketTitle(language, { title, kind: 'alert', rule, instance, endpoint: null, site: null });
