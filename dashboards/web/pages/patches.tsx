/** Patch compliance: by site, and by the age of the oldest security update that waits. */
import type { PatchOverview, PatchRow } from '../../../shared/api.ts';
import { none, number, percent, time } from '../../../shared/words/format.ts';
import { type AgeGroup, ageGroup, ageGroups, compliancePercent } from '../fleet/count.ts';
import { useLoad } from '../net/load.ts';
import { Box, Empty, PageHead, Ready } from '../parts/box.tsx';
import type { IconName } from '../parts/icon.tsx';
import { Mark, type Tone, Truth } from '../parts/mark.tsx';
import { Meter } from '../parts/meter.tsx';
import { Ago, Moment } from '../parts/moment.tsx';
import { Pager, Table } from '../parts/table.tsx';
import { search, setQuery, to } from '../router.ts';
import { sayWhy } from '../words/reason.ts';
import { language, t } from '../words/words.ts';

const tones: Record<AgeGroup, Tone> = {
  none: 'ok',
  week: 'info',
  fortnight: 'info',
  month: 'warning',
  older: 'critical',
  unknown: 'unknown',
};

const say = (value: number) => number(value, language.value);

/** How many endpoints wait how long; a press shows them. */
function Ages({ data, current }: { data: PatchOverview; current: AgeGroup | null }) {
  const counts = new Map<AgeGroup, number>();
  for (const row of data.endpoints) {
    const group = ageGroup(row, data.asOf);
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const most = Math.max(1, ...counts.values());
  return (
    <ul class="bars">
      {ageGroups.map((group) => {
        const n = counts.get(group) ?? 0;
        return (
          <li key={group}>
            <button
              type="button"
              class="link age"
              aria-pressed={group === current}
              onClick={() => setQuery({ age: group === current ? null : group, start: null })}
            >
              {t(`patches.age.${group}`)}
            </button>
            <div class="track" aria-hidden="true">
              <div class={`fill tone-${tones[group]}`} style={{ width: `${(n / most) * 100}%` }} />
            </div>
            <span class="strong">{say(n)}</span>
          </li>
        );
      })}
    </ul>
  );
}

function Sites({ data }: { data: PatchOverview }) {
  const rows = [...data.sites].sort((a, b) => (compliancePercent(a) ?? 101) - (compliancePercent(b) ?? 101));
  return (
    <Table
      caption={t('patches.bySite')}
      rows={rows}
      keyOf={(row) => row.site ?? ''}
      columns={[
        { key: 'site', head: t('filter.name.site'), cell: (row) => row.site ?? t('patches.noSite') },
        { key: 'share', head: t('patches.compliance'), cell: (row) => <Compliance {...row} /> },
        { key: 'n', head: t('patches.endpoints'), right: true, cell: (row) => say(row.endpoints) },
        { key: 'overdue', head: t('patches.overdue'), right: true, cell: (row) => say(row.overdue) },
        { key: 'unknown', head: t('common.unknown'), right: true, cell: (row) => say(row.unknown) },
        { key: 'oldest', head: t('updates.oldest'), cell: (row) => <Ago at={row.oldestSecuritySince} /> },
      ]}
    />
  );
}

/** A high share is good here, so the bar has no warning colours of its own. */
function Compliance(row: { compliant: number; overdue: number }) {
  return <Meter value={compliancePercent(row)} />;
}

const stateLook: Record<PatchRow['state'], [Tone, IconName]> = {
  compliant: ['ok', 'ok'],
  overdue: ['critical', 'critical'],
  unknown: ['unknown', 'unknown'],
};

function State({ row }: { row: PatchRow }) {
  const [tone, icon] = stateLook[row.state];
  return (
    <div>
      <Mark tone={tone} icon={icon}>
        {t(`patches.state.${row.state}`)}
      </Mark>
      {row.reason && <div class="quiet small why">{sayWhy(row.reason)}</div>}
    </div>
  );
}

/** A date that has passed is told by more than its digits. */
function SupportEnd({ at, asOf }: { at: number | null; asOf: number }) {
  if (at === null) return <>{none}</>;
  const date = <Moment at={at} shape="date" />;
  return at > asOf ? (
    date
  ) : (
    <Mark tone="critical" icon="critical">
      {date}
    </Mark>
  );
}

const pageSize = 50;

function Endpoints({ data, age }: { data: PatchOverview; age: AgeGroup | null }) {
  const start = Number(new URLSearchParams(search.value).get('start') ?? 0) || 0;
  const rows = data.endpoints
    .filter((row) => age === null || ageGroup(row, data.asOf) === age)
    .sort((a, b) => (a.oldestSecuritySince ?? Infinity) - (b.oldestSecuritySince ?? Infinity));
  const from = start < rows.length ? start : 0;
  const shown = rows.slice(from, from + pageSize);
  return (
    <Box title={age === null ? t('patches.all') : t(`patches.age.${age}`)} flush>
      {rows.length === 0 ? (
        <Empty icon="ok" title={t('patches.nobody')} />
      ) : (
        <Table
          caption={t('patches.all')}
          rows={shown}
          keyOf={(row) => row.endpoint.id}
          columns={[
            {
              key: 'name',
              head: t('column.endpoint'),
              cell: (row) => (
                <div class="named">
                  <a href={`${to.endpoint(row.endpoint.id)}?tab=updates`}>{row.endpoint.name}</a>
                  <div class="quiet small plain">{[row.endpoint.site, row.os].filter(Boolean).join(' · ')}</div>
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
                  <span class="quiet small">
                    {row.pending !== null && t('patches.ofPending', { n: say(row.pending) })}
                  </span>
                </span>
              ),
            },
            { key: 'oldest', head: t('updates.oldest'), cell: (row) => <Ago at={row.oldestSecuritySince} /> },
            {
              key: 'reboot',
              head: t('updates.reboot'),
              cell: (row) => <Truth value={row.rebootRequired} good={false} />,
            },
            {
              key: 'eol',
              head: t('updates.endOfSecurity'),
              cell: (row) => <SupportEnd at={row.endOfLife} asOf={data.asOf} />,
            },
          ]}
        />
      )}
      {rows.length > pageSize && (
        <Pager
          from={from + 1}
          to={from + shown.length}
          total={rows.length}
          label={t('common.range', { from: say(from + 1), to: say(from + shown.length), total: say(rows.length) })}
          earlier={t('common.earlier')}
          later={t('common.later')}
          onPage={(step) => setQuery({ start: String(Math.max(0, from + step * pageSize)) })}
        />
      )}
    </Box>
  );
}

function Whole({ data }: { data: PatchOverview }) {
  const sum = (pick: 'compliant' | 'overdue' | 'unknown') => data.sites.reduce((total, site) => total + site[pick], 0);
  const whole = { compliant: sum('compliant'), overdue: sum('overdue') };
  return (
    <div class="stack-2">
      <p class="figure">{percent(compliancePercent(whole), language.value, 1)}</p>
      <p class="quiet small">
        {t('patches.figure', {
          compliant: say(whole.compliant),
          known: say(whole.compliant + whole.overdue),
          unknown: say(sum('unknown')),
          days: data.limitDays ?? '—',
        })}
      </p>
      <p class="quiet small">{t('common.asOf', { at: time(data.asOf, language.value, 'time') })}</p>
    </div>
  );
}

export function PatchesPage() {
  const loaded = useLoad<PatchOverview>(
    'patches',
    (change) => change.kind === 'inventory' && (change.section === 'patches' || change.section === 'os'),
    5000,
  );
  const wanted = new URLSearchParams(search.value).get('age');
  const age = ageGroups.find((name) => name === wanted) ?? null;
  return (
    <>
      <PageHead title={t('page.patches')} lead={t('patches.lead')} />
      <Ready of={loaded} lines={8}>
        {(data) => (
          <>
            <div class="columns">
              <Box title={t('patches.compliance')}>
                <Whole data={data} />
              </Box>
              <Box title={t('patches.ages')}>
                <Ages data={data} current={age} />
              </Box>
            </div>
            <Box title={t('patches.bySite')} flush>
              <Sites data={data} />
            </Box>
            <Endpoints data={data} age={age} />
          </>
        )}
      </Ready>
    </>
  );
}
