/** The page of an address, and around it the frame: navigation, language, theme, who is logged in. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ChannelTrouble } from '../../shared/channel.ts';
import type { OwnTurn } from '../../shared/own-ways.ts';
import { time } from '../../shared/words/format.ts';
import { fleetFilters, useFleetFilters } from './fleet/filters.ts';
import { asked, useKeys } from './keys.ts';
import { LoggedOut } from './logged-out.tsx';
import { link, valuesFrom } from './net/live.ts';
import { asProblem, useLoad } from './net/load.ts';
import { part } from './net/part.ts';
import { type Problem, retryMs } from './net/request.ts';
import { askMe, logOut, me, meProblem } from './net/session.ts';
import type { Show } from './pages/files.tsx';
import { entryOf, menuGroups, type PageName, pageAt, pageEntries, pages } from './pages/index.ts';
import { Bones, ProblemCallout } from './parts/box.tsx';
import { Confirm } from './parts/confirm.tsx';
import { Crumbs } from './parts/crumbs.tsx';
import { Hatch } from './parts/hatch.tsx';
import { Icon } from './parts/icon.tsx';
import { Late } from './parts/late.tsx';
import { LanguageSwitch, ThemeSwitch } from './parts/switches.tsx';
import { focusHeading, navigate, path, search } from './router.ts';
import { startPage } from './start.ts';
import { setTitle, setWaiting } from './title.ts';
import { language, loadMore, t } from './words/words.ts';

const entriesOf = (group: string) =>
  pageEntries.flatMap(([name, { path, menu, isOfHouse }]) =>
    menu?.group === group && !(me.value?.sites && isOfHouse)
      ? [{ name, path: name === 'fleet' ? fleetPath() : path, icon: menu.icon }]
      : [],
  );

/** Count shown beside a menu entry; nothing for zero. */
function Tally({ n, what }: { n: number; what: string }) {
  if (n === 0) return null;
  return (
    <span class="tally" title={what}>
      {n}
    </span>
  );
}

/** Whoever is on call sees it on every page. */
function OwnTurnDot() {
  const { data, reload } = useLoad<OwnTurn>('on-call/me/now', ({ kind }) => kind === 'on_call');
  const until = data?.until;
  // Nobody says when a turn begins or ends: the clock does.
  useEffect(() => {
    if (!until) return;
    const timer = setTimeout(reload, Math.min(Math.max(until - Date.now(), 1000), 864e5));
    return () => clearTimeout(timer);
  }, [data]);
  return data?.schedules.length ? (
    <span class="turn">
      <span class="unseen">: </span>
      {t('shell.onCall')}
    </span>
  ) : null;
}

type MenuEntry = ReturnType<typeof entriesOf>[number];

/** What stands in the menu, and at the thumb. */
function EntryLink({ entry: { name, path, icon }, page }: { entry: MenuEntry; page: PageName }) {
  const waiting = fleetFilters.value?.data?.waiting ?? 0;
  return (
    <a href={path} aria-current={name === entryOf(page) ? 'page' : undefined}>
      <Icon name={icon} />
      {t(`page.${name}`)}
      {name === 'onCall' && <OwnTurnDot />}
      {name === 'alerts' && <Tally n={waiting} what={t('shell.waitingHere', { n: waiting })} />}
    </a>
  );
}

