/** How messages reach people: every channel with its last result, a test of each, and new ones. */
import { useState } from 'preact/hooks';
import type { ChannelKind, ChannelRow, ChannelTrial } from '../../../../shared/channel.ts';
import { none } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Callout, Empty, PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Delete } from '../../parts/delete.tsx';
import { useTextIn } from '../../parts/in-address.ts';
import { Mark } from '../../parts/mark.tsx';
import { Ago } from '../../parts/moment.tsx';
import { Narrowed } from '../../parts/narrowed.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table } from '../../parts/table.tsx';
import { search } from '../../router.ts';
import { t } from '../../words/words.ts';
import { OnCallTabs } from '../on-call/tabs.tsx';
import { ChannelForm } from './form.tsx';
import { kindName } from './kind-name.ts';

function LastResult({ row }: { row: ChannelRow }) {
  if (row.blocked !== null)
    return (
      <div class="stack-2">
        <Mark tone="critical" icon="warning">
          {t('channels.blocked')}
        </Mark>
        <span class="small place-note">{row.blocked}</span>
      </div>
    );
  if (row.last === null) return <>{none}</>;
  const isWell = row.last.error === null;
  return (
    <div class="stack-2">
      <span>
        <Mark tone={isWell ? 'ok' : row.isFailing ? 'critical' : 'warning'} icon={isWell ? 'ok' : 'warning'}>
          {t(isWell ? 'channels.ok' : 'channels.notOk')}
        </Mark>{' '}
        <Ago at={row.last.at} />
      </span>
      {!isWell && <span class="small place-note">{row.last.error}</span>}
    </div>
  );
}

interface ChannelActionsProps {
  row: ChannelRow;
  onEdit: () => void;
  onChanged: () => void;
}

function Actions({ row, onEdit, onChanged }: ChannelActionsProps) {
  const [trial, setTrial] = useState<ChannelTrial | null>(null);
  const { busy, problem, send } = useSend();
  const name = encodeURIComponent(row.id);
  const tryIt = async () => {
    await send(async () => setTrial(await call<ChannelTrial>(`channels/${name}/test`, { method: 'POST' })));
    onChanged();
  };
  return (
    <div class="stack-2">
      <div class="row">
        <button type="button" class="button slim" disabled={busy} onClick={() => void tryIt()}>
          {busy ? t('common.working') : t('channels.test')}
          <span class="unseen"> {row.id}</span>
        </button>
        {row.owner === 'people' && (
          <>
            <button type="button" class="button slim" onClick={onEdit}>
              {t('channels.edit')}
              <span class="unseen"> {row.id}</span>
            </button>
            <Delete
              slim
              name={row.id}
              warning={t('channels.deleteWarning')}
              address={`channels/${name}`}
              onDone={onChanged}
            />
          </>
        )}
      </div>
      {problem && <ProblemCallout problem={problem} />}
      {trial && (
        <Callout
          tone={trial.error === null ? 'ok' : 'critical'}
          title={t(trial.error === null ? 'channels.arrived' : 'channels.notArrived', { ms: trial.ms })}
          spoken
        >
          {trial.error}
        </Callout>
      )}
    </div>
  );
}

interface ChannelTableProps {
  rows: readonly ChannelRow[];
  onEdit: (row: ChannelRow) => void;
  onChanged: () => void;
}

const ChannelTable = ({ rows, onEdit, onChanged }: ChannelTableProps) => (
  <Table
    caption={t('page.channels')}
    rows={rows}
    keyOf={(row) => row.id}
    columns={[
      {
        key: 'name',
        head: t('channels.name'),
        cell: (row) => (
          <div class="stack-2">
            <span class="strong nowrap">{row.id}</span>
            {row.owner === 'file' && <span class="small">{t('channels.ofFile')}</span>}
          </div>
        ),
      },
      { key: 'kind', head: t('channels.kindLabel'), cell: (row) => kindName(row.kind) },
      {
        key: 'severities',
        head: t('channels.severities'),
        cell: (row) => row.severities.map((level) => t(`severity.${level}`)).join(', '),
      },
      { key: 'last', head: t('channels.last'), cell: (row) => <LastResult row={row} /> },
      { key: 'failed', head: t('channels.failed7d'), cell: (row) => row.failed7d },
      {
        key: 'act',
        acts: true,
        head: t('add.act'),
        cell: (row) => <Actions row={row} onEdit={() => onEdit(row)} onChanged={onChanged} />,
      },
    ]}
  />
);

const isTroubled = ({ isFailing, blocked, last }: ChannelRow) =>
  isFailing || blocked !== null || (last !== null && last.error !== null);

function Lead({ rows }: { rows: readonly ChannelRow[] }) {
  const failing = rows.filter(isTroubled).length;
  if (rows.length === 0) return <>{t('channels.leadNone')}</>;
  const all = <a href="/oncall/channels">{rows.length}</a>;
  if (failing === 0) return <Sentence of="channels.leadWell" values={{ n: all }} />;
  const n = <a href="/oncall/channels?failing=1">{failing}</a>;
  return <Sentence of="channels.leadFailing" values={{ n, of: all }} />;
}

/** Whoever may not set them up and has the address is told so, in place of forms that would be refused. */
export const ChannelsPage = () =>
  may('admin') ? (
    <ChannelsBox />
  ) : (
    <>
      <PageHead title={t('page.channels')} />
      <OnCallTabs current="channels" />
      <Empty icon="info" title={t('channels.adminOnly')}>
        <p>
          <a href="/settings">{t('onCall.ways')}</a>
        </p>
      </Empty>
    </>
  );

function ChannelsBox() {
  const list = useLoad<Page<ChannelRow>>('channels');
  const kinds = useLoad<Page<ChannelKind>>('channels/kinds');
  /** Its name; empty: a new one. */
  const [edited, setEdited] = useTextIn('edit');
  const rows = list.data?.items ?? [];
  const row = rows.find(({ id }) => id === edited) ?? null;
  const isFailing = new URLSearchParams(search.value).get('failing') !== null;
  const [blocked, setBlocked] = useState<ChannelRow | null>(null);
  const close = (saved: ChannelRow) => {
    setEdited(null);
    setBlocked(saved.blocked === null ? null : saved);
    list.reload();
  };
  return (
    <>
      <PageHead title={t('page.channels')} lead={list.data && <Lead rows={rows} />}>
        <button type="button" class="button main" disabled={edited !== null} onClick={() => setEdited('')}>
          {t('channels.add')}
        </button>
      </PageHead>
      <OnCallTabs current="channels" />
      {(edited === '' || row) && (
        <Ready of={kinds}>
          {({ items }) => (
            <ChannelForm key={edited} row={row} kinds={items} onDone={close} onCancel={() => setEdited(null)} />
          )}
        </Ready>
      )}
      {blocked && (
        <Callout tone="warning" title={t('channels.savedBlocked', { name: blocked.id })} spoken>
          {blocked.blocked}
        </Callout>
      )}
      <Narrowed of={[['failing', isFailing && t('channels.failingOnly')]]} />
      <Box flush>
        <Ready of={list}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon="info" title={t('channels.none')}>
                <p>{t('channels.noneWhy')}</p>
              </Empty>
            ) : (
              <ChannelTable
                rows={isFailing ? items.filter(isTroubled) : items}
                onEdit={(row) => setEdited(row.id)}
                onChanged={list.reload}
              />
            )
          }
        </Ready>
      </Box>
    </>
  );
}
