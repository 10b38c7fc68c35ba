/** Endpoints to choose from, with one button for all that are chosen: to add them, or to remove them. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { EndpointRow } from '../../../../shared/api.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { useKept, useLoad, useSend } from '../../net/load.ts';
import type { Page, Problem } from '../../net/request.ts';
import { AttentionChips } from '../../parts/attention.tsx';
import { Box, ProblemCallout } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { StateMark } from '../../parts/mark.tsx';
import { Pager, Table, type TableColumn } from '../../parts/table.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';

const pageSize = 50;
const format = (value: number) => number(value, language.value);

interface ChooseProps {
  title: string;
  /** Shows the site of each. */
  site: boolean;
  list: readonly EndpointRow[];
  mayChange: boolean;
  /** `Add endpoints: 3` */
  action: (n: string) => string;
  onApply: (ids: string[]) => Promise<unknown>;
  empty: ComponentChildren;
}

function columnsOf(
  site: boolean,
  mayChange: boolean,
  chosen: ReadonlySet<string>,
  toggle: (id: string) => void,
): TableColumn<EndpointRow>[] {
  const at: TableColumn<EndpointRow> = {
    key: 'site',
    head: t('filter.name.site'),
    cell: (row) => row.site ?? <span class="quiet">{none}</span>,
  };
  return [
    {
      key: 'name',
      head: t('column.endpoint'),
      cell: (row) => (
        <div class="choose">
          {mayChange && (
            <input
              type="checkbox"
              aria-label={t('place.choose', { name: row.name })}
              checked={chosen.has(row.id)}
              onChange={() => toggle(row.id)}
            />
          )}
          <a href={to.endpoint(row.id)}>{row.name}</a>
        </div>
      ),
    },
    ...(site ? [at] : []),
    { key: 'state', head: t('column.state'), cell: (row) => <StateMark row={row} /> },
    {
      key: 'attention',
      head: t('column.attention'),
      bare: true,
      cell: (row) => (row.attention.length === 0 ? <span class="quiet">{none}</span> : <AttentionChips row={row} />),
    },
  ];
}

export function Choose({ title, site, list, mayChange, action, onApply, empty }: ChooseProps) {
  const [search, setSearch] = useState('');
  const [start, setStart] = useState(0);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { busy, problem, send } = useSend();
  const answer = useLoad<Page<EndpointRow>>(
    search.trim() === '' ? null : `endpoints?${new URLSearchParams({ q: search, limit: '5000' })}`,
    (change) => change.kind === 'endpoint',
  );
  const matching = useKept(answer)?.items;
  const isFound = new Set(matching?.map(({ id }) => id));
  const found = search.trim() === '' || !matching ? list : list.filter(({ id }) => isFound.has(id));
  const from = start < found.length ? start : 0;
  const shown = found.slice(from, from + pageSize);
  // What has gone from the list since it was ticked is not sent.
  const ids = list.filter((row) => chosen.has(row.id)).map(({ id }) => id);
  const toggle = (id: string) =>
    setChosen((now) => {
      const next = new Set(now);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  // What is ticked while others are being sent stays ticked.
  const apply = async () => {
    if (await send(() => onApply(ids))) setChosen((now) => new Set([...now].filter((id) => !ids.includes(id))));
  };
  return (
    <Box title={title} flush>
      {list.length === 0 ? (
        <div class="box-body">{empty}</div>
      ) : (
        <>
          <div class="box-body choose-bar">
            {(list.length > 10 || search !== '') && (
              <Input label={t('filter.search')} type="search" value={search} onInput={setSearch} maxLength={128} wide />
            )}
            {mayChange && (
              <button type="button" class="button" disabled={busy || ids.length === 0} onClick={() => void apply()}>
                {busy ? t('common.working') : action(format(ids.length))}
              </button>
            )}
            {(problem ?? answer.problem) && <ProblemCallout problem={(problem ?? answer.problem) as Problem} />}
          </div>
          {found.length === 0 ? (
            <p class="quiet box-body">{t('fleet.noMatch')}</p>
          ) : (
            <Table
              caption={title}
              columns={columnsOf(site, mayChange, chosen, toggle)}
              rows={shown}
              keyOf={(row) => row.id}
            />
          )}
          {found.length > pageSize && (
            <Pager
              from={from + 1}
              to={from + shown.length}
              total={found.length}
              label={t('common.range', {
                from: format(from + 1),
                to: format(from + shown.length),
                total: format(found.length),
              })}
              earlier={t('common.earlier')}
              later={t('common.later')}
              onPage={(step) => setStart(Math.max(0, from + step * pageSize))}
            />
          )}
        </>
      )}
    </Box>
  );
}
