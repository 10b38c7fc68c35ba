/** Backups of the whole fleet: endpoints without backup, late jobs, failed jobs, jobs never test-restored. */
import type { ProtectedJob, Protection } from '../../../shared/api.ts';
import { bytes, duration, none, number, time } from '../../../shared/words/format.ts';
import { useLoad } from '../net/load.ts';
import { Box, Empty, PageHead, Ready } from '../parts/box.tsx';
import { BackupMark, LevelMark } from '../parts/mark.tsx';
import { Ago } from '../parts/moment.tsx';
import { Pager, Table } from '../parts/table.tsx';
import { search, setQuery, to } from '../router.ts';
import { formatReasons } from '../words/reason.ts';
import { actorName, language, t } from '../words/words.ts';

type JobGroup = Protection['groups'][number]['name'];

const ofWhat: Partial<Record<JobGroup, 'endpoints' | 'both'>> = { none: 'endpoints', unknown: 'both' };

function Tiles({ data, current }: { data: Protection; current: JobGroup }) {
  return (
    <div class="tiles">
      {data.groups.map(({ name, count, level }) => (
        <button
          key={name}
          type="button"
          class="tile"
          aria-pressed={name === current}
          onClick={() => setQuery({ group: name, start: null })}
        >
          <span class="what">{t(`protection.group.${name}`)}</span>
          <span class={level ? `figure tone-${level}` : 'figure'}>{number(count, language.value)}</span>
          <span class="note">{t(`protection.of.${ofWhat[name] ?? 'jobs'}`)}</span>
        </button>
      ))}
    </div>
  );
}

function Names({ list, caption }: { list: Protection['none']; caption: string }) {
  return (
    <Table
      caption={caption}
      rows={list}
      keyOf={(row) => row.id}
      columns={[
        {
          key: 'name',
          head: t('column.endpoint'),
          cell: (row) => <a href={`${to.endpoint(row.id)}?tab=backups`}>{row.name}</a>,
        },
        { key: 'kind', head: t('filter.name.kind'), cell: (row) => t(`kind.${row.kind}`) },
        { key: 'site', head: t('filter.name.site'), cell: (row) => row.site ?? none },
      ]}
    />
  );
}

function Size({ job }: { job: ProtectedJob }) {
  return (
    <div>
      {bytes(job.bytes, language.value)}
      {job.sizeAnomaly && (
        <div>
          <LevelMark level={job.level} else="idle">
            {t('protection.usually', { size: bytes(job.usualBytes, language.value) })}
          </LevelMark>
        </div>
      )}
    </div>
  );
}

/** A failed restore test outranks a successful run. */
function FailedTest({ row }: { row: ProtectedJob }) {
  return (
    <div class="small">
      <LevelMark level={row.level} else="idle">
        {t('backup.verifyFailed')}
      </LevelMark>{' '}
      <Ago at={row.verifyFailedAt} />
      <div class="quiet">
        {[actorName(row.verifyFailedBy ?? ''), formatReasons(row.verifyNote)].filter(Boolean).join(': ')}
      </div>
    </div>
  );
}

function Jobs({ list, caption }: { list: readonly ProtectedJob[]; caption: string }) {
  return (
    <Table
      caption={caption}
      rows={list}
      keyOf={(row) => `${row.endpoint.id}/${row.product}/${row.job}`}
      columns={[
        {
          key: 'job',
          head: t('protection.job'),
          cell: (row) => (
            <div>
              <a href={`${to.endpoint(row.endpoint.id)}?tab=backups`}>{row.endpoint.name}</a>
              <div class="small plain">
                {row.job} <span class="quiet">{row.product}</span>
              </div>
            </div>
          ),
        },
        {
          key: 'state',
          head: t('column.state'),
          cell: (row) => (
            <div>
              <BackupMark state={row.state} level={row.level} />
              {row.reason && <div class="quiet small">{formatReasons(row.reason)}</div>}
              {row.verifyFailedAt !== null && <FailedTest row={row} />}
            </div>
          ),
        },
        {
          key: 'success',
          head: t('backup.lastSuccess'),
          cell: (row) => (
            <div>
              <Ago at={row.lastSuccess} />
              <div class="quiet small">
                {t('protection.rhythm', { time: duration(row.rhythmSeconds, language.value) })}
              </div>
            </div>
          ),
        },
        { key: 'run', head: t('backup.lastRun'), cell: (row) => <Ago at={row.lastRun} /> },
        { key: 'size', head: t('backup.size'), cell: (row) => <Size job={row} /> },
        {
          key: 'verified',
          head: t('backup.lastVerified'),
          cell: (row) =>
            row.lastVerified === null ? (
              <span class="quiet">{t('backup.neverVerified')}</span>
            ) : (
              <div>
                <Ago at={row.lastVerified} />
                {row.verifiedBy && <div class="quiet small">{actorName(row.verifiedBy)}</div>}
              </div>
            ),
        },
      ]}
    />
  );
}

const pageSize = 100;

function List({ data, group }: { data: Protection; group: JobGroup }) {
  const start = Number(new URLSearchParams(search.value).get('start') ?? 0) || 0;
  const names = group === 'none' ? data.none : group === 'unknown' ? data.unknown : [];
  const jobs = data.jobs.filter(({ groups }) => groups.includes(group));
  const caption = t(`protection.group.${group}`);
  const total = Math.max(names.length, jobs.length);
  const from = start < total ? start : 0;
  const format = (value: number) => number(value, language.value);
  const end = Math.min(total, from + pageSize);
  return (
    <Box title={caption} aside={<span class="quiet small">{t(`protection.about.${group}`)}</span>} flush>
      {total === 0 && <Empty icon="ok" title={t('protection.nothing')} />}
      {names.length > 0 && <Names caption={caption} list={names.slice(from, end)} />}
      {jobs.length > 0 && <Jobs caption={caption} list={jobs.slice(from, end)} />}
      {total > pageSize && (
        <Pager
          from={from + 1}
          to={end}
          total={total}
          label={t('common.range', { from: format(from + 1), to: format(end), total: format(total) })}
          earlier={t('common.earlier')}
          later={t('common.later')}
          onPage={(step) => setQuery({ start: String(Math.max(0, from + step * pageSize)) })}
        />
      )}
    </Box>
  );
}

export function ProtectionPage() {
  const loaded = useLoad<Protection>(
    'protection',
    (change) => change.kind === 'inventory' && change.section === 'backups',
    5000,
  );
  const wanted = new URLSearchParams(search.value).get('group');
  return (
    <>
      <PageHead title={t('page.protection')} lead={t('protection.lead')} />
      <Ready of={loaded} lines={8}>
        {(data) => {
          if (data.endpoints === 0) {
            return (
              <section class="box">
                <Empty icon="protection" title={t('fleet.emptyTitle')}>
                  <a class="button main" href="/add">
                    {t('page.add')}
                  </a>
                </Empty>
              </section>
            );
          }
          // The worst that has something in it: what to look at today.
          const group =
            (data.groups.find(({ name }) => name === wanted) ?? data.groups.find(({ count }) => count > 0))?.name ??
            'ok';
          return (
            <>
              <Tiles data={data} current={group} />
              <List data={data} group={group} />
              <p class="quiet small">
                {t('common.asOf', { at: time(data.asOf, language.value, 'time') })} ·{' '}
                {t('protection.total', {
                  endpoints: number(data.endpoints, language.value),
                  jobs: number(data.jobs.length, language.value),
                })}
              </p>
            </>
          );
        }}
      </Ready>
    </>
  );
}
