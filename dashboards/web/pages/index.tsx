/** Every page, in the order of the menu. Its name is also the key of its word, under `page`. */
import type { VNode } from 'preact';
import type { IconName } from '../parts/icon.tsx';
import { match } from '../router.ts';
import { AddPage } from './add.tsx';
import { AlertsPage } from './alerts.tsx';
import { CalendarsPage } from './calendars/list.tsx';
import { ChangePage } from './changes/change.tsx';
import { ChangesPage } from './changes/list.tsx';
import { CostsPage } from './costs/list.tsx';
import { EndpointPage } from './endpoint/endpoint.tsx';
import { FleetPage } from './fleet.tsx';
import { IncidentPage } from './incident/incident.tsx';
import { KpiPage } from './kpi.tsx';
import { LoginPage } from './login.tsx';
import { MaintenancePage } from './maintenance/list.tsx';
import { MissingPage } from './missing.tsx';
import { PatchesPage } from './patches.tsx';
import { PlacesPage } from './places/list.tsx';
import { PlacePage } from './places/place.tsx';
import { ProtectionPage } from './protection.tsx';
import { RatePage } from './rate.tsx';
import { ReportsPage } from './reports/list.tsx';
import { ReportPage } from './reports/report.tsx';
import { RulesPage } from './rules/list.tsx';
import { RulePage } from './rules/rule.tsx';
import { SettingsPage } from './settings.tsx';
import { SetupPage } from './setup.tsx';
import { SoftwarePage } from './software/list.tsx';
import { StabilityPage } from './stability.tsx';
import { StatusPublicPage } from './status/public.tsx';
import { TicketPage } from './ticket.tsx';
import { TicketsPage } from './tickets.tsx';

export const menuGroups = ['watch', 'judge', 'manage'] as const;

interface PageEntry<Name> {
  /** Its pattern for `match`. */
  path: string;
  show(...values: string[]): VNode;
  menu?: { group: (typeof menuGroups)[number]; icon: IconName };
  /** The page whose menu entry is the current one here, and which has links to this page. */
  partOf?: Name;
  /** Without menu: also for people who are not logged in. */
  alone?: true;
}

const table = <Name extends string>(entries: Record<Name, PageEntry<NoInfer<Name>>>) => entries;

export const pages = table({
  fleet: { path: '/', show: () => <FleetPage />, menu: { group: 'watch', icon: 'fleet' } },
  endpoint: { path: '/endpoints/:id', show: (id) => <EndpointPage id={id} />, partOf: 'fleet' },
  alerts: { path: '/alerts', show: () => <AlertsPage />, menu: { group: 'watch', icon: 'alert' } },
  tickets: { path: '/tickets', show: () => <TicketsPage />, menu: { group: 'watch', icon: 'ticket' } },
  ticket: { path: '/tickets/:number', show: (number) => <TicketPage id={Number(number)} />, partOf: 'tickets' },
  maintenance: {
    path: '/maintenance',
    show: () => <MaintenancePage />,
    menu: { group: 'watch', icon: 'maintenance' },
  },
  incident: { path: '/incidents/:number', show: (number) => <IncidentPage id={Number(number)} />, partOf: 'tickets' },
  stability: { path: '/stability', show: () => <StabilityPage />, menu: { group: 'judge', icon: 'stability' } },
  kpi: { path: '/stability/:id', show: (id) => <KpiPage id={id} />, partOf: 'stability' },
  reports: { path: '/reports', show: () => <ReportsPage />, menu: { group: 'judge', icon: 'report' } },
  report: { path: '/reports/:id', show: (id) => <ReportPage id={id} />, partOf: 'reports' },
  protection: { path: '/protection', show: () => <ProtectionPage />, menu: { group: 'judge', icon: 'protection' } },
  patches: { path: '/patches', show: () => <PatchesPage />, menu: { group: 'judge', icon: 'patches' } },
  changes: { path: '/changes', show: () => <ChangesPage />, menu: { group: 'judge', icon: 'change' } },
  change: { path: '/changes/:number', show: (number) => <ChangePage id={Number(number)} />, partOf: 'changes' },
  software: { path: '/software', show: () => <SoftwarePage />, menu: { group: 'judge', icon: 'software' } },
  sites: { path: '/sites', show: () => <PlacesPage kind="sites" />, menu: { group: 'manage', icon: 'site' } },
  site: { path: '/sites/:id', show: (id) => <PlacePage kind="sites" id={id} />, partOf: 'sites' },
  groups: { path: '/groups', show: () => <PlacesPage kind="groups" />, menu: { group: 'manage', icon: 'group' } },
  group: { path: '/groups/:id', show: (id) => <PlacePage kind="groups" id={id} />, partOf: 'groups' },
  calendars: { path: '/calendars', show: () => <CalendarsPage />, menu: { group: 'manage', icon: 'calendar' } },
  costs: { path: '/costs', show: () => <CostsPage />, menu: { group: 'manage', icon: 'costs' } },
  rules: { path: '/rules', show: () => <RulesPage />, menu: { group: 'manage', icon: 'rules' } },
  rule: { path: '/rules/:id', show: (id) => <RulePage id={id} />, partOf: 'rules' },
  add: { path: '/add', show: () => <AddPage />, menu: { group: 'manage', icon: 'add' } },
  settings: { path: '/settings', show: () => <SettingsPage />, menu: { group: 'manage', icon: 'settings' } },
  rate: { path: '/rate/:id', show: (token) => <RatePage token={token} />, alone: true },
  status: { path: '/status/:slug', show: (slug) => <StatusPublicPage slug={slug} />, alone: true },
  setup: { path: '/setup', show: () => <SetupPage />, alone: true },
  login: { path: '/login', show: () => <LoginPage />, alone: true },
  missing: { path: '/missing', show: () => <MissingPage /> },
});

export type PageName = keyof typeof pages;

export const pageEntries = Object.entries(pages) as [PageName, PageEntry<PageName>][];

/** The page that an address names, and its values; `missing` when it names none. */
export function pageAt(path: string): { page: PageName; values: string[] } {
  const patterns = pageEntries.map(([page, entry]) => [page, entry.path] as const);
  return match(path, patterns) ?? { page: 'missing', values: [] };
}
