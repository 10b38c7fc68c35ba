/** The version of one agent, whether it is behind, and what came of its last update. */
import type { EndpointUpdate } from '../../../../shared/agent-update.ts';
import { none } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Moment } from '../../parts/moment.tsx';
import { formatReasons } from '../../words/reason.ts';
import { t } from '../../words/words.ts';
import { saidOf } from '../agent-updates/said.tsx';

export function AgentUpdateBox({ id }: { id: string }) {
  const loaded = useLoad<EndpointUpdate>(
    `endpoints/${encodeURIComponent(id)}/agent-update`,
    (change) => change.kind === 'agent_update' || (change.kind === 'endpoint' && change.endpoint === id),
    2000,
  );
  return (
    <Box title={t('page.agentUpdates')} aside={<a href="/agent-updates">{t('agentUpdates.toAll')}</a>}>
      <Ready of={loaded} lines={2}>
        {({ version, wanted, place, ring, toldAt, said }) => (
          <dl class="facts">
            <Fact name={t('agentUpdates.runs')}>{version ?? none}</Fact>
            {place && (
              <Fact name={t('agentUpdates.where')}>
                {t(`agentUpdates.why.${place}`)} {place !== 'has' && wanted !== null && `(${wanted})`}
              </Fact>
            )}
            {toldAt !== null && (
              <Fact name={t('agentUpdates.toldAt')}>
                <Moment at={toldAt} /> {ring && `· ${t(`agentUpdates.rings.${ring}`)}`}
              </Fact>
            )}
            {said && <Fact name={t('agentUpdates.said')}>{saidOf(said)}</Fact>}
            {said?.reason && <Fact name={t('agentSettings.why')}>{formatReasons([said.reason])}</Fact>}
          </dl>
        )}
      </Ready>
    </Box>
  );
}
