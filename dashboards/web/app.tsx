/** Which page is shown, and around it the frame: navigation, language, theme, who is logged in. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Door } from './door.tsx';
import { fleetFilters, found, useFleetFilters } from './fleet/filters.ts';
import { link } from './net/live.ts';
import { askMe, logOut, me, meProblem } from './net/session.ts';
import { AddPage } from './pages/add.tsx';
import { AlertsPage } from './pages/alerts.tsx';
import { EndpointPage } from './pages/endpoint/endpoint.tsx';
import { FleetPage } from './pages/fleet.tsx';
import { KpiPage } from './pages/kpi.tsx';
import { LoginPage } from './pages/login.tsx';
import { PatchesPage } from './pages/patches.tsx';
import { PlacesPage } from './pages/places/list.tsx';
import { PlacePage } from './pages/places/place.tsx';
import { ProtectionPage } from './pages/protection.tsx';
import { RulesPage } from './pages/rules/list.tsx';
import { RulePage } from './pages/rules/rule.tsx';
import { SettingsPage } from './pages/settings.tsx';
import { SetupPage } from './pages/setup.tsx';
import { StabilityPage } from './pages/stability.tsx';
import { TicketPage } from './pages/ticket.tsx';
import { TicketsPage } from './pages/tickets.tsx';
import { Bones, ProblemNotice } from './parts/box.tsx';
import { Icon, type IconName } from './parts/icon.tsx';
import { LanguageSwitch, ThemeSwitch } from './parts/switches.tsx';
import { Hatch } from './parts/timeline.tsx';
import { match, type PageName, path, type Route } from './router.ts';
import { language, t } from './words/words.ts';

function Missing() {
  return (
    <section class="box">
      <div class="empty">
        <Icon name="unknown" />
        <h1 tabIndex={-1}>{t('missing.title')}</h1>
        <p>{t('missing.lead')}</p>
        <a class="button" href="/">
          {t('missing.back')}
        </a>
      </div>
    </section>
  );
}

function PageOf({ route }: { route: Route }) {
  switch (route.page) {
    case 'fleet':
      return <FleetPage />;
    case 'endpoint':
      return <EndpointPage key={route.id} id={route.id} />;
    case 'alerts':
      return <AlertsPage />;
    case 'tickets':
      return <TicketsPage />;
    case 'ticket':
      return <TicketPage key={route.id} id={route.id} />;
    case 'stability':
      return <StabilityPage />;
    case 'kpi':
      return <KpiPage key={route.id} id={route.id} />;
    case 'protection':
      return <ProtectionPage />;
    case 'patches':
      return <PatchesPage />;
    case 'sites':
    case 'groups':
      return <PlacesPage key={route.page} kind={route.page} />;
    case 'site':
    case 'group':
      return <PlacePage key={path.value} kind={route.page === 'site' ? 'sites' : 'groups'} id={route.id} />;
    case 'rules':
      return <RulesPage />;
    case 'rule':
      return <RulePage key={route.id} id={route.id} />;
    case 'add':
      return <AddPage />;
    case 'settings':
      return <SettingsPage />;
    case 'setup':
    case 'login':
    case 'missing':
      return <Missing />;
  }
}

/** Details belong to their list. */
const parents = {
  endpoint: 'fleet',
  ticket: 'tickets',
  site: 'sites',
  group: 'groups',
  rule: 'rules',
  kpi: 'stability',
} as const;

function parentOf(page: PageName): PageName {
  return (parents as Partial<Record<PageName, PageName>>)[page] ?? page;
}

interface Entry {
  page: Exclude<PageName, 'setup' | 'login' | 'missing' | keyof typeof parents>;
  href: string;
  icon: IconName;
}

