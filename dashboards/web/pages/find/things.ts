/** What can be found: pages and actions, the fleet and short lists, which are read when the search is opened, and what the collector finds. */
import type { EndpointRow, RuleEntry, SoftwareTitles } from '../../../../shared/api.ts';
import type { SearchAnswer } from '../../../../shared/knowledge.ts';
import { oneOf } from '../../../../shared/matchers.ts';
import { asked } from '../../keys.ts';
import { call, type Page } from '../../net/request.ts';
import { logOut, may, mayForAll, me } from '../../net/session.ts';
import type { IconName } from '../../parts/icon.tsx';
import { path, to } from '../../router.ts';
import { theme, themes } from '../../theme.ts';
import { visits } from '../../title.ts';
import { ruleName } from '../../words/value.ts';
import { aboutLanguage, language, languages, speak, t, wordOr } from '../../words/words.ts';
import { entryOf, type PageName, pageAt, pageEntries, pages } from '../index.ts';
import { placeIcons } from '../places/kinds.ts';
import { titleOf } from '../tickets/marks.tsx';
import { type Findable, folded } from './rank.ts';

export const groupNames = [
  ...(['recent', 'endpoints', 'places', 'watched', 'rules', 'people', 'actions', 'pages'] as const),
  ...(['tickets', 'software', 'articles'] as const),
];
export type GroupName = (typeof groupNames)[number];

export interface Thing extends Findable {
  key: string;
  group: GroupName;
  icon: IconName;
  title: string;
  beside: string;
  /** Where it is, or what it does. */
  go: string | (() => unknown);
  /** Pressed on every page, it does the same. */
  keys?: string;
}

type ThingParts = Pick<Thing, 'group' | 'icon' | 'title' | 'go'> & Partial<Pick<Thing, 'beside' | 'keys'>>;

const thing = (parts: ThingParts, also = ''): Thing => ({
  beside: '',
  ...parts,
  key: `${parts.group} ${typeof parts.go === 'string' ? parts.go : parts.title}`,
  name: folded(parts.title),
  also: folded(also),
});

const kindIcons: Partial<Record<EndpointRow['kind'], IconName>> = { server: 'server', workstation: 'workstation' };

export const endpointThings = (fleet: Iterable<EndpointRow>): Thing[] =>
  [...fleet].map((row) =>
    thing(
      {
        ...{ group: 'endpoints', icon: kindIcons[row.kind] ?? 'server', title: row.name, go: to.endpoint(row.id) },
        beside: [wordOr('filter.state', row.state), row.site].filter(Boolean).join(' · '),
      },
      [row.site, row.os, ...row.tags, ...row.groups.map(({ name }) => name), row.id].join(' '),
    ),
  );

/** Pages that have an address without a name in it, and that this person may see. */
export const pageThings = (): Thing[] =>
  pageEntries.flatMap(([name, { path: at, alone, partOf, isOfHouse }]) => {
    if (alone || at.includes(':') || name === 'missing' || actionPages.has(name)) return [];
    if ((name === 'channels' && !may('admin')) || (me.value?.sites && isOfHouse)) return [];
    const icon = pages[entryOf(name)].menu?.icon ?? 'info';
    const beside = partOf ? t(`page.${partOf}`) : '';
    return [thing({ group: 'pages', icon, title: t(`page.${name}`), go: at, beside }, `${at} ${beside}`)];
  });

/** Pages that are there to do one thing. */
const actionPages: ReadonlySet<PageName> = new Set(['add', 'silenceNew', 'articleNew']);

const action = (icon: IconName, title: string, go: Thing['go'], also = ''): Thing =>
  thing({ group: 'actions', icon, title, go }, also);

export const actionThings = (): Thing[] => [
  ...(may('admin') ? [action('add', t('page.add'), '/add')] : []),
  ...(may('operator') ? [action('ticket', t('ticket.new'), '/tickets?new=1')] : []),
  ...(may('admin') ? [action('rules', t('rules.new'), '/rules?new=1')] : []),
  ...(may('admin') ? [action('person', t('onCall.addSchedule'), '/oncall?new=1')] : []),
  ...(mayForAll('operator')
    ? (['sites', 'groups'] as const).map((kind) => action(placeIcons[kind], t(`place.${kind}.new`), `/${kind}?new=1`))
    : []),
  ...(may('operator') ? [action('silence', t('page.silenceNew'), '/silences/new')] : []),
  ...(may('operator') ? [action('change', t('change.new'), '/changes?new=1')] : []),
  ...(may('admin') ? [action('alert', t('channels.add'), '/oncall/channels?edit=')] : []),
  ...(may('operator') ? [action('target', t('target.new'), '/targets?target=')] : []),
  ...(may('operator') ? [action('maintenance', t('maintenance.new'), '/maintenance?new=1')] : []),
  ...(mayForAll('operator') ? [action('book', t('page.articleNew'), '/knowledge/new')] : []),
  ...themes.map((name) =>
    action('settings', `${t('settings.theme')}: ${t(`theme.${name}`)}`, () => {
      theme.value = name;
    }),
  ),
  ...languages.map((name) =>
    action('settings', `${t('settings.language')}: ${aboutLanguage(name).name}`, () => speak(name), name),
  ),
  {
    ...action('info', t('shell.keys'), () => {
      asked.value = 'keys';
    }),
    keys: '?',
  },
  action('person', t('shell.logOut'), logOut),
];

