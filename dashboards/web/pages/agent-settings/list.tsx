/** Settings of agents: which hold for whom, who has not taken them and why, and how they came about. */
import { useState } from 'preact/hooks';
import type { AgentLayer, AgentSettingsSummary, NotTaken } from '../../../../shared/agent-layer.ts';
import type { LiveChange } from '../../net/live.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Dots } from '../../parts/dots.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { formatReasons } from '../../words/reason.ts';
import { actorName, t } from '../../words/words.ts';
import { ScopeName, type ScopeNames, useScopeNames } from '../rules/scope.tsx';
import { AgentSettingsForm } from './form.tsx';
import { LayerLines, say } from './said.tsx';
import { Versions } from './versions.tsx';

export const concerns = ({ kind }: LiveChange) =>
  kind === 'agent_settings' || kind === 'endpoint' || kind === 'group' || kind === 'site';

function layerColumns(names: ScopeNames, edit: (layer: AgentLayer) => void): TableColumn<AgentLayer>[] {
  return [
    {
      key: 'scope',
      head: t('rules.where'),
      cell: ({ scope, priority }) => (
        <div class="stack-2">
          <ScopeName scope={scope} names={names} />
          {priority !== 0 && (
            <span class="quiet small">
              {t('agentSettings.priority')} {say(priority)}
            </span>
          )}
        </div>
      ),
    },
    { key: 'what', head: t('agentSettings.settings'), cell: ({ settings }) => <LayerLines settings={settings} /> },
    { key: 'reach', head: t('agentSettings.endpoints'), right: true, cell: ({ endpoints }) => say(endpoints) },
    {
      key: 'who',
      head: t('agentSettings.changed'),
      cell: ({ by, at, owner }) => (
        <span>
          {owner === 'file' ? t('agentSettings.ofFile') : actorName(by)}, <Moment at={at} />
        </span>
      ),
    },
    ...(may('admin')
      ? [
          {
            key: 'edit',
            head: t('silence.actions'),
            cell: (layer: AgentLayer) =>
              layer.owner === 'people' && (
                <button type="button" class="button slim" onClick={() => edit(layer)}>
                  {t('silence.edit')}
                  <span class="unseen"> {layer.name}</span>
                </button>
              ),
          },
        ]
      : []),
  ];
}

const notTakenColumns: () => TableColumn<NotTaken>[] = () => [
  { key: 'endpoint', head: t('page.endpoint'), cell: ({ id, name }) => <EndpointLink of={{ id, name }} tab="about" /> },
  {
    key: 'why',
    head: t('agentSettings.why'),
    cell: ({ state, problems }) => (
      <div class="stack-2">
        <span>{t(`agentSettings.state.${state}`)}</span>
        {problems.length > 0 && <span class="quiet small">{formatReasons(problems)}</span>}
      </div>
    ),
  },
  {
    key: 'version',
    head: t('agentSettings.has'),
    right: true,
    cell: ({ version }) => (version === null || version === 0 ? '–' : say(version)),
  },
  { key: 'said', head: t('agentSettings.saidAt'), cell: ({ saidAt }) => <Ago at={saidAt} /> },
];

/** `38 of 41 agents have their settings. Offline: 2. Refused: 1.` */
/** All that have not taken their settings stand in one list. */
function Lead({ counts, endpoints }: AgentSettingsSummary) {
  const others = (['refused', 'partly', 'locked', 'waiting', 'offline', 'old'] as const).filter(
    (state) => (counts[state] ?? 0) > 0,
  );
  return (
    <Dots
      of={[
        <Sentence
          of="agentSettings.lead"
          values={{ n: say(counts.taken ?? 0), of: <a href="/">{say(endpoints)}</a> }}
        />,
        ...others.map((state) => (
          <>
            {t(`agentSettings.short.${state}`)}: <a href="#not-taken">{say(counts[state] ?? 0)}</a>
          </>
        )),
      ]}
    />
  );
}

export function AgentSettingsPage() {
  const names = useScopeNames();
  const [editing, setEditing] = useState<AgentLayer | 'new' | null>(null);
  const summary = useLoad<AgentSettingsSummary>('agent-settings', concerns, 2000);
  const missing = useLoad<Page<NotTaken>>('agent-settings/not-taken', concerns, 3000);
  const close = () => {
    setEditing(null);
    summary.reload();
    missing.reload();
  };
  return (
    <>
      <PageHead
        title={t('page.agentSettings')}
        lead={summary.data && summary.data.endpoints > 0 && <Lead {...summary.data} />}
      >
        {may('admin') && editing === null && (
          <button type="button" class="button main" onClick={() => setEditing('new')}>
            <Icon name="add" />
            {t('agentSettings.new')}
          </button>
        )}
      </PageHead>
      {editing !== null && (
        <AgentSettingsForm
          key={editing === 'new' ? 'new' : `${editing.scope.of} ${editing.scope.target}`}
          layer={editing === 'new' ? null : editing}
          summary={summary.data}
          onEdit={setEditing}
          onDone={close}
          onCancel={() => setEditing(null)}
        />
      )}
      <Box title={t('agentSettings.layers')} flush>
        <Ready of={summary}>
          {({ layers }) =>
            layers.length === 0 ? (
              <Empty icon="settings" title={t('agentSettings.emptyTitle')}>
                <p>{t('agentSettings.emptyLead')}</p>
              </Empty>
            ) : (
              <Table
                caption={t('agentSettings.layers')}
                columns={layerColumns(names, setEditing)}
                rows={layers}
                keyOf={({ scope }) => `${scope.of} ${scope.target}`}
              />
            )
          }
        </Ready>
      </Box>
      {(summary.data?.endpoints ?? 0) > 0 && (
        <Box title={<span id="not-taken">{t('agentSettings.notTaken')}</span>} flush>
          <Ready of={missing}>
            {({ items }) =>
              items.length === 0 ? (
                <p class="box-body quiet">{t('agentSettings.allTaken')}</p>
              ) : (
                <Table
                  caption={t('agentSettings.notTaken')}
                  columns={notTakenColumns()}
                  rows={items.slice(0, rowsShown)}
                  keyOf={({ id }) => id}
                />
              )
            }
          </Ready>
          {(missing.data?.items.length ?? 0) > rowsShown && (
            <p class="box-body quiet">
              {t('agentSettings.more', { n: say((missing.data?.items.length ?? 0) - rowsShown) })}
            </p>
          )}
        </Box>
      )}
      <Versions onDone={close} />
    </>
  );
}

/** The page says how many more there are; the interface has all. */
const rowsShown = 100;
