/** Silences: what nobody is notified of now, until when and why. */
import { useState } from 'preact/hooks';
import type { SilencePreview, SilenceRow, SilenceSummary } from '../../../../shared/silence.ts';
import type { LiveChange } from '../../net/live.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Empty, PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Icon } from '../../parts/icon.tsx';
import { ListTable } from '../../parts/list-table.tsx';
import { Moment } from '../../parts/moment.tsx';
import { OnlyOne } from '../../parts/only-one.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { navigate, search, setQuery } from '../../router.ts';
import { actorName, t } from '../../words/words.ts';
import { AlertTabs } from '../alerts/tabs.tsx';
import { SilenceForm } from './form.tsx';
import { HiddenAlerts, say } from './hidden.tsx';

const concerns = (change: LiveChange) => change.kind === 'silence' || change.kind === 'alert';

interface SilenceActs {
  end: (row: SilenceRow) => void;
  edit: (row: SilenceRow) => void;
}

function columnsOf({ end, edit }: SilenceActs): TableColumn<SilenceRow>[] {
  const button = (row: SilenceRow, word: string, onClick: () => void) => (
    <button type="button" class="button slim" onClick={onClick}>
      {word}
      <span class="unseen"> {row.matchers.join(', ')}</span>
    </button>
  );
  const actions: TableColumn<SilenceRow> = {
    key: 'actions',
    acts: true,
    head: t('silence.actions'),
    cell: (row) =>
      row.state !== 'over' && (
        <div class="row">
          {button(row, t('silence.edit'), () => edit(row))}
          {button(row, row.state === 'active' ? t('silence.end') : t('silence.cancel'), () => end(row))}
        </div>
      ),
  };
  return [
    {
      key: 'what',
      head: t('silence.what'),
      value: ({ matchers }) => matchers.join(', '),
      cell: ({ matchers }) => (
        <div class="named">
          {matchers.map((matcher) => (
            <div key={matcher}>
              <code>{matcher}</code>
            </div>
          ))}
        </div>
      ),
    },
    {
      key: 'state',
      head: t('column.state'),
      value: ({ state }) => t(`silence.state.${state}`),
      cell: ({ state }) => <span class="nowrap">{t(`silence.state.${state}`)}</span>,
    },
    {
      key: 'when',
      head: t('silence.when'),
      value: ({ end: over }) => new Date(over),
      cell: ({ start, end: over }) => (
        <span>
          <Moment at={start} /> – <Moment at={over} />
        </span>
      ),
    },
    {
      key: 'hides',
      head: t('silence.hides'),
      value: ({ state, alerts }) => (state === 'over' ? null : alerts),
      cell: (row) =>
        row.state === 'over' ? (
          '–'
        ) : (
          <div class="stack-2">
            <span>{t('silence.alerts', { n: say(row.alerts) })}</span>
            <HiddenAlerts row={row} />
          </div>
        ),
    },
    {
      key: 'why',
      head: t('silence.reason'),
      value: ({ reason }) => reason,
      cell: ({ reason, createdBy, createdAt }) => (
        <div class="stack-2">
          <span class="place-note">{reason}</span>
          <span class="quiet small">
            {actorName(createdBy)}, <Moment at={createdAt} />
          </span>
        </div>
      ),
    },
    ...(may('operator') ? [actions] : []),
  ];
}

/** `3 silences hide 4 alerts`. */
const hiddenAlerts = '/alerts?show=hidden';

function Lead({ active, pending, alerts }: SilenceSummary) {
  const values = { n: <a href="/silences">{say(active)}</a>, alerts: <a href={hiddenAlerts}>{say(alerts)}</a> };
  return (
    <>
      {active === 0 ? t('silence.none') : <Sentence of="silence.lead" values={values} />}{' '}
      {pending > 0 && <Sentence of="silence.toCome" values={{ n: <a href="/silences">{say(pending)}</a> }} />}
    </>
  );
}

/** Matchers of the address; those of one alert come from the collector. */
function useAsked() {
  const params = new URLSearchParams(search.value);
  const alert = params.get('alert');
  const proposal = useLoad<SilencePreview>(
    alert === null ? null : `silences/proposal?alert=${encodeURIComponent(alert)}`,
    () => false,
    0,
  );
  if (alert === null) return { matchers: params.getAll('matcher'), isReady: true, problem: undefined };
  const { data, problem } = proposal;
  return { matchers: data?.matchers ?? [], isReady: data !== undefined || problem !== undefined, problem };
}

export function SilencesPage({ isNew = false }: { isNew?: boolean }) {
  const asked = useAsked();
  const query = new URLSearchParams(search.value);
  const open = isNew || query.has('new') || query.has('alert');
  const past = query.get('past') === '1';
  const [editing, setEditing] = useState<SilenceRow | null>(null);
  const list = useLoad<Page<SilenceRow>>('silences', concerns, 2000);
  const summary = useLoad<SilenceSummary>('silences/summary', concerns, 2000);
  const over = useLoad<Page<SilenceRow>>(past ? 'silences?past=true' : null, concerns, 5000);
  const { problem, send } = useSend();
  const reload = () => {
    list.reload();
    summary.reload();
  };
  const close = () => {
    setEditing(null);
    if (isNew) navigate('/silences');
    else setQuery({ new: null, alert: null, matcher: null });
    reload();
  };
  const end = ({ id }: SilenceRow) =>
    void send(() => call(`silences/${encodeURIComponent(id)}/end`, { method: 'POST' })).then(reload);
  const tableOf = (name: string, items: readonly SilenceRow[], caption: string) => (
    <ListTable
      name={name}
      caption={caption}
      columns={columnsOf({ end, edit: setEditing })}
      rows={items}
      keyOf={({ id }) => id}
    />
  );
  const shown = problem ?? asked.problem;
  return (
    <>
      <PageHead title={t('page.silences')} lead={summary.data && <Lead {...summary.data} />}>
        {may('operator') && !open && (
          <button type="button" class="button" onClick={() => setQuery({ new: '1' })}>
            <Icon name="add" />
            {t('silence.new')}
          </button>
        )}
      </PageHead>
      <AlertTabs current="silences" />
      {shown && <ProblemCallout problem={shown} />}
      {open && !editing && asked.isReady && may('operator') && (
        <SilenceForm matchers={asked.matchers} onDone={close} onCancel={close} />
      )}
      {editing && <SilenceForm key={editing.id} row={editing} onDone={close} onCancel={close} />}
      <section class="box" aria-label={t('page.silences')}>
        <Ready of={list}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon="silence" title={t('silence.emptyTitle')}>
                <p>{t('silence.emptyLead')}</p>
              </Empty>
            ) : (
              <OnlyOne items={items}>{(some) => tableOf('list', some, t('page.silences'))}</OnlyOne>
            )
          }
        </Ready>
      </section>
      <button type="button" class="link" aria-expanded={past} onClick={() => setQuery({ past: past ? null : '1' })}>
        {past ? t('silence.hidePast') : t('silence.showPast')}
      </button>
      {past && (
        <section class="box" aria-label={t('silence.past')}>
          <Ready of={over}>
            {({ items }) =>
              items.length === 0 ? (
                <p class="box-body quiet">{t('silence.noPast')}</p>
              ) : (
                tableOf('past', items, t('silence.past'))
              )
            }
          </Ready>
        </section>
      )}
    </>
  );
}
