/** Maintenance: what is suppressed now, what comes next, and what is over. */
import { useState } from 'preact/hooks';
import type { MaintenanceRow } from '../../../../shared/api.ts';
import type { Settling } from '../../../../shared/settling.ts';
import type { LiveChange } from '../../net/live.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may, mayForAll } from '../../net/session.ts';
import { Callout, Empty, PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Icon } from '../../parts/icon.tsx';
import { ListTable } from '../../parts/list-table.tsx';
import { Moment } from '../../parts/moment.tsx';
import { OnlyOne } from '../../parts/only-one.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { TableFile } from '../../parts/table-file.tsx';
import { search, setQuery, to } from '../../router.ts';
import { actorName, t } from '../../words/words.ts';
import { AlertTabs } from '../alerts/tabs.tsx';
import { Covered, NextDates, Rhythm, say, Warnings, When } from './facts.tsx';
import { MaintenanceForm } from './form.tsx';
import { NewEnd } from './new-end.tsx';
import { WaitingWindows } from './waiting.tsx';

const concerns = (change: LiveChange) =>
  change.kind === 'maintenance' || change.kind === 'alert' || change.kind === 'endpoint';

/** `2 windows run now and cover 14 machines; next: Osaka, Sun 02:00`. */
function Lead({ items }: { items: readonly MaintenanceRow[] }) {
  const running = items.filter(({ state }) => state === 'running');
  const next = items.find(({ state }) => state === 'planned');
  const covered = running.reduce((sum, { endpoints }) => sum + endpoints, 0);
  const hidden = running.reduce((sum, { alerts }) => sum + alerts, 0);
  const values = {
    n: <a href="/maintenance">{say(running.length)}</a>,
    endpoints: say(covered),
    alerts: hidden === 0 ? say(0) : <a href="/alerts?show=hidden">{say(hidden)}</a>,
  };
  return (
    <>
      {running.length === 0 ? t('maintenance.none') : <Sentence of="maintenance.lead" values={values} />}
      {next?.next[0] && (
        <>
          {' '}
          {t('maintenance.nextLead', { name: next.scope.name })} <Moment at={next.next[0].start} />
        </>
      )}
    </>
  );
}

const settlingAtMost = 5;

/** Its maintenance is over, and nobody is notified yet: whoever has ended it by hand must not wonder. */
function Settled({ of }: { of: readonly Settling[] }) {
  if (of.length === 0) return null;
  return (
    <Callout tone="info" title={t('maintenance.settling', { n: say(of.length) })} spoken>
      <ul class="plain">
        {of.slice(0, settlingAtMost).map(({ endpoint, until }) => (
          <li key={endpoint.id}>
            <EndpointLink of={endpoint} /> {t('maintenance.quietUntil')} <Moment at={until} />
          </li>
        ))}
      </ul>
      {of.length > settlingAtMost && <p>{t('onCall.moreGaps', { n: say(of.length - settlingAtMost) })}</p>}
    </Callout>
  );
}

const scopeHref = ({ of, target }: MaintenanceRow['scope']) =>
  of === 'endpoint' ? to.endpoint(target) : `/?${new URLSearchParams({ [of]: target })}`;

interface Acting {
  act: (address: string, body?: object) => void;
  /** Opens the form with it. */
  edit: (row: MaintenanceRow) => void;
  moveEnd: (row: MaintenanceRow) => void;
}

function Actions({ row, act, edit, moveEnd }: Acting & { row: MaintenanceRow }) {
  const [running] = row.running;
  const at = `maintenance/${encodeURIComponent(row.id)}`;
  const button = (word: string, onClick: () => void) => (
    <button type="button" class="button slim" onClick={onClick}>
      {word}
      <span class="unseen"> {row.scope.name}</span>
    </button>
  );
  return (
    <div class="row">
      {row.next.length > 0 && button(t('maintenance.edit'), () => edit(row))}
      {running && button(t('maintenance.extend'), () => act(`${at}/extend`, { until: running.end + 3_600_000 }))}
      {running && button(t('maintenance.extendTo'), () => moveEnd(row))}
      {running && button(t('maintenance.end'), () => act(`${at}/end`))}
      {row.next.length > 0 && button(t('maintenance.cancel'), () => act(`${at}/cancel`))}
    </div>
  );
}

