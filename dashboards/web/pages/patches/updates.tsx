/** Updates that wait, one row each: who lacks it, since when, and the line to run for those that are chosen. */
import { useState } from 'preact/hooks';
import type { WaitingUpdate, WaitingUpdates } from '../../../../shared/waiting-updates.ts';
import { none, number, time } from '../../../../shared/words/format.ts';
import { useKept, useLoad } from '../../net/load.ts';
import { Bones, Box, Empty, ProblemCallout } from '../../parts/box.tsx';
import { Dots } from '../../parts/dots.tsx';
import { Input } from '../../parts/field.tsx';
import { Pager } from '../../parts/pager.tsx';
import { PasteLine } from '../../parts/paste-line.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { Table } from '../../parts/table.tsx';
import { search, setQuery, to, withQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { SecurityMark, Since, WhoHas } from '../endpoint/updates.tsx';
import { linesOf } from './line.ts';

const pageSize = 25;
const format = (value: number) => number(value, language.value);
const keyOf = ({ manager, name, candidate }: WaitingUpdate) => [manager, name, candidate].join('\n');

/** The endpoints that lack it, by name. */
function Lacking({ row: { count, endpoints, name } }: { row: WaitingUpdate }) {
  return (
    <>
      {format(count)}
      <details class="small">
        <summary>
          {t('patches.updates.which')}
          <span class="unseen"> {name}</span>
        </summary>
        <Dots
          of={[
            ...endpoints.map((one) => (
              <a key={one.id} href={`${to.endpoint(one.id)}?tab=updates`}>
                {one.name}
              </a>
            )),
            count > endpoints.length && t('patches.updates.more', { n: format(count - endpoints.length) }),
          ]}
        />
      </details>
    </>
  );
}

function Lines({ chosen }: { chosen: readonly WaitingUpdate[] }) {
  if (chosen.length === 0) return <p class="box-body quiet small screen-only">{t('patches.updates.pick')}</p>;
  return (
    <div class="box-body stack" role="status">
      {linesOf(chosen).map(({ manager, text }) =>
        text === null ? (
          <p key={manager} class="quiet">
            {t('patches.updates.noLine', { manager })}
          </p>
        ) : (
          <div key={manager} class="row">
            <span class="quiet small">{manager}</span> <PasteLine text={text} />
          </div>
        ),
      )}
      <p class="quiet small">{t('patches.updates.byHand')}</p>
    </div>
  );
}

export function ByUpdate({ site }: { site: string | null }) {
  const query = new URLSearchParams(search.value);
  const [picked, setPicked] = useState<ReadonlyMap<string, WaitingUpdate>>(new Map());
  const security = query.get('security') === '1' ? '1' : null;
  const page = query.get('start');
  const loaded = useLoad<WaitingUpdates>(
    `patches/updates${withQuery('', { security, site, q: query.get('q'), limit: String(pageSize), page })}`,
    (change) => change.kind === 'inventory' && change.section === 'patches',
    5000,
  );
  const data = useKept(loaded);
  if (loaded.problem) return <ProblemCallout problem={loaded.problem} retry={loaded.reload} />;
  if (!data) return <Bones lines={8} />;
  const start = Number(page ?? 0);
  const choose = (row: WaitingUpdate) => {
    const next = new Map(picked);
    if (!next.delete(keyOf(row))) next.set(keyOf(row), row);
    setPicked(next);
  };
  return (
    <Box
      title={t('patches.updates.title')}
      aside={
        <span class="quiet small">
          <Sentence
            of="patches.updates.lead"
            values={{
              n: format(data.updates),
              security: (
                <a href={`/patches${withQuery('', { by: 'update', security: '1', site })}`}>{format(data.security)}</a>
              ),
            }}
          />
        </span>
      }
      flush
    >
      <search class="box-body filters">
        <Input
          label={t('filter.search')}
          type="search"
          value={query.get('q') ?? ''}
          onInput={(q) => setQuery({ q: q || null, start: null })}
          placeholder={t('patches.updates.searchHint')}
          maxLength={128}
          wide
        />
        <label class="row">
          <input
            type="checkbox"
            checked={security !== null}
            onChange={() => setQuery({ security: security ? null : '1', start: null })}
          />
          {t('updates.onlySecurity')}
        </label>
      </search>
      <Lines chosen={[...picked.values()]} />
      {data.items.length === 0 ? (
        <Empty icon="ok" title={t(data.updates === 0 ? 'patches.updates.none' : 'patches.updates.noMatch')} />
      ) : (
        <Table
          caption={t('patches.updates.title')}
          rows={data.items}
          keyOf={keyOf}
          isList
          pick={{
            head: <span class="unseen">{t('patches.updates.choose', { name: '' })}</span>,
            cell: (row) => (
              <input
                type="checkbox"
                aria-label={t('patches.updates.choose', { name: row.name })}
                checked={picked.has(keyOf(row))}
                onChange={() => choose(row)}
              />
            ),
          }}
          columns={[
            {
              key: 'name',
              head: t('updates.package'),
              cell: ({ name, manager }) => (
                <div class="named">
                  <span class="strong">{name}</span>
                  <div class="quiet small plain">
                    <Dots of={[manager, <WhoHas key="who" name={name} />]} />
                  </div>
                </div>
              ),
            },
            { key: 'candidate', head: t('updates.candidate'), cell: ({ candidate }) => candidate ?? none },
            { key: 'security', head: t('updates.isSecurity'), cell: (row) => <SecurityMark value={row.security} /> },
            {
              key: 'since',
              head: t('updates.since'),
              cell: ({ since, sinceAtLeast }) => <Since at={since} atLeast={sinceAtLeast} />,
            },
            { key: 'lacking', head: t('patches.updates.lacking'), cell: (row) => <Lacking row={row} /> },
          ]}
        />
      )}
      <Pager name="start" start={start} shown={data.items.length} size={pageSize} total={data.total} />
      <p class="box-body quiet small">
        {t('common.asOf', { at: time(data.asOf, language.value, 'time') })} ·{' '}
        {t('patches.updates.known', { known: format(data.known), n: format(data.endpoints) })}
      </p>
    </Box>
  );
}
