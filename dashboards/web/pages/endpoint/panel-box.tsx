/** One chart of an endpoint: asked for when it comes near the window, and without a place of its own while it is empty. */
import { useEffect, useMemo } from 'preact/hooks';
import type { EndpointDetail, Series } from '../../../../shared/api.ts';
import { number } from '../../../../shared/words/format.ts';
import { useKept, useLoad } from '../../net/load.ts';
import { may } from '../../net/session.ts';
import { Bones, Box, ProblemCallout } from '../../parts/box.tsx';
import { Chart, type ChartLine } from '../../parts/chart.tsx';
import { withQuery } from '../../router.ts';
import { editQuery, seenQuery } from '../../rules/family.ts';
import { dueOf } from '../../time/due.ts';
import { sizeOf, topOf } from '../../time/full.ts';
import { largest, shifted, type TimeSpan, withoutSlivers } from '../../time/points.ts';
import { useUsual } from '../../time/usual.ts';
import { formatLimit, metricName } from '../../words/value.ts';
import { language, t, wordOr } from '../../words/words.ts';
import { isCompared, type Marks, useDrawing } from '../charts/marks.tsx';
import { resetZoom, zoomTo } from '../charts/span.tsx';
import { lineLabel, type Panel, type PanelName, withoutCommon } from './panels.ts';
import { useSeen } from './seen.ts';

const mostLines = 6;
const weekMs = 7 * 86_400_000;
/** More lines of a week before than this lie upon each other. */
const mostBefore = 3;

type PanelLine = Series['series'][number];
type Latest = EndpointDetail['latest'];

/** Tags that are our own codes, in words: what waits for what (PSI). */
function inWords(tags: PanelLine['tags']): Readonly<Record<string, string>> {
  const { resource, type } = tags;
  if (resource === undefined) return tags;
  const words = wordOr('panel.resource', resource);
  return { ...tags, resource: type === undefined ? words : `${words} (${wordOr('panel.stalled', type)})` };
}

const idOf = ({ metric, tags }: Pick<PanelLine, 'metric' | 'tags'>) => `${metric} ${JSON.stringify(tags)}`;
const hasValues = ({ points }: Pick<PanelLine, 'points'>) => points.some(([, value]) => value !== null);

/** The lines to draw, in the language of the page. @param before what they were a week before; null: not asked for */
function linesOf(panel: Panel, data: Series, before: Series | null, latest: Latest) {
  const busy = panel.metrics.length > 1 ? mostLines + 1 : mostLines;
  const picked = (panel.tag ? largest(data.series, busy) : data.series).filter(hasValues);
  const alone = new Set(data.series.map((line) => line.metric)).size === 1;
  const labels = withoutCommon(
    picked.map((line) => lineLabel(panel, metricName(line.metric), inWords(line.tags), alone)),
  );
  const past = new Map((before?.series ?? []).filter(hasValues).map((line) => [idOf(line), line.points]));
  const isCompared = panel.stacked || picked.length <= mostBefore;
  const lines = picked.map((line, index): ChartLine => {
    const [size, points] = [sizeOf(line, latest), isCompared ? past.get(idOf(line)) : undefined];
    return {
      ...{ label: labels[index] ?? line.metric, points: line.points },
      of: size === null ? undefined : t('chart.of', { whole: formatLimit('mem.total', size, 'bytes') }),
      before: points && shifted(points, weekMs),
    };
  });
  return { picked, lines: panel.stacked ? withoutSlivers(lines, 1, t('chart.other')) : lines };
}

/** In words, beside the legend: what the whole is, and how many cores share it. */
function fullOf(panel: Panel, picked: readonly PanelLine[], latest: Latest) {
  const top = topOf(picked, latest);
  const cores = latest.find(({ metric }) => metric === 'system.n_cpus')?.value ?? 0;
  const hasCores = cores > 0 && ['cpu', 'load', 'processCpu'].includes(panel.name);
  const texts = [
    top === 100 ? t('chart.of', { whole: formatLimit('cpu.usage_active', 100, 'percent') }) : '',
    hasCores ? t('chart.cores', { n: number(cores, language.value) }) : '',
  ].filter(Boolean);
  return top === null && texts.length === 0 ? null : { top, text: texts.join(', ') };
}

