/** One endpoint: what it is, how it is, and everything known of it in tabs. */
import type { EndpointDetail } from '../../../../shared/api.ts';
import { worstOf } from '../../../../shared/level.ts';
import { rows } from '../../fleet/store.ts';
import { useLoad } from '../../net/load.ts';
import { may } from '../../net/session.ts';
import { attentionWords } from '../../parts/attention.tsx';
import { Callout, PageHead, Ready } from '../../parts/box.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Mark, StateMark } from '../../parts/mark.tsx';
import { Meter } from '../../parts/meter.tsx';
import { Ago } from '../../parts/moment.tsx';
import { search, to, withQuery } from '../../router.ts';
import { t, wordOr } from '../../words/words.ts';
import { MaintenanceLink } from '../maintenance/link.tsx';
import { WorkingButton } from '../maintenance/working.tsx';
import { RemoteLinks } from '../remote-links.tsx';
import { ScriptsBox } from '../scripts/box.tsx';
import { About } from './about.tsx';
import { AgentUpdateBox } from './agent-update.tsx';
import { Backups } from './backups.tsx';
import { Charts } from './charts.tsx';
import { Dependencies } from './dependencies.tsx';
import { Edit } from './edit.tsx';
import { FloodCallout } from './flood.tsx';
import { Health } from './health.tsx';
import { Identity } from './identity.tsx';
import { PresenceTab } from './presence.tsx';
import { EndpointRules } from './rules.tsx';
import { AgentSettingsBox } from './settings.tsx';
import { Software } from './software.tsx';
import { TrustCallout } from './trust.tsx';
import { Updates } from './updates.tsx';

const tabs = ['charts', 'presence', 'backups', 'updates', 'health', 'software', 'rules', 'about'] as const;
type Tab = (typeof tabs)[number];

interface TabProps {
  detail: EndpointDetail;
  reload: () => void;
}

function Tabs({ id, current }: { id: string; current: Tab }) {
  return (
    <nav class="tabs" aria-label={t('tab.label')}>
      {tabs.map((tab) => (
        <a
          key={tab}
          href={`${to.endpoint(id)}${withQuery('', { tab: tab === 'charts' ? null : tab })}`}
          aria-current={tab === current ? 'page' : undefined}
        >
          {t(`tab.${tab}`)}
        </a>
      ))}
    </nav>
  );
}

function Head({ detail, reload }: TabProps) {
  const { row } = detail;
  const facts = [t(`kind.${row.kind}`), row.site, row.os, row.version && t('endpoint.agent', { version: row.version })];
  return (
    <>
      <PageHead
        title={row.name}
        lead={
          <>
            {facts.filter(Boolean).join(' · ')}{' '}
            {row.groups.map(({ id, name }) => (
              <a class="tag" key={id} href={to.group(id)}>
                {t('filter.name.group')}: {name}
              </a>
            ))}{' '}
            {row.tags.map((tag) => (
              <span class="tag" key={tag}>
                {tag}
              </span>
            ))}
          </>
        }
      >
        {may('operator') && <WorkingButton endpoint={row.id} />}
        {may('operator') && <MaintenanceLink of="endpoint" target={row.id} />}
        {may('operator') && (
          <a class="button" href={`/labels?${new URLSearchParams({ endpoint: row.id })}`}>
            {t('selfService.label.button')}
          </a>
        )}
        {may('operator') && <Edit row={row} people={detail.people} onDone={reload} />}
      </PageHead>
      <RemoteLinks endpoint={row.id} />
      <section class="box">
        <div class="box-body now">
          <dl class="facts">
            <Fact name={t('column.state')}>
              <StateMark row={row} />
              <div class="quiet small">
                {t('endpoint.since')} <Ago at={row.stateSince} />
                {row.stateReason && ` (${wordOr('cause', row.stateReason)})`}
              </div>
            </Fact>
            <Fact name={t('endpoint.lastSeen')}>
              <Ago at={row.lastSeenAt} />
              <div class="quiet small">
                {t('endpoint.measured')} <Ago at={row.valuesAt} />
              </div>
            </Fact>
            <Fact name={t('column.cpu')}>
              <Meter value={row.cpuPercent} level={worstOf(row, 'cpu.usage_active')} />
            </Fact>
            <Fact name={t('column.memory')}>
              <Meter value={row.memoryPercent} level={worstOf(row, 'mem.used_percent')} />
            </Fact>
            <Fact name={row.disk ? t('endpoint.fullest', { path: row.disk.path }) : t('column.disk')}>
              <Meter value={row.disk?.usedPercent ?? null} level={worstOf(row, 'disk.used_percent')} />
            </Fact>
          </dl>
          {row.attention.length > 0 && (
            <ul class="row" aria-label={t('column.attention')}>
              {row.attention.map((item) => (
                <li key={item.code}>
                  <Mark tone={item.severity} icon={item.severity} chip>
                    <a href={`/alerts?endpoint=${encodeURIComponent(row.id)}`}>{attentionWords(item)}</a>
                  </Mark>
                </li>
              ))}
            </ul>
          )}
        </div>
      </section>
    </>
  );
}

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

function TabOf({ tab, detail, reload }: TabProps & { tab: Tab }) {
  switch (tab) {
    case 'charts':
      return <Charts detail={detail} />;
    case 'presence':
      return <PresenceTab detail={detail} />;
    case 'backups':
      return <Backups detail={detail} reload={reload} />;
    case 'updates':
      return <Updates detail={detail} />;
    case 'health':
      return (
        <>
          <ScriptsBox endpoint={detail.row} />
          <Health detail={detail} />
        </>
      );
    case 'software':
      return <Software detail={detail} />;
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

export function EndpointPage({ id }: { id: string }) {
  const loaded = useLoad<EndpointDetail>(
    `endpoints/${encodeURIComponent(id)}`,
    (change) => 'endpoint' in change && change.endpoint === id && change.kind !== 'values',
    2000,
  );
  // The values move with the stream; the rest is read again only when it has changed.
  const fresh = rows.value?.get(id);
  const wanted = new URLSearchParams(search.value).get('tab');
  const tab = tabs.find((name) => name === wanted) ?? 'charts';
  return (
    <>
      {loaded.data === null && <PageHead title={fresh?.name ?? t('page.endpoint')} />}
      <Ready of={loaded} lines={8}>
        {(data) => {
          const detail = fresh ? { ...data, row: fresh } : data;
          return (
            <>
              <Head detail={detail} reload={loaded.reload} />
              <Beta platform={detail.row.platform} />
              <Identity detail={detail} />
              <TrustCallout id={id} />
              {detail.flood && <FloodCallout flood={detail.flood} />}
              <Tabs id={id} current={tab} />
              <TabOf tab={tab} detail={detail} reload={loaded.reload} />
            </>
          );
        }}
      </Ready>
    </>
  );
}
