/** The files of the pages, each fetched when its page is first opened; apart from their table, whose addresses and menu the first page needs. */
import type { VNode } from 'preact';
import type { PageName } from './index.ts';

/** Draws a page, with the values of its address. */
export type Show = (...values: string[]) => VNode;

/** The first page's own file is asked for at once, by `app.tsx`. */
export const files: Record<Exclude<PageName, 'fleet'>, () => Promise<Show>> = {
  retired: () =>
    import('./retired.tsx').then(({ RetiredPage }) => () => <RetiredPage />),
  endpoint: () =>
    import('./endpoint/endpoint.tsx').then(({ EndpointPage }) => (id) => <EndpointPage id={id} />),
  labels: () =>
    import('./labels.tsx').then(({ LabelsPage }) => () => <LabelsPage />),
  alerts: () =>
    import('./alerts/list.tsx').then(({ AlertsPage }) => () => <AlertsPage />),
  alert: () =>
    import('./alerts/detail.tsx').then(({ AlertPage }) => (id) => <AlertPage id={id} />),
  tickets: () =>
    import('./tickets/list.tsx').then(({ TicketsPage }) => () => <TicketsPage />),
  ticketTargets: () =>
    import('./tickets/targets.tsx').then(({ TicketTargetsPage }) => () => <TicketTargetsPage />),
  workload: () =>
    import('./tickets/workload.tsx').then(({ WorkloadPage }) => () => <WorkloadPage />),
  ticket: () =>
    import('./tickets/detail.tsx').then(({ TicketPage }) => (number) => <TicketPage id={Number(number)} />),
  maintenance: () =>
    import('./maintenance/list.tsx').then(({ MaintenancePage }) => () => <MaintenancePage />),
  silences: () =>
    import('./silences/list.tsx').then(({ SilencesPage }) => () => <SilencesPage />),
  silenceNew: () =>
    import('./silences/list.tsx').then(({ SilencesPage }) => () => <SilencesPage isNew />),
  onCall: () =>
    import('./on-call/now.tsx').then(({ OnCallPage }) => () => <OnCallPage />),
  onCallRoutes: () =>
    import('./on-call/routes.tsx').then(({ RoutesPage }) => () => <RoutesPage />),
  onCallEscalation: () =>
    import('./on-call/escalation.tsx').then(({ EscalationPage }) => () => <EscalationPage />),
  incident: () =>
    import('./incident/incident.tsx').then(({ IncidentPage }) => (number) => <IncidentPage id={Number(number)} />),
  targets: () =>
    import('./targets/list.tsx').then(({ TargetsPage }) => () => <TargetsPage />),
  target: () =>
    import('./targets/detail.tsx').then(({ TargetPage }) => (id) => <TargetPage id={id} />),
  services: () =>
    import('./targets/services.tsx').then(({ ServicesPage }) => () => <ServicesPage />),
  service: () =>
    import('./targets/service.tsx').then(({ ServicePage }) => (id) => <ServicePage id={id} />),
  stability: () =>
    import('./stability.tsx').then(({ StabilityPage }) => () => <StabilityPage />),
  kpi: () =>
    import('./kpi.tsx').then(({ KpiPage }) => (id) => <KpiPage id={id} />),
  reports: () =>
    import('./reports/list.tsx').then(({ ReportsPage }) => () => <ReportsPage />),
  report: () =>
    import('./reports/report.tsx').then(({ ReportPage }) => (id) => <ReportPage id={id} />),
  protection: () =>
    import('./protection.tsx').then(({ ProtectionPage }) => () => <ProtectionPage />),
  patches: () =>
    import('./patches.tsx').then(({ PatchesPage }) => () => <PatchesPage />),
  changes: () =>
    import('./changes/list.tsx').then(({ ChangesPage }) => () => <ChangesPage />),
  change: () =>
    import('./changes/change.tsx').then(({ ChangePage }) => (number) => <ChangePage id={Number(number)} />),
  software: () =>
    import('./software/list.tsx').then(({ SoftwarePage }) => () => <SoftwarePage />),
  knowledge: () =>
    import('./knowledge/list.tsx').then(({ KnowledgePage }) => () => <KnowledgePage />),
  articleNew: () =>
    import('./knowledge/edit.tsx').then(({ NewArticlePage }) => () => <NewArticlePage />),
  article: () =>
    import('./knowledge/article.tsx').then(({ ArticlePage }) => (id) => <ArticlePage id={id} />),
  sites: () =>
    import('./places/list.tsx').then(({ PlacesPage }) => () => <PlacesPage kind="sites" />),
  site: () =>
    import('./places/place.tsx').then(({ PlacePage }) => (id) => <PlacePage kind="sites" id={id} />),
  groups: () =>
    import('./places/list.tsx').then(({ PlacesPage }) => () => <PlacesPage kind="groups" />),
  group: () =>
    import('./places/place.tsx').then(({ PlacePage }) => (id) => <PlacePage kind="groups" id={id} />),
  calendars: () =>
    import('./calendars/list.tsx').then(({ CalendarsPage }) => () => <CalendarsPage />),
  costs: () =>
    import('./costs/list.tsx').then(({ CostsPage }) => () => <CostsPage />),
  rules: () =>
    import('./rules/list.tsx').then(({ RulesPage }) => () => <RulesPage />),
  rule: () =>
    import('./rules/rule.tsx').then(({ RulePage }) => (id) => <RulePage id={id} />),
  add: () =>
    import('./add.tsx').then(({ AddPage }) => () => <AddPage />),
  settings: () =>
    import('./settings/settings.tsx').then(({ SettingsPage }) => () => <SettingsPage />),
  audit: () =>
    import('./audit.tsx').then(({ AuditPage }) => () => <AuditPage />),
  agentSettings: () =>
    import('./agent-settings/list.tsx').then(({ AgentSettingsPage }) => () => <AgentSettingsPage />),
  agentUpdates: () =>
    import('./agent-updates/list.tsx').then(({ AgentUpdatesPage }) => () => <AgentUpdatesPage />),
  channels: () =>
    import('./channels/list.tsx').then(({ ChannelsPage }) => () => <ChannelsPage />),
  rate: () =>
    import('./tickets/rate.tsx').then(({ RatePage }) => (token) => <RatePage token={token} />),
  status: () =>
    import('./status/public.tsx').then(({ StatusPublicPage }) => (slug) => <StatusPublicPage slug={slug} />),
  setup: () =>
    import('./setup.tsx').then(({ SetupPage }) => () => <SetupPage />),
  login: () =>
    import('./login.tsx').then(({ LoginPage }) => () => <LoginPage />),
  factor: () =>
    import('./factor-needed.tsx').then(({ FactorNeededPage }) => () => <FactorNeededPage />),
  provider: () =>
    import('./provider.tsx').then(({ ProviderPage }) => () => <ProviderPage />),
  missing: () =>
    import('./missing.tsx').then(({ MissingPage }) => () => <MissingPage />),
};
