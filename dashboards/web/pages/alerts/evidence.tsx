/** One alert: its facts, and what was measured around it. */
import { useMemo, useState } from 'preact/hooks';
import type { Alert, EndpointDetail, Series } from '../../../../shared/api.ts';
import type { BackupRuns } from '../../../../shared/backup-runs.ts';
import { fieldOf } from '../../../../shared/metrics.ts';
import { silence } from '../../../../shared/words/names.ts';
import { useKept, useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Box, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Chart } from '../../parts/chart.tsx';
import { Fact } from '../../parts/fact.tsx';
import { SeverityMark } from '../../parts/mark.tsx';
import { momentText } from '../../parts/moment.tsx';
import type { LimitLine } from '../../parts/plot-data.ts';
import { Runs } from '../../parts/runs.tsx';
import { StateKey, Timeline } from '../../parts/timeline.tsx';
import { search, to } from '../../router.ts';
import { dueOf } from '../../time/due.ts';
import { topOf } from '../../time/full.ts';
import { chosenSpan } from '../../time/ranges.ts';
import { spanAround } from '../../time/story.ts';
import { useUsual } from '../../time/usual.ts';
import { formatLimit, metricName, metricTitle } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';
import { carries, MarkSwitches, useDrawing, useMarks } from '../charts/marks.tsx';
import { Pinned } from '../charts/pin.tsx';
import { resetZoom, zoomTo } from '../charts/span.tsx';
import { useKeptEvidence } from './kept.ts';
import { AlertState, instanceOf, limitOf, measuredOf, titleOf } from './words.tsx';

/** The moments and the limit of the alert, in the place of the one of that severity that holds now. */
function useOwnMarks(alert: Alert) {
  const spoken = language.value;
  const marks = useMemo(
    () => [alert.firedAt, alert.resolvedAt].filter((at) => at !== null),
    [alert.firedAt, alert.resolvedAt],
  );
  // Read again or drawn again: names follow the language
  const limits = useMemo<LimitLine[]>(
    () =>
      alert.threshold === null || alert.unit === 'bool'
        ? []
        : [
            {
              value: alert.threshold,
              severity: alert.severity,
              label: formatLimit(alert.metric, alert.threshold, alert.unit),
            },
          ],
    [alert.threshold, alert.severity, alert.metric, alert.unit, spoken],
  );
  return { marks, limits };
}

/** Of what is never stored: what it is made of. */
const drawnFor: Readonly<Record<string, string>> = {
  'backup.size_percent': 'backup.bytes',
  'disk_forecast.full_in_days': 'disk.used_percent',
};

/** How the job went lately: whether it failed or never began. */
function JobRuns({ endpoint, tags: { job, product } }: Pick<Alert, 'endpoint' | 'tags'>) {
  const loaded = useLoad<Page<BackupRuns>>(`endpoints/${encodeURIComponent(endpoint.id)}/backups/runs`);
  const found = loaded.data?.items.find((one) => one.job === job && one.product === product);
  return found ? <Runs name={found.job} runs={found.runs} /> : null;
}

