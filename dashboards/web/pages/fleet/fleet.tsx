/** All endpoints, what needs attention first, values updated as reports come in. The API filters and sorts. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EndpointRow, FleetFilters } from '../../../../shared/api.ts';
import { number, time } from '../../../../shared/words/format.ts';
import { chosenColumns } from '../../fleet/columns.ts';
import { concernsFleet, fleetFilters, found } from '../../fleet/filters.ts';
import { filterCount, filterOf, queryOf, wantedOf } from '../../fleet/query.ts';
import { rows } from '../../fleet/store.ts';
import { noneTicked, type Ticked, ticked } from '../../fleet/tick.ts';
import { useLoad } from '../../net/load.ts';
import { type Page, readAll } from '../../net/request.ts';
import { may, me } from '../../net/session.ts';
import { Bones, Empty, PageHead, ProblemCallout } from '../../parts/box.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Late } from '../../parts/late.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { manyRows } from '../../parts/table.tsx';
import { useStartView, Views } from '../../parts/views.tsx';
import { search } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { Filters } from './filters.tsx';
import { columnWords, FleetTable } from './table.tsx';

const format = (value: number) => number(value, language.value);

/** `2 critical not acknowledged · 6 need work · 33 of 41 fine, 3 of them off`: each number leads to what it counts. */
function Lead({ total, waiting }: FleetFilters) {
  const now = new URLSearchParams(search.value).get('attention');
  const count = (choice: string) => found('attention', choice).count;
  const link = (choice: string) => (
    <a href={now === choice ? '/' : `/?attention=${choice}`} aria-current={now === choice ? 'true' : undefined}>
      <strong>{format(count(choice))}</strong>
    </a>
  );
  // The one red number: what the navigation says, and the page of alerts.
  const critical = (
    <a class="tone-critical" href="/alerts?show=needs">
      <strong>{format(waiting)}</strong>
    </a>
  );
  const fine = { n: link('fine'), total: format(total), off: link('off') };
  return (
    <>
      {waiting > 0 && <Sentence of="fleet.critical" values={{ n: critical }} />}
      {count('any') > 0 && <Sentence of="fleet.work" values={{ n: link('any') }} />}
      <Sentence of={count('off') > 0 ? 'fleet.fineOff' : 'fleet.fine'} values={fine} />
      {count('unseen') > 0 && <Sentence of="fleet.unseen" values={{ n: link('unseen') }} />}
    </>
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

const loadTools = () => import('./tools.tsx').then(({ Tools }) => Tools);
const loadBulk = () => import('./bulk.tsx').then(({ Bulk }) => Bulk);

/** Of more than so many only those about the view are asked for, and first what a window shows. */
const firstRows = 60;
const few = { from: 0, to: manyRows };
/** A list that is scrolled asks when it has come to rest. */
const restMs = 100;

/** The rows in view, for the query of the page; `total` of the fleet says whether all of them are few. */
function useRows(query: string, total: number) {
  const [{ from, to }, setView] = useState(total > manyRows ? { ...few, to: firstRows } : few);
  const loaded = useLoad<Found>(`endpoints?${query}&from=${from}&limit=${Math.max(to - from, 1)}`, concernsFleet, 2000);
  const kept = useRef<{ found: Found; from: number } | null>(null);
  if (loaded.data) kept.current = { found: loaded.data, from };
  /** Ids by their place, as far as they were seen. */
  const ids = useRef<{ of: string; list: string[] }>({ of: query, list: [] });
  if (ids.current.of !== query) ids.current = { of: query, list: [] };
  for (const [index, { id }] of (loaded.data?.items ?? []).entries()) ids.current.list[from + index] = id;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onView = (begin: number, end: number) => {
    clearTimeout(timer.current);
    const isFew = (kept.current?.found.total ?? 0) <= manyRows;
    timer.current = setTimeout(() => setView(isFew ? few : { from: begin, to: end }), restMs);
  };
  /** What becomes of the ticks; rows between that never were in view are asked for. */
  const tick = async (ticks: Ticked, id: string, isRange: boolean): Promise<Ticked> => {
    const { list } = ids.current;
    const places = [list.indexOf(id), list.indexOf((isRange && ticks.last) || id)].filter((place) => place >= 0);
    const [first, last] = [Math.min(...places), Math.max(...places)];
    const some = ticks.isAll ? [] : list.slice(first, last + 1);
    if (!ticks.isAll && !some.includes(undefined as never)) return ticked(ticks, some, id, isRange);
    const whole = await readAll<EndpointRow>(`endpoints?${query}&limit=5000`);
    return ticked(
      ticks,
      ticks.isAll ? whole.map((row) => row.id) : whole.slice(first, last + 1).map((row) => row.id),
      id,
      isRange,
    );
  };
  return { loaded, kept: kept.current, onView, tick };
}

/** The list for the query of the page: of a large fleet what is in view. */
function List({ description }: { description: FleetFilters }) {
  const { filters, sorts } = description;
  const wanted = wantedOf(search.value, description);
  const { loaded, kept, onView, tick } = useRows(queryOf(wanted), description.total);
  const filter = filterOf(wanted);
  const of = JSON.stringify(filter);
  const [last, setTicks] = useState<Ticked | null>(null);
  const ticks = last?.of === of ? last : noneTicked(of);
  const total = kept?.found.total ?? 0;
  // The order is that of the last answer; the values follow the change feed.
  const items = (kept?.found.items ?? []).map((row) => rows.value.get(row.id) ?? row);
  const at = Math.max(0, ...items.map(({ valuesAt }) => valuesAt ?? 0)) || null;
  return (
    <section class="box" aria-label={t('fleet.table')} aria-busy={loaded.loading}>
      {/* It stays once it was there: what it says of what was done is to be read. */}
      {last && (
        <Late
          load={loadBulk}
          props={{ ...{ ticked: ticks, filter, total }, onClear: () => setTicks(noneTicked(of)) }}
        />
      )}
      <Filters filters={filters} sorts={sorts} wanted={wanted}>
        {kept && t('fleet.range', { total: format(total), at: time(at, language.value, 'time') })}
      </Filters>
      {loaded.problem && <ProblemCallout problem={loaded.problem} retry={loaded.reload} />}
      {kept === null && !loaded.problem && <Bones lines={9} />}
      {kept && total === 0 && <NoMatch filtered={filterCount(wanted) > 0 || wanted.q !== ''} />}
      {kept && total > 0 && (
        <FleetTable
          list={items}
          part={{ total, from: kept.from, onView }}
          order={wanted.sort}
          sorts={sorts}
          ticks={ticks}
          onAll={(isAll) => setTicks({ ...noneTicked(of), isAll })}
          onTick={(id, isRange) => void tick(ticks, id, isRange).then(setTicks, () => {})}
        />
      )}
    </section>
  );
}

/** Its file comes after the list: nobody waits, most of the time. */
function Waiting() {
  const [Note, setNote] = useState<(() => VNode | null) | null>(null);
  useEffect(() => void import('../join/waiting-note.tsx').then(({ WaitingNote }) => setNote(() => WaitingNote)), []);
  return Note && <Note />;
}

export function FleetPage() {
  useStartView('fleet');
  const [isOpen, setOpen] = useState(false);
  const { data, problem, reload } = fleetFilters.value ?? { data: null, problem: null, reload: () => {} };
  return (
    <>
      <PageHead title={t('page.fleet')} lead={data !== null && data.total > 0 && <Lead {...data} />}>
        <Views page="fleet" beside={{ columns: chosenColumns(search.value).join() }} />
        <button type="button" class="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {t('fleet.tools')}
        </button>
        {may('operator') && (
          <a class="button" href="/add">
            <Icon name="add" />
            {t('page.add')}
          </a>
        )}
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
          <List description={data} />
        </>
      )}
    </>
  );
}
