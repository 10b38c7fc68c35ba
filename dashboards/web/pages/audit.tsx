/** The audit log: who changed what, newest first. */
import { useState } from 'preact/hooks';
import type { AuditRow } from '../../../shared/api.ts';
import { auditSorts } from '../../../shared/choices.ts';
import { findWord } from '../../../shared/words/index.ts';
import { useLoad } from '../net/load.ts';
import { may } from '../net/session.ts';
import { Box, Empty, PageHead, Ready } from '../parts/box.tsx';
import { Input } from '../parts/field.tsx';
import { Ago, Moment } from '../parts/moment.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { sorted } from '../parts/sorted.ts';
import { Table } from '../parts/table.tsx';
import { search, setQuery, withQuery } from '../router.ts';
import { localText } from '../time/local.ts';
import { language, t } from '../words/words.ts';

interface AuditPageOf {
  items: AuditRow[];
  next: string | null;
}

/** A code without a word of its own is shown as it is. */
const objectWord = (code: string) => findWord(language.value, `audit.object.${code}`) ?? code;
const actionWord = (code: string) => findWord(language.value, `audit.action.${code}`) ?? code;

function Values({ row: { before, after } }: { row: AuditRow }) {
  const keys = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  if (keys.length === 0) return null;
  return (
    <details>
      <summary>{t('audit.values', { n: keys.length })}</summary>
      <dl class="small">
        {keys.map((key) => (
          <div key={key}>
            <dt class="quiet">{key}</dt>
            <dd>
              {before && (before[key] ?? null) !== null && (
                <>
                  <del>{shown(before[key])}</del>{' '}
                </>
              )}
              {after && (after[key] ?? null) !== null && <ins>{shown(after[key])}</ins>}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Done({ row: { action, outcome } }: { row: AuditRow }) {
  return (
    <div>
      {actionWord(action)}
      {outcome === 'begun' && <div class="quiet small">{t('audit.begun')}</div>}
    </div>
  );
}

const actorOf = ({ actor }: AuditRow) => findWord(language.value, `actor.${actor}`) ?? (actor || t('audit.nobody'));

function Actor({ row }: { row: AuditRow }) {
  const { kind, address } = row;
  return (
    <div>
      <bdi>{actorOf(row)}</bdi>
      <div class="quiet small">{[t(`audit.kind.${kind}`), address].filter(Boolean).join(' · ')}</div>
    </div>
  );
}

function Subject({ row: { object, objectId, name } }: { row: AuditRow }) {
  return (
    <div>
      <bdi>{name ?? objectId ?? ''}</bdi>
      <div class="quiet small">{[objectWord(object), name === null ? null : objectId].filter(Boolean).join(' · ')}</div>
    </div>
  );
}

/** Who changed what last; of which of these, where filters are set. */
function Lead({ newest }: { newest: AuditRow | undefined }) {
  if (!newest) return <>{t('audit.lead')}</>;
  const values = {
    who: <a href={`/audit${withQuery('', { who: newest.actor })}`}>{actorOf(newest)}</a>,
    what: actionWord(newest.action),
    object: [newest.name ?? newest.objectId, objectWord(newest.object)].filter(Boolean).join(' · '),
    when: <Ago at={newest.at} />,
  };
  return (
    <>
      <Sentence of="audit.lastChange" values={values} /> {t('audit.lead')}
    </>
  );
}

/** Days are those of the reader: the instant of an address may have another date in UTC. Empty for what is no instant. */
const dayOf = (text: string | null): string => {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? '' : localText(at).slice(0, 10);
};

export function AuditPage() {
  const asked = new URLSearchParams(search.value);
  const address = `audit${withQuery('', Object.fromEntries(asked))}`;
  const loaded = useLoad<AuditPageOf>(address);
  const [filters, setFilters] = useState({
    ...{ who: asked.get('who') ?? '', object: asked.get('object') ?? '' },
    ...{ from: dayOf(asked.get('from')), to: dayOf(asked.get('to')) },
  });
  const set = (part: Partial<typeof filters>) => setFilters({ ...filters, ...part });
  const instantOf = (day: string) => (day === '' ? null : new Date(`${day}T00:00`).toISOString());
  const show = () =>
    setQuery({
      ...{ who: filters.who.trim() || null, object: filters.object.trim() || null },
      ...{ from: instantOf(filters.from), to: instantOf(filters.to), page: null },
    });
  const files = withQuery('', Object.fromEntries([...asked].filter(([key]) => key !== 'page' && key !== 'sort')));
  return (
    <>
      <PageHead
        title={t('page.audit')}
        lead={
          loaded.data && <Lead newest={asked.has('sort') || asked.has('page') ? undefined : loaded.data.items[0]} />
        }
      >
        {may('admin') && (
          <>
            <a class="button" href={`/api/v1/audit.csv${files}`} download>
              CSV
            </a>
            <a class="button" href={`/api/v1/audit.jsonl${files}`} download>
              JSON Lines
            </a>
          </>
        )}
      </PageHead>
      {may('admin') && (
        <Box title={t('audit.filter')}>
          <form
            class="row settings-row"
            onSubmit={(event) => {
              event.preventDefault();
              show();
            }}
          >
            <Input label={t('audit.who')} value={filters.who} onInput={(who) => set({ who })} />
            <Input label={t('audit.what')} value={filters.object} onInput={(object) => set({ object })} />
            <Input label={t('audit.from')} type="date" value={filters.from} onInput={(from) => set({ from })} />
            <Input label={t('audit.to')} type="date" value={filters.to} onInput={(to) => set({ to })} />
            <button type="submit" class="button">
              {t('audit.show')}
            </button>
          </form>
        </Box>
      )}
      <Ready of={loaded}>
        {({ items, next }) => (
          <Box title={t('page.audit')} flush>
            {items.length === 0 ? (
              <Empty icon="ok" title={t('audit.nothing')} />
            ) : (
              <Table
                caption={t('page.audit')}
                rows={items}
                keyOf={({ id }) => String(id)}
                columns={sorted<AuditRow>({
                  sorts: auditSorts,
                  drop: 'page',
                  columns: [
                    { key: 'at', head: t('audit.at'), cell: ({ at }) => <Moment at={at} shape="full" /> },
                    { key: 'who', head: t('audit.who'), cell: (row) => <Actor row={row} /> },
                    { key: 'action', head: t('audit.did'), cell: (row) => <Done row={row} /> },
                    { key: 'what', head: t('audit.what'), cell: (row) => <Subject row={row} /> },
                    {
                      key: 'values',
                      head: t('audit.change'),
                      cell: (row) => (
                        <div>
                          {row.reason !== null && <bdi>{row.reason}</bdi>}
                          <Values row={row} />
                        </div>
                      ),
                    },
                  ],
                })}
              />
            )}
            {(next !== null || asked.has('page')) && (
              <div class="pager">
                <button
                  type="button"
                  class="button slim"
                  disabled={!asked.has('page')}
                  onClick={() => setQuery({ page: null })}
                >
                  {t('audit.first')}
                </button>
                <button
                  type="button"
                  class="button slim"
                  disabled={next === null}
                  onClick={() => setQuery({ page: next }, { replace: false })}
                >
                  {t('audit.next')}
                </button>
              </div>
            )}
          </Box>
        )}
      </Ready>
    </>
  );
}