function Around({ alert }: { alert: Alert }) {
  // Fixed when the page was opened: a chart must not move while it is studied.
  const [around] = useState(() => spanAround(alert, Date.now()));
  const zoomed = chosenSpan(search.value);
  const { from, to: end } = zoomed ?? around;
  const metric = drawnFor[alert.metric] ?? alert.metric;
  const field = fieldOf(metric);
  const address = `endpoints/${encodeURIComponent(alert.endpoint.id)}/series?metric=${metric}&from=${from}&to=${end}`;
  const loaded = useLoad<Series>(field ? address : null);
  const found = useKept(loaded);
  const kept = useKeptEvidence(alert, found, loaded.problem !== null);
  const shown = kept ?? found;
  const { from: start, to: until } = zoomed ?? kept ?? around;
  const span = useMemo(() => ({ from: start, to: until }), [start, until]);
  const spoken = language.value;
  const series = useMemo(() => (shown?.series ?? []).filter((line) => carries(line.tags, alert.tags)), [shown, alert]);
  const lines = useMemo(
    () =>
      series.slice(0, 3).map((line) => ({
        label: instanceOf({ ...alert, tags: line.tags }) || metricName(line.metric),
        points: line.points,
      })),
    [series, alert, spoken],
  );
  const usual = useUsual(alert.endpoint.id, series.length === 1 ? (series[0] ?? null) : null, span);
  const marks = useMarks(alert.endpoint.id, span);
  const metrics = useMemo(() => [metric], [metric]);
  const drawing = useDrawing(marks, metrics, series);
  const own = useOwnMarks(alert);
  const limits = useMemo(() => {
    if (metric !== alert.metric) return drawing.limits;
    // It began at the milder limit, and gets worse at the next one; of an alert that is over those of today say nothing.
    const others = alert.resolvedAt === null && own.limits.length > 0 ? drawing.limits : [];
    return [...own.limits, ...others.filter(({ severity }) => severity !== alert.severity)];
  }, [metric, alert, own.limits, drawing.limits]);
  if (!field) return null;
  const name = metricTitle(metric);
  const top = topOf(series, []);
  const isJob = alert.metric.startsWith('backup.') && alert.tags.job !== undefined;
  return (
    <Box
      title={name}
      aside={
        zoomed && (
          <button type="button" class="link small" onClick={resetZoom}>
            {t('range.reset')}
          </button>
        )
      }
    >
      {loaded.problem && <ProblemCallout problem={loaded.problem} retry={loaded.reload} />}
      {kept && <p class="quiet">{t('ticket.evidenceKept', { at: momentText(kept.asOf) })}</p>}
      {isJob && <JobRuns {...alert} />}
      {shown && lines.length === 0 && !isJob && <p class="quiet">{t('chart.none')}</p>}
      {shown && lines.length > 0 && (
        <div class="stack-2">
          <Chart
            name={name}
            unit={field.unit}
            lines={lines}
            from={span.from}
            to={span.to}
            asOf={shown.asOf}
            step={shown.step}
            due={dueOf(metrics)}
            full={top === null ? null : { top, text: t('chart.of', { whole: formatLimit(metric, top, field.unit) }) }}
            marks={own.marks}
            limits={limits}
            alerts={drawing.alerts}
            bands={marks.bands}
            diamonds={marks.diamonds}
            usual={usual}
            isStale={kept === null && loaded.data === null}
            onZoom={zoomTo}
            onReset={resetZoom}
          />
          <MarkSwitches marks={marks} kinds={['alerts', 'maintenance', 'changes']} />
        </div>
      )}
      <Pinned endpoint={alert.endpoint.id} span={span} />
    </Box>
  );
}

/** An endpoint without reports has no value to draw: its availability is shown instead. */
function Presence({ alert }: { alert: Alert }) {
  const loaded = useLoad<EndpointDetail>(
    `endpoints/${encodeURIComponent(alert.endpoint.id)}`,
    (change) => 'endpoint' in change && change.endpoint === alert.endpoint.id && change.kind !== 'values',
    2000,
  );
  const { from, to: until } = spanAround(alert, Date.now());
  return (
    <Box
      title={t('ticket.presence')}
      aside={
        <a class="small" href={`${to.endpoint(alert.endpoint.id)}?tab=presence`}>
          {t('ticket.presenceMore')}
        </a>
      }
    >
      <Ready of={loaded} lines={2}>
        {({ timeline }) =>
          (timeline[0]?.from ?? until) >= until ? (
            <p class="quiet">{t('ticket.presenceOld')}</p>
          ) : (
            <div class="stack-2">
              <Timeline name={t('ticket.presence')} intervals={timeline} from={from} to={until} />
              <div class="axis">
                <span>{momentText(from)}</span>
                <span>{momentText(until)}</span>
              </div>
              <StateKey />
            </div>
          )
        }
      </Ready>
    </Box>
  );
}

export function AlertFacts({ alert }: { alert: Alert }) {
  return (
    <Box title={<a href={to.alert(alert.id)}>{t('ticket.alert')}</a>} aside={<AlertState alert={alert} />}>
      <dl class="facts side-facts">
        <Fact name={t('alert.what')}>{titleOf(alert)}</Fact>
        <Fact name={t('alert.severity')}>
          <SeverityMark severity={alert.severity} />
        </Fact>
        <Fact name={t('alert.value')}>
          {measuredOf(alert)} <span class="quiet small nowrap">{limitOf(alert)}</span>
        </Fact>
      </dl>
    </Box>
  );
}

/** A service follows from its parts, and what the collector says of itself is no measurement: of both nothing is stored. */
const hasNoSeries = ({ metric, endpoint }: Alert) => metric === 'target.service_down' || endpoint.id === 'collector';

/** What was measured, around the time of the alert. */
export function Evidence({ alert }: { alert: Alert }) {
  if (alert.metric === silence) return <Presence alert={alert} />;
  return hasNoSeries(alert) ? null : <Around alert={alert} />;
}
