/** All sites, or all groups: how many endpoints each has, and how many of them need attention. */
import { none, number } from '../../../../shared/words/format.ts';
import { found } from '../../fleet/filters.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { mayForAll, me } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useFlagIn } from '../../parts/in-address.ts';
import { ListTable } from '../../parts/list-table.tsx';
import { LevelMark } from '../../parts/mark.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { TableFile } from '../../parts/table-file.tsx';
import { navigate } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { PlaceForm } from './form.tsx';
import { concerns, fleetHref, type PlaceKind, type PlaceRow, parameter, placeHref, placeIcons } from './kinds.ts';

const format = (value: number) => number(value, language.value);

/** How many of its endpoints need attention, and a link to them. */
export function Attended({ kind, row }: { kind: PlaceKind; row: PlaceRow }) {
  if (row.endpoints === 0) return <span class="quiet">{none}</span>;
  // No mark of "ok": of some of them nothing may be known.
  if (row.attention === 0) return <span class="quiet">{t('place.nothing')}</span>;
  return (
    <span class="attended">
      <LevelMark level={row.level} else="idle">
        <a href={fleetHref(kind, row, 'any')}>
          {t('place.ofEndpoints', { n: format(row.attention), all: format(row.endpoints) })}
        </a>
      </LevelMark>{' '}
      {row.critical > 0 && <span class="tone-critical nowrap">{t('place.critical', { n: format(row.critical) })}</span>}
    </span>
  );
}

function columnsOf(kind: PlaceKind): TableColumn<PlaceRow>[] {
  const zone: TableColumn<PlaceRow> = {
    key: 'zone',
    head: t('place.zone'),
    value: ({ zone }) => zone ?? null,
    cell: (row) => row.zone ?? <span class="quiet">{t('place.reportZone')}</span>,
  };
  const people: TableColumn<PlaceRow> = {
    key: 'people',
    head: t('place.people'),
    right: true,
    value: ({ people }) => people ?? null,
    // Without it no outage of the site costs an hour.
    cell: (row) => (row.people == null ? <span class="quiet">{t('place.notKnown')}</span> : format(row.people)),
  };
  return [
    {
      key: 'name',
      head: t('endpoint.name'),
      value: ({ name }) => name,
      cell: (row) => (
        <div class="named">
          <a href={placeHref(kind, row.id)}>{row.name}</a>
          {row.note !== '' && <div class="quiet small place-note">{row.note}</div>}
        </div>
      ),
    },
    ...(kind === 'sites' ? [zone, people] : []),
    {
      key: 'endpoints',
      head: t('place.endpoints'),
      right: true,
      value: ({ endpoints }) => endpoints,
      cell: (row) => (row.endpoints === 0 ? format(0) : <a href={fleetHref(kind, row)}>{format(row.endpoints)}</a>),
    },
    {
      key: 'attention',
      head: t('column.attention'),
      value: ({ attention }) => attention,
      cell: (row) => <Attended kind={kind} row={row} />,
    },
  ];
}

function Nothing({ kind }: { kind: PlaceKind }) {
  return (
    <Empty icon={placeIcons[kind]} title={t(`place.${kind}.emptyTitle`)}>
      <p>{t(`place.${kind}.emptyLead`)}</p>
      {!mayForAll('operator') && !me.value?.sites && <p>{t('place.askOperator')}</p>}
    </Empty>
  );
}

/** Summary of the page: how many there are, and which endpoints are in none. */
function Lead({ kind, items }: { kind: PlaceKind; items: readonly PlaceRow[] }) {
  const without = found(parameter[kind], '').count;
  return (
    <>
      {t(`place.${kind}.count`, { n: format(items.length) })}
      {without > 0 && (
        <>
          {' · '}
          <a href={fleetHref(kind, null)}>{t(`place.${kind}.without`, { n: format(without) })}</a>
        </>
      )}
    </>
  );
}

export function PlacesPage({ kind }: { kind: PlaceKind }) {
  const list = useLoad<Page<PlaceRow>>(kind, concerns(kind), 2000);
  const [open, setOpen] = useFlagIn('new');
  const items = list.data?.items ?? [];
  const isEmpty = list.data !== null && items.length === 0;
  const adding = mayForAll('operator') && (open || isEmpty);
  return (
    <>
      <PageHead title={t(`page.${kind}`)} lead={items.length > 0 && <Lead kind={kind} items={items} />}>
        {mayForAll('operator') && !adding && list.data !== null && (
          <button type="button" class="button" onClick={() => setOpen(true)}>
            <Icon name="add" />
            {t(`place.${kind}.new`)}
          </button>
        )}
      </PageHead>
      {adding && !isEmpty && (
        <Box title={t(`place.${kind}.new`)}>
          <PlaceForm
            kind={kind}
            onDone={(made) => navigate(placeHref(kind, made.id))}
            onCancel={() => setOpen(false)}
          />
        </Box>
      )}
      <section class="box" aria-label={t(`page.${kind}`)}>
        <Ready of={list}>
          {({ items: all }) =>
            all.length === 0 ? (
              <Nothing kind={kind} />
            ) : (
              <ListTable
                name="list"
                caption={t(`page.${kind}`)}
                columns={columnsOf(kind)}
                rows={all}
                keyOf={(row) => row.id}
              />
            )
          }
        </Ready>
      </section>
      {kind === 'sites' && !isEmpty && !me.value?.sites && (
        <TableFile
          title={t('csv.people')}
          address="people/table"
          columns="kind,name,people"
          mayRead={mayForAll('operator')}
          onDone={list.reload}
        />
      )}
      {adding && isEmpty && (
        <Box title={t(`place.${kind}.first`)}>
          <PlaceForm kind={kind} onDone={(made) => navigate(placeHref(kind, made.id))} />
        </Box>
      )}
    </>
  );
}
