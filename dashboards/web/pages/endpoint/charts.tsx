/** The charts of an endpoint, all over one span of time; dragging in one of them narrows the span of all. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { EndpointDetail, MaintenanceSpan, Series } from '../../../../shared/api.ts';
import { fieldOf } from '../../../../shared/metrics.ts';
import { time } from '../../../../shared/words/format.ts';
import { useKept, useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Bones, Box, ProblemCallout } from '../../parts/box.tsx';
import { Chart } from '../../parts/chart.tsx';
import type { Diamond } from '../../parts/diamonds.ts';
import { Choices, Select } from '../../parts/field.tsx';
import { search, setQuery } from '../../router.ts';
import { largest, moved, type TimeSpan, withoutSlivers } from '../../time/points.ts';
import { useUsual } from '../../time/usual.ts';
import { metricName, metricTitle } from '../../words/value.ts';
import { language, t, wordOr } from '../../words/words.ts';
import { Marks, useMarks } from './marks.tsx';
import {
  freshness,
  lineLabel,
  otherMetrics,
  type Panel,
  type PanelName,
  panelsOf,
  type RangeName,
  rangeNames,
  ranges,
  withoutCommon,
} from './panels.ts';

const mostLines = 6;

/** A span chosen by hand is in the address, so that it can be sent to a colleague. */
function chosenSpan(query: string): TimeSpan | null {
  const params = new URLSearchParams(query);
  const [from, to] = [Number(params.get('from')), Number(params.get('to'))];
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && from > 0 && to > from ? { from, to } : null;
}

function chosenRange(query: string): RangeName {
  const wanted = new URLSearchParams(query).get('range');
  return rangeNames.find((name) => name === wanted) ?? 'hour';
}

/** Tags that are our own codes, in words: what waits for what (PSI). */
function inWords(tags: Series['series'][number]['tags']): Readonly<Record<string, string>> {
  const { resource, type } = tags;
  if (resource === undefined) return tags;
  const words = wordOr('panel.resource', resource);
  return { ...tags, resource: type === undefined ? words : `${words} (${wordOr('panel.stalled', type)})` };
}

/** The lines to draw, in the language of the page. */
function linesOf(panel: Panel, data: Series) {
  const busy = panel.metrics.length > 1 ? mostLines + 1 : mostLines;
  const picked = panel.tag ? largest(data.series, busy) : data.series;
  const alone = new Set(data.series.map((line) => line.metric)).size === 1;
  const lines = picked.filter((line) => line.points.some(([, value]) => value !== null));
  const labels = withoutCommon(
    lines.map((line) => lineLabel(panel, metricName(line.metric), inWords(line.tags), alone)),
  );
  const named = lines.map((line, index) => ({ label: labels[index] ?? line.metric, points: line.points }));
  return panel.stacked ? withoutSlivers(named, 1, t('chart.other')) : named;
}

/** True from the moment on that the element has come near the window: charts far below are not asked for. */
function useSeen() {
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!place.current || seen) return;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: '300px' },
    );
    watcher.observe(place.current);
    return () => watcher.disconnect();
  }, [seen]);
  return { place, seen };
}

interface PanelProps {
  endpoint: string;
  panel: Panel;
  span: TimeSpan;
  bands: readonly MaintenanceSpan[];
  diamonds: readonly Diamond[];
  onZoom: (from: number, to: number) => void;
}

function PanelBox({ endpoint, panel, span, bands, diamonds, onZoom }: PanelProps) {
  const { place, seen } = useSeen();
  const [kept, setKept] = useState<Series | null>(null);
  const address = `endpoints/${encodeURIComponent(endpoint)}/series?metric=${panel.metrics.join(',')}&from=${span.from}&to=${span.to}${filterOf(panel)}`;
  const { data, problem, reload } = useLoad<Series>(seen ? address : null);
  useEffect(() => {
    if (data) setKept(data);
  }, [data]);
  const shown = data ?? kept;
  const spoken = language.value;
  // Read again or drawn again: the titles of the lines follow the language
  const lines = useMemo(() => (shown ? linesOf(panel, shown) : []), [shown, panel, spoken]);
  const only = shown?.series.length === 1 ? (shown.series[0] ?? null) : null;
  const usual = useUsual(endpoint, only, span);
  const name = panel.title ?? t(`panel.${panel.name as PanelName}`);
  const unit = shown?.series[0]?.unit ?? 'number';
  const rate = panel.rate === true && !unit.endsWith('/s');
  return (
    <div ref={place}>
      <Box title={name} aside={panel.tag && shown ? <Top count={lines.length} of={shown.series.length} /> : undefined}>
        {problem && <ProblemCallout problem={problem} retry={reload} />}
        {!shown && !problem && <Bones lines={6} />}
        {shown && lines.length === 0 && <p class="quiet none-yet">{t('chart.none')}</p>}
        {shown && lines.length > 0 && (
          <Chart
            name={name}
            unit={rate ? `${unit}/s` : unit}
            lines={lines}
            from={span.from}
            to={span.to}
            asOf={shown.asOf}
            step={shown.step}
            stacked={panel.stacked === true}
            limit={panel.limit ?? null}
            bands={bands}
            diamonds={diamonds}
            usual={usual}
            onZoom={onZoom}
          />
        )}
      </Box>
    </div>
  );
}

