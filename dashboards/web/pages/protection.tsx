/** Backups of the whole fleet: endpoints without backup, late jobs, failed jobs, jobs never test-restored. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Protection, ProtectionGroup, ProtectionRow } from '../../../shared/api.ts';
import { bytes, duration, none, number, time } from '../../../shared/words/format.ts';
import { useKept, useLoad } from '../net/load.ts';
import { Bones, Box, Empty, PageHead, ProblemCallout } from '../parts/box.tsx';
import { Choice } from '../parts/choice.tsx';
import { Dots } from '../parts/dots.tsx';
import { Choices, Input, Select } from '../parts/field.tsx';
import { BackupMark, LevelMark } from '../parts/mark.tsx';
import { Ago } from '../parts/moment.tsx';
import { Pager } from '../parts/pager.tsx';
import { Runs } from '../parts/runs.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { Table, type TableColumn } from '../parts/table.tsx';
import { search, setQuery, to, withQuery } from '../router.ts';
import { formatReasons } from '../words/reason.ts';
import { actorName, language, t, type Key as WordKey } from '../words/words.ts';
import { MonthBeside } from './month-beside.tsx';
import { ProtectionActs, subjectOf } from './protection-acts.tsx';
import { pickOf, TicketBar, useMachineTickets } from './tickets/machine-tickets.tsx';

type ShownJob = NonNullable<ProtectionRow['job']>;

const format = (value: number) => number(value, language.value);

/** The answer: how many are good, then what is not, each a list. */
function Lead({ data }: { data: Protection }) {
  const count = (name: ProtectionGroup) => data.groups.find((one) => one.name === name)?.count ?? 0;
  const link = (name: ProtectionGroup) => (
    <a href={`/protection${withQuery('', { group: name })}`}>{format(count(name))}</a>
  );
  return (
    <Dots
      of={[
        <Sentence of="protection.lead.good" values={{ good: link('ok'), jobs: format(data.jobs) }} />,
        ...(['none', 'failed', 'late', 'unverified'] as const).map(
          (name) => count(name) > 0 && <Sentence of={`protection.lead.${name}`} values={{ n: link(name) }} />,
        ),
      ]}
    />
  );
}

/** A group in which there is nothing is not offered. */
function Groups({ data: { groups, group } }: { data: Protection }) {
  return (
    <Choices
      label={t('protection.groups')}
      value={group ?? ''}
      options={groups
        .filter(({ name, count }) => count > 0 || name === group)
        .map(({ name, count }) => [name, `${t(`protection.group.${name}`)} ${format(count)}`] as const)}
      onChoose={(name) => setQuery({ group: name, page: null })}
    />
  );
}

/** Columns of the table by site: the groups that somebody has to do something about. */
const troubles = ['none', 'failed', 'late', 'never', 'anomaly', 'warning', 'unknown'] as const;

function BySite({ data: { bySite, goodSites } }: { data: Protection }) {
  if (bySite.length + goodSites < 2 && bySite.every(({ site }) => site === null)) return null;
  const shown = troubles.filter((name) => bySite.some(({ counts }) => (counts[name] ?? 0) > 0));
  const cell = (site: string | null, n: number, name: ProtectionGroup) =>
    n === 0 ? (
      <span class="quiet">{format(0)}</span>
    ) : (
      <a href={`/protection${withQuery('', { group: name, site: site ?? '' })}`}>{format(n)}</a>
    );
  return (
    <Box title={t('patches.bySite')} flush>
      {bySite.length > 0 && (
        <Table
          caption={t('patches.bySite')}
          rows={bySite}
          keyOf={({ site }) => site ?? ''}
          columns={[
            { key: 'site', head: t('filter.name.site'), cell: ({ site }) => site ?? t('patches.noSite') },
            ...[...shown, 'ok' as const].map((name) => ({
              ...{ key: name, head: t(`protection.group.${name}`), right: true },
              cell: ({ site, counts }: Protection['bySite'][number]) => cell(site, counts[name] ?? 0, name),
            })),
          ]}
        />
      )}
      {goodSites > 0 && <p class="box-body quiet">{t('protection.goodSites', { n: format(goodSites) })}</p>}
    </Box>
  );
}

function Size({ job, level }: { job: ShownJob; level: ProtectionRow['level'] }) {
  return (
    <div>
      {bytes(job.bytes, language.value)}
      {job.sizeAnomaly && (
        <div>
          <LevelMark level={level} else="idle">
            {t('protection.usually', { size: bytes(job.usualBytes, language.value) })}
          </LevelMark>
        </div>
      )}
    </div>
  );
}

/** A failed restore test outranks a successful run. */
function FailedTest({ job, level }: { job: ShownJob; level: ProtectionRow['level'] }) {
  return (
    <div class="small">
      <LevelMark level={level} else="idle">
        {t('backup.verifyFailed')}
      </LevelMark>{' '}
      <Ago at={job.verifyFailedAt} />
      <div class="quiet">
        {[actorName(job.verifyFailedBy ?? ''), formatReasons(job.verifyNote)].filter(Boolean).join(': ')}
      </div>
    </div>
  );
}

