/** The knowledge base: a search over articles and tickets, and all articles below it. */
import { useState } from 'preact/hooks';
import { type ArticleListName, articleLists } from '../../../../shared/choices.ts';
import type { ArticleList, ArticleRow } from '../../../../shared/knowledge.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { may, mayForAll } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { search, setQuery, to, withQuery } from '../../router.ts';
import { actorName, language, t } from '../../words/words.ts';
import { FoundItems, useSearch } from './found.tsx';
import { ArticleMarks, ReviewerOf, titleOfArticle } from './marks.tsx';
import { languageName } from './text.tsx';

const foundAtMost = 20;
const say = (n: number) => number(n, language.value);

const columns = (): TableColumn<ArticleRow>[] => [
  {
    key: 'title',
    head: t('knowledge.article'),
    cell: (row) => (
      <span class="named">
        <a href={to.article(row.id)}>{titleOfArticle(row)}</a> <ArticleMarks of={row} />
      </span>
    ),
  },
  {
    key: 'languages',
    head: t('knowledge.languages'),
    cell: ({ titles }) => titles.map((text) => languageName(text.language)).join(', '),
  },
  {
    key: 'solved',
    head: t('knowledge.solvedCount'),
    cell: ({ solved, notSolved }) =>
      solved + notSolved === 0 ? none : t('knowledge.solvedOf', { n: say(solved), of: say(solved + notSolved) }),
  },
  {
    key: 'until',
    head: t('knowledge.validUntil'),
    cell: ({ validUntil }) => <Moment at={validUntil} shape="date" />,
  },
  {
    key: 'reviewer',
    head: t('knowledge.reviewer'),
    cell: (row) => <ReviewerOf of={row} />,
  },
  {
    key: 'changed',
    head: t('knowledge.changed'),
    cell: ({ updatedAt, updatedBy }) => (
      <span>
        <Moment at={updatedAt} /> <span class="quiet">{actorName(updatedBy)}</span>
      </span>
    ),
  },
];

function Lead({ list: { counts, ended } }: { list: ArticleList }) {
  return (
    <>
      <Sentence of="knowledge.lead" values={{ n: <a href="/knowledge">{say(counts.published)}</a> }} />{' '}
      {ended.asked > 0 && t('knowledge.ended', { n: say(ended.solved), of: say(ended.asked), days: say(ended.days) })}{' '}
      {counts.review > 0 && <a href="/knowledge?list=review">{t('knowledge.toReview', { n: say(counts.review) })}</a>}
    </>
  );
}

/** Others have no drafts and nothing archived: an empty list would say that there is none. */
const listsShown = (): ArticleListName[] =>
  articleLists.filter((one) => may('operator') || one === 'published' || one === 'review');

export function KnowledgePage() {
  const params = new URLSearchParams(search.value);
  const list = listsShown().find((one) => one === params.get('list')) ?? 'published';
  const [text, setText] = useState(params.get('q') ?? '');
  const page = params.get('page');
  const loaded = useLoad<ArticleList>(
    `articles?list=${list}${page === null ? '' : `&page=${page}`}`,
    ({ kind }) => kind === 'article',
  );
  const found = useSearch(text, null, foundAtMost);
  const type = (next: string) => {
    setText(next);
    setQuery({ q: next.trim() === '' ? null : next });
  };
  return (
    <>
      <PageHead title={t('page.knowledge')} lead={loaded.data && <Lead list={loaded.data} />}>
        {mayForAll('operator') && (
          <a class="button main" href="/knowledge/new">
            {t('knowledge.new')}
          </a>
        )}
      </PageHead>
      <Input
        label={t('knowledge.search')}
        help={t('knowledge.searchHelp')}
        type="search"
        value={text}
        onInput={type}
        maxLength={200}
        autocomplete="off"
        wide
      />
      {found ? <Hits of={found.items} /> : <Articles loaded={loaded} list={list} />}
    </>
  );
}

function Hits({ of: items }: { of: Parameters<typeof FoundItems>[0]['items'] }) {
  // How many more there are is not asked for.
  const title = t(items.length < foundAtMost ? 'knowledge.found' : 'knowledge.foundMany', { n: say(items.length) });
  return (
    <Box title={title}>
      <p class="unseen" role="status">
        {title}
      </p>
      {items.length === 0 ? <p class="quiet">{t('knowledge.nothingFound')}</p> : <FoundItems items={items} />}
    </Box>
  );
}

function Articles({ loaded, list }: { loaded: ReturnType<typeof useLoad<ArticleList>>; list: ArticleListName }) {
  return (
    <Ready of={loaded}>
      {({ items, next, counts }) => (
        <>
          <Tabs
            label={t('page.knowledge')}
            of={listsShown().map((one) => ({
              href: `/knowledge${withQuery('', { list: one === 'published' ? null : one })}`,
              ...{ word: t(`knowledge.list.${one}`), isHere: one === list, count: say(counts[one]) },
            }))}
          />
          {items.length === 0 ? (
            <Empty icon="book" title={t(`knowledge.empty.${list}`)}>
              {list === 'published' && mayForAll('operator') && <p>{t('knowledge.emptyWhy')}</p>}
            </Empty>
          ) : (
            <Table caption={t(`knowledge.list.${list}`)} columns={columns()} rows={items} keyOf={({ id }) => id} />
          )}
          {next !== null && <a href={withQuery(search.value, { page: next })}>{t('knowledge.more')}</a>}
        </>
      )}
    </Ready>
  );
}
