/** Updates of agents: how far a release is, who is behind and why, and what an admin does about it. */
import { useState } from 'preact/hooks';
import type { EndpointUpdate, RolloutView, UpdateSummary } from '../../../../shared/agent-update.ts';
import { type UpdatePlace, updatePlaces } from '../../../../shared/update-choices.ts';
import { none } from '../../../../shared/words/format.ts';
import type { LiveChange } from '../../net/live.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Callout, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Dots } from '../../parts/dots.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Select } from '../../parts/field.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { search, setQuery } from '../../router.ts';
import { formatReasons } from '../../words/reason.ts';
import { actorName, t } from '../../words/words.ts';
import { UpdateAct, type UpdateActName } from './act.tsx';
import { ReleaseBox } from './release.tsx';
import { countOf, isForNobody, PlaceLinks, saidOf, say, stopText } from './said.tsx';
import { UpdateSettingsForm } from './settings.tsx';

const shownAtMost = 500;
const concerns = ({ kind }: LiveChange) => kind === 'agent_update' || kind === 'endpoint';

function Lead({ settings, folder, rollout, counts, endpoints }: UpdateSummary) {
  if (!settings.on) return <>{t('agentUpdates.isOff')}</>;
  const version = rollout?.version ?? folder.release?.version;
  if (version === undefined) return <>{t('agentUpdates.noRelease')}</>;
  const others = updatePlaces.filter((place) => place !== 'has' && countOf(counts, place) > 0);
  const link = (place: (typeof updatePlaces)[number]) => (
    <a href={`/agent-updates?place=${place}`}>{say(countOf(counts, place))}</a>
  );
  return (
    <Dots
      of={[
        <Sentence of="agentUpdates.lead" values={{ version, n: link('has'), of: <a href="/">{say(endpoints)}</a> }} />,
        ...others.map((place) => (
          <>
            {t(`agentUpdates.place.${place}`)}: {link(place)}
          </>
        )),
      ]}
    />
  );
}

const endpointColumns = (): TableColumn<EndpointUpdate>[] => [
  { key: 'name', head: t('page.endpoint'), cell: ({ id, name }) => <EndpointLink of={{ id, name }} tab="about" /> },
  { key: 'version', head: t('agentUpdates.runs'), cell: ({ version }) => version ?? none },
  {
    key: 'place',
    head: t('agentUpdates.where'),
    cell: ({ place, said }) => (
      <div class="stack-2">
        {place && <span>{t(`agentUpdates.why.${place}`)}</span>}
        {said?.reason && <span class="quiet small">{formatReasons([said.reason])}</span>}
      </div>
    ),
  },
  { key: 'ring', head: t('agentUpdates.ring'), cell: ({ ring }) => (ring ? t(`agentUpdates.rings.${ring}`) : none) },
  { key: 'told', head: t('agentUpdates.toldAt'), cell: ({ toldAt }) => <Ago at={toldAt} /> },
  { key: 'said', head: t('agentUpdates.said'), cell: ({ said }) => saidOf(said) },
];

function Endpoints({ place }: { place: UpdatePlace | null }) {
  const list = useLoad<Page<EndpointUpdate>>('agent-updates/endpoints', concerns, 3000);
  return (
    <Box
      title={t('agentUpdates.endpoints')}
      flush
      aside={
        <Select
          label={t('agentUpdates.where')}
          value={place ?? ''}
          onChange={(value) => setQuery({ place: value === '' ? null : value })}
          options={[
            ['', t('agentUpdates.behind')],
            ...updatePlaces.map((one) => [one, t(`agentUpdates.place.${one}`)] as const),
          ]}
        />
      }
    >
      <Ready of={list}>
        {({ items }) => {
          const rows = items.filter((one) => (place ? one.place === place : one.place !== 'has'));
          if (rows.length === 0)
            return <Empty icon="ok" title={t(place ? 'agentUpdates.noneThere' : 'agentUpdates.nobodyBehind')} />;
          return (
            <>
              <Table
                caption={t('agentUpdates.endpoints')}
                columns={endpointColumns()}
                rows={rows.slice(0, shownAtMost)}
                keyOf={({ id }) => id}
              />
              {rows.length > shownAtMost && (
                <p class="box-body quiet">{t('agentUpdates.more', { n: say(rows.length - shownAtMost) })}</p>
              )}
            </>
          );
        }}
      </Ready>
    </Box>
  );
}