const groups: readonly { name: 'watch' | 'judge' | 'manage'; entries: readonly Entry[] }[] = [
  {
    name: 'watch',
    entries: [
      { page: 'fleet', href: '/', icon: 'fleet' },
      { page: 'alerts', href: '/alerts', icon: 'alert' },
      { page: 'tickets', href: '/tickets', icon: 'ticket' },
    ],
  },
  {
    name: 'judge',
    entries: [
      { page: 'stability', href: '/stability', icon: 'stability' },
      { page: 'protection', href: '/protection', icon: 'protection' },
      { page: 'patches', href: '/patches', icon: 'patches' },
    ],
  },
  {
    name: 'manage',
    entries: [
      { page: 'sites', href: '/sites', icon: 'site' },
      { page: 'groups', href: '/groups', icon: 'group' },
      { page: 'rules', href: '/rules', icon: 'rules' },
      { page: 'add', href: '/add', icon: 'add' },
      { page: 'settings', href: '/settings', icon: 'settings' },
    ],
  },
];

/** How many things wait behind an entry; nothing where there are none. */
function Tally({ n, what }: { n: number; what: string }) {
  if (n === 0) return null;
  return (
    <span class="tally" title={what}>
      {n}
    </span>
  );
}

function Navigation({ current }: { current: PageName }) {
  const critical = found('attention', 'critical').count;
  const alerts = fleetFilters.value?.data?.alerts;
  const firing = alerts ? alerts.critical + alerts.warning : 0;
  return (
    <nav aria-label={t('shell.navigation')}>
      {groups.map((group) => (
        <div key={group.name}>
          <h2>{t(`shell.group.${group.name}`)}</h2>
          <ul>
            {group.entries.map((entry) => (
              <li key={entry.page}>
                <a href={entry.href} aria-current={parentOf(current) === entry.page ? 'page' : undefined}>
                  <Icon name={entry.icon} />
                  {t(`page.${entry.page}`)}
                  {entry.page === 'fleet' && <Tally n={critical} what={t('shell.criticalHere', { n: critical })} />}
                  {entry.page === 'alerts' && <Tally n={firing} what={t('shell.firingHere', { n: firing })} />}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
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
        </span>
        <button type="button" class="link" onClick={() => void logOut()}>
          {t('shell.logOut')}
        </button>
      </div>
      <div class="spread tiny">
        <LinkState />
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

function Shell({ route, children }: { route: Route; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  useFleetFilters();
  // Read again or drawn again: the menu closes when a page was chosen
  useEffect(() => setOpen(false), [path.value]);
  return (
    <div class="shell">
      <a class="skip" href="#main">
        {t('shell.skip')}
      </a>
      <header class="top-bar">
        <Brand />
        <button type="button" aria-expanded={open} aria-controls="side" onClick={() => setOpen(!open)}>
          <Icon name={open ? 'close' : 'menu'} />
          {t('shell.menu')}
        </button>
      </header>
      <aside
        id="side"
        class={open ? 'side open' : 'side'}
        aria-label={t('shell.side')}
        onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
      >
        <Brand />
        <Navigation current={route.page} />
        <SideFoot />
      </aside>
      <div>
        <div role="status">
          {link.value === 'cut' && (
            <p class="banner">
              <Icon name="warning" />
              {t('link.banner')}
            </p>
          )}
        </div>
        <div class="page">
          <main id="main" tabIndex={-1}>
            {children}
          </main>
        </div>
      </div>
    </div>
  );
}

/** The page for this address and this person: nobody yet, not logged in, or the page itself. */
function Chosen({ route }: { route: Route }) {
  if (me.value === null) {
    return (
      <Door>
        {meProblem.value ? <ProblemNotice problem={meProblem.value} retry={() => void askMe()} /> : <Bones />}
      </Door>
    );
  }
  if (me.value.setup || route.page === 'setup') return <SetupPage />;
  if (me.value.role === null || route.page === 'login') return <LoginPage />;
  return (
    <Shell route={route}>
      <PageOf route={route} />
    </Shell>
  );
}

/** The title of the window, in the language of the page. */
function useTitle(route: Route): void {
  const name = t(`page.${route.page}`);
  useEffect(() => {
    document.title = `${name} · Evenkeel`;
    document.documentElement.lang = language.value;
  });
}

export function App() {
  const route = match(path.value);
  useTitle(route);
  return (
    <>
      <Hatch />
      <Chosen route={route} />
    </>
  );
}
