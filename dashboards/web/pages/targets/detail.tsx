/** One target: how it is and was, how long each phase of an answer took, and what each watcher said last. */
import { useMemo, useState } from 'preact/hooks';
import type { Series } from '../../../../shared/api.ts';
import type { ServiceRow, TargetDetail, TargetRow } from '../../../../shared/target-api.ts';
import { none, number } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may, me } from '../../net/session.ts';
import { Box, PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Chart } from '../../parts/chart.tsx';
import { Crumbs } from '../../parts/crumbs.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Choices, Select } from '../../parts/field.tsx';
import { Ago } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { search, to } from '../../router.ts';
import { chosenSpan } from '../../time/ranges.ts';
import { metricName } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';
import { MarkSwitches, useDrawing, useMarks } from '../charts/marks.tsx';
import { resetZoom, zoomTo } from '../charts/span.tsx';
import { MaintenanceLink } from '../maintenance/link.tsx';
import { format, seenBy, WatchedMark, watcherName } from './facts.tsx';
import { Availability, Outages, Past, Share } from './record.tsx';

const dayMs = 86_400_000;
const spans = { hour: 3_600_000, day: dayMs, week: 7 * dayMs } as const;
type SpanName = keyof typeof spans;
/** Its phases together are what rules look at. */
const judged = ['target.time_ms'];
const noLines: readonly never[] = [];

/** Of one watcher: phases of the same answer lie upon each other, which those of several cannot. */
function Times({ row }: { row: TargetRow }) {
  const [watcher, setWatcher] = useState(row.sights[0]?.watcher.id ?? '');
  const [name, setName] = useState<SpanName>('day');
  const zoomed = chosenSpan(search.value);
  // Fixed until something is chosen: a chart must not move while it is studied.
  const chosen = useMemo(() => ({ from: Date.now() - spans[name], to: Date.now() }), [name, watcher]);
  const span = zoomed ?? chosen;
  const marks = useMarks(row.id, span);
  const drawing = useDrawing(marks, judged, noLines);
  const query = new URLSearchParams({ watcher, from: String(span.from), to: String(span.to) });
  const loaded = useLoad<Series>(`targets/${encodeURIComponent(row.id)}/series?${query}`);
  const spoken = language.value;
  const lines = useMemo(
    () =>
      (loaded.data?.series ?? [])
        .filter(({ points }) => points.some(([, value]) => value !== null))
        .map(({ metric, points }) => ({ label: metricName(metric), points })),
    [loaded.data, spoken],
  );
  return (
    <Box title={t('target.times')}>
      <div class="spread">
        <Choices
          label={t('range.label')}
          value={zoomed ? null : name}
          options={(Object.keys(spans) as SpanName[]).map((one) => [one, t(`range.${one}`)] as const)}
          onChoose={(one) => {
            resetZoom();
            setName(one);
          }}
        />
        {row.sights.length > 1 && (
          <Select
            label={t('target.sights')}
            value={watcher}
            onChange={setWatcher}
            options={row.sights.map((sight) => [sight.watcher.id, watcherName(sight)] as const)}
          />
        )}
      </div>
      {loaded.problem && <ProblemCallout problem={loaded.problem} retry={loaded.reload} />}
      {loaded.data && lines.length === 0 && <p class="quiet">{t('chart.none')}</p>}
      {loaded.data && lines.length > 0 && (
        <Chart
          name={t('target.times')}
          unit="ms"
          lines={lines}
          {...span}
          asOf={loaded.data.asOf}
          step={loaded.data.step}
          due={row.intervalS * 1000}
          stacked={lines.length > 1}
          {...drawing}
          bands={marks.bands}
          diamonds={marks.diamonds}
          onZoom={zoomTo}
          onReset={resetZoom}
        />
      )}
      <MarkSwitches marks={marks} kinds={['limits', 'alerts', 'maintenance', 'changes']} />
    </Box>
  );
}

