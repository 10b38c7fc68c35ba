/** Over which time the charts of a page go: one of the presets up to now, or a span chosen by hand; both in the address. */
import { useEffect, useState } from 'preact/hooks';
import { time } from '../../../../shared/words/format.ts';
import { pinnedAt } from '../../parts/crosshair.ts';
import { momentText } from '../../parts/moment.tsx';
import { search, setQuery } from '../../router.ts';
import { moved, type TimeSpan } from '../../time/points.ts';
import {
  chosenSpan,
  defaultRange,
  freshness,
  type RangeName,
  rangeLength,
  rangeNames,
  ranges,
} from '../../time/ranges.ts';
import { language, t } from '../../words/words.ts';

export interface ChosenSpan {
  span: TimeSpan;
  isZoomed: boolean;
  range: RangeName;
}

/** Each is a step that Back undoes. */
const show = (changes: Readonly<Record<string, string | null>>) => setQuery(changes, { replace: false });
export const zoomTo = (from: number, to: number) => show({ from: String(from), to: String(to) });
export function resetZoom(): void {
  if (chosenSpan(search.value) !== null) show({ from: null, to: null });
}

/** @param since when the history begins; null: not known */
export function useSpan(since: number | null): ChosenSpan {
  const query = search.value;
  const chosen = chosenSpan(query);
  const [end, setEnd] = useState(Date.now());
  const wanted = new URLSearchParams(query).get('range');
  const range = rangeNames.find((name) => name === wanted) ?? defaultRange(since, end);
  const length = rangeLength(range, since, end);
  const isZoomed = chosen !== null;
  const pinned = pinnedAt.value;
  // What is studied stands still.
  const isStill = isZoomed || pinned !== null;
  useEffect(() => {
    if (isStill) return;
    setEnd(Date.now());
    const timer = setInterval(() => {
      if (!document.hidden) setEnd(Date.now());
    }, freshness(length));
    return () => clearInterval(timer);
    // `length` itself grows with the time of a range that begins with the history
  }, [isStill, range]);
  // A pin that was sent some time ago is still in view.
  const isOut = pinned !== null && (pinned < end - length || pinned > end);
  const last = isOut ? Math.min(end, Math.round(pinned + length / 2)) : end;
  return { span: chosen ?? { from: last - length, to: last }, isZoomed, range };
}

const ways = ['earlier', 'wider', 'closer', 'later'] as const;

function Presets({ range, since }: { range: RangeName | null; since: number | null }) {
  const history = since === null ? Number.POSITIVE_INFINITY : Date.now() - since;
  const isLong = (name: RangeName) => name !== 'all' && ranges[name] > history;
  // One that shows all there is takes the place of those that would be mostly empty.
  const names = rangeNames.filter((name) => name !== 'all' || (since !== null && history < ranges.year));
  const begin = since === null ? '' : t('range.since', { at: momentText(since) });
  return (
    <div class="row">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row in every browser */}
      <div class="choices" role="group" aria-label={t('range.label')}>
        {names.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === range}
            disabled={isLong(name) && name !== range}
            title={isLong(name) ? begin : undefined}
            onClick={() => show({ range: name, from: null, to: null, at: null })}
          >
            {t(`range.${name}`)}
          </button>
        ))}
      </div>
      {rangeNames.some(isLong) && <span class="small quiet">{begin}</span>}
    </div>
  );
}

export function SpanBar({ span, isZoomed, range, since }: ChosenSpan & { since: number | null }) {
  const days = span.to - span.from > 12 * 3_600_000;
  const moment = (at: number) => (days ? momentText(at) : time(at, language.value, 'minute'));
  const isThisYear = new Date(span.from).getFullYear() === new Date().getFullYear();
  const choose = ({ from, to }: TimeSpan) => zoomTo(from, to);
  return (
    <div class="spread">
      <Presets range={isZoomed ? null : range} since={since} />
      <div class="row">
        <span class="small quiet">
          {!days && `${time(span.from, language.value, isThisYear ? 'day' : 'date')} `}
          {moment(span.from)} – {moment(span.to)}
        </span>
        <span class="row">
          {ways.map((way) => (
            <button
              key={way}
              type="button"
              class="button slim"
              title={t(`range.${way}`)}
              aria-label={t(`range.${way}`)}
              disabled={way === 'later' && !isZoomed}
              onClick={() => choose(moved(span, way, Date.now()))}
            >
              {{ earlier: '◀', wider: '−', closer: '+', later: '▶' }[way]}
            </button>
          ))}
          {isZoomed && (
            <button type="button" class="button slim main" onClick={resetZoom}>
              {t('range.reset')}
            </button>
          )}
        </span>
      </div>
    </div>
  );
}
