/** Patch compliance: the answer, the sites in which something is due, then their endpoints; those that are compliant on request. */
import type { PatchOverview, PatchRow } from '../../../shared/api.ts';
import { patchAges } from '../../../shared/choices.ts';
import { worstOf } from '../../../shared/level.ts';
import { none, number, time } from '../../../shared/words/format.ts';
import { useKept, useLoad } from '../net/load.ts';
import { may } from '../net/session.ts';
import { Bones, Box, Empty, PageHead, ProblemCallout } from '../parts/box.tsx';
import { Dots } from '../parts/dots.tsx';
import { Choices, Input } from '../parts/field.tsx';
import { LevelMark, Truth } from '../parts/mark.tsx';
import { Meter } from '../parts/meter.tsx';
import { Ago, Moment } from '../parts/moment.tsx';
import { Narrowed } from '../parts/narrowed.tsx';
import { Pager } from '../parts/pager.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { Table, type TableColumn } from '../parts/table.tsx';
import { search, setQuery, to, withQuery } from '../router.ts';
import { editQuery } from '../rules/family.ts';
import { formatReasons } from '../words/reason.ts';
import { language, t } from '../words/words.ts';
import { Since } from './endpoint/updates.tsx';
import { MonthBeside } from './month-beside.tsx';
import { ByUpdate } from './patches/updates.tsx';
import { pickOf, TicketBar, TicketCell, type TicketSubject, useMachineTickets } from './tickets/machine-tickets.tsx';

const shownStates = ['overdue', 'unsupported', 'fresh', 'unknown', 'compliant'] as const;
type PatchChoice = (typeof shownStates)[number];
type Compliance = PatchOverview['whole'];

const format = (value: number) => number(value, language.value);
/** Where all that are unknown are new, that is said in one word. */
const isNamed = (of: Compliance, state: PatchChoice) =>
  of[state] > 0 && (state === 'unknown' ? of.fresh < of.unknown : true);
const listOf = (state: PatchChoice, site: string | null) => `/patches${withQuery('', { state, site })}`;

function Lead({ data: { whole }, site }: { data: PatchOverview; site: string | null }) {
  const link = (state: PatchChoice) => <a href={listOf(state, site)}>{format(whole[state])}</a>;
  return (
    <Dots
      of={[
        <Sentence
          of="patches.lead.compliant"
          values={{ compliant: link('compliant'), known: format(whole.compliant + whole.overdue) }}
        />,
        ...(['overdue', 'unsupported', 'fresh', 'unknown'] as const).map(
          (state) => isNamed(whole, state) && <Sentence of={`patches.lead.${state}`} values={{ n: link(state) }} />,
        ),
      ]}
    />
  );
}

function Sites({ sites }: { sites: PatchOverview['sites'] }) {
  const shown = sites.filter(({ endpoints, compliant }) => compliant < endpoints);
  const good = sites.length - shown.length;
  const count = (
    key: PatchChoice & ('overdue' | 'unknown'),
    head: string,
  ): TableColumn<PatchOverview['sites'][number]> => ({
    ...{ key, head, right: true },
    cell: (row) => (row[key] === 0 ? format(0) : <a href={listOf(key, row.site ?? '')}>{format(row[key])}</a>),
  });
  return (
    <>
      {shown.length > 0 && (
        <Table
          caption={t('patches.bySite')}
          rows={shown}
          keyOf={(row) => row.site ?? ''}
          columns={[
            {
              key: 'site',
              head: t('filter.name.site'),
              cell: ({ site }) => (
                <a href={`/patches${withQuery('', { site: site ?? '' })}`}>{site ?? t('patches.noSite')}</a>
              ),
            },
            { key: 'share', head: t('patches.compliance'), cell: (row) => <Meter value={row.percent} /> },
            { key: 'n', head: t('patches.endpoints'), right: true, cell: (row) => format(row.endpoints) },
            count('overdue', t('patches.overdue')),
            count('unknown', t('common.unknown')),
            { key: 'oldest', head: t('updates.oldest'), cell: (row) => <Ago at={row.oldestSecuritySince} /> },
          ]}
        />
      )}
      {good > 0 && <p class="box-body quiet">{t('patches.goodSites', { n: format(good) })}</p>}
    </>
  );
}

const ages = 'patches.oldest_security_age_s';
const supportDays = 'os.end_of_life_days';