/** What can be done with an endpoint, by a word that stands before its name: `silence build-0005`. */
export const endpointActs = (): readonly { word: string; icon: IconName; href: (id: string) => string }[] =>
  may('operator')
    ? [
        {
          ...{ word: t('alert.now.silence'), icon: 'silence' },
          href: (id) => `/silences/new?${new URLSearchParams({ matcher: oneOf('endpoint', [id]) })}`,
        },
        {
          ...{ word: t('page.maintenance'), icon: 'maintenance' },
          href: (target) => `/maintenance?${new URLSearchParams({ of: 'endpoint', target })}`,
        },
      ]
    : [];

export const actThing = ({ title, go }: Thing, { word, icon, href }: ReturnType<typeof endpointActs>[number]): Thing =>
  action(icon, `${word}: ${title}`, href(pageAt(go as string).values[0] as string));

export const recentThings = (): Thing[] =>
  visits.flatMap(({ path: at, title, user }) => {
    const { page } = pageAt(at);
    const list = pages[page].partOf;
    if (at === path.peek() || user !== me.value?.user || !list) return [];
    const icon = pages[entryOf(list)].menu?.icon ?? 'info';
    return [thing({ group: 'recent', icon, title, go: at, beside: t(`page.${page}`) })];
  });

interface Named {
  id: string;
  name: string;
}

/** Refused to some, and one that fails takes nothing from the others. */
async function listOf<T>(address: string, thingOf: (item: T) => Thing[]): Promise<Thing[]> {
  const { items } = await call<Page<T>>(address).catch(() => ({ items: [] as T[] }));
  return items.flatMap(thingOf);
}

/** Short lists, which are read when the search is opened. */
export async function readLists(): Promise<Thing[]> {
  const place = (kind: 'site' | 'group') =>
    listOf<Named>(`${kind}s`, ({ id, name }) => [
      thing({ group: 'places', icon: kind, title: name, go: to[kind](id), beside: t(`page.${kind}`) }),
    ]);
  const watched = (kind: 'target' | 'service') =>
    listOf<Named & { address?: string }>(`${kind}s`, ({ id, name, address = '' }) => [
      thing({ group: 'watched', icon: 'target', title: name, go: to.endpoint(id), beside: t(`page.${kind}`) }, address),
    ]);
  const lists = await Promise.all([
    ...[place('site'), place('group'), watched('target'), watched('service')],
    listOf<RuleEntry>('rules', ({ rule, scope }) =>
      scope.of === 'all' && !rule.level_of
        ? [thing({ group: 'rules', icon: 'rules', title: ruleName(rule), go: to.rule(rule.id) }, rule.id)]
        : [],
    ),
    listOf<string>('users/names', (title) => [
      thing({
        ...{ group: 'people', icon: 'person', title, beside: t('find.theirTickets') },
        go: `/tickets?${new URLSearchParams({ assignee: title })}`,
      }),
    ]),
  ]);
  return lists.flat();
}

/** Found by the collector: it forgives typos, and knows other words for the same. */
export async function askCollector(q: string, signal: AbortSignal): Promise<Thing[]> {
  const [texts, titles] = await Promise.all([
    call<SearchAnswer>(`search?${new URLSearchParams({ q, language: language.value, limit: '10' })}`, { signal }),
    call<SoftwareTitles>(`software?${new URLSearchParams({ search: q, limit: '5' })}`, { signal }),
  ]);
  return [
    ...texts.items.map(({ id, title, ticket }) =>
      ticket
        ? thing({
            ...{ group: 'tickets', icon: 'ticket', title: `#${id} ${titleOf(ticket)}`, go: to.ticket(ticket.id) },
            beside: t(`ticket.state.${ticket.state}`),
          })
        : thing({ group: 'articles', icon: 'book', title, go: to.article(id) }),
    ),
    ...titles.items.map(({ id, name, endpoints }) =>
      thing({
        ...{
          group: 'software',
          icon: 'software',
          title: name,
          go: `/software?${new URLSearchParams({ search: name, title: `${id}` })}`,
        },
        beside: t('place.countEndpoints', { n: endpoints }),
      }),
    ),
  ];
}
