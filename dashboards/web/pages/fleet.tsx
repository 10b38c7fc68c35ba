/** All endpoints, what needs attention first, values moving as reports come in. */
import { useMemo, useState } from 'preact/hooks';
import type { EndpointRow } from '../../../shared/api.ts';
import { number, time } from '../../../shared/words/format.ts';
import { now } from '../clock.ts';
import { type Counts, countFleet } from '../fleet/count.ts';
import { filterCount, matches, orderOf, sorted, wantedOf } from '../fleet/filter.ts';
import { readFleet, rows, rowsComing, rowsProblem } from '../fleet/store.ts';
import { Bones, Empty, PageHead, ProblemNotice } from '../parts/box.tsx';
import { Icon } from '../parts/icon.tsx';
import { Pager } from '../parts/table.tsx';
import { search, setQuery } from '../router.ts';
import { language, t } from '../words/words.ts';
import { Filters } from './fleet-filters.tsx';
import { FleetTable } from './fleet-table.tsx';

const pageSize = 50;

interface TileProps {
  what: string;
  value: number;
  note?: string;
  tone?: string;
  query: Record<string, string | null>;
  current: boolean;
}

/** A number that shows its list when it is pressed, and everything again when pressed once more. */
function Tile({ what, value, note, tone, query, current }: TileProps) {
  const off = Object.fromEntries(Object.keys(query).map((name) => [name, null]));
  return (
    <button type="button" class="tile" aria-pressed={current} onClick={() => setQuery(current ? off : query)}>
      <span class="what">{what}</span>
      <span class={`figure ${value > 0 ? (tone ?? '') : ''}`}>{number(value, language.value)}</span>
      {note && <span class="note">{note}</span>}
    </button>
  );
}

function Tiles({ counts }: { counts: Counts }) {
  const params = new URLSearchParams(search.value);
  const is = (name: string, value: string) => params.get(name) === value;
  const of = t('fleet.of', { n: number(counts.all, language.value) });
  return (
    <div class="tiles">
      <Tile
        what={t('fleet.attention')}
        value={counts.attention}
        note={t('fleet.criticalCount', { n: number(counts.critical, language.value) })}
        tone={counts.critical > 0 ? 'tone-critical' : 'tone-warning'}
        query={{ attention: 'any' }}
        current={is('attention', 'any')}
      />
      <Tile
        what={t('state.online')}
        value={counts.online}
        note={of}
        query={{ state: 'online' }}
        current={is('state', 'online')}
      />
      <Tile
        what={t('state.lost')}
        value={counts.lost}
        note={t('fleet.lostNote')}
        tone="tone-critical"
        query={{ state: 'lost' }}
        current={is('state', 'lost')}
      />
      <Tile
        what={t('state.offline')}
        value={counts.offline}
        note={t('fleet.offlineNote')}
        query={{ state: 'offline' }}
        current={is('state', 'offline')}
      />
      <Tile
        what={t('state.unknown')}
        value={counts.unknown}
        note={t('fleet.unknownNote')}
        query={{ state: 'unknown' }}
        current={is('state', 'unknown')}
      />
    </div>
  );
}

function Nothing() {
  return (
    <section class="box">
      <Empty icon="fleet" title={t('fleet.emptyTitle')}>
        <p>{t('fleet.emptyLead')}</p>
        <a class="button main" href="/add">
          <Icon name="add" />
          {t('page.add')}
        </a>
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

function List({ list }: { list: readonly EndpointRow[] }) {
  const [start, setStart] = useState(0);
  const query = search.value;
  const order = orderOf(new URLSearchParams(query).get('sort'));
  const wanted = useMemo(() => wantedOf(query), [query]);
  const found = useMemo(
    () =>
      sorted(
        list.filter((row) => matches(row, wanted, now.peek())),
        order,
      ),
    [list, wanted, order.key, order.down],
  );
  const from = start < found.length ? start : 0;
  const shown = found.slice(from, from + pageSize);
  const values = shown.map((row) => row.valuesAt ?? 0);
  const say = (value: number) => number(value, language.value);
  return (
    <section class="box" aria-label={t('fleet.table')}>
      <Filters list={list} wanted={wanted} />
      {found.length === 0 ? (
        <NoMatch filtered={filterCount(wanted) > 0 || wanted.words.length > 0} />
      ) : (
        <>
          <FleetTable list={shown} order={order} />
          <Pager
            from={from + 1}
            to={from + shown.length}
            total={found.length}
            label={t('fleet.range', {
              from: say(from + 1),
              to: say(from + shown.length),
              total: say(found.length),
              at: time(Math.max(...values) || null, language.value, 'time'),
            })}
            earlier={t('common.earlier')}
            later={t('common.later')}
            onPage={(step) => setStart(Math.max(0, from + step * pageSize))}
          />
        </>
      )}
    </section>
  );
}

export function FleetPage() {
  const known = rows.value;
  const list = useMemo(() => (known ? [...known.values()] : []), [known]);
  const counts = useMemo(() => countFleet(list), [list]);
  return (
    <>
      <PageHead title={t('page.fleet')}>
        <a class="button" href="/add">
          <Icon name="add" />
          {t('page.add')}
        </a>
      </PageHead>
      {rowsProblem.value && <ProblemNotice problem={rowsProblem.value} retry={() => void readFleet()} />}
      {known === null && !rowsProblem.value && (
        <section class="box">
          <Bones lines={9} />
        </section>
      )}
      {known !== null && known.size === 0 && !rowsComing.value && <Nothing />}
      {known !== null && known.size > 0 && (
        <>
          <Tiles counts={counts} />
          <List list={list} />
        </>
      )}
    </>
  );
}
