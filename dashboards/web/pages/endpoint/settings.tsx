/** The settings of one agent: each with the layer that it is of, whether it has them, and what its machine decides. */
import type { EndpointSettings } from '../../../../shared/agent-layer.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Callout, Ready } from '../../parts/box.tsx';
import { Table } from '../../parts/table.tsx';
import { formatReasons } from '../../words/reason.ts';
import { t } from '../../words/words.ts';
import { say, settingName, settingValue } from '../agent-settings/said.tsx';
import { ScopeName, useScopeNames } from '../rules/scope.tsx';

export function AgentSettingsBox({ id }: { id: string }) {
  const names = useScopeNames();
  const loaded = useLoad<EndpointSettings>(
    `endpoints/${encodeURIComponent(id)}/agent-settings`,
    (change) => change.kind === 'agent_settings' || (change.kind === 'endpoint' && change.endpoint === id),
    2000,
  );
  return (
    <Box title={t('page.agentSettings')} aside={<a href="/agent-settings">{t('agentSettings.toAll')}</a>}>
      <Ready of={loaded} lines={2}>
        {({ values, state, problems, version, remote, lock }) => (
          <div class="stack">
            <p>
              {t(`agentSettings.state.${state}`)}
              {version !== null && version > 0 && ` ${t('agentSettings.version', { version: say(version) })}.`}
            </p>
            {problems.length > 0 && <Callout tone="warning" title={formatReasons(problems)} />}
            {remote === 'off' && <p>{t('agentSettings.remoteOff')}</p>}
            {lock.length > 0 && (
              <p>
                {t('agentSettings.locked')} <code>{lock.join(', ')}</code>
              </p>
            )}
            {values.length === 0 ? (
              <p class="quiet">{t('agentSettings.noneHere')}</p>
            ) : (
              <Table
                caption={t('page.agentSettings')}
                columns={[
                  { key: 'name', head: t('agentSettings.settings'), cell: (one) => settingName(one.key, one.part) },
                  { key: 'value', head: t('agentSettings.value'), cell: (one) => settingValue(one.key, one.value) },
                  {
                    key: 'from',
                    head: t('agentSettings.from'),
                    cell: ({ from }) => <ScopeName scope={from.scope} names={names} />,
                  },
                ]}
                rows={values}
                keyOf={({ key, part }) => `${key} ${part}`}
              />
            )}
          </div>
        )}
      </Ready>
    </Box>
  );
}