export interface PanelProps {
  endpoint: string;
  panel: Panel;
  span: TimeSpan;
  marks: Marks;
  latest: Latest;
  /** Whether there is nothing to draw; the page names it elsewhere then. */
  onEmpty: (name: string, isEmpty: boolean) => void;
}

const filterOf = ({ tags = {} }: Panel) =>
  Object.entries(tags)
    .map(([name, value]) => `&tag=${encodeURIComponent(`${name}=${value}`)}`)
    .join('');

export const titleOf = (panel: Panel): string => panel.title ?? t(`panel.${panel.name as PanelName}`);

export function PanelBox({ endpoint, panel, span, marks, latest, onEmpty }: PanelProps) {
  const { place, seen } = useSeen();
  const addressOf = (from: number, to: number) =>
    `endpoints/${encodeURIComponent(endpoint)}/series?metric=${panel.metrics.join(',')}&from=${from}&to=${to}${filterOf(panel)}`;
  const loaded = useLoad<Series>(seen ? addressOf(span.from, span.to) : null);
  const { problem, reload } = loaded;
  const shown = useKept(loaded);
  const isComparing = isCompared() && seen;
  const before = useKept(useLoad<Series>(isComparing ? addressOf(span.from - weekMs, span.to - weekMs) : null));
  const spoken = language.value;
  // Read again or drawn again: the titles of the lines follow the language
  const { picked, lines } = useMemo(
    () => (shown ? linesOf(panel, shown, isComparing ? before : null, latest) : { picked: [], lines: [] }),
    [shown, before, isComparing, panel, latest, spoken],
  );
  // In a stack a part has no place of its own, so that its limit has none either.
  const metrics = useMemo(() => (panel.whole ? [panel.whole] : panel.metrics), [panel]);
  const drawing = useDrawing(marks, metrics, picked);
  const only = shown?.series.length === 1 ? (shown.series[0] ?? null) : null;
  const usual = useUsual(endpoint, only, span);
  const own = useMemo(
    () =>
      panel.limit == null
        ? drawing.limits
        : [{ value: panel.limit, label: titleOf(panel), severity: 'warning' as const }],
    [panel, drawing, spoken],
  );
  const isEmpty = shown !== null && lines.length === 0 && !problem;
  useEffect(() => onEmpty(panel.name, isEmpty), [isEmpty, panel.name]);
  const unit = shown?.series[0]?.unit ?? 'number';
  const rate = panel.rate === true && !unit.endsWith('/s');
  const alertOn = (line: number, value: number) => {
    const { metric, tags } = picked[line] as PanelLine;
    const own = panel.tag && tags[panel.tag] !== undefined ? { [panel.tag]: tags[panel.tag] as string } : tags;
    const seen = { metric: panel.whole ?? metric, tags: own, value, isRate: rate };
    return `/rules${withQuery('', { ...seenQuery(seen), ...editQuery({ of: 'endpoint', target: endpoint }) })}`;
  };
  // What follows the present moves on by a point at a time, which is no other picture.
  const isStale = shown !== null && Math.abs(shown.from - span.from) > (span.to - span.from) / 20;
  return (
    <div ref={place} class={isEmpty ? 'no-panel' : ''}>
      {!isEmpty && (
        <Box
          title={titleOf(panel)}
          aside={panel.tag && shown ? <Top count={lines.length} of={shown.series.length} /> : undefined}
        >
          {problem && <ProblemCallout problem={problem} retry={reload} />}
          {!shown && !problem && <Bones lines={6} />}
          {shown && lines.length > 0 && (
            <Chart
              name={titleOf(panel)}
              unit={rate ? `${unit}/s` : unit}
              lines={lines}
              from={isStale ? shown.from : span.from}
              to={isStale ? shown.to : span.to}
              asOf={shown.asOf}
              step={shown.step}
              due={dueOf(panel.metrics)}
              stacked={panel.stacked === true}
              full={fullOf(panel, picked, latest)}
              limits={own}
              alerts={drawing.alerts}
              bands={marks.bands}
              diamonds={marks.diamonds}
              usual={usual}
              isStale={isStale}
              onZoom={zoomTo}
              onReset={resetZoom}
              alertOn={may('admin') ? alertOn : undefined}
            />
          )}
        </Box>
      )}
    </div>
  );
}

function Top({ count, of }: { count: number; of: number }) {
  return count < of ? <span class="quiet small">{t('chart.top', { count, of })}</span> : null;
}
