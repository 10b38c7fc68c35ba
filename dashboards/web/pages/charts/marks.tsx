/** What stands in charts beside the values, each kind with its legend and a switch: limits, alerts, maintenance, changes. */
import { useMemo } from 'preact/hooks';
import type { ChangeMark, MaintenanceSpan } from '../../../../shared/api.ts';
import type { ChartAlert, ChartLimit, ChartMarks } from '../../../../shared/chart-api.ts';
import { fieldOf } from '../../../../shared/metrics.ts';
import { number, time } from '../../../../shared/words/format.ts';
import { silence } from '../../../../shared/words/names.ts';
import { useKept, useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Moment } from '../../parts/moment.tsx';
import type { AlertBar, Diamond, LimitLine } from '../../parts/plot-data.ts';
import { search, setQuery, to } from '../../router.ts';
import type { TimeSpan } from '../../time/points.ts';
import { alertName, formatLimit, ruleName } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';
import { ChangeLink, changeNumber, changeTitle, say } from '../changes/facts.tsx';

const severities = ['critical', 'warning', 'info'] as const;
const kinds = ['limits', 'alerts', 'maintenance', 'changes'] as const;
type MarkKind = (typeof kinds)[number];

/** What is switched off stands in the address. */
const hiddenIn = (query: string): ReadonlySet<string> =>
  new Set((new URLSearchParams(query).get('hide') ?? '').split(',').filter(Boolean));

function toggle(kind: MarkKind): void {
  const hidden = new Set(hiddenIn(search.value));
  if (!hidden.delete(kind)) hidden.add(kind);
  setQuery({ hide: [...hidden].join(',') || null });
}

export const isCompared = (): boolean => new URLSearchParams(search.value).get('compare') === 'week';

/** What is drawn into the chart of a line, by the metric and the tags of it. */
export interface Drawing {
  limits: readonly LimitLine[];
  alerts: readonly AlertBar[];
}

export interface Marks {
  /** How many there are of each, whether shown or not. */
  counts: Readonly<Record<MarkKind, number>>;
  /** Of all alerts, the worst first. */
  severities: readonly AlertBar['severity'][];
  bands: readonly MaintenanceSpan[];
  diamonds: readonly Diamond[];
  changes: readonly ChangeMark[];
  limits: readonly ChartLimit[];
  alerts: readonly ChartAlert[];
}

const shownOf = <T,>(isHidden: boolean, list: readonly T[]): readonly T[] => (isHidden ? [] : list);

export function useMarks(endpoint: string, { from, to: end }: TimeSpan): Marks {
  const query = `from=${from}&to=${end}`;
  const of = `endpoint=${encodeURIComponent(endpoint)}&${query}`;
  const changes = useKept(useLoad<Page<ChangeMark>>(`changes/marks?${of}`, ({ kind }) => kind === 'change', 5000));
  const maintenance = useKept(
    useLoad<Page<MaintenanceSpan>>(`maintenance/spans?${of}`, ({ kind }) => kind === 'maintenance', 5000),
  );
  const own = useKept(
    useLoad<ChartMarks>(
      `endpoints/${encodeURIComponent(endpoint)}/marks?${query}`,
      ({ kind }) => kind === 'alert' || kind === 'rule',
      5000,
    ),
  );
  const hiddenKey = new URLSearchParams(search.value).get('hide') ?? '';
  const spoken = language.value;
  // Read again or drawn again: titles follow the language
  return useMemo(() => {
    const hidden = new Set(hiddenKey.split(','));
    const found = changes?.items ?? [];
    return {
      counts: {
        limits: own?.limits.length ?? 0,
        alerts: own?.alerts.length ?? 0,
        maintenance: maintenance?.items.length ?? 0,
        changes: found.length,
      },
      severities: severities.filter((severity) => own?.alerts.some((alert) => alert.severity === severity)),
      bands: shownOf(hidden.has('maintenance'), maintenance?.items ?? []),
      limits: shownOf(hidden.has('limits'), own?.limits ?? []),
      alerts: shownOf(hidden.has('alerts'), own?.alerts ?? []),
      changes: found,
      diamonds: shownOf(hidden.has('changes'), found).map(({ at, what, change }) => ({
        ...{ at, href: to.change(change.id) },
        title: `${t(`change.what.${what}`)} · ${changeNumber(change.id)} ${changeTitle(change)}`,
      })),
    };
  }, [changes, maintenance, own, hiddenKey, spoken]);
}

