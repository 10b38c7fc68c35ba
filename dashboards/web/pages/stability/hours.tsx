/** Lost person-hours by week: lost, not confirmed (hatched), planned. */
import type { Stability } from '../../../../shared/api.ts';
import { hours as inHours, none, time } from '../../../../shared/words/format.ts';
import { Box } from '../../parts/box.tsx';
import { Table } from '../../parts/table.tsx';
import { language, t } from '../../words/words.ts';
import { Bar, hourStretches } from './bar.tsx';
import { listOf } from './format.ts';

type Week = Stability['weeks'][number];
const sumOf = ({ lost, unconfirmed, planned }: Week) => lost + unconfirmed + planned;

const looks = ['lost', 'unconfirmed', 'planned'] as const;

function HoursKey() {
  return (
    <ul class="state-key">
      {looks.map((look) => (
        <li key={look}>
          <svg viewBox="0 0 14 14" aria-hidden="true">
            <rect class={`bar-${look}`} width="14" height="14" />
          </svg>
          {t(`stability.hours.${look}`)}
        </li>
      ))}
    </ul>
  );
}

/** @param before the month before: both have one scale, so that a bad month looks like one */
export function Hours({ data, before }: { data: Stability; before: Stability | null }) {
  const { weeks, period, monitored } = data;
  /** Nothing is known of the time before. */
  const isKnown = ({ to }: Week) => monitored === undefined || (monitored !== null && to > monitored.from);
  const whole = Math.max(...[...weeks, ...(before?.weeks ?? [])].map(sumOf), 0);
  const day = (at: number) => time(at, language.value, 'day', period.zone);
  const say = (value: number) => inHours(value, language.value);
  return (
    <Box title={<a href={listOf(data, 'lost_hours')}>{t('stability.hours.title')}</a>} aside={<HoursKey />} flush>
      <Table
        caption={t('stability.hours.title')}
        rows={weeks}
        keyOf={({ from }) => from}
        scroll
        columns={[
          {
            key: 'week',
            head: t('stability.hours.week'),
            // The last moment of the week, not the first one after it.
            cell: ({ from, to }) => <span class="nowrap">{`${day(from)} – ${day(to - 1)}`}</span>,
          },
          ...looks.map((look) => ({
            key: look,
            head: t(`stability.hours.${look}`),
            right: true,
            cell: (week: Week) => <span class="nowrap">{isKnown(week) ? say(week[look]) : none}</span>,
          })),
          {
            key: 'bar',
            head: t('stability.column.bar'),
            bare: true,
            cell: (week) => isKnown(week) && <Bar whole={whole} stretches={hourStretches(week)} />,
          },
        ]}
      />
      {weeks.length > 0 && (
        <p class="box-body small quiet">
          {t('stability.hours.sum', {
            lost: say(weeks.reduce((sum, { lost }) => sum + lost, 0)),
            unconfirmed: say(weeks.reduce((sum, { unconfirmed }) => sum + unconfirmed, 0)),
            planned: say(weeks.reduce((sum, { planned }) => sum + planned, 0)),
          })}
        </p>
      )}
    </Box>
  );
}
