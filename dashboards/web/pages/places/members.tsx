/** Endpoints to choose from, with one button for all that are chosen: to add them, or to remove them. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { EndpointRow } from '../../../../shared/api.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { ticked } from '../../fleet/tick.ts';
import { useKept, useLoad, useSend } from '../../net/load.ts';
import type { Page, Problem } from '../../net/request.ts';
import { AttentionChips, attentionWords } from '../../parts/attention.tsx';
import { Box, ProblemCallout } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { useTextIn } from '../../parts/in-address.ts';
import { ListTable } from '../../parts/list-table.tsx';
import { StateMark } from '../../parts/mark.tsx';
import { type TableColumn, Tick } from '../../parts/table.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';

const format = (value: number) => number(value, language.value);

interface ChooseProps {
  title: string;
  /** Of the list, in the address. */
  name: string;
  /** Shows the site of each. */
  site: boolean;
  list: readonly EndpointRow[];
  mayChange: boolean;
  /** `Add endpoints: 3` */
  action: (n: string) => string;
  onApply: (ids: string[]) => Promise<unknown>;
  empty: ComponentChildren;
}

const columnsOf = (site: boolean): TableColumn<EndpointRow>[] => [
  {
    key: 'name',
    head: t('column.endpoint'),
    cell: (row) => <a href={to.endpoint(row.id)}>{row.name}</a>,
    value: ({ name }) => name,
  },
  ...(site ? [{ key: 'site', head: t('filter.name.site'), cell: (row: EndpointRow) => row.site ?? none }] : []),
  {
    key: 'state',
    head: t('column.state'),
    cell: (row) => <StateMark row={row} />,
    value: ({ state }) => t(`state.${state}`),
  },
  {
    key: 'attention',
    head: t('column.attention'),
    bare: true,
    cell: (row) => (row.attention.length === 0 ? <span class="quiet">{none}</span> : <AttentionChips row={row} />),
    value: ({ attention: [worst] }) => (worst ? attentionWords(worst) : null),
  },
];

export function Choose({ title, name, site, list, mayChange, action, onApply, empty }: ChooseProps) {
  const [typed, setTyped] = useTextIn(`${name}-q`);
  const search = typed ?? '';
  const [last, setLast] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { busy, problem, send } = useSend();
  const answer = useLoad<Page<EndpointRow>>(
    search.trim() === '' ? null : `endpoints?${new URLSearchParams({ q: search, limit: '5000' })}`,
    (change) => change.kind === 'endpoint',
  );
  const matching = useKept(answer)?.items;
  const isFound = new Set(matching?.map(({ id }) => id));
  const found = search.trim() === '' || !matching ? list : list.filter(({ id }) => isFound.has(id));
  // What has gone from the list since it was ticked is not sent.
  const ids = list.filter((row) => chosen.has(row.id)).map(({ id }) => id);
  /** With Shift all between it and the one before become as it does. */
  const toggle = (id: string, isRange: boolean) => {
    const next = ticked(
      { of: '', ids: chosen, isAll: false, last },
      found.map((row) => row.id),
      id,
      isRange,
    );
    setChosen(next.ids);
    setLast(id);
  };
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
              <Input
                label={t('filter.search')}
                type="search"
                value={search}
                onInput={(text) => setTyped(text || null)}
                maxLength={128}
                wide
              />
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
            <ListTable
              name={name}
              caption={title}
              columns={columnsOf(site)}
              rows={found}
              keyOf={(row) => row.id}
              pick={
                mayChange && {
                  head: <span class="unseen">{t('keys.select')}</span>,
                  cell: (row) => (
                    <Tick
                      label={t('place.choose', { name: row.name })}
                      isOn={chosen.has(row.id)}
                      onTick={(isRange) => toggle(row.id, isRange)}
                    />
                  ),
                }
              }
            />
          )}
        </>
      )}
    </Box>
  );
}
