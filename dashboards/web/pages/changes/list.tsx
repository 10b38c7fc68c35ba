/** Changes of a month: as a calendar and as a list, with what is planned and what agents reported. */
import type { ChangeRow } from '../../../../shared/api.ts';
import { kindOfPeriod } from '../../../../shared/period.ts';
import { time } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { useKept, useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may, mayForAll } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Choices, Input, Select } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { ListTable } from '../../parts/list-table.tsx';
import { Moment } from '../../parts/moment.tsx';
import { MonthPicker } from '../../parts/month-picker.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { TableFile } from '../../parts/table-file.tsx';
import { navigate, search, setQuery, to, withQuery } from '../../router.ts';
import { periodOf } from '../../time/period.ts';
import { readersZone } from '../../time/readers-zone.ts';
import { actorName, language, t } from '../../words/words.ts';
import { ChangeCalendar } from './calendar.tsx';
import { dayNamed, liesOn, monthSpan } from './days.ts';
import { ChangeLink, ChangeReasons, ChangeState, changeNumber, changeTitle, say, TargetCounts } from './facts.tsx';
import { ChangeForm } from './form.tsx';

/** Of each kind in one month, so that many recognised ones never push out a planned one. */
const atMost = 500;
const states = ['planned', 'in_progress', 'done', 'cancelled'] as const;
const kinds = ['planned', 'recognised', 'all'] as const;
type Kind = (typeof kinds)[number];
const kindOf = (query: URLSearchParams): Kind => kinds.find((one) => one === query.get('kind')) ?? 'planned';
const kindWord = (kind: Kind) => t(kind === 'all' ? 'change.all' : `change.kind.${kind}`);

export const concernsChanges = ({ kind }: { kind: string }) => kind === 'change' || kind === 'ticket';

export function columnsOf(): TableColumn<ChangeRow>[] {
  return [
    {
      key: 'name',
      head: t('page.change'),
      value: (row) => `${changeNumber(row.id)} ${changeTitle(row)}`,
      cell: (row) => (
        <div class="named">
          <ChangeLink change={row} />
          <div class="quiet small">
            {row.kind === 'planned' ? t('change.by', { name: actorName(row.createdBy) }) : t('change.kind.recognised')}
          </div>
        </div>
      ),
    },
    {
      key: 'state',
      head: t('column.state'),
      value: ({ state, outcome }) =>
        state === 'done' && outcome ? t(`change.outcome.${outcome.value}`) : t(`change.state.${state}`),
      cell: (row) => (
        <div>
          <ChangeState row={row} />
          <div>
            <ChangeReasons outcome={row.outcome} />
          </div>
        </div>
      ),
    },
    {
      key: 'from',
      head: t('change.from'),
      cell: ({ from }) => <Moment at={from} />,
      value: ({ from }) => new Date(from),
    },
    {
      key: 'to',
      head: t('change.to'),
      cell: ({ to: end }) => <Moment at={end} />,
      value: ({ to: end }) => new Date(end),
    },
    {
      key: 'targets',
      head: t('change.targets'),
      value: ({ scopes }) => scopes.map(({ name }) => name).join(', '),
      cell: (row) => (
        <div>
          {row.scopes.map(({ name }) => name).join(', ')}
          <div>
            <TargetCounts row={row} />
          </div>
        </div>
      ),
    },
  ];
}

function Filters({ query }: { query: URLSearchParams }) {
  const of = (name: string) => query.get(name) ?? '';
  return (
    <div class="form-row screen-only">
      <Input
        label={t('change.search')}
        type="search"
        value={of('q')}
        onInput={(q) => setQuery({ q: q || null })}
        maxLength={200}
      />
      <Select
        label={t('column.state')}
        value={of('state')}
        onChange={(state) => setQuery({ state: state || null })}
        options={[['', t('change.all')], ...states.map((one) => [one, t(`change.state.${one}`)] as const)]}
      />
    </div>
  );
}

/** What is read in; further columns of a table that was written are left out of account. */
const tableColumns = 'title, targets, from, to, description, repair_of, outcome, reason, finished';

interface BodyProps {
  month: string;
  rows: Record<Kind, readonly ChangeRow[]>;
  query: URLSearchParams;
}

