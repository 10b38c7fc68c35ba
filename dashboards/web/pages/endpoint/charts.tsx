/** The charts of an endpoint, all over one span of time and with one crosshair. */

import { useCallback, useMemo, useState } from 'preact/hooks';
import type { EndpointDetail } from '../../../../shared/api.ts';
import { fieldOf } from '../../../../shared/metrics.ts';
import { Select } from '../../parts/field.tsx';
import { search, setQuery } from '../../router.ts';
import { metricTitle } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';
import { ChangeList, MarkSwitches, useMarks } from '../charts/marks.tsx';
import { Pinned } from '../charts/pin.tsx';
import { SpanBar, useSpan } from '../charts/span.tsx';
import { PanelBox, type PanelProps, titleOf } from './panel-box.tsx';
import { otherMetrics, type Panel, panelsOf } from './panels.ts';
import { useWholePrint } from './seen.ts';

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

/** Panels without a picture in one line, with the reason of each. */
function Empty({ never, here }: { never: readonly Panel[]; here: readonly Panel[] }) {
  if (never.length + here.length === 0) return null;
  const namesOf = (panels: readonly Panel[]) => panels.map(titleOf).join(', ');
  return (
    <details class="small">
      <summary>
        {t('chart.noData', { names: namesOf([...here, ...never]) })} <span class="link">{t('chart.why')}</span>
      </summary>
      <ul>
        {here.length > 0 && (
          <li>
            {namesOf(here)}: {t('chart.noneHere')}
          </li>
        )}
        {never.length > 0 && (
          <li>
            {namesOf(never)}: {t('chart.neverReported')} <a href="?tab=health">{t('chart.checks')}</a>
          </li>
        )}
      </ul>
    </details>
  );
}

export function Charts({ detail }: { detail: EndpointDetail }) {
  const { row, latest, enrolledAt } = detail;
  const chosen = useSpan(enrolledAt);
  const { span } = chosen;
  const { drawn, never } = useMemo(() => panelsOf(latest), [latest]);
  const names = useMemo(() => otherMetrics(latest, drawn), [latest, drawn]);
  const marks = useMarks(row.id, span);
  const charts = useWholePrint();
  const [empty, setEmpty] = useState<ReadonlySet<string>>(new Set());
  const onEmpty = useCallback((name: string, isEmpty: boolean) => {
    setEmpty((old) => {
      if (old.has(name) === isEmpty) return old;
      const next = new Set(old);
      if (isEmpty) next.add(name);
      else next.delete(name);
      return next;
    });
  }, []);
  const place = { endpoint: row.id, span, marks, latest, onEmpty };
  const here = drawn.filter(({ name }) => empty.has(name));
  return (
    <>
      <SpanBar {...chosen} since={enrolledAt} />
      <MarkSwitches marks={marks} />
      <ChangeList changes={marks.changes} />
      <div class="charts" ref={charts}>
        {drawn.map((panel) => (
          <PanelBox key={panel.name} panel={panel} {...place} />
        ))}
      </div>
      <Empty never={never} here={here} />
      <p class="small quiet screen-only">{t('chart.help')}</p>
      {names.length > 0 && <Chosen names={names} {...place} />}
      <Pinned endpoint={row.id} span={span} />
    </>
  );
}
