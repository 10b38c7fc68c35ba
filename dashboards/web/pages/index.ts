/** Every page, in the order of the menu; `files.tsx` has what they show. Its name is also the key of its word, under `page`. */
import type { IconName } from '../parts/icon.tsx';
import { match } from '../router.ts';

export const menuGroups = ['watch', 'judge', 'manage'] as const;

interface PageEntry<Name> {
  /** Its pattern for `match`. */
  path: string;
  /** Of the whole house: refused to who is limited to some sites. */
  isOfHouse?: true;
  menu?: { group: (typeof menuGroups)[number]; icon: IconName };
  /** The page whose menu entry is the current one here, and which has links to this page. */
  partOf?: Name;
  /** It stands beside that page as a tab: no way back is needed. */
  isTab?: true;
  /** Without menu: also for people who are not logged in. */
  alone?: true;
}

const table = <Name extends string>(entries: Record<Name, PageEntry<NoInfer<Name>>>) => entries;

export const pages = table({
  fleet: { path: '/', menu: { group: 'watch', icon: 'fleet' } },
  retired: { path: '/endpoints/retired', partOf: 'fleet' },
  endpoint: { path: '/endpoints/:id', partOf: 'fleet' },
  labels: { path: '/labels', partOf: 'fleet' },
  alerts: { path: '/alerts', menu: { group: 'watch', icon: 'alert' } },
  alert: { path: '/alerts/:id', partOf: 'alerts' },
  tickets: { path: '/tickets', menu: { group: 'watch', icon: 'ticket' } },
  ticketTargets: { path: '/tickets/targets', partOf: 'tickets' },
  workload: { path: '/tickets/people', partOf: 'tickets' },
  ticket: { path: '/tickets/:number', partOf: 'tickets' },
  onCall: { path: '/oncall', menu: { group: 'watch', icon: 'person' } },
  onCallRoutes: { path: '/oncall/routes', partOf: 'onCall', isTab: true },
  onCallEscalation: { path: '/oncall/escalation', partOf: 'onCall', isTab: true },
  targets: { path: '/targets', menu: { group: 'watch', icon: 'target' } },
  target: { path: '/targets/:id', partOf: 'targets' },
  services: { path: '/services', partOf: 'targets', isTab: true },
  service: { path: '/services/:id', partOf: 'targets' },
  maintenance: { path: '/maintenance', partOf: 'alerts', isTab: true },
  silences: { path: '/silences', partOf: 'alerts', isTab: true },
  silenceNew: { path: '/silences/new', partOf: 'silences' },
  incident: { path: '/incidents/:number', partOf: 'tickets' },
  stability: { path: '/stability', menu: { group: 'judge', icon: 'stability' } },
  kpi: { path: '/stability/:id', partOf: 'stability' },
  reports: { path: '/reports', menu: { group: 'judge', icon: 'report' } },
  report: { path: '/reports/:id', partOf: 'reports' },
  protection: { path: '/protection', menu: { group: 'judge', icon: 'protection' } },
  patches: { path: '/patches', menu: { group: 'judge', icon: 'patches' } },
  software: { path: '/software', menu: { group: 'judge', icon: 'software' } },
  changes: { path: '/changes', menu: { group: 'judge', icon: 'change' } },
  change: { path: '/changes/:number', partOf: 'changes' },
  knowledge: { path: '/knowledge', menu: { group: 'manage', icon: 'book' } },
  articleNew: { path: '/knowledge/new', partOf: 'knowledge' },
  article: { path: '/knowledge/:id', partOf: 'knowledge' },
  sites: { path: '/sites', menu: { group: 'manage', icon: 'site' } },
  site: { path: '/sites/:id', partOf: 'sites' },
  groups: { path: '/groups', menu: { group: 'manage', icon: 'group' } },
  group: { path: '/groups/:id', partOf: 'groups' },
  calendars: { path: '/calendars', menu: { group: 'manage', icon: 'calendar' } },
  costs: { path: '/costs', isOfHouse: true, menu: { group: 'manage', icon: 'costs' } },
  rules: { path: '/rules', partOf: 'alerts', isTab: true },
  rule: { path: '/rules/:id', partOf: 'rules' },
  add: { path: '/add', partOf: 'fleet' },
  settings: { path: '/settings', menu: { group: 'manage', icon: 'settings' } },
  audit: { path: '/audit', partOf: 'settings' },
  agentSettings: { path: '/agent-settings', partOf: 'settings' },
  agentUpdates: { path: '/agent-updates', partOf: 'settings' },
  channels: { path: '/oncall/channels', partOf: 'onCall', isTab: true },
  rate: { path: '/rate/:id', alone: true },
  status: { path: '/status/:slug', alone: true },
  setup: { path: '/setup', alone: true },
  login: { path: '/login', alone: true },
  factor: { path: '/second-factor', alone: true },
  provider: { path: '/login/provider', alone: true },
  missing: { path: '/missing' },
});

export type PageName = keyof typeof pages;

export const pageEntries = Object.entries(pages) as [PageName, PageEntry<PageName>][];

/** The entry of the menu under which a page stands. */
export function entryOf(page: PageName): PageName {
  const { menu, partOf } = pages[page];
  return menu || !partOf ? page : entryOf(partOf);
}

/** The page that an address names, and its values; `missing` when it names none. */
export function pageAt(path: string): { page: PageName; values: string[] } {
  const patterns = pageEntries.map(([page, entry]) => [page, entry.path] as const);
  // Without an address of its own it is where the app starts; links from before lead there with their filters.
  return match(path, [...patterns, ['fleet', '/fleet']]) ?? { page: 'missing', values: [] };
}