function Navigation({ page }: { page: PageName }) {
  const waiting = fleetFilters.value?.data?.waiting ?? 0;
  useEffect(() => {
    setWaiting(waiting);
    return () => setWaiting(0);
  }, [waiting]);
  return (
    <nav aria-label={t('shell.navigation')}>
      {menuGroups.map((group) => (
        <div key={group}>
          <h2>{t(`shell.group.${group}`)}</h2>
          <ul>
            {entriesOf(group).map((entry) => (
              <li key={entry.name}>
                <EntryLink entry={entry} page={page} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

const atThumb: readonly PageName[] = ['alerts', 'tickets', 'fleet'];

/** Of a small screen, where the thumb is; all the rest is behind the last button. */
function ThumbBar({ page, open, onOpen }: { page: PageName; open: boolean; onOpen: () => void }) {
  return (
    <nav class="thumb-bar" aria-label={t('shell.menu')}>
      {atThumb.flatMap((wanted) =>
        entriesOf('watch').map(
          (entry) => entry.name === wanted && <EntryLink key={wanted} entry={entry} page={page} />,
        ),
      )}
      <button type="button" onClick={ask('find')}>
        <Icon name="find" />
        {t('shell.find')}
      </button>
      <button type="button" aria-expanded={open} aria-controls="side" onClick={onOpen}>
        <Icon name={open ? 'close' : 'menu'} />
        {t('shell.more')}
      </button>
    </nav>
  );
}

function LinkState() {
  return (
    <span class="link-state">
      <Icon name={link.value === 'live' ? 'online' : 'never'} />
      {t(`link.${link.value}`)}
    </span>
  );
}

function SideFoot() {
  return (
    <div class="side-foot">
      <div class="row">
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
      <div class="who">
        <span>
          {me.value?.user} <span class="tiny">({me.value?.role && t(`role.${me.value.role}`)})</span>
          {me.value?.sites && <span class="tiny"> · {me.value.sites.map(({ name }) => name).join(', ')}</span>}
        </span>
        <button type="button" class="link" onClick={() => void logOut()}>
          {t('shell.logOut')}
        </button>
      </div>
      <div class="spread tiny">
        <LinkState />
        <button type="button" class="link" onClick={ask('keys')}>
          {t('shell.keys')}
        </button>
        <span>{me.value?.version}</span>
      </div>
    </div>
  );
}

function Brand() {
  return (
    <a class="brand" href="/">
      <img src="/mark.svg" alt="" width="24" height="24" />
      Evenkeel
    </a>
  );
}

/** Whoever waits for messages must know that none comes. */
function MuteBanner() {
  const { data } = useLoad<ChannelTrouble>('channels/trouble', ({ kind }) => kind === 'alert', 30_000);
  const words = data?.heldSince ? 'channels.held' : data?.isMute ? 'channels.mute' : null;
  return (
    words && (
      <p class="banner">
        <Icon name="warning" />
        {t(words)}
      </p>
    )
  );
}

const overs = {
  find: () => import('./pages/find/palette.tsx').then(({ Palette }) => Palette),
  keys: () => import('./pages/find/keys-help.tsx').then(({ KeysHelp }) => KeysHelp),
};
const ask = (what: keyof typeof overs) => () => {
  asked.value = what;
};

const FindButton = () => (
  <button type="button" class="find-button" aria-keyshortcuts="Control+K /" onClick={ask('find')}>
    <Icon name="find" />
    <span>{t('shell.find')}</span> <kbd>/</kbd>
  </button>
);

/** Keys of every page; the search by Ctrl and K also while somebody types. */
function useFrameKeys(): void {
  useKeys(
    {
      '/': ['shell.find', ask('find')],
      'g f': ['page.fleet', () => navigate(fleetPath())],
      'g a': ['page.alerts', () => navigate('/alerts')],
      'g t': ['page.tickets', () => navigate('/tickets')],
      'g o': ['page.onCall', () => navigate('/oncall')],
      'g s': ['page.stability', () => navigate('/stability')],
      '?': ['shell.keys', ask('keys')],
    },
    'frame',
  );
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isFind = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k';
      if (!isFind || event.isComposing || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      ask('find')();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

function Shell({ page, children }: { page: PageName; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  useFleetFilters();
  useFrameKeys();
  const { partOf, path: pattern, isTab } = pages[page];
  const over = asked.value;
  // Read again or drawn again: the menu closes when a page was chosen
  useEffect(() => setOpen(false), [path.value]);
  return (
    <div class="shell">
      <a class="skip" href="#main">
        {t('shell.skip')}
      </a>
      <aside
        id="side"
        class={open ? 'side open' : 'side'}
        aria-label={t('shell.side')}
        onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
      >
        <Brand />
        <FindButton />
        <Navigation page={page} />
        <SideFoot />
      </aside>
      <div>
        <div role="status">
          {valuesFrom.value !== null && (
            <p class="banner">
              <Icon name="warning" />
              {t('link.banner', { at: time(valuesFrom.value, language.value) })}
            </p>
          )}
          <MuteBanner />
        </div>
        <div class="page">
          <main id="main" tabIndex={-1}>
            {partOf && !isTab && !pattern.includes(':') && <Crumbs list={partOf} title={null} />}
            {children}
          </main>
        </div>
        {over && <Late key={over} load={overs[over]} props={{}} />}
        <Confirm />
      </div>
      <ThumbBar page={page} open={open} onOpen={() => setOpen(!open)} />
    </div>
  );
}

/** Pages whose files are here. */
const shown = new Map<PageName, Show>();

async function fetchFile(page: PageName): Promise<Show> {
  if (page !== 'fleet') return (await import('./pages/files.tsx')).files[page]();
  const { FleetPage } = await import('./pages/fleet/fleet.tsx');
  return () => <FleetPage />;
}

async function fetchPage(page: PageName): Promise<void> {
  if (shown.has(page)) return;
  const [show] = await Promise.all([fetchFile(page), page === 'fleet' ? null : loadMore()]);
  shown.set(page, show);
}

/** The page, fetched when it is first opened. */
function PageOf({ page, values }: ReturnType<typeof pageAt>) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  const show = shown.get(page);
  // Read again or drawn again: `turn` is another try
  useEffect(() => {
    if (show) return focusHeading();
    let retry: ReturnType<typeof setTimeout> | undefined;
    const again = () => setTurn((n) => n + 1);
    part(() => fetchPage(page)).then(again, (thrown) => {
      const found = asProblem(thrown);
      setProblem(found);
      if (found.code === 'NO_CONNECTION') retry = setTimeout(again, retryMs);
    });
    return () => clearTimeout(retry);
  }, [page, turn, show]);
  if (show) return show(...values);
  return problem ? <ProblemCallout problem={problem} retry={() => location.reload()} /> : <Bones />;
}

/** On to the page that the app starts with; `/` does not stay in the history. */
function Start() {
  useEffect(() => navigate(pages[startPage()].path, { replace: true }), []);
  return null;
}

/** The fleet's own address, where `/` starts with another page. */
const fleetPath = () => (startPage() === 'fleet' ? pages.fleet.path : '/fleet');

/** What is shown for this address: nothing until the session is known, the log-in, or the page itself. */
function Chosen({ page, values }: ReturnType<typeof pageAt>) {
  if (me.value === null) {
    return (
      <LoggedOut>
        {meProblem.value ? <ProblemCallout problem={meProblem.value} retry={() => void askMe()} /> : <Bones />}
      </LoggedOut>
    );
  }
  if (me.value.setup) return <PageOf key="setup" page="setup" values={[]} />;
  if (me.value.role === null && !pages[page].alone) return <PageOf key="login" page="login" values={[]} />;
  if (me.value.lacksFactor) return <PageOf key="factor" page="factor" values={[]} />;
  if (path.value === '/' && search.value === '' && startPage() !== 'fleet') return <Start />;
  // Keyed by address: nothing typed or loaded stays from the previous page.
  const content = <PageOf key={path.value} page={page} values={values} />;
  return pages[page].alone ? content : <Shell page={page}>{content}</Shell>;
}

/** The title of the window, in the language of the page. */
function usePageTitle(page: PageName): void {
  const name = t(`page.${page}`);
  useEffect(() => {
    setTitle(name);
    document.documentElement.lang = language.value;
  });
}

export function App() {
  const found = pageAt(path.value);
  usePageTitle(found.page);
  // Here, not in main.tsx: that would be loaded anew, and the page with it, when a word is changed (`npm run dev`).
  useEffect(() => addEventListener('focusin', () => import('./parts/too-long.ts'), { once: true }), []);
  return (
    <>
      <Hatch />
      <Chosen {...found} />
    </>
  );
}