/** Overdue: a rule is broken, or there are no updates any more. */
function State({ row }: { row: PatchRow }) {
  const level = row.state === 'overdue' ? (worstOf(row, ages) ?? worstOf(row, supportDays)) : null;
  return (
    <div>
      <LevelMark level={level} else={row.state === 'compliant' ? 'ok' : row.state === 'unknown' ? 'unknown' : 'idle'}>
        {t(`patches.state.${row.fresh ? 'fresh' : row.age === 'unsupported' ? 'unsupported' : row.state}`)}
      </LevelMark>
      {row.reason && <div class="quiet small why">{formatReasons(row.reason)}</div>}
    </div>
  );
}

/** A date with a verdict of a rule is marked by more than its digits. */
function SupportEnd({ row }: { row: PatchRow }) {
  if (row.endOfLife === null) return <>{none}</>;
  const date = <Moment at={row.endOfLife} shape="date" />;
  const level = worstOf(row, supportDays);
  return level === null ? (
    date
  ) : (
    <LevelMark level={level} else="idle">
      {date}
    </LevelMark>
  );
}

function subjectOf(row: PatchRow): TicketSubject | null {
  const { endpoint, state, age, fresh, ticket, pending, pendingSecurity } = row;
  if (state === 'compliant' || fresh) return null;
  const what = t(`patches.state.${age === 'unsupported' ? 'unsupported' : state}`);
  const amount = (value: number | null) => number(value, language.value);
  const text = [
    t('patches.ticketText', { security: amount(pendingSecurity), pending: amount(pending) }),
    row.reason && formatReasons(row.reason),
  ];
  const title = t('patches.ticket', { what, name: endpoint.name }).slice(0, 200);
  return { key: endpoint.id, ticket, wish: { endpoint, title, text: text.filter(Boolean).join('\n') } };
}

const columnsOf = (tickets: ReturnType<typeof useMachineTickets>): TableColumn<PatchRow>[] => [
  {
    key: 'name',
    head: t('column.endpoint'),
    cell: (row) => (
      <div class="named">
        <a href={`${to.endpoint(row.endpoint.id)}?tab=updates`}>{row.endpoint.name}</a>
        <div class="quiet small plain">{[row.endpoint.site, row.os].filter(Boolean).join(' · ')}</div>
        {row.endOfLife !== null && (
          <div class="quiet small plain">
            {t('updates.endOfSecurity')}: <SupportEnd row={row} />
          </div>
        )}
      </div>
    ),
  },
  { key: 'state', head: t('column.state'), cell: (row) => <State row={row} /> },
  {
    key: 'security',
    head: t('updates.pendingSecurity'),
    right: true,
    cell: (row) => (
      <span class="nowrap">
        {number(row.pendingSecurity, language.value)}{' '}
        <span class="quiet small">{row.pending !== null && t('patches.ofPending', { n: format(row.pending) })}</span>
      </span>
    ),
  },
  {
    key: 'oldest',
    head: t('updates.oldest'),
    cell: (row) => <Since at={row.oldestSecuritySince} atLeast={row.oldestSecurityAtLeast} />,
  },
  {
    key: 'reboot',
    head: t('updates.reboot'),
    cell: (row) => <Truth value={row.rebootRequired} good={false} level={worstOf(row, 'os.reboot_required')} />,
  },
  {
    key: 'act',
    head: t('add.act'),
    cell: (row) => {
      const subject = subjectOf(row);
      const [broken] = row.attention;
      return (
        <div class="row">
          {subject && <TicketCell of={tickets} subject={subject} />}
          {broken && may('admin') && (
            <a
              class="screen-only"
              href={to.rule(broken.code) + withQuery('', editQuery({ of: 'endpoint', target: row.endpoint.id }))}
            >
              {t('patches.exception')}
              <span class="unseen"> {row.endpoint.name}</span>
            </a>
          )}
        </div>
      );
    },
  },
];

const pageSize = 50;
/** Of the address, those that the API takes. */
const asked = ['state', 'age', 'group', 'site', 'q'] as const;
type AskedPatches = Partial<Record<(typeof asked)[number], string>>;

interface PatchListProps {
  data: PatchOverview;
  wanted: AskedPatches;
  start: number;
  reload: () => void;
}

