/** One alert: its facts, and what was measured around it. */
import { useMemo, useState } from 'preact/hooks';
import type { Alert, EndpointDetail, Series } from '../../../../shared/api.ts';
import { fieldOf } from '../../../../shared/metrics.ts';
import { time } from '../../../../shared/words/format.ts';
import { silence } from '../../../../shared/words/names.ts';
import { useKept, useLoad } from '../../net/load.ts';
import { Box, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Chart } from '../../parts/chart.tsx';
import { Fact } from '../../parts/fact.tsx';
import { SeverityMark } from '../../parts/mark.tsx';
import type { LimitLine } from '../../parts/plot-data.ts';
import { StateKey, Timeline } from '../../parts/timeline.tsx';
import { search, to } from '../../router.ts';
import { topOf } from '../../time/full.ts';
import { chosenSpan } from '../../time/ranges.ts';
import { spanAround } from '../../time/story.ts';
import { useUsual } from '../../time/usual.ts';
import { formatLimit, metricName, metricTitle } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';
import { MarkSwitches, useDrawing, useMarks } from '../charts/marks.tsx';
import { Pinned } from '../charts/pin.tsx';
import { resetZoom, zoomTo } from '../charts/span.tsx';
import { useKeptEvidence } from './kept.ts';
import { AlertState, instanceOf, limitOf, measuredOf, titleOf } from './words.tsx';

/** Does a line carry the tags of the alert? An alert may name fewer tags than its series has. */
function carries(tags: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => tags[name] === undefined || tags[name] === value);
}

/** The moments and the limit of the alert, in the place of those that hold now. */
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

function Around({ alert }: { alert: Alert }) {
  // Fixed when the page was opened: a chart must not move while it is studied.
  const [around] = useState(() => spanAround(alert, Date.now()));
  const zoomed = chosenSpan(search.value);
  const { from, to: end } = zoomed ?? around;
  const field = fieldOf(alert.metric);
  const address = `endpoints/${encodeURIComponent(alert.endpoint.id)}/series?metric=${alert.metric}&from=${from}&to=${end}`;
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
  const metrics = useMemo(() => [alert.metric], [alert.metric]);
  const drawing = useDrawing(marks, metrics, series);
  const own = useOwnMarks(alert);
  if (!field) return null;
  const name = metricTitle(alert.metric);
  const top = topOf(series, []);
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
      {kept && <p class="quiet">{t('ticket.evidenceKept', { at: time(kept.asOf, language.value) })}</p>}
      {shown && lines.length === 0 && <p class="quiet">{t('chart.none')}</p>}
      {shown && lines.length > 0 && (
        <div class="stack-2">
          <Chart
            name={name}
            unit={alert.unit}
            lines={lines}
            from={span.from}
            to={span.to}
            asOf={shown.asOf}
            step={shown.step}
            full={
              top === null ? null : { top, text: t('chart.of', { whole: formatLimit(alert.metric, top, alert.unit) }) }
            }
            {...own}
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
                <span>{time(from, language.value)}</span>
                <span>{time(until, language.value)}</span>
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