function Rollout({
  of,
  summary,
  onAct,
}: {
  of: RolloutView;
  summary: UpdateSummary;
  onAct: (act: UpdateActName) => void;
}) {
  const { version, sequence, state, stage, stageAt, nextAt, startedAt, by, reason } = of;
  const acts: readonly UpdateActName[] = state === 'running' ? ['stop', 'withdraw'] : ['resume', 'withdraw'];
  return (
    <Box title={t('agentUpdates.rollout', { version, sequence: String(sequence) })}>
      <div class="stack">
        {of.stop && (
          <Callout tone={of.stop.why === 'person' ? 'warning' : 'critical'} title={stopText(of.stop)} spoken>
            <p>
              <Moment at={of.endedAt ?? stageAt} /> · {t('agentUpdates.stoppedLead')}
            </p>
          </Callout>
        )}
        {summary.isPaused && (
          <Callout tone="warning" title={t('agentUpdates.paused')}>
            <p>{t('agentUpdates.pausedLead', { percent: say(summary.settings.numbers.pause_percent) })}</p>
          </Callout>
        )}
        {state === 'running' && isForNobody(summary.counts) && (
          <Callout tone="warning" title={t('agentUpdates.forNobody')} />
        )}
        {summary.isGone && <Callout tone="warning" title={t('agentUpdates.gone', { version })} />}
        <p>
          {t('agentUpdates.begun')} <Moment at={startedAt} />, {actorName(by)}
        </p>
        <p class="quotation">{reason}</p>
        <p>
          {t(`agentUpdates.stage.${stage}`)} <Moment at={stageAt} />.{' '}
          {nextAt !== null && (
            <>
              {t('agentUpdates.next')} <Moment at={nextAt} />.{' '}
            </>
          )}
          {t('agentUpdates.atOnce', { n: say(summary.atOnce) })}
        </p>
        {may('admin') && (
          <div class="row">
            {acts.map((act) => (
              <button type="button" class="button" key={act} onClick={() => onAct(act)}>
                {t(`agentUpdates.act.${act}`)}
              </button>
            ))}
          </div>
        )}
      </div>
    </Box>
  );
}

const pastColumns = (): TableColumn<RolloutView>[] => [
  { key: 'version', head: t('agentUpdates.version'), cell: ({ version }) => version },
  { key: 'state', head: t('agentUpdates.where'), cell: ({ state }) => t(`agentUpdates.state.${state}`) },
  { key: 'began', head: t('agentUpdates.begun'), cell: ({ startedAt }) => <Moment at={startedAt} /> },
  {
    key: 'ended',
    head: t('agentUpdates.ended'),
    cell: ({ endedAt }) => (endedAt === null ? none : <Moment at={endedAt} />),
  },
  { key: 'who', head: t('agentUpdates.by'), cell: ({ by, reason }) => `${actorName(by)}: ${reason}` },
];

export function AgentUpdatesPage() {
  const summary = useLoad<UpdateSummary>('agent-updates', concerns, 2000);
  const [acting, setActing] = useState<UpdateActName | null>(null);
  const [isSetting, setSetting] = useState(false);
  const asked = new URLSearchParams(search.value).get('place');
  const place = updatePlaces.find((one) => one === asked) ?? null;
  const done = () => {
    setActing(null);
    setSetting(false);
    summary.reload();
  };
  return (
    <>
      <PageHead title={t('page.agentUpdates')} lead={summary.data && <Lead {...summary.data} />}>
        {may('admin') && !isSetting && (
          <button type="button" class="button" onClick={() => setSetting(true)}>
            {t('agentUpdates.settings')}
          </button>
        )}
      </PageHead>
      <Ready of={summary}>
        {(seen) => {
          const { rollout, folder, settings, rings, past } = seen;
          return (
            <>
              {isSetting && <UpdateSettingsForm now={settings} onDone={done} onCancel={() => setSetting(false)} />}
              {acting && (
                <UpdateAct
                  act={acting}
                  release={folder.release}
                  rollout={rollout}
                  isForNobody={isForNobody(seen.counts)}
                  onDone={done}
                  onCancel={() => setActing(null)}
                />
              )}
              {rollout && <Rollout of={rollout} summary={seen} onAct={setActing} />}
              {(rollout || folder.release) && (
                <Box title={t('agentUpdates.ringsTitle')} flush>
                  <Table
                    caption={t('agentUpdates.ringsTitle')}
                    columns={[
                      {
                        key: 'ring',
                        head: t('agentUpdates.ring'),
                        cell: ({ ring }) => t(`agentUpdates.rings.${ring ?? 'every'}`),
                      },
                      { key: 'n', head: t('agentSettings.endpoints'), right: true, cell: (one) => say(one.endpoints) },
                      {
                        key: 'places',
                        head: t('agentUpdates.where'),
                        cell: ({ counts }) => <PlaceLinks counts={counts} />,
                      },
                    ]}
                    // Who may not be updated is in no ring, and is counted all the same.
                    rows={[...rings, { ring: null, endpoints: seen.endpoints, counts: seen.counts }]}
                    keyOf={({ ring }) => ring ?? 'every'}
                  />
                </Box>
              )}
              <ReleaseBox folder={folder} isOn={settings.on} rollout={rollout} onStart={() => setActing('start')} />
              {(rollout || folder.release) && <Endpoints place={place} />}
              {past.length > 0 && (
                <Box title={t('agentUpdates.past')} flush>
                  <Table caption={t('agentUpdates.past')} columns={pastColumns()} rows={past} keyOf={({ id }) => id} />
                </Box>
              )}
            </>
          );
        }}
      </Ready>
    </>
  );
}