function List({ month, rows, query }: BodyProps) {
  const kind = kindOf(query);
  const day = dayNamed(query.get('day'), month);
  const chosen = day ? rows[kind].filter((row) => liesOn(row, day)) : rows[kind];
  return (
    <Box title={t('change.list')} flush>
      <div class="box-body row screen-only">
        <Choices
          label={t('change.kindLabel')}
          value={kind}
          options={kinds.map((one) => [one, `${kindWord(one)} ${say(rows[one].length)}`] as const)}
          onChoose={(one) => setQuery({ kind: one === 'planned' ? null : one })}
        />
        {day && (
          <button type="button" class="button slim" onClick={() => setQuery({ day: null })}>
            {t('change.wholeMonth', { day: time(day.start, language.value, 'date') })}
          </button>
        )}
      </div>
      {chosen.length === 0 ? (
        <Empty icon="calendar" title={t(`change.none.${day ? 'day' : kind}`)}>
          <p>{t('change.noneLead')}</p>
        </Empty>
      ) : (
        <ListTable name="list" caption={t('change.list')} columns={columnsOf()} rows={chosen} keyOf={({ id }) => id} />
      )}
    </Box>
  );
}

function Body(props: BodyProps) {
  return (
    <>
      <section class="box" aria-label={t('page.changes')}>
        <ChangeCalendar month={props.month} rows={props.rows.all} now={now.value} />
      </section>
      <List {...props} />
    </>
  );
}

/** All of a month, by kind; null while it is loading for the first time. */
function useMonth(filter: Record<string, string | null>) {
  const address = (kind: string) => `changes${withQuery('', { ...filter, kind, limit: String(atMost) })}`;
  const planned = useLoad<Page<ChangeRow>>(address('planned'), concernsChanges, 3000);
  const recognised = useLoad<Page<ChangeRow>>(address('recognised'), concernsChanges, 3000);
  const [first, second] = [useKept(planned), useKept(recognised)];
  const data = first &&
    second && {
      rows: {
        planned: first.items,
        recognised: second.items,
        all: [...first.items, ...second.items].sort((a, b) => b.from - a.from || b.id - a.id),
      },
      isCut: first.next !== null || second.next !== null,
    };
  const problem = planned.problem ?? recognised.problem;
  const reload = () => {
    planned.reload();
    recognised.reload();
  };
  return { data, problem, loading: data === null && problem === null, reload };
}

export function ChangesPage() {
  const query = new URLSearchParams(search.value);
  const asked = query.get('period');
  const month = asked !== null && kindOfPeriod(asked) === 'month' ? asked : periodOf(now.value, readersZone());
  const { from, to: end } = monthSpan(month);
  const span = { from: String(from), to: String(end), q: query.get('q'), state: query.get('state') };
  const loaded = useMonth(span);
  const { data } = loaded;
  const kind = kindOf(query);
  const file = { ...span, kind: kind === 'all' ? null : kind };
  const adding = (query.has('new') || query.has('target')) && may('operator');
  return (
    <>
      <PageHead title={t('page.changes')} lead={data && t('change.lead', { n: say(data.rows.all.length) })}>
        <span class="row screen-only">
          <MonthPicker period={month} ahead />
          {may('operator') && !adding && (
            <button type="button" class="button main" onClick={() => setQuery({ new: '1' })}>
              <Icon name="add" />
              {t('change.new')}
            </button>
          )}
        </span>
      </PageHead>
      {adding && (
        <ChangeForm
          onDone={(id) => navigate(to.change(id))}
          onCancel={() => setQuery({ new: null, of: null, target: null })}
        />
      )}
      <Filters query={query} />
      <Ready of={loaded}>
        {({ rows, isCut }) => (
          <>
            {isCut && <p class="quiet small">{t('change.cut', { n: say(atMost) })}</p>}
            <Body month={month} rows={rows} query={query} />
          </>
        )}
      </Ready>
      <TableFile
        address="changes/table"
        download={`changes/table${withQuery('', file)}`}
        columns={tableColumns}
        mayRead={mayForAll('operator')}
        onDone={loaded.reload}
      />
    </>
  );
}