type ChartTags = Readonly<Record<string, string>>;
/** Does a line carry the tags of an alert? An alert may name fewer tags than its series has. */
export const carries = (tags: ChartTags, wanted: ChartTags): boolean =>
  Object.entries(wanted).every(([name, value]) => tags[name] === undefined || tags[name] === value);
const measurementOf = (metric: string) => metric.slice(0, metric.indexOf('.'));

/**
 * The limits of what is drawn, and the alerts about it; that the machine was silent concerns all charts.
 * @param metrics of the chart; of a stack, what the whole of it is
 */
export function useDrawing(
  { limits, alerts }: Marks,
  metrics: readonly string[],
  lines: readonly { tags: ChartTags }[],
): Drawing {
  const spoken = language.value;
  // Read again or drawn again: names follow the language
  return useMemo(() => {
    const measurements = new Set(metrics.map(measurementOf));
    const concerns = (tags: ChartTags) => lines.length === 0 || lines.some((line) => carries(line.tags, tags));
    return {
      limits: limits
        .filter(({ metric, tags }) => metrics.includes(metric) && concerns(tags))
        .map(({ rule, severity, metric, value }) => ({
          ...{ severity, value },
          label: `${ruleName(rule)}: ${formatLimit(metric, value, fieldOf(metric)?.unit ?? 'number')}`,
        })),
      alerts: alerts
        .filter(({ metric, tags }) => metric === silence || (measurements.has(measurementOf(metric)) && concerns(tags)))
        .map(({ id, rule, severity, tags, from, to: end }) => ({
          ...{ from, to: end, severity, href: to.alert(id) },
          title: `${t(`severity.${severity}`)}: ${alertName({ rule, tags })} · ${time(from, language.value)}`,
        })),
    };
  }, [limits, alerts, metrics, lines, spoken]);
}

const signs: Record<Exclude<MarkKind, 'alerts'>, string> = {
  limits: 'limit-mark',
  maintenance: 'band-mark',
  changes: 'diamond-mark',
};

interface SwitchProps {
  signs: readonly string[];
  word: string;
  isOn: boolean;
  onChange: () => void;
}

const Switch = ({ signs: shown, word, isOn, onChange }: SwitchProps) => (
  <label class="row">
    <input type="checkbox" checked={isOn} onChange={onChange} />
    {shown.map((sign) => (
      <span key={sign} class={sign} aria-hidden="true" />
    ))}
    {word}
  </label>
);

interface SwitchesProps {
  marks: Marks;
  /** Left out: all, and the comparison with a week before. */
  kinds?: readonly MarkKind[];
}

/** The legend of the marks, of which each is a switch; what does not occur is not in it. */
export function MarkSwitches({ marks: { counts, severities: found }, kinds: only }: SwitchesProps) {
  const hidden = hiddenIn(search.value);
  return (
    // biome-ignore lint/a11y/useSemanticElements: as the choices beside it
    <div class="mark-switches small" role="group" aria-label={t('chart.marks')}>
      {(only ?? kinds)
        .filter((kind) => counts[kind] > 0)
        .map((kind) => (
          <Switch
            key={kind}
            signs={kind === 'alerts' ? found.map((severity) => `alert-mark of-${severity}`) : [signs[kind]]}
            // Of limits, each chart has its own.
            word={t(`chart.mark.${kind}`) + (kind === 'limits' ? '' : `: ${number(counts[kind], language.value)}`)}
            isOn={!hidden.has(kind)}
            onChange={() => toggle(kind)}
          />
        ))}
      {!only && (
        <Switch
          signs={['before-mark']}
          word={t('chart.compare')}
          isOn={isCompared()}
          onChange={() => setQuery({ compare: isCompared() ? null : 'week' })}
        />
      )}
    </div>
  );
}

/** The diamonds as a list, for whoever does not see them. */
export function ChangeList({ changes }: Pick<Marks, 'changes'>) {
  if (changes.length === 0) return null;
  return (
    <details>
      <summary>
        <span aria-hidden="true">◆</span> {t('chart.changeList')}: {say(changes.length)}
      </summary>
      <ul class="stack-2">
        {changes.map(({ at, what, change }) => (
          <li key={`${at} ${what} ${change.id}`}>
            <Moment at={at} /> · {t(`change.what.${what}`)} · <ChangeLink change={change} />
          </li>
        ))}
      </ul>
    </details>
  );
}