/** What a heading sorts by; the first click begins with what is worst. */
const sorts = { endpoint: 'up', state: 'down', success: 'up', run: 'up', size: 'up', verified: 'up' } as const;
type SortHead = keyof typeof sorts;
const sortNames = Object.keys(sorts) as SortHead[];
const sortWords = {
  ...{ endpoint: 'protection.job', state: 'column.state', success: 'backup.lastSuccess' },
  ...{ run: 'backup.lastRun', size: 'backup.size', verified: 'backup.lastVerified' },
} as const satisfies Record<SortHead, WordKey>;
const sortHead = (name: SortHead) => t(sortWords[name]);

function sortOf(name: SortHead, present: string): NonNullable<TableColumn<ProtectionRow>['sort']> {
  const [up, down] = [name, `-${name}`];
  const first = sorts[name] === 'up' ? up : down;
  const direction = present === up ? 'ascending' : present === down ? 'descending' : 'none';
  const next = present === first ? (first === up ? down : up) : first;
  return { direction, onClick: () => setQuery({ sort: next, page: null }) };
}

type ActsOf = (row: ProtectionRow) => ComponentChildren;

/** What an endpoint without a job has no value for. */
const ofJob = (cell: (job: ShownJob, row: ProtectionRow) => ComponentChildren) => (row: ProtectionRow) =>
  row.job ? cell(row.job, row) : <span class="quiet">{none}</span>;

function Endpoint({ row: { endpoint, job } }: { row: ProtectionRow }) {
  return (
    <div>
      <a href={`${to.endpoint(endpoint.id)}?tab=backups`}>{endpoint.name}</a>
      <div class="small plain">
        {job && `${job.job} `}
        <span class="quiet">
          {[job?.product ?? t(`kind.${endpoint.kind}`), endpoint.site].filter(Boolean).join(' · ')}
        </span>
      </div>
    </div>
  );
}

function State({ row: { job, level, groups } }: { row: ProtectionRow }) {
  return (
    <div>
      <BackupMark state={job?.state ?? (groups.includes('none') ? 'none' : 'unknown')} level={level} />
      {job?.reason && <div class="quiet small">{formatReasons(job.reason)}</div>}
      {job && job.verifyFailedAt !== null && <FailedTest job={job} level={level} />}
    </div>
  );
}

const columnsOf = (sort: string, acts: ActsOf): TableColumn<ProtectionRow>[] => [
  {
    key: 'job',
    head: sortHead('endpoint'),
    sort: sortOf('endpoint', sort),
    cell: (row) => <Endpoint row={row} />,
  },
  { key: 'state', head: sortHead('state'), sort: sortOf('state', sort), cell: (row) => <State row={row} /> },
  {
    key: 'success',
    head: sortHead('success'),
    sort: sortOf('success', sort),
    cell: ofJob((job) => (
      <div>
        <Ago at={job.lastSuccess} />
        <div class="quiet small">{t('protection.rhythm', { time: duration(job.rhythmSeconds, language.value) })}</div>
      </div>
    )),
  },
  {
    key: 'run',
    head: sortHead('run'),
    sort: sortOf('run', sort),
    cell: ofJob((job, { endpoint }) => (
      <>
        <Ago at={job.lastRun} />
        <Runs name={`${endpoint.name} ${job.job}`} runs={job.runs} brief />
      </>
    )),
  },
  {
    key: 'size',
    head: sortHead('size'),
    sort: sortOf('size', sort),
    cell: ofJob((job, { level }) => <Size job={job} level={level} />),
  },
  {
    key: 'verified',
    head: sortHead('verified'),
    sort: sortOf('verified', sort),
    cell: ofJob((job) =>
      job.lastVerified === null ? (
        <span class="quiet">{t('backup.neverVerified')}</span>
      ) : (
        <div>
          <Ago at={job.lastVerified} />
          {job.verifiedBy && <div class="quiet small">{actorName(job.verifiedBy)}</div>}
        </div>
      ),
    ),
  },
  { key: 'act', head: t('add.act'), bare: true, cell: acts },
];

/** Of endpoints without a job only what there is to be said of them. */
const withoutJob: readonly string[] = ['job', 'state', 'act'];

/** Of the address, those that the API takes. */
const asked = ['group', 'site', 'product', 'q', 'sort'] as const;
type AskedProtection = Partial<Record<(typeof asked)[number], string>>;

