/** Patch compliance: by site, and by the age of the oldest security update that waits. */
import type { PatchOverview, PatchRow } from '../../../shared/api.ts';
import { patchAges } from '../../../shared/choices.ts';
import { worstOf } from '../../../shared/level.ts';
import { none, number, percent, time } from '../../../shared/words/format.ts';
import { useLoad } from '../net/load.ts';
import { Box, Empty, PageHead, Ready } from '../parts/box.tsx';
import { LevelMark, type Tone, Truth } from '../parts/mark.tsx';
import { Meter } from '../parts/meter.tsx';
import { Ago, Moment } from '../parts/moment.tsx';
import { Pager, Table } from '../parts/table.tsx';
import { search, setQuery, to } from '../router.ts';
import { formatReasons } from '../words/reason.ts';
import { language, t } from '../words/words.ts';
import { Since } from './endpoint/updates.tsx';

type PatchGroup = PatchRow['group'];

const format = (value: number) => number(value, language.value);

/**
 * Endpoints per degree of lateness, by the verdict of the rules on their oldest security update; a click lists them.
 */
function Groups({ data: { groups }, current }: { data: PatchOverview; current: PatchGroup | null }) {
  const most = Math.max(1, ...groups.map(({ count }) => count));
  return (
    <ul class="bars">
      {groups.map(({ name, count, level }) => (
        <li key={name}>
          <button
            type="button"
            class="link age"
            aria-pressed={name === current}
            onClick={() => setQuery({ group: name === current ? null : name, start: null })}
          >
            {t(`patches.group.${name}`)}
          </button>
          <div class="track" aria-hidden="true">
            <div class={`fill tone-${level ?? plain[name] ?? 'idle'}`} style={{ width: `${(count / most) * 100}%` }} />
          </div>
          <span class="strong">{format(count)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Where no rule applies. */
const plain: Partial<Record<PatchGroup, Tone>> = { none: 'ok', unknown: 'unknown' };

function Sites({ data }: { data: PatchOverview }) {
  return (
    <Table
      caption={t('patches.bySite')}
      rows={data.sites}
      keyOf={(row) => row.site ?? ''}
      columns={[
        { key: 'site', head: t('filter.name.site'), cell: (row) => row.site ?? t('patches.noSite') },
        { key: 'share', head: t('patches.compliance'), cell: (row) => <Meter value={row.percent} /> },
        { key: 'n', head: t('patches.endpoints'), right: true, cell: (row) => format(row.endpoints) },
        { key: 'overdue', head: t('patches.overdue'), right: true, cell: (row) => format(row.overdue) },
        { key: 'unknown', head: t('common.unknown'), right: true, cell: (row) => format(row.unknown) },
        { key: 'oldest', head: t('updates.oldest'), cell: (row) => <Ago at={row.oldestSecuritySince} /> },
      ]}
    />
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
        {t(`patches.state.${row.state}`)}
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

const pageSize = 50;

/** Which endpoints are listed; null: whatever it is. */
interface Chosen {
  group: PatchGroup | null;
  age: PatchRow['age'] | null;
  site: string | null;
}

const isChosen =
  ({ group, age, site }: Chosen) =>
  (row: PatchRow): boolean =>
    (group === null || row.group === group) &&
    (age === null || row.age === age) &&
    (site === null || row.endpoint.site === site);

/** What the list is narrowed to, each gone by one press. */
function Narrowed({ age, site }: Chosen) {
  const chips = [
    ['age', age && `${t('updates.oldest')}: ${t(`patches.age.${age}`)}`],
    ['site', site && `${t('filter.name.site')}: ${site}`],
  ] as const;
  return chips.map(
    ([name, text]) =>
      text && (
        <button
          key={name}
          type="button"
          class="button slim"
          aria-label={t('change.remove', { name: text })}
          onClick={() => setQuery({ [name]: null, start: null })}
        >
          {text} ✕
        </button>
      ),
  );
}

function Endpoints({ data, chosen }: { data: PatchOverview; chosen: Chosen }) {
  const start = Number(new URLSearchParams(search.value).get('start') ?? 0) || 0;
  const { group } = chosen;
  const rows = data.endpoints.filter(isChosen(chosen));
  const from = start < rows.length ? start : 0;
  const shown = rows.slice(from, from + pageSize);
  return (
    <Box
      title={group === null ? t('patches.all') : t(`patches.group.${group}`)}
      aside={
        <span class="row">
          <Narrowed {...chosen} />
        </span>
      }
      flush
    >
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
                    {row.pending !== null && t('patches.ofPending', { n: format(row.pending) })}
                  </span>
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
              cell: (row) => (
                <Truth value={row.rebootRequired} good={false} level={worstOf(row, 'os.reboot_required')} />
              ),
            },
            {
              key: 'eol',
              head: t('updates.endOfSecurity'),
              cell: (row) => <SupportEnd row={row} />,
            },
          ]}
        />
      )}
      {rows.length > pageSize && (
        <Pager
          from={from + 1}
          to={from + shown.length}
          total={rows.length}
          label={t('common.range', {
            from: format(from + 1),
            to: format(from + shown.length),
            total: format(rows.length),
          })}
          earlier={t('common.earlier')}
          later={t('common.later')}
          onPage={(step) => setQuery({ start: String(Math.max(0, from + step * pageSize)) })}
        />
      )}
    </Box>
  );
}

function Whole({ data }: { data: PatchOverview }) {
  const { whole } = data;
  return (
    <div class="stack-2">
      <p class="figure">{percent(whole.percent, language.value, 1)}</p>
      <p class="quiet small">
        {t('patches.figure', {
          compliant: format(whole.compliant),
          known: format(whole.compliant + whole.overdue),
          unknown: format(whole.unknown),
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
  const query = new URLSearchParams(search.value);
  return (
    <>
      <PageHead title={t('page.patches')} lead={t('patches.lead')} />
      <Ready of={loaded} lines={8}>
        {(data) => {
          const group = data.groups.find(({ name }) => name === query.get('group'))?.name ?? null;
          const age = patchAges.find((name) => name === query.get('age')) ?? null;
          return (
            <>
              <div class="columns">
                <Box title={t('patches.compliance')}>
                  <Whole data={data} />
                </Box>
                <Box title={t('patches.byLevel')}>
                  <Groups data={data} current={group} />
                </Box>
              </div>
              <Box title={t('patches.bySite')} flush>
                <Sites data={data} />
              </Box>
              <Endpoints data={data} chosen={{ group, age, site: query.get('site') }} />
            </>
          );
        }}
      </Ready>
    </>
  );
}