function Top({ count, of }: { count: number; of: number }) {
  return count < of ? <span class="quiet small">{t('chart.top', { count, of })}</span> : null;
}

const ways = ['earlier', 'wider', 'closer', 'later'] as const;

function SpanBar({ span, zoomed, range }: { span: TimeSpan; zoomed: boolean; range: RangeName }) {
  const choose = ({ from, to }: TimeSpan) => setQuery({ from: String(from), to: String(to) });
  const shape = span.to - span.from < 86_400_000 ? 'minute' : 'moment';
  const format = (at: number) => time(at, language.value, shape);
  return (
    <div class="spread">
      <Choices
        label={t('range.label')}
        value={zoomed ? null : range}
        options={rangeNames.map((name) => [name, t(`range.${name}`)] as const)}
        onChoose={(name) => setQuery({ range: name, from: null, to: null })}
      />
      <div class="row">
        <span class="small quiet">
          {shape === 'minute' && `${time(span.from, language.value, 'day')} `}
          {format(span.from)} – {format(span.to)}
        </span>
        <span class="row">
          {ways.map((way) => (
            <button
              key={way}
              type="button"
              class="button slim"
              title={t(`range.${way}`)}
              aria-label={t(`range.${way}`)}
              disabled={way === 'later' && !zoomed}
              onClick={() => choose(moved(span, way, Date.now()))}
            >
              {{ earlier: '◀', wider: '−', closer: '+', later: '▶' }[way]}
            </button>
          ))}
          {zoomed && (
            <button type="button" class="button slim main" onClick={() => setQuery({ from: null, to: null })}>
              {t('range.reset')}
            </button>
          )}
        </span>
      </div>
    </div>
  );
}

/** The span that is shown: chosen by hand, or the last hour, day … up to now, moving on. */
function useSpan(query: string): { span: TimeSpan; zoomed: boolean; range: RangeName } {
  const chosen = chosenSpan(query);
  const range = chosenRange(query);
  const [end, setEnd] = useState(Date.now());
  const zoomed = chosen !== null;
  useEffect(() => {
    if (zoomed) return;
    setEnd(Date.now());
    const timer = setInterval(() => {
      if (!document.hidden) setEnd(Date.now());
    }, freshness(range));
    return () => clearInterval(timer);
  }, [zoomed, range]);
  return { span: chosen ?? { from: end - ranges[range], to: end }, zoomed, range };
}

const filterOf = ({ tags = {} }: Panel) =>
  Object.entries(tags)
    .map(([name, value]) => `&tag=${encodeURIComponent(`${name}=${value}`)}`)
    .join('');

/** One more chart, of whatever else the endpoint reports. The choice is in the address, so that it can be sent. */
function Chosen({ names, ...place }: { names: readonly string[] } & Omit<PanelProps, 'panel'>) {
  const metric = names.find((name) => name === new URLSearchParams(search.value).get('metric')) ?? '';
  const options = names.map((name) => [name, metricTitle(name)] as const).sort((a, b) => a[1].localeCompare(b[1]));
  const panel = useMemo<Panel>(
    () => ({
      name: 'chosen',
      title: metricTitle(metric),
      metrics: [metric],
      rate: fieldOf(metric)?.kind === 'counter',
    }),
    [metric, language.value],
  );
  return (
    <div class="stack-2">
      <Select
        label={t('chart.choose')}
        value={metric}
        onChange={(name) => setQuery({ metric: name || null })}
        options={[['', t('chart.chooseNone')], ...options]}
      />
      {metric && <PanelBox key={metric} panel={panel} {...place} />}
    </div>
  );
}

export function Charts({ detail }: { detail: EndpointDetail }) {
  const endpoint = detail.row.id;
  const { span, zoomed, range } = useSpan(search.value);
  const panels = useMemo(() => panelsOf(detail.latest), [detail.latest]);
  const names = useMemo(() => otherMetrics(detail.latest, panels), [detail.latest, panels]);
  const asked = `maintenance/spans?endpoint=${encodeURIComponent(endpoint)}&from=${span.from}&to=${span.to}`;
  const maintenance = useKept(useLoad<Page<MaintenanceSpan>>(asked, ({ kind }) => kind === 'maintenance', 5000));
  const bands = useMemo(() => maintenance?.items ?? [], [maintenance]);
  const { marks, diamonds, hidden } = useMarks(endpoint, span);
  const zoom = (from: number, to: number) => setQuery({ from: String(from), to: String(to) });
  const place = { endpoint, span, bands, diamonds, onZoom: zoom };
  return (
    <>
      <SpanBar span={span} zoomed={zoomed} range={range} />
      <p class="small quiet">{t('chart.help')}</p>
      <Marks marks={marks} hidden={hidden} />
      <div class="charts">
        {panels.map((panel) => (
          <PanelBox key={panel.name} panel={panel} {...place} />
        ))}
      </div>
      {names.length > 0 && <Chosen names={names} {...place} />}
    </>
  );
}
