/** Changes of a month: as a calendar and as a list, with what is planned and what agents reported. */
import { useState } from 'preact/hooks';
import type { ChangeRow } from '../../../../shared/api.ts';
import { kindOfPeriod } from '../../../../shared/period.ts';
import { now } from '../../clock.ts';
import { useKept, useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Moment } from '../../parts/moment.tsx';
import { MonthPicker } from '../../parts/month-picker.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { TableFile } from '../../parts/table-file.tsx';
import { navigate, search, setQuery, to, withQuery } from '../../router.ts';
import { periodOf } from '../../time/period.ts';
import { actorName, t } from '../../words/words.ts';
import { ChangeCalendar } from './calendar.tsx';
import { monthSpan } from './days.ts';
import { ChangeLink, ChangeReasons, ChangeState, say, TargetCounts } from './facts.tsx';
import { ChangeForm } from './form.tsx';

const atMost = 500;
const states = ['planned', 'in_progress', 'done', 'cancelled'] as const;
const kinds = ['planned', 'recognised'] as const;

export const concernsChanges = ({ kind }: { kind: string }) => kind === 'change' || kind === 'ticket';

function columnsOf(): TableColumn<ChangeRow>[] {
  return [
    {
      key: 'name',
      head: t('page.change'),
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
      cell: (row) => (
        <div>
          <ChangeState row={row} />
          <div>
            <ChangeReasons outcome={row.outcome} />
          </div>
        </div>
      ),
    },
    { key: 'from', head: t('change.from'), cell: ({ from }) => <Moment at={from} /> },
    { key: 'to', head: t('change.to'), cell: ({ to: end }) => <Moment at={end} /> },
    {
      key: 'targets',
      head: t('change.targets'),
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
      <Select
        label={t('change.kindLabel')}
        value={of('kind')}
        onChange={(kind) => setQuery({ kind: kind || null })}
        options={[['', t('change.all')], ...kinds.map((one) => [one, t(`change.kind.${one}`)] as const)]}
      />
    </div>
  );
}

/** What is read in; further columns of a table that was written are left out of account. */
const tableColumns = 'title, targets, from, to, description, repair_of, outcome, reason, finished';

function Body({ month, rows }: { month: string; rows: readonly ChangeRow[] }) {
  return (
    <>
      <section class="box" aria-label={t('page.changes')}>
        <ChangeCalendar month={month} rows={rows} now={now.value} />
      </section>
      <Box title={t('change.list')} flush>
        {rows.length === 0 ? (
          <Empty icon="calendar" title={t('change.none')}>
            <p>{t('change.noneLead')}</p>
          </Empty>
        ) : (
          <Table caption={t('change.list')} columns={columnsOf()} rows={rows} keyOf={({ id }) => id} />
        )}
      </Box>
    </>
  );
}

export function ChangesPage() {
  const query = new URLSearchParams(search.value);
  const asked = query.get('period');
  const month = asked !== null && kindOfPeriod(asked) === 'month' ? asked : periodOf(now.value);
  const { from, to: end } = monthSpan(month);
  const [open, setOpen] = useState(query.has('target'));
  const filter = Object.fromEntries(['q', 'state', 'kind'].map((name) => [name, query.get(name)]));
  const span = { from: String(from), to: String(end), ...filter };
  const address = `changes${withQuery('', { ...span, limit: String(atMost) })}`;
  const loaded = useLoad<Page<ChangeRow>>(address, concernsChanges, 3000);
  const kept = useKept(loaded);
  const shown = { ...loaded, data: kept, loading: kept === null && loaded.loading };
  const adding = open && may('operator');
  return (
    <>
      <PageHead title={t('page.changes')} lead={kept && t('change.lead', { n: say(kept.items.length) })}>
        <span class="row screen-only">
          <MonthPicker period={month} ahead />
          {may('operator') && !adding && (
            <button type="button" class="button main" onClick={() => setOpen(true)}>
              <Icon name="add" />
              {t('change.new')}
            </button>
          )}
        </span>
      </PageHead>
      {adding && <ChangeForm onDone={(id) => navigate(to.change(id))} onCancel={() => setOpen(false)} />}
      <Filters query={query} />
      <Ready of={shown}>{({ items }) => <Body month={month} rows={items} />}</Ready>
      <TableFile
        address="changes/table"
        download={`changes/table${withQuery('', span)}`}
        columns={tableColumns}
        mayRead={may('operator')}
        onDone={loaded.reload}
      />
    </>
  );
}
