/** Every page, in the order of the menu. Its name is also the key of its word, under `page`. */
import type { VNode } from 'preact';
import type { IconName } from '../parts/icon.tsx';
import { match } from '../router.ts';

export const menuGroups = ['watch', 'judge', 'manage'] as const;

/** Draws a page, with the values of its address. */
export type Show = (...values: string[]) => VNode;

interface PageEntry<Name> {
  /** Its pattern for `match`. */
  path: string;
  /** Its file comes when the page is first opened. */
  load(): Promise<Show>;
  menu?: { group: (typeof menuGroups)[number]; icon: IconName };
  /** The page whose menu entry is the current one here, and which has links to this page. */
  partOf?: Name;
  /** Without menu: also for people who are not logged in. */
  alone?: true;
}

const table = <Name extends string>(entries: Record<Name, PageEntry<NoInfer<Name>>>) => entries;

export const pages = table({
  fleet: {
    path: '/',
    load: () =>
      import('./fleet.tsx').then(({ FleetPage }) => () => <FleetPage />),
    menu: { group: 'watch', icon: 'fleet' },
  },
  retired: {
    path: '/endpoints/retired',
    load: () =>
      import('./retired.tsx').then(({ RetiredPage }) => () => <RetiredPage />),
    partOf: 'fleet',
  },
  endpoint: {
    path: '/endpoints/:id',
    load: () =>
      import('./endpoint/endpoint.tsx').then(({ EndpointPage }) => (id) => <EndpointPage id={id} />),
    partOf: 'fleet',
  },
  labels: {
    path: '/labels',
    load: () =>
      import('./labels.tsx').then(({ LabelsPage }) => () => <LabelsPage />),
    partOf: 'fleet',
  },
  alerts: {
    path: '/alerts',
    load: () =>
      import('./alerts.tsx').then(({ AlertsPage }) => () => <AlertsPage />),
    menu: { group: 'watch', icon: 'alert' },
  },
  alert: {
    path: '/alerts/:id',
    load: () =>
      import('./alert.tsx').then(({ AlertPage }) => (id) => <AlertPage id={id} />),
    partOf: 'alerts',
  },
  tickets: {
    path: '/tickets',
    load: () =>
      import('./tickets.tsx').then(({ TicketsPage }) => () => <TicketsPage />),
    menu: { group: 'watch', icon: 'ticket' },
  },
  ticketTargets: {
    path: '/tickets/targets',
    load: () =>
      import('./ticket-targets.tsx').then(({ TicketTargetsPage }) => () => <TicketTargetsPage />),
    partOf: 'tickets',
  },
  workload: {
    path: '/tickets/people',
    load: () =>
      import('./workload.tsx').then(({ WorkloadPage }) => () => <WorkloadPage />),
    partOf: 'tickets',
  },
  ticket: {
    path: '/tickets/:number',
    load: () =>
      import('./ticket.tsx').then(({ TicketPage }) => (number) => <TicketPage id={Number(number)} />),
    partOf: 'tickets',
  },
  maintenance: {
    path: '/maintenance',
    load: () =>
      import('./maintenance/list.tsx').then(({ MaintenancePage }) => () => <MaintenancePage />),
    menu: { group: 'watch', icon: 'maintenance' },
  },
  silences: {
    path: '/silences',
    load: () =>
      import('./silences/list.tsx').then(({ SilencesPage }) => () => <SilencesPage />),
    menu: { group: 'watch', icon: 'silence' },
  },
  silenceNew: {
    path: '/silences/new',
    load: () =>
      import('./silences/list.tsx').then(({ SilencesPage }) => () => <SilencesPage isNew />),
    partOf: 'silences',
  },
  onCall: {
    path: '/oncall',
    load: () =>
      import('./on-call/now.tsx').then(({ OnCallPage }) => () => <OnCallPage />),
    menu: { group: 'watch', icon: 'person' },
  },
  onCallRoutes: {
    path: '/oncall/routes',
    load: () =>
      import('./on-call/routes.tsx').then(({ RoutesPage }) => () => <RoutesPage />),
    partOf: 'onCall',
  },
  onCallEscalation: {
    path: '/oncall/escalation',
    load: () =>
      import('./on-call/escalation.tsx').then(({ EscalationPage }) => () => <EscalationPage />),
    partOf: 'onCall',
  },
  incident: {
    path: '/incidents/:number',
    load: () =>
      import('./incident/incident.tsx').then(({ IncidentPage }) => (number) => <IncidentPage id={Number(number)} />),
    partOf: 'tickets',
  },
  targets: {
    path: '/targets',
    load: () =>
      import('./targets/list.tsx').then(({ TargetsPage }) => () => <TargetsPage />),
    menu: { group: 'watch', icon: 'target' },
  },
  target: {
    path: '/targets/:id',
    load: () =>
      import('./targets/detail.tsx').then(({ TargetPage }) => (id) => <TargetPage id={id} />),
    partOf: 'targets',
  },
  services: {
    path: '/services',
    load: () =>
      import('./targets/services.tsx').then(({ ServicesPage }) => () => <ServicesPage />),
    partOf: 'targets',
  },
  service: {
    path: '/services/:id',
    load: () =>
      import('./targets/service.tsx').then(({ ServicePage }) => (id) => <ServicePage id={id} />),
    partOf: 'targets',
  },
  stability: {
    path: '/stability',
    load: () =>
      import('./stability.tsx').then(({ StabilityPage }) => () => <StabilityPage />),
    menu: { group: 'judge', icon: 'stability' },
  },
  kpi: {
    path: '/stability/:id',
    load: () =>
      import('./kpi.tsx').then(({ KpiPage }) => (id) => <KpiPage id={id} />),
    partOf: 'stability',
  },
  reports: {
    path: '/reports',
    load: () =>
      import('./reports/list.tsx').then(({ ReportsPage }) => () => <ReportsPage />),
    menu: { group: 'judge', icon: 'report' },
  },
  report: {
    path: '/reports/:id',
    load: () =>
      import('./reports/report.tsx').then(({ ReportPage }) => (id) => <ReportPage id={id} />),
    partOf: 'reports',
  },
  protection: {
    path: '/protection',
    load: () =>
      import('./protection.tsx').then(({ ProtectionPage }) => () => <ProtectionPage />),
    menu: { group: 'judge', icon: 'protection' },
  },
  patches: {
    path: '/patches',
    load: () =>
      import('./patches.tsx').then(({ PatchesPage }) => () => <PatchesPage />),
    menu: { group: 'judge', icon: 'patches' },
  },
  changes: {
    path: '/changes',
    load: () =>
      import('./changes/list.tsx').then(({ ChangesPage }) => () => <ChangesPage />),
    menu: { group: 'judge', icon: 'change' },
  },
  change: {
    path: '/changes/:number',
    load: () =>
      import('./changes/change.tsx').then(({ ChangePage }) => (number) => <ChangePage id={Number(number)} />),
    partOf: 'changes',
  },
  software: {
    path: '/software',
    load: () =>
      import('./software/list.tsx').then(({ SoftwarePage }) => () => <SoftwarePage />),
    menu: { group: 'judge', icon: 'software' },
  },
  knowledge: {
    path: '/knowledge',
    load: () =>
      import('./knowledge/list.tsx').then(({ KnowledgePage }) => () => <KnowledgePage />),
    menu: { group: 'manage', icon: 'book' },
  },
  articleNew: {
    path: '/knowledge/new',
    load: () =>
      import('./knowledge/edit.tsx').then(({ NewArticlePage }) => () => <NewArticlePage />),
    partOf: 'knowledge',
  },
  article: {
    path: '/knowledge/:id',
    load: () =>
      import('./knowledge/article.tsx').then(({ ArticlePage }) => (id) => <ArticlePage id={id} />),
    partOf: 'knowledge',
  },
  sites: {
    path: '/sites',
    load: () =>
      import('./places/list.tsx').then(({ PlacesPage }) => () => <PlacesPage kind="sites" />),
    menu: { group: 'manage', icon: 'site' },
  },
  site: {
    path: '/sites/:id',
    load: () =>
      import('./places/place.tsx').then(({ PlacePage }) => (id) => <PlacePage kind="sites" id={id} />),
    partOf: 'sites',
  },
  groups: {
    path: '/groups',
    load: () =>
      import('./places/list.tsx').then(({ PlacesPage }) => () => <PlacesPage kind="groups" />),
    menu: { group: 'manage', icon: 'group' },
  },
  group: {
    path: '/groups/:id',
    load: () =>
      import('./places/place.tsx').then(({ PlacePage }) => (id) => <PlacePage kind="groups" id={id} />),
    partOf: 'groups',
  },
  calendars: {
    path: '/calendars',
    load: () =>
      import('./calendars/list.tsx').then(({ CalendarsPage }) => () => <CalendarsPage />),
    menu: { group: 'manage', icon: 'calendar' },
  },
  costs: {
    path: '/costs',
    load: () =>
      import('./costs/list.tsx').then(({ CostsPage }) => () => <CostsPage />),
    menu: { group: 'manage', icon: 'costs' },
  },
  rules: {
    path: '/rules',
    load: () =>
      import('./rules/list.tsx').then(({ RulesPage }) => () => <RulesPage />),
    menu: { group: 'manage', icon: 'rules' },
  },
  rule: {
    path: '/rules/:id',
    load: () =>
      import('./rules/rule.tsx').then(({ RulePage }) => (id) => <RulePage id={id} />),
    partOf: 'rules',
  },
  add: {
    path: '/add',
    load: () =>
      import('./add.tsx').then(({ AddPage }) => () => <AddPage />),
    menu: { group: 'manage', icon: 'add' },
  },
  settings: {
    path: '/settings',
    load: () =>
      import('./settings.tsx').then(({ SettingsPage }) => () => <SettingsPage />),
    menu: { group: 'manage', icon: 'settings' },
  },
  audit: {
    path: '/audit',
    load: () =>
      import('./audit.tsx').then(({ AuditPage }) => () => <AuditPage />),
    partOf: 'settings',
  },
  agentSettings: {
    path: '/agent-settings',
    load: () =>
      import('./agent-settings/list.tsx').then(({ AgentSettingsPage }) => () => <AgentSettingsPage />),
    partOf: 'settings',
  },
  agentUpdates: {
    path: '/agent-updates',
    load: () =>
      import('./agent-updates/list.tsx').then(({ AgentUpdatesPage }) => () => <AgentUpdatesPage />),
    partOf: 'settings',
  },
  channels: {
    path: '/oncall/channels',
    load: () =>
      import('./channels/list.tsx').then(({ ChannelsPage }) => () => <ChannelsPage />),
    partOf: 'onCall',
  },
  rate: {
    path: '/rate/:id',
    load: () =>
      import('./rate.tsx').then(({ RatePage }) => (token) => <RatePage token={token} />),
    alone: true,
  },
  status: {
    path: '/status/:slug',
    load: () =>
      import('./status/public.tsx').then(({ StatusPublicPage }) => (slug) => <StatusPublicPage slug={slug} />),
    alone: true,
  },
  setup: {
    path: '/setup',
    load: () =>
      import('./setup.tsx').then(({ SetupPage }) => () => <SetupPage />),
    alone: true,
  },
  login: {
    path: '/login',
    load: () =>
      import('./login.tsx').then(({ LoginPage }) => () => <LoginPage />),
    alone: true,
  },
  factor: {
    path: '/second-factor',
    load: () =>
      import('./factor-needed.tsx').then(({ FactorNeededPage }) => () => <FactorNeededPage />),
    alone: true,
  },
  provider: {
    path: '/login/provider',
    load: () =>
      import('./provider.tsx').then(({ ProviderPage }) => () => <ProviderPage />),
    alone: true,
  },
  missing: {
    path: '/missing',
    load: () =>
      import('./missing.tsx').then(({ MissingPage }) => () => <MissingPage />),
  },
});

export type PageName = keyof typeof pages;

export const pageEntries = Object.entries(pages) as [PageName, PageEntry<PageName>][];

/** The page that an address names, and its values; `missing` when it names none. */
export function pageAt(path: string): { page: PageName; values: string[] } {
  const patterns = pageEntries.map(([page, entry]) => [page, entry.path] as const);
  return match(path, patterns) ?? { page: 'missing', values: [] };
}