function Watching({ sights }: Pick<TargetRow, 'sights'>) {
  const votes = { up: t('target.state.up'), down: t('target.state.down') };
  return (
    <Box title={t('target.sights')} flush>
      <Table
        caption={t('target.sights')}
        rows={sights}
        keyOf={({ watcher }) => watcher.id}
        columns={[
          {
            key: 'watcher',
            head: t('target.watcher'),
            cell: (sight) =>
              sight.watcher.id === 'collector' ? (
                watcherName(sight)
              ) : (
                <a href={to.endpoint(sight.watcher.id)}>{watcherName(sight)}</a>
              ),
          },
          {
            key: 'vote',
            head: t('target.vote'),
            cell: ({ vote }) => (vote === null ? t('target.noVote') : votes[vote]),
          },
          { key: 'said', head: t('target.said'), cell: seenBy },
          { key: 'at', head: t('target.saidAt'), cell: ({ at }) => (at === null ? none : <Ago at={at} />) },
          {
            key: 'time',
            head: t('target.time'),
            right: true,
            cell: ({ fields: { total_ms: total } }) => (total === undefined ? none : `${format(Math.round(total))} ms`),
          },
          {
            key: 'certificate',
            head: t('target.certificate'),
            right: true,
            cell: ({ fields: { days_left: days } }) =>
              days === undefined ? none : t('target.days', { n: format(Math.floor(days)) }),
          },
        ]}
      />
    </Box>
  );
}

function Facts({ detail: { row, record } }: { detail: TargetDetail }) {
  const services = useLoad<Page<ServiceRow>>(me.value?.sites ? null : 'services');
  const own = (services.data?.items ?? []).filter(({ parts }) => parts.some(({ id }) => id === row.id));
  const days = row.sights.flatMap(({ fields }) => fields.days_left ?? []);
  return (
    <Box title={t('target.about')}>
      <dl class="facts">
        <Fact name={t('target.stateHead')}>
          <WatchedMark state={row.state} /> {row.state !== 'never' && <Ago at={row.since} />}
        </Fact>
        <Fact name={t('service.month')}>
          <Share of={record.month} />
        </Fact>
        {days.length > 0 && (
          <Fact name={t('target.certificate')}>{t('target.days', { n: format(Math.floor(Math.min(...days))) })}</Fact>
        )}
        <Fact name={t('target.kindHead')}>
          {t(`target.kind.${row.kind}`)} · {row.address}
        </Fact>
        <Fact name={t('target.interval')}>{number(row.intervalS, language.value)}</Fact>
        <Fact name={t('target.need')}>
          {row.need === null
            ? t('target.needMost')
            : t('service.some', { n: format(row.need), all: format(row.watchers.length) })}
        </Fact>
        <Fact name={t('filter.name.site')}>{row.site ?? none}</Fact>
        {!me.value?.sites && (
          <Fact name={t('page.services')}>
            {own.length === 0
              ? none
              : own.map(({ id, name }) => (
                  <a key={id} href={to.endpoint(id)}>
                    {name}{' '}
                  </a>
                ))}
          </Fact>
        )}
      </dl>
    </Box>
  );
}

export function TargetPage({ id }: { id: string }) {
  const loaded = useLoad<TargetDetail>(
    `targets/${encodeURIComponent(id)}`,
    (change) => (change.kind === 'target' && change.target === id) || change.kind === 'endpoint',
    2000,
  );
  return (
    <>
      <Crumbs list="targets" title={loaded.data?.row.name ?? null} />
      <PageHead title={loaded.data?.row.name ?? t('page.target')}>
        {may('operator') && (
          <>
            <MaintenanceLink of="endpoint" target={id} />
            <a class="button" href={`/targets?target=${encodeURIComponent(id)}`}>
              {t('target.edit')}
            </a>
          </>
        )}
      </PageHead>
      <Ready of={loaded} lines={6}>
        {(detail) => (
          <>
            <Facts detail={detail} />
            <Watching sights={detail.row.sights} />
            <Times row={detail.row} />
            <Past record={detail.record} />
            <Availability record={detail.record} />
            <Outages record={detail.record} />
          </>
        )}
      </Ready>
    </>
  );
}