function columnsOf(acting: Acting): TableColumn<MaintenanceRow>[] {
  const onSkip = (row: MaintenanceRow) => (date: string) =>
    acting.act(`maintenance/${encodeURIComponent(row.id)}/skip`, { date });
  const actions: TableColumn<MaintenanceRow> = {
    key: 'actions',
    acts: true,
    head: t('maintenance.actions'),
    cell: (row) => <Actions row={row} {...acting} />,
  };
  return [
    {
      key: 'what',
      head: t('maintenance.what'),
      value: ({ scope }) => scope.name,
      cell: (row) => (
        <div class="named">
          <a href={scopeHref(row.scope)}>{row.scope.name}</a>
          <div class="quiet small">{t(`maintenance.scope.${row.scope.of}`)}</div>
        </div>
      ),
    },
    {
      key: 'state',
      head: t('column.state'),
      value: ({ state }) => t(`maintenance.state.${state}`),
      cell: (row) => <span class="nowrap">{t(`maintenance.state.${row.state}`)}</span>,
    },
    {
      key: 'when',
      head: t('maintenance.when'),
      value: ({ running: [now], next: [next] }) => (now || next ? new Date((now ?? next)?.start ?? 0) : null),
      cell: (row) => <When row={row} />,
    },
    {
      key: 'repeat',
      head: t('maintenance.repeat'),
      value: ({ repeat }) => t(repeat ? 'maintenance.repeat' : 'maintenance.repeats.once'),
      cell: (row) =>
        row.repeat ? (
          <div class="stack-2">
            <Rhythm {...row.repeat} />
            {row.next.length > 0 && (
              <details>
                <summary>{t('maintenance.next')}</summary>
                <NextDates row={row} {...(may('operator') ? { onSkip: onSkip(row) } : {})} />
              </details>
            )}
          </div>
        ) : (
          t('maintenance.repeats.once')
        ),
    },
    {
      key: 'covers',
      head: t('maintenance.hides'),
      value: ({ endpoints }) => endpoints,
      cell: (row) => <Covered row={row} />,
    },
    {
      key: 'why',
      head: t('maintenance.reason'),
      value: ({ reason }) => reason,
      cell: (row) => (
        <div class="stack-2">
          <span class="place-note">{row.reason}</span>
          <span class="quiet small">
            {actorName(row.createdBy)}, <Moment at={row.createdAt} />
            {row.approval && ` · ${t('maintenance.approvedBy', { by: actorName(row.approval.by) })}`}
          </span>
          <Warnings row={row} />
        </div>
      ),
    },
    ...(may('operator') ? [actions] : []),
  ];
}

export function MaintenancePage() {
  const params = new URLSearchParams(search.value);
  const past = params.get('past') === '1';
  const open = params.has('new') || params.has('target');
  const list = useLoad<Page<MaintenanceRow>>('maintenance', concerns, 2000);
  const over = useLoad<Page<MaintenanceRow>>(past ? 'maintenance?past=true' : null, concerns, 5000);
  const waiting = useLoad<Page<MaintenanceRow>>('maintenance?waiting=true', concerns, 2000);
  const settling = useLoad<Page<Settling>>('maintenance/settling', concerns, 2000);
  const [editing, setEditing] = useState<MaintenanceRow | null>(null);
  const [moving, setMoving] = useState<MaintenanceRow | null>(null);
  const { problem, send } = useSend();
  const reload = () => {
    list.reload();
    waiting.reload();
    settling.reload();
  };
  const act = (address: string, body?: object) =>
    void send(() => call(address, { method: 'POST', ...(body ? { body } : {}) })).then(reload);
  const adding = open && may('operator');
  const close = () => {
    setQuery({ new: null, of: null, target: null });
    setEditing(null);
    setMoving(null);
    reload();
  };
  const tableOf = (name: string, items: readonly MaintenanceRow[], caption: string) => (
    <ListTable
      name={name}
      caption={caption}
      columns={columnsOf({ act, edit: setEditing, moveEnd: setMoving })}
      rows={items}
      keyOf={(row) => row.id}
    />
  );
  return (
    <>
      <PageHead title={t('page.maintenance')} lead={list.data && <Lead items={list.data.items} />}>
        {may('operator') && !adding && (
          <button type="button" class="button" onClick={() => setQuery({ new: '1' })}>
            <Icon name="add" />
            {t('maintenance.new')}
          </button>
        )}
      </PageHead>
      <AlertTabs current="maintenance" />
      {problem && <ProblemCallout problem={problem} />}
      <Settled of={settling.data?.items ?? []} />
      <WaitingWindows
        items={waiting.data?.items ?? []}
        mayApprove={may('operator')}
        onApprove={({ id }) => act(`maintenance/${encodeURIComponent(id)}/approve`)}
      />
      {adding && !editing && <MaintenanceForm onDone={close} onCancel={close} />}
      {editing && <MaintenanceForm key={editing.id} row={editing} onDone={close} onCancel={close} />}
      {moving && <NewEnd key={moving.id} row={moving} onDone={close} />}
      <section class="box" aria-label={t('page.maintenance')}>
        <Ready of={list}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon="maintenance" title={t('maintenance.emptyTitle')}>
                <p>{t('maintenance.emptyLead')}</p>
              </Empty>
            ) : (
              <OnlyOne items={items}>{(some) => tableOf('list', some, t('page.maintenance'))}</OnlyOne>
            )
          }
        </Ready>
      </section>
      <TableFile
        title={t('csv.maintenance')}
        lead={t('csv.maintenanceLead')}
        address="maintenance/table"
        columns="id,target,reason,from,to,cron,zone,duration_min,until,starts,ends,skip"
        mayRead={mayForAll('operator')}
        onDone={list.reload}
      />
      <button type="button" class="link" aria-expanded={past} onClick={() => setQuery({ past: past ? null : '1' })}>
        {past ? t('maintenance.hidePast') : t('maintenance.showPast')}
      </button>
      {past && (
        <section class="box" aria-label={t('maintenance.past')}>
          <Ready of={over}>
            {({ items }) =>
              items.length === 0 ? (
                <p class="box-body quiet">{t('maintenance.noPast')}</p>
              ) : (
                tableOf('past', items, t('maintenance.past'))
              )
            }
          </Ready>
        </section>
      )}
    </>
  );
}
