/** What is watched from outside: how it is, from where, and why it is down. */
import type { EndpointRow } from '../../../../shared/api.ts';
import type { TargetRow, TargetSight } from '../../../../shared/target-api.ts';
import { none } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may, me } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useTextIn } from '../../parts/in-address.ts';
import { ListTable } from '../../parts/list-table.tsx';
import { Ago } from '../../parts/moment.tsx';
import { Narrowed } from '../../parts/narrowed.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { search, to } from '../../router.ts';
import { t } from '../../words/words.ts';
import { format, seenBy, WatchedMark, watcherName } from './facts.tsx';
import { TargetForm } from './form.tsx';

/** What a watcher saw: its result, and the time of the answer. */
function Sight({ sight }: { sight: TargetSight }) {
  const { result, fields, watcher } = sight;
  const time = fields.total_ms ?? fields.connect_ms;
  const name =
    watcher.id === 'collector' ? watcherName(sight) : <a href={to.endpoint(watcher.id)}>{watcherName(sight)}</a>;
  return (
    <div>
      {name}: {seenBy(sight)}
      {result === 'not_allowed' && (
        <div class="quiet">{watcher.id === 'collector' ? t('target.allowHint') : t('target.watchersHelp')}</div>
      )}
      {result === 'ok' && time !== undefined && ` (${format(Math.round(time))} ms)`}
    </div>
  );
}

/** What nobody has looked at yet is unknown as well. */
const isIn =
  (wanted: string | null) =>
  ({ state }: Pick<TargetRow, 'state'>) =>
    wanted === null || wanted === (state === 'never' ? 'unknown' : state);

function Lead({ rows }: { rows: readonly TargetRow[] }) {
  const down = rows.filter(isIn('down')).length;
  const unknown = rows.filter(isIn('unknown')).length;
  return (
    <>
      <Sentence
        of="target.lead"
        values={{
          down: <a href="/targets?state=down">{format(down)}</a>,
          all: <a href="/targets">{format(rows.length)}</a>,
        }}
      />{' '}
      {unknown > 0 && (
        <Sentence of="target.unknownOf" values={{ n: <a href="/targets?state=unknown">{format(unknown)}</a> }} />
      )}
    </>
  );
}

/** Of the certificate that ends first. */
function daysLeft({ sights }: TargetRow): number | null {
  const days = sights.flatMap(({ fields }) => fields.days_left ?? []);
  return days.length === 0 ? null : Math.floor(Math.min(...days));
}

function List({ rows }: { rows: readonly TargetRow[] }) {
  if (rows.length === 0)
    return (
      <Empty icon="target" title={t('target.empty')}>
        <p>{t('target.emptyText')}</p>
      </Empty>
    );
  return (
    <Box flush>
      <ListTable
        name="list"
        caption={t('page.targets')}
        rows={rows}
        keyOf={({ id }) => id}
        columns={[
          {
            key: 'name',
            head: t('target.name'),
            value: ({ name }) => name,
            cell: ({ id, name, address, kind }) => (
              <div class="named">
                <a class="strong" href={to.endpoint(id)}>
                  {name}
                </a>
                <div class="quiet small">
                  {t(`target.kind.${kind}`)} · {address}
                </div>
              </div>
            ),
          },
          {
            key: 'state',
            head: t('target.stateHead'),
            value: ({ state }) => t(`target.state.${state}`),
            cell: ({ state }) => <WatchedMark state={state} />,
          },
          {
            key: 'since',
            head: t('target.since'),
            value: ({ since, state }) => (state === 'never' ? null : new Date(since)),
            cell: ({ since, state }) => (state === 'never' ? none : <Ago at={since} />),
          },
          {
            key: 'seen',
            head: t('target.sights'),
            cell: ({ sights }) => (
              <div class="small">
                {sights.map((sight) => (
                  <Sight key={sight.watcher.id} sight={sight} />
                ))}
              </div>
            ),
          },
          {
            key: 'certificate',
            head: t('target.certificate'),
            right: true,
            value: daysLeft,
            cell: (row) => {
              const days = daysLeft(row);
              return days === null ? none : t('target.days', { n: format(days) });
            },
          },
          { key: 'site', head: t('filter.name.site'), cell: ({ site }) => site ?? none },
        ]}
      />
    </Box>
  );
}

export function TargetsPage() {
  const loaded = useLoad<Page<TargetRow>>('targets', ({ kind }) => kind === 'target' || kind === 'endpoint');
  const endpoints = useLoad<Page<EndpointRow>>(may('operator') ? 'endpoints?limit=500' : null);
  // From its own page.
  const [open, setOpen] = useTextIn('target');
  const state = new URLSearchParams(search.value).get('state');
  const close = () => setOpen(null);
  const rows = loaded.data?.items ?? [];
  const edited = rows.find(({ id }) => id === open);
  return (
    <>
      <PageHead title={t('page.targets')} lead={rows.length > 0 && <Lead rows={rows} />}>
        {!me.value?.sites && <a href="/services">{t('page.services')}</a>}
        {may('operator') && open === null && (
          <button type="button" class="button" onClick={() => setOpen('')}>
            <Icon name="add" />
            {t('target.new')}
          </button>
        )}
      </PageHead>
      {(open === '' || edited) && (
        <Box key={open} title={edited?.name ?? t('target.new')}>
          <TargetForm
            target={edited ?? null}
            endpoints={endpoints.data?.items ?? []}
            onDone={() => {
              close();
              loaded.reload();
            }}
            onCancel={close}
          />
        </Box>
      )}
      <Narrowed of={[['state', (state === 'down' || state === 'unknown') && t(`target.only.${state}`)]]} />
      <Ready of={loaded}>{({ items }) => <List rows={items.filter(isIn(state))} />}</Ready>
    </>
  );
}