function Filters({ data, wanted }: { data: Protection; wanted: AskedProtection }) {
  const words = (choices: Protection['sites']) =>
    choices.map((one) => ({ ...one, word: one.value || t('filter.none') }));
  const options = sortNames.flatMap((name) => {
    const both = [[name, `${sortHead(name)} ↑`] as const, [`-${name}`, `${sortHead(name)} ↓`] as const];
    return sorts[name] === 'up' ? both : both.reverse();
  });
  const isOffered = (choices: Protection['sites'], name: 'site' | 'product') =>
    wanted[name] !== undefined || choices.some(({ value }) => value !== '');
  return (
    <search class="box-body">
      <div class="filters">
        <Input
          label={t('filter.search')}
          type="search"
          value={wanted.q ?? ''}
          onInput={(q) => setQuery({ q: q || null, page: null })}
          placeholder={t('protection.searchHint')}
          maxLength={128}
          wide
        />
        {isOffered(data.sites, 'site') && (
          <Choice
            {...{ name: 'site', chosen: wanted.site, drop: 'page' }}
            label={t('filter.name.site')}
            choices={words(data.sites)}
          />
        )}
        {isOffered(data.products, 'product') && (
          <Choice
            {...{ name: 'product', chosen: wanted.product, drop: 'page' }}
            label={t('protection.product')}
            choices={words(data.products)}
          />
        )}
        {/* As cards the table has no column heads to sort by. */}
        <div class="order">
          <Select
            label={t('filter.order')}
            value={wanted.sort ?? '-state'}
            onChange={(sort) => setQuery({ sort, page: null })}
            options={options}
          />
        </div>
      </div>
    </search>
  );
}

const pageSize = 100;

interface ProtectionListProps {
  data: Protection;
  wanted: AskedProtection;
  page: number;
  reload: () => void;
}

function List({ data, wanted, page, reload }: ProtectionListProps) {
  const { items, total, group } = data;
  const tickets = useMachineTickets('backup', reload);
  const columns = columnsOf(wanted.sort ?? '-state', (row) => (
    <ProtectionActs row={row} tickets={tickets} onDone={reload} />
  ));
  const hasJobs = items.some(({ job }) => job !== null);
  const caption = t(`protection.group.${group ?? 'ok'}`);
  const { sort: _, ...filter } = wanted;
  const isFiltered = wanted.q !== undefined || wanted.site !== undefined || wanted.product !== undefined;
  return (
    <Box
      title={caption}
      aside={
        <span class="row">
          <span class="quiet small">{t(`protection.about.${group ?? 'ok'}`)}</span>
          <a class="button slim" href={`/api/v1/protection/table${withQuery('', { ...filter, group })}`} download>
            {t('csv.get')}
          </a>
        </span>
      }
      flush
    >
      <Filters data={data} wanted={wanted} />
      <TicketBar of={tickets} subjects={items.flatMap((row) => subjectOf(row) ?? [])} />
      {items.length === 0 ? (
        <Empty icon={isFiltered ? 'protection' : 'ok'} title={t('protection.nothing')}>
          {isFiltered && (
            <a class="button slim" href={`/protection${withQuery('', { group })}`}>
              {t('fleet.clearFilters')}
            </a>
          )}
        </Empty>
      ) : (
        <Table
          caption={caption}
          rows={items}
          keyOf={({ endpoint, job }) => `${endpoint.id}/${job?.product}/${job?.job}`}
          columns={hasJobs ? columns : columns.filter(({ key }) => withoutJob.includes(key))}
          pick={pickOf(tickets, items, subjectOf)}
          isList
        />
      )}
      <Pager name="page" start={page} shown={items.length} size={pageSize} total={total} />
    </Box>
  );
}

export function ProtectionPage() {
  const query = new URLSearchParams(search.value);
  const wanted: AskedProtection = Object.fromEntries(
    asked.flatMap((name) => {
      const value = query.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  const page = Math.max(0, Math.trunc(Number(query.get('page') ?? 0))) || 0;
  const address = (start: number) =>
    `protection${withQuery('', { ...{ group: 'worst' }, ...wanted, limit: String(pageSize), page: start ? String(start) : null })}`;
  const loaded = useLoad<Protection>(
    address(page),
    (change) => change.kind === 'ticket' || (change.kind === 'inventory' && change.section === 'backups'),
    5000,
  );
  const data = useKept(loaded);
  // What was on the last page is gone: the page before is now the last.
  useEffect(() => {
    if (loaded.data?.items.length === 0 && page > 0) {
      const last = Math.max(0, Math.ceil(loaded.data.total / pageSize) - 1) * pageSize;
      setQuery({ page: last === 0 ? null : String(last) });
    }
  }, [loaded.data]);
  return (
    <>
      <PageHead title={t('page.protection')} lead={data && data.endpoints > 0 && <Lead data={data} />} />
      {loaded.problem && <ProblemCallout problem={loaded.problem} retry={loaded.reload} />}
      {data === null && !loaded.problem && <Bones lines={8} />}
      {data?.endpoints === 0 && (
        <section class="box">
          <Empty icon="protection" title={t('fleet.emptyTitle')}>
            <a class="button main" href="/add">
              {t('page.add')}
            </a>
          </Empty>
        </section>
      )}
      {data !== null && data.endpoints > 0 && (
        <>
          <MonthBeside kpi="backup_coverage" site={wanted.site ?? null} />
          <BySite data={data} />
          <Groups data={data} />
          <List data={data} wanted={wanted} page={page} reload={loaded.reload} />
          <p class="quiet small">
            {t('common.asOf', { at: time(data.asOf, language.value, 'time') })} ·{' '}
            {t('protection.total', { endpoints: format(data.endpoints), jobs: format(data.jobs) })}
          </p>
        </>
      )}
    </>
  );
}
