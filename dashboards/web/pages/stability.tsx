/** Uptime of servers and of workstations in a month. Never one mixed number; every number opens its intervals. */
import { useState } from 'preact/hooks';
import type { Availability } from '../../../shared/api.ts';
import { cutPercent, duration, number, percent, time } from '../../../shared/words/format.ts';
import { now } from '../clock.ts';
import { useLoad } from '../net/load.ts';
import { Box, Empty, Notice, PageHead, Ready } from '../parts/box.tsx';
import { StateKey } from '../parts/timeline.tsx';
import { search, setQuery } from '../router.ts';
import { chosenPeriod, middleOf, movedPeriod, periodOf } from '../time/period.ts';
import { language, t } from '../words/words.ts';
import { EndpointRows } from './stability-rows.tsx';

const classes = ['server', 'workstation'] as const;
type Class = (typeof classes)[number];
type Figures = Availability['pool'];

/** `99.91 % – 99.97 %`: what the value would be if all unknown time had been down, or up. */
export function rangeOf(figures: Figures): string {
  const { availability_low_pct: low, availability_high_pct: high } = figures;
  if (low === null || high === null) return t('stability.noRange');
  if (low === high) return t('stability.exact');
  return t('stability.range', { low: cutPercent(low, language.value), high: cutPercent(high, language.value) });
}

const minutes = (value: number) => duration(value * 60, language.value);

function Facts({ data }: { data: Availability }) {
  const { pool } = data;
  return (
    <dl class="facts tight">
      <div>
        <dt>{t('stability.n')}</dt>
        <dd>{number(data.n, language.value)}</dd>
      </div>
      <div>
        <dt>{t('stability.coverage')}</dt>
        <dd>{percent(pool.coverage_pct, language.value, 1)}</dd>
      </div>
      <div>
        <dt>{t('interval.down')}</dt>
        <dd>{minutes(pool.down_minutes)}</dd>
      </div>
      <div>
        <dt>{t('interval.unknown')}</dt>
        <dd>{minutes(pool.unknown_minutes)}</dd>
      </div>
    </dl>
  );
}

function ClassTile({ name, data }: { name: Class; data: Availability }) {
  const thin = (data.pool.coverage_pct ?? 0) < 95;
  return (
    <Box
      title={t(`stability.class.${name}`)}
      aside={data.provisional && <span class="tag">{t('stability.provisional')}</span>}
    >
      <div class="stack-2">
        <p class={`figure ${thin ? 'quiet' : ''}`}>{cutPercent(data.pool.availability_pct, language.value)}</p>
        <p class="quiet small">{rangeOf(data.pool)}</p>
        <Facts data={data} />
        {data.status !== 'ok' && data.n > 0 && <p class="small quiet">{t(`stability.status.${data.status}`)}</p>}
        {thin && data.n > 0 && <p class="small quiet">{t('stability.thin')}</p>}
      </div>
    </Box>
  );
}

function ClassList({ name, data }: { name: Class; data: Availability }) {
  const [all, setAll] = useState(false);
  const worst = [...data.endpoints].sort(
    (a, b) => (a.figures.availability_pct ?? 101) - (b.figures.availability_pct ?? 101) || a.name.localeCompare(b.name),
  );
  const most = 20;
  return (
    <Box
      title={t(`stability.list.${name}`)}
      aside={<span class="quiet small">{t('common.asOf', { at: time(data.asOf, language.value) })}</span>}
      flush
    >
      {worst.length === 0 ? (
        <Empty icon={name} title={t(`stability.none.${name}`)} />
      ) : (
        <>
          <EndpointRows endpoints={all ? worst : worst.slice(0, most)} period={data.period} />
          {!all && worst.length > most && (
            <p class="box-body">
              <button type="button" class="button slim" onClick={() => setAll(true)}>
                {t('common.showAll', { n: number(worst.length, language.value) })}
              </button>
            </p>
          )}
        </>
      )}
    </Box>
  );
}

function MonthPicker({ period }: { period: string }) {
  const present = periodOf(now.value);
  const go = (months: number) => {
    const next = movedPeriod(period, months);
    setQuery({ period: next === present ? null : next });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row in every browser
    <span class="row" role="group" aria-label={t('stability.period')}>
      <button type="button" class="button" aria-label={t('stability.earlier')} onClick={() => go(-1)}>
        ◀
      </button>
      <strong role="status" class="month">
        {time(middleOf(period), language.value, 'month')}
      </strong>
      <button
        type="button"
        class="button"
        aria-label={t('stability.later')}
        disabled={period >= present}
        onClick={() => go(1)}
      >
        ▶
      </button>
    </span>
  );
}

export function StabilityPage() {
  const period = chosenPeriod(new URLSearchParams(search.value).get('period'), now.peek());
  const servers = useLoad<Availability>(`kpis/availability?period=${period}&class=server`);
  const workstations = useLoad<Availability>(`kpis/availability?period=${period}&class=workstation`);
  const lists = [
    ['server', servers],
    ['workstation', workstations],
  ] as const;
  const zone = servers.data?.period.zone;
  return (
    <>
      <PageHead title={t('page.stability')} lead={t('stability.lead')}>
        <MonthPicker period={period} />
      </PageHead>
      <div class="columns">
        {lists.map(([name, loaded]) => (
          <Ready key={name} of={loaded}>
            {(data) => <ClassTile name={name} data={data} />}
          </Ready>
        ))}
      </div>
      <div class="spread">
        <StateKey />
        {zone && <span class="quiet small">{t('stability.zone', { zone })}</span>}
      </div>
      {lists.map(([name, loaded]) => loaded.data && <ClassList key={name} name={name} data={loaded.data} />)}
      <Notice tone="info" title={t('stability.how')}>
        <p>{t('stability.howLead')}</p>
        {servers.data && (
          <p class="small">
            <code>{servers.data.formula}</code>
          </p>
        )}
      </Notice>
    </>
  );
}
