/** The release that lies in the folder of packages: what it is, who signed it, what is in it. */
import type { ReleaseFolder, RolloutView } from '../../../../shared/agent-update.ts';
import { bytes } from '../../../../shared/words/format.ts';
import { may } from '../../net/session.ts';
import { Box, Callout } from '../../parts/box.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { formatReasons } from '../../words/reason.ts';
import { language, t } from '../../words/words.ts';

interface ReleaseBoxProps {
  folder: ReleaseFolder;
  isOn: boolean;
  rollout: RolloutView | null;
  onStart: () => void;
}

export function ReleaseBox({ folder: { folder, release, problem }, isOn, rollout, onStart }: ReleaseBoxProps) {
  const mayStart = may('admin') && isOn && release && !problem && rollout?.sequence !== release.sequence;
  return (
    <Box title={t('agentUpdates.release')}>
      <div class="stack">
        {problem && <Callout tone="warning" title={formatReasons([problem])} />}
        {release && (
          <>
            <dl class="facts">
              <Fact name={t('agentUpdates.version')}>
                {release.version} · {t('agentUpdates.sequence', { n: String(release.sequence) })}
              </Fact>
              <Fact name={t('agentUpdates.released')}>
                <Moment at={release.released} />
              </Fact>
              <Fact name={t('agentUpdates.expires')}>
                <Moment at={release.expires} />
              </Fact>
              <Fact name={t('agentUpdates.floor')}>{release.floor}</Fact>
              <Fact name={t('agentUpdates.from')}>{release.from}</Fact>
              <Fact name={t('agentUpdates.keys', { n: String(release.keys) })}>
                <code>{release.signers.join(', ')}</code>
              </Fact>
              <Fact name={t('agentUpdates.folder')}>
                <code>{folder}</code>
              </Fact>
            </dl>
            <Table
              caption={t('agentUpdates.files')}
              columns={[
                { key: 'name', head: t('agentUpdates.files'), cell: ({ name }) => <bdi>{name}</bdi> },
                { key: 'target', head: t('agentUpdates.target'), cell: ({ target, form }) => `${target} ${form}` },
                {
                  key: 'size',
                  head: t('agentUpdates.size'),
                  right: true,
                  cell: ({ size, isThere, isOther }) =>
                    isThere
                      ? bytes(size, language.value)
                      : t(isOther ? 'agentUpdates.otherFile' : 'agentUpdates.notThere'),
                },
              ]}
              rows={release.files}
              keyOf={({ name }) => name}
            />
          </>
        )}
        {mayStart && (
          <div class="row">
            <button type="button" class="button main" onClick={onStart}>
              {t('agentUpdates.act.start')}
            </button>
          </div>
        )}
        {!isOn && <p class="quiet">{t('agentUpdates.offLead')}</p>}
      </div>
    </Box>
  );
}
