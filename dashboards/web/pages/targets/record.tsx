/** How a target or a service was: a day and ninety days as strips, its availability by month, and each outage behind it. */
import type { WatchedOutage, WatchedRecord, WatchedShare } from '../../../../shared/watched.ts';
import { findingText, seenText } from '../../../../shared/words/finding.ts';
import { cutPercent, duration, none, number, percent, time } from '../../../../shared/words/format.ts';
import { Box } from '../../parts/box.tsx';
import { Dots } from '../../parts/dots.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { StateKey, Strip, Timeline } from '../../parts/timeline.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';

const dayMs = 86_400_000;
const shownStates = ['up', 'down', 'unknown', 'maintenance', 'not_monitored'] as const;
const lasted = (ms: number) => duration(Math.round(ms / 1000), language.value);
const say = (n: number) => number(n, language.value);

/** `99.57 %`, and where something is unknown what it may be; nothing is known: a dash with its reason. */
export function Share({ of: { percent: value, low, high, unknownMs } }: { of: WatchedShare }) {
  if (value === null) return <span title={t('watched.nothing')}>{none}</span>;
  return (
    <>
      <span class="strong nowrap">{cutPercent(value, language.value)}</span>
      {unknownMs > 0 && low !== null && high !== null && (
        <span class="quiet small nowrap">
          {' '}
          {t('watched.range', { low: cutPercent(low, language.value), high: cutPercent(high, language.value) })}
        </span>
      )}
    </>
  );
}

function ShareFacts({ of, since, zone }: { of: WatchedShare; since: number | null; zone: string }) {
  const { downMs, maintenanceMs, coverage, outages } = of;
  if (of.percent === null) return <span class="quiet">{t('watched.nothing')}</span>;
  const isLate = since !== null && since > of.from;
  return (
    <>
      <Share of={of} />
      <div class="small quiet">
        <Dots
          of={[
            t('watched.n', { n: say(outages) }),
            ...(downMs > 0 ? [t('watched.downFor', { time: lasted(downMs) })] : []),
            ...(maintenanceMs > 0 ? [t('watched.planned', { time: lasted(maintenanceMs) })] : []),
            ...(isLate || (coverage !== null && coverage < 100)
              ? [
                  t(isLate ? 'watched.since' : 'watched.coverage', {
                    at: isLate ? time(since, language.value, 'moment', zone) : '',
                    share: percent(Math.floor((coverage ?? 0) * 10) / 10, language.value, 1),
                  }),
                ]
              : []),
          ]}
        />
      </div>
    </>
  );
}

export function Past({ record }: { record: WatchedRecord }) {
  const { asOf, zone, intervals } = record;
  const at = (instant: number, shape: 'moment' | 'date' = 'moment') => time(instant, language.value, shape);
  const from = Math.min(intervals[0]?.from ?? asOf, asOf - 89 * dayMs);
  return (
    <Box title={t('watched.past')}>
      <div class="stack-2">
        <span class="small quiet">{t('watched.day')}</span>
        <Timeline name={t('watched.day')} intervals={intervals} from={asOf - dayMs} to={asOf} />
        <div class="axis">
          <span>{at(asOf - dayMs)}</span>
          <span>{at(asOf)}</span>
        </div>
        <span class="small quiet">{t('watched.days')}</span>
        <Strip name={t('watched.days')} intervals={intervals} from={from} to={asOf} zone={zone} />
        <div class="axis">
          <span>{at(from, 'date')}</span>
          <span>{at(asOf, 'date')}</span>
        </div>
        <StateKey states={shownStates} />
      </div>
    </Box>
  );
}

export function Availability({ record }: { record: WatchedRecord }) {
  const { asOf, since, zone, month, year, months } = record;
  const known = months.filter(
    ({ percent: value, maintenanceMs, unknownMs }) => value !== null || maintenanceMs + unknownMs > 0,
  );
  return (
    <Box
      title={t('watched.availability')}
      aside={
        <span class="small quiet">{t('watched.asOf', { at: time(asOf, language.value, 'moment', zone), zone })}</span>
      }
    >
      <div class="stack-2">
        <dl class="facts">
          <Fact name={t('watched.month')}>
            <ShareFacts of={month} since={since} zone={zone} />
          </Fact>
          <Fact name={t('watched.year')}>
            <ShareFacts of={year} since={since} zone={zone} />
          </Fact>
        </dl>
        {known.length > 1 && (
          <details>
            <summary>{t('watched.byMonth')}</summary>
            <Table
              caption={t('watched.byMonth')}
              rows={[...known].reverse()}
              keyOf={({ name }) => name}
              columns={[
                {
                  key: 'month',
                  head: t('watched.monthHead'),
                  cell: ({ from }) => time(from, language.value, 'month', zone),
                },
                { key: 'share', head: t('watched.availability'), right: true, cell: (one) => <Share of={one} /> },
                { key: 'n', head: t('watched.outages'), right: true, cell: ({ outages }) => say(outages) },
                { key: 'down', head: t('watched.downTime'), right: true, cell: ({ downMs }) => lasted(downMs) },
              ]}
            />
          </details>
        )}
        <p class="small quiet">{t('watched.how')}</p>
      </div>
    </Box>
  );
}

/** What was seen when it began. */
function whyOf({ finding }: WatchedOutage): string {
  if (finding === null) return t('watched.notKept');
  if (finding.of === 'target') return seenText(language.value, finding);
  return findingText(language.value, 'target.service_down', finding) ?? none;
}

export function Outages({ record: { outages } }: { record: WatchedRecord }) {
  return (
    <Box title={t('watched.outages')} flush={outages.length > 0}>
      {outages.length === 0 ? (
        <p class="quiet">{t('watched.noOutage')}</p>
      ) : (
        <Table
          caption={t('watched.outages')}
          rows={outages}
          keyOf={({ from }) => from}
          columns={[
            { key: 'from', head: t('interval.from'), cell: ({ from }) => <Moment at={from} shape="long" /> },
            {
              key: 'to',
              head: t('interval.to'),
              cell: ({ to: until }) => (until === null ? t('watched.goesOn') : <Moment at={until} shape="long" />),
            },
            {
              key: 'down',
              head: t('watched.counted'),
              right: true,
              cell: ({ downMs, maintenanceMs, unknownMs }) => (
                <>
                  <span class="nowrap">{lasted(downMs)}</span>
                  {maintenanceMs > 0 && (
                    <div class="small quiet">{t('watched.planned', { time: lasted(maintenanceMs) })}</div>
                  )}
                  {unknownMs > 0 && (
                    <div class="small quiet">{t('watched.unwatched', { time: lasted(unknownMs) })}</div>
                  )}
                </>
              ),
            },
            { key: 'why', head: t('finding.head.seen'), cell: whyOf },
            {
              key: 'alert',
              head: t('page.alert'),
              cell: ({ alert, ticket }) => (
                <Dots
                  of={[
                    ...(alert === null ? [none] : [<a href={to.alert(alert)}>{t('page.alert')}</a>]),
                    ...(ticket === null ? [] : [<a href={to.ticket(ticket)}>#{ticket}</a>]),
                  ]}
                />
              ),
            },
          ]}
        />
      )}
    </Box>
  );
}
