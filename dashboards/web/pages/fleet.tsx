/** All endpoints, what needs attention first, values updated as reports come in. The API filters and sorts. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { EndpointRow, FleetFilters } from '../../../shared/api.ts';
import type { Level } from '../../../shared/level.ts';
import { number, time } from '../../../shared/words/format.ts';
import { chosenColumns } from '../fleet/columns.ts';
import { concernsFleet, fleetFilters, found } from '../fleet/filters.ts';
import { filterCount, filterOf, queryOf, wantedOf } from '../fleet/query.ts';
import { rows } from '../fleet/store.ts';
import { noneTicked, type Ticked } from '../fleet/tick.ts';
import { useKept, useLoad } from '../net/load.ts';
import type { Page } from '../net/request.ts';
import { may, me } from '../net/session.ts';
import { Bones, Empty, PageHead, ProblemCallout } from '../parts/box.tsx';
import { Icon } from '../parts/icon.tsx';
import { Late } from '../parts/late.tsx';
import { Pager } from '../parts/table.tsx';
import { useStartView, Views } from '../parts/views.tsx';
import { search, setQuery } from '../router.ts';
import { language, t } from '../words/words.ts';
import { Filters } from './fleet-filters.tsx';
import { columnWords, FleetTable } from './fleet-table.tsx';

const pageSize = 50;
const format = (value: number) => number(value, language.value);

interface TileProps {
  /** A filter and its choice. */
  of: readonly [name: string, value: string];
  what: string;
  note: string;
  /** Its colour: the worst active level among those it counts. */
  level?: Level | null;
}

/** A number that filters the list when clicked, and shows everything again on a second click. */
function Tile({ of: [name, value], what, note, level }: TileProps) {
  const current = new URLSearchParams(search.value).get(name) === value;
  return (
    <button
      type="button"
      class="tile"
      aria-pressed={current}
      onClick={() => setQuery({ [name]: current ? null : value })}
    >
      <span class="what">{what}</span>
      <span class={level ? `figure tone-${level}` : 'figure'}>{format(found(name, value).count)}</span>
      <span class="note">{note}</span>
    </button>
  );
}

function Tiles({ total }: { total: number }) {
  const critical = t('fleet.criticalCount', { n: format(found('attention', 'critical').count) });
  return (
    <div class="tiles">
      <Tile
        of={['attention', 'any']}
        what={t('fleet.attention')}
        note={critical}
        level={found('attention', 'any').level}
      />
      <Tile of={['state', 'online']} what={t('state.online')} note={t('fleet.of', { n: format(total) })} />
      <Tile
        of={['state', 'lost']}
        what={t('state.lost')}
        note={t('fleet.lostNote')}
        level={found('state', 'lost').level}
      />
      <Tile of={['state', 'offline']} what={t('state.offline')} note={t('fleet.offlineNote')} />
      <Tile of={['state', 'unknown']} what={t('state.unknown')} note={t('fleet.unknownNote')} />
    </div>
  );
}

function Nothing() {
  return (
    <section class="box">
      <Empty icon="fleet" title={t('fleet.emptyTitle')}>
        {!me.value?.sites && (
          <>
            <p>{t('fleet.emptyLead')}</p>
            <a class="button main" href="/add">
              <Icon name="add" />
              {t('page.add')}
            </a>
          </>
        )}
      </Empty>
    </section>
  );
}

function NoMatch({ filtered }: { filtered: boolean }) {
  return (
    <Empty icon="unknown" title={t('fleet.noMatch')}>
      <p>{t('fleet.noMatchLead')}</p>
      {filtered && (
        <a class="button" href="/">
          {t('fleet.clearFilters')}
        </a>
      )}
    </Empty>
  );
}

interface Found extends Page<EndpointRow> {
  total: number;
}

const loadTools = () => import('./fleet-tools/tools.tsx').then(({ Tools }) => Tools);
const loadBulk = () => import('./fleet-tools/bulk.tsx').then(({ Bulk }) => Bulk);

