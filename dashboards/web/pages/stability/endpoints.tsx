/** Each endpoint's month: a strip of days, its numbers, and behind them the intervals they were computed from. */
import { useState } from 'preact/hooks';
import type { Availability } from '../../../../shared/api.ts';
import { cutPercent, duration, percent } from '../../../../shared/words/format.ts';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Icon } from '../../parts/icon.tsx';
import { IntervalTable, Strip } from '../../parts/timeline.tsx';
import { endpointName } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';

type EndpointItem = Availability['endpoints'][number];

/** `99.91 % – 99.97 %`: what the value would be if all unknown time had been down, or up. */
function rangeOf(figures: EndpointItem['figures']): string {
  const { availability_low_pct: low, availability_high_pct: high } = figures;
  if (low === null || high === null) return t('stability.noRange');
  if (low === high) return t('stability.exact');
  return t('stability.range', { low: cutPercent(low, language.value), high: cutPercent(high, language.value) });
}

function Row({ item, period }: { item: EndpointItem; period: Availability['period'] }) {
  const [open, setOpen] = useState(false);
  const { figures } = item;
  return (
    <li class="month-row">
      <div class="month-name">
        <EndpointLink of={item} tab="presence" period={period.name} class="strong" />
        <div class="quiet small">{item.site}</div>
      </div>
      <div class="month-strip">
        <Strip
          name={endpointName(item)}
          intervals={item.intervals}
          from={period.from}
          to={period.to}
          zone={period.zone}
        />
      </div>
      <div class="month-value">
        <span class={`strong ${figures.thin ? 'quiet' : ''}`}>
          {cutPercent(figures.availability_pct, language.value)}
        </span>
        <div class="quiet small">{rangeOf(figures)}</div>
      </div>
      <div class="small month-sums">
        <div>
          {t('interval.down')} {duration(figures.down_minutes * 60, language.value)}
        </div>
        <div class="quiet">
          {t('stability.coverage')} {percent(figures.coverage_pct, language.value, 1)}
        </div>
      </div>
      <button type="button" class="button slim" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'up' : 'down'} />
        {t('stability.intervals', { count: item.intervals.length })}
        <span class="unseen"> {item.name}</span>
      </button>
      {open && (
        <div class="month-intervals">
          <IntervalTable caption={t('stability.intervalsOf', { name: item.name })} intervals={item.intervals} />
        </div>
      )}
    </li>
  );
}

export function EndpointRows({
  endpoints,
  period,
}: {
  endpoints: readonly EndpointItem[];
  period: Availability['period'];
}) {
  return (
    <ul>
      {endpoints.map((item) => (
        <Row key={item.id} item={item} period={period} />
      ))}
    </ul>
  );
}
