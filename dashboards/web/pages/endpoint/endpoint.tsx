/** One endpoint: what it is, how it is, and everything known of it in tabs. */
import type { EndpointDetail } from '../../../../shared/api.ts';
import { number } from '../../../../shared/words/format.ts';
import { rows } from '../../fleet/store.ts';
import { useLoad } from '../../net/load.ts';
import { Callout, PageHead, Ready } from '../../parts/box.tsx';
import { Crumbs } from '../../parts/crumbs.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Toast } from '../../parts/toast.tsx';
import { search, to, withQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { ScriptsBox } from '../scripts/box.tsx';
import { About } from './about.tsx';
import { AlertsTab, TicketsTab, useOpenTickets } from './activity.tsx';
import { AgentUpdateBox } from './agent-update.tsx';
import { Backups } from './backups.tsx';
import { Charts } from './charts.tsx';
import { Dependencies } from './dependencies.tsx';
import { FirstReport } from './first-report.tsx';
import { FloodCallout } from './flood.tsx';
import { Head } from './head.tsx';
import { Health } from './health.tsx';
import { Identity } from './identity.tsx';
import { Overview } from './overview.tsx';
import { PresenceTab } from './presence.tsx';
import { ProcessesTab } from './processes.tsx';
import { EndpointRules } from './rules.tsx';
import { AgentSettingsBox } from './settings.tsx';
import { Software } from './software.tsx';
import { TrustCallout } from './trust.tsx';
import { Updates } from './updates.tsx';

const tabs = [
  ...(['overview', 'charts', 'alerts', 'tickets', 'presence', 'backups', 'updates'] as const),
  ...(['health', 'software', 'processes', 'rules', 'about'] as const),
];
type Tab = (typeof tabs)[number];

interface TabProps {
  detail: EndpointDetail;
  reload: () => void;
  tickets: ReturnType<typeof useOpenTickets>;
}

/** How many things wait there; nothing for none. */
function countOf(tab: Tab, { row }: EndpointDetail, tickets: number): number {
  if (tab === 'alerts') return row.attention.reduce((sum, { count }) => sum + count, 0);
  if (tab === 'tickets') return tickets;
  return tab === 'updates' ? (row.patches.pendingSecurity ?? 0) : 0;
}

const EndpointTabs = ({ detail, tickets, current }: Pick<TabProps, 'detail' | 'tickets'> & { current: Tab }) => (
  <Tabs
    label={t('tab.label')}
    of={tabs.map((tab) => {
      const n = countOf(tab, detail, tickets.data?.total ?? 0);
      return {
        href: `${to.endpoint(detail.row.id)}${withQuery('', { tab: tab === 'overview' ? null : tab })}`,
        ...{ word: t(`tab.${tab}`), isHere: tab === current, count: n > 0 && number(n, language.value) },
      };
    })}
  />
);

/** Systems whose readers have met recorded outputs only. */
const untried: Record<string, string> = { win32: 'Windows', darwin: 'macOS' };

function Beta({ platform }: { platform: string }) {
  const system = untried[platform];
  return system ? (
    <Callout tone="info" title={t('endpoint.beta', { system })}>
      {t('endpoint.betaLead')}
    </Callout>
  ) : null;
}

function TabOf({ tab, detail, reload, tickets }: TabProps & { tab: Tab }) {
  switch (tab) {
    case 'overview':
      return detail.row.state === 'never' ? (
        <FirstReport row={detail.row} enrolledAt={detail.enrolledAt} />
      ) : (
        <>
          <Overview detail={detail} />
          <ScriptsBox endpoint={detail.row} />
        </>
      );
    case 'charts':
      return <Charts detail={detail} />;
    case 'alerts':
      return <AlertsTab row={detail.row} />;
    case 'tickets':
      return <TicketsTab row={detail.row} open={tickets} />;
    case 'presence':
      return <PresenceTab detail={detail} />;
    case 'backups':
      return <Backups detail={detail} reload={reload} />;
    case 'updates':
      return <Updates detail={detail} />;
    case 'health':
      return <Health detail={detail} />;
    case 'software':
      return <Software detail={detail} />;
    case 'processes':
      return <ProcessesTab detail={detail} />;
    case 'rules':
      return <EndpointRules detail={detail} />;
    case 'about':
      return (
        <>
          <About detail={detail} />
          <AgentUpdateBox id={detail.row.id} />
          <AgentSettingsBox id={detail.row.id} />
          <Dependencies id={detail.row.id} />
        </>
      );
  }
}

/** A link that names a time or a metric, and no tab, is one to the charts. */
function tabIn(query: URLSearchParams): Tab {
  const wanted = query.get('tab');
  const isOfCharts = ['from', 'range', 'metric'].some((name) => query.has(name));
  return tabs.find((name) => name === wanted) ?? (isOfCharts ? 'charts' : 'overview');
}

export function EndpointPage({ id }: { id: string }) {
  const loaded = useLoad<EndpointDetail>(
    `endpoints/${encodeURIComponent(id)}`,
    (change) => 'endpoint' in change && change.endpoint === id && (change.kind !== 'values' || !change.row),
    2000,
  );
  const tickets = useOpenTickets(id);
  // The values move with the stream; the rest is read again only when it has changed.
  const fresh = rows.value.get(id);
  const tab = tabIn(new URLSearchParams(search.value));
  return (
    <>
      <Crumbs list="fleet" title={fresh?.name ?? loaded.data?.row.name ?? null} />
      {loaded.data === null && <PageHead title={fresh?.name ?? t('page.endpoint')} />}
      <Ready of={loaded} lines={8}>
        {(data) => {
          const detail = fresh ? { ...data, row: fresh } : data;
          return (
            <>
              <Head detail={detail} reload={loaded.reload} />
              <Identity detail={detail} />
              <TrustCallout id={id} />
              {detail.flood && <FloodCallout flood={detail.flood} />}
              <EndpointTabs detail={detail} tickets={tickets} current={tab} />
              <TabOf tab={tab} detail={detail} reload={loaded.reload} tickets={tickets} />
              {tab === 'overview' && <Beta platform={detail.row.platform} />}
            </>
          );
        }}
      </Ready>
      <Toast />
    </>
  );
}