/** The list for the query of the page: one page of it, and the way to the others. */
function List({ description }: { description: FleetFilters }) {
  const { filters, sorts } = description;
  const wanted = wantedOf(search.value, description);
  const query = queryOf(wanted);
  // The marks of the pages up to this one; another query begins at its first.
  const [turned, setTurned] = useState<{ query: string; marks: readonly string[] }>({ query, marks: [] });
  const marks = turned.query === query ? turned.marks : [];
  const mark = marks.at(-1);
  const page = mark === undefined ? '' : `&page=${encodeURIComponent(mark)}`;
  const loaded = useLoad<Found>(`endpoints?${query}&limit=${pageSize}${page}`, concernsFleet, 2000);
  const data = useKept(loaded);
  const filter = filterOf(wanted);
  const of = JSON.stringify(filter);
  const [kept, setTicks] = useState<Ticked | null>(null);
  const ticks = kept?.of === of ? kept : noneTicked(of);
  // The last page became empty, such as after alerts ended: the page before is now the last.
  useEffect(() => {
    if (loaded.data?.items.length === 0 && marks.length > 0) setTurned({ query, marks: marks.slice(0, -1) });
  }, [loaded.data]);
  return (
    <section class="box" aria-label={t('fleet.table')} aria-busy={loaded.loading}>
      {/* It stays once it was there: what it says of what was done is to be read. */}
      {kept && (
        <Late
          load={loadBulk}
          props={{
            ...{ ticked: ticks, filter, total: data?.total ?? 0 },
            onAll: () => setTicks({ ...ticks, isAll: true }),
            onClear: () => setTicks(noneTicked(of)),
          }}
        />
      )}
      <Filters filters={filters} sorts={sorts} wanted={wanted} />
      {loaded.problem && <ProblemCallout problem={loaded.problem} retry={loaded.reload} />}
      {data === null && !loaded.problem && <Bones lines={9} />}
      {data?.items.length === 0 && <NoMatch filtered={filterCount(wanted) > 0 || wanted.q !== ''} />}
      {data !== null && data.items.length > 0 && (
        <Rows
          found={data}
          from={marks.length * pageSize + 1}
          order={wanted.sort}
          sorts={sorts}
          ticks={ticks}
          setTicks={setTicks}
          onPage={(step) => {
            // A second press, before the page has come, would ask for the same one again.
            if (loaded.data === null) return;
            setTurned({ query, marks: step === -1 ? marks.slice(0, -1) : [...marks, loaded.data.next ?? ''] });
          }}
        />
      )}
    </section>
  );
}

interface RowsProps {
  found: Found;
  from: number;
  order: string;
  sorts: FleetFilters['sorts'];
  ticks: Ticked;
  setTicks: (next: Ticked) => void;
  onPage: (step: -1 | 1) => void;
}

/** The order is that of the last answer; the values follow the change feed. */
function Rows({ found: { items, total }, from, onPage, ...table }: RowsProps) {
  const list = items.map((row) => rows.value.get(row.id) ?? row);
  const to = from + list.length - 1;
  const at = Math.max(...list.map(({ valuesAt }) => valuesAt ?? 0)) || null;
  return (
    <>
      <FleetTable list={list} {...table} />
      <Pager
        from={from}
        to={to}
        total={total}
        label={t('fleet.range', {
          from: format(from),
          to: format(to),
          total: format(total),
          at: time(at, language.value, 'time'),
        })}
        earlier={t('common.earlier')}
        later={t('common.later')}
        onPage={onPage}
      />
    </>
  );
}

/** Its file comes after the list: nobody waits, most of the time. */
function Waiting() {
  const [Note, setNote] = useState<(() => VNode | null) | null>(null);
  useEffect(() => void import('./join/waiting-note.tsx').then(({ WaitingNote }) => setNote(() => WaitingNote)), []);
  return Note && <Note />;
}

export function FleetPage() {
  useStartView('fleet');
  const [isOpen, setOpen] = useState(false);
  const { data, problem, reload } = fleetFilters.value ?? { data: null, problem: null, reload: () => {} };
  return (
    <>
      <PageHead title={t('page.fleet')}>
        <Views page="fleet" beside={{ columns: chosenColumns(search.value).join() }} />
        <button type="button" class="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {t('fleet.tools')}
        </button>
        {may('admin') && (
          <a class="button" href="/endpoints/retired">
            {t('page.retired')}
          </a>
        )}
        <a class="button" href="/add">
          <Icon name="add" />
          {t('page.add')}
        </a>
      </PageHead>
      {may('operator') && <Waiting />}
      {problem && <ProblemCallout problem={problem} retry={reload} />}
      {data === null && !problem && (
        <section class="box">
          <Bones lines={9} />
        </section>
      )}
      {data?.total === 0 && <Nothing />}
      {data !== null && data.total > 0 && (
        <>
          {isOpen && <Late load={loadTools} props={{ description: data, columns: columnWords(), onDone: reload }} />}
          <Tiles total={data.total} />
          <List description={data} />
        </>
      )}
    </>
  );
}