function List({ data: { whole, endpoints, total }, wanted, start, reload }: PatchListProps) {
  const tickets = useMachineTickets('patches', reload);
  const state = shownStates.find((one) => one === wanted.state);
  const age = patchAges.find((one) => one === wanted.age) ?? null;
  const { site } = wanted;
  return (
    <>
      <Choices
        label={t('patches.list')}
        value={state ?? ''}
        options={[
          ['', `${t('patches.state.due')} ${format(whole.overdue + whole.unknown)}`],
          ...shownStates
            .filter((name) => isNamed(whole, name) || name === state)
            .map((name) => [name, `${t(`patches.state.${name}`)} ${format(whole[name])}`] as const),
        ]}
        onChoose={(name) => setQuery({ state: name || null, start: null })}
      />
      <Box
        title={t(`patches.state.${state ?? (wanted.age || wanted.group ? 'all' : 'due')}`)}
        aside={
          <span class="row">
            <Narrowed
              of={[
                ['age', age && `${t('updates.oldest')}: ${t(`patches.age.${age}`)}`],
                ['site', site !== undefined && `${t('filter.name.site')}: ${site || t('patches.noSite')}`],
              ]}
              drop="start"
            />
          </span>
        }
        flush
      >
        <search class="box-body">
          <div class="filters">
            <Input
              label={t('filter.search')}
              type="search"
              value={wanted.q ?? ''}
              onInput={(q) => setQuery({ q: q || null, start: null })}
              placeholder={t('patches.searchHint')}
              maxLength={128}
              wide
            />
          </div>
        </search>
        <TicketBar of={tickets} subjects={endpoints.flatMap((row) => subjectOf(row) ?? [])} />
        {endpoints.length === 0 ? (
          <Empty icon="ok" title={t(wanted.state || wanted.q ? 'patches.nobody' : 'patches.nothingDue')} />
        ) : (
          <Table
            caption={t('page.patches')}
            rows={endpoints}
            keyOf={(row) => row.endpoint.id}
            columns={columnsOf(tickets)}
            pick={pickOf(tickets, endpoints, subjectOf)}
            isList
          />
        )}
        <Pager name="start" start={start} shown={endpoints.length} size={pageSize} total={total} />
      </Box>
    </>
  );
}

export function PatchesPage() {
  const query = new URLSearchParams(search.value);
  const wanted: AskedPatches = Object.fromEntries(
    asked.flatMap((name) => (query.get(name) === null ? [] : [[name, query.get(name)]])),
  );
  const isByUpdate = query.get('by') === 'update';
  const start = Math.max(0, Math.trunc(Number(query.get('start') ?? 0))) || 0;
  const site = wanted.site ?? null;
  const asking = isByUpdate
    ? { site, limit: '1' }
    : { ...wanted, limit: String(pageSize), page: start ? String(start) : null };
  const loaded = useLoad<PatchOverview>(
    // Those that are compliant are a number, until somebody asks for them.
    `patches${withQuery('', { ...(wanted.age || wanted.group ? {} : { state: 'due' }), ...asking })}`,
    (change) =>
      change.kind === 'ticket' ||
      (change.kind === 'inventory' && (change.section === 'patches' || change.section === 'os')),
    5000,
  );
  const data = useKept(loaded);
  return (
    <>
      <PageHead title={t('page.patches')} lead={data && <Lead data={data} site={site} />} />
      {loaded.problem && <ProblemCallout problem={loaded.problem} retry={loaded.reload} />}
      {data === null && !loaded.problem && <Bones lines={8} />}
      {data && (
        <>
          <MonthBeside kpi="patch_compliance" site={site} />
          <Box title={t('patches.bySite')} flush>
            <Sites sites={data.sites} />
          </Box>
          <Choices
            label={t('patches.by.label')}
            value={isByUpdate ? 'update' : ''}
            options={[
              ['', t('patches.by.endpoint')],
              ['update', t('patches.by.update')],
            ]}
            onChoose={(by) => setQuery({ by: by || null, q: null, start: null, state: null, security: null })}
          />
          {isByUpdate ? (
            <ByUpdate site={site} />
          ) : (
            <List data={data} wanted={wanted} start={start} reload={loaded.reload} />
          )}
          <p class="quiet small">
            {t('common.asOf', { at: time(data.asOf, language.value, 'time') })} · {t('patches.rule')}
          </p>
        </>
      )}
    </>
  );
}
