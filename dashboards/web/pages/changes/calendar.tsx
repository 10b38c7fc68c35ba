/**
 * The month as a calendar: planned changes by name, recognised ones as a number that lists those of its day, because
 * there are many of them. Narrow windows show how many are planned on each day, and the list below says which.
 */
import type { ChangeRow } from '../../../../shared/api.ts';
import { time } from '../../../../shared/words/format.ts';
import { search, to, withQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { type CalendarDay, dayName, liesOn, weeksOf } from './days.ts';
import { changeNumber, changeTitle, say } from './facts.tsx';
import '../../look/month.css';

const shownPerDay = 3;

const toneOf = ({ outcome, state, isOverdue }: ChangeRow) =>
  isOverdue ? 'with_issues' : state === 'done' && outcome ? outcome.value : state;

function Day({ day, rows, isToday }: { day: CalendarDay; rows: readonly ChangeRow[]; isToday: boolean }) {
  const all = rows.filter((row) => row.state !== 'cancelled' && liesOn(row, day)).sort((a, b) => a.from - b.from);
  const own = all.filter(({ kind }) => kind === 'planned');
  const recognised = all.length - own.length;
  const rest = own.length - shownPerDay;
  return (
    <td class={`${day.isOwn ? '' : 'beyond'} ${isToday ? 'today' : ''}`}>
      <span class="date" aria-current={isToday ? 'date' : undefined}>
        {new Date(day.start).getDate()}
        {own.length > 0 && (
          <span class="unseen">
            {' '}
            {t('change.day', { day: time(day.start, language.value, 'date'), n: say(own.length) })}
          </span>
        )}
      </span>
      {own.length > 0 && (
        <>
          <span class="count" aria-hidden="true">
            {say(own.length)}
          </span>
          <ul>
            {own.slice(0, shownPerDay).map((row) => (
              <li key={row.id}>
                <a class={`entry is-${toneOf(row)}`} href={to.change(row.id)} title={changeTitle(row)}>
                  {changeNumber(row.id)} {changeTitle(row)}
                </a>
              </li>
            ))}
            {rest > 0 && <li class="quiet small">{t('change.moreOnDay', { n: say(rest) })}</li>}
          </ul>
        </>
      )}
      {recognised > 0 && (
        <a
          class="recognised"
          href={`/changes${withQuery(search.value, { kind: 'recognised', day: dayName(day.start), page: null })}`}
          title={t('change.kind.recognised')}
        >
          <span class="unseen">{time(day.start, language.value, 'date')}: </span>
          {say(recognised)}
          <span class="word"> {t('change.kind.recognised')}</span>
        </a>
      )}
    </td>
  );
}

export function ChangeCalendar({ month, rows, now }: { month: string; rows: readonly ChangeRow[]; now: number }) {
  const weeks = weeksOf(month);
  const weekday = new Intl.DateTimeFormat(language.value, { weekday: 'short' });
  return (
    <table class="month-grid">
      <caption class="unseen">{t('page.changes')}</caption>
      <thead>
        <tr>
          {weeks[0]?.map(({ start }) => (
            <th key={start} scope="col">
              {weekday.format(start)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week[0]?.start}>
            {week.map((day) => (
              <Day key={day.start} day={day} rows={rows} isToday={now >= day.start && now < day.end} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
