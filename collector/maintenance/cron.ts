/**
 * Five cron fields on the wall clock: which local dates, and which minutes of them. Pure. Day of month and day of week
 * select either where both are restricted, as in cron: "0 2 1 * MON" is the first of a month and every Monday.
 */
import { validateDetailed } from 'node-cron';
import { shownName } from '../../shared/place-name.ts';
import { ReasonedError, reason } from '../../shared/reason.ts';

export interface CronTimes {
  isOn(date: Temporal.PlainDate): boolean;
  /** Minutes since midnight, in order. */
  minutes: readonly number[];
}

type CronToken = number | string;
type DayTest = (date: Temporal.PlainDate) => boolean;

/** @throws ReasonedError that says which part is not understood */
export function readCron(text: string): CronTimes {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) throw new ReasonedError(reason('cron_fields', { text: shownName(text) }));
  const { fields: read, errors } = validateDetailed(fields.join(' '));
  if (!read) {
    const { field, value } = errors[0] ?? { field: '' };
    const code = codeOf[field] ?? 'cron_expression';
    throw new ReasonedError(reason(code, { text: shownName(String(value ?? text)) }));
  }
  const ofMonth = anyOf(read.dayOfMonth.map(dayOfMonthTest));
  const ofWeek = anyOf(read.dayOfWeek.map(dayOfWeekTest));
  const areBothRestricted = [fields[2], fields[4]].every((field) => !/[*?]/.test(field as string));
  const months = new Set(read.month);
  const minutes = read.hour.flatMap((hour) => read.minute.map((minute) => hour * 60 + minute));
  return {
    isOn(date) {
      if (!months.has(date.month)) return false;
      return areBothRestricted ? ofMonth(date) || ofWeek(date) : ofMonth(date) && ofWeek(date);
    },
    minutes: minutes.sort((a, b) => a - b),
  };
}

const codeOf: Record<string, 'cron_minute' | 'cron_hour' | 'cron_day' | 'cron_month' | 'cron_weekday'> = {
  ...{ minute: 'cron_minute', hour: 'cron_hour', dayOfMonth: 'cron_day', month: 'cron_month' },
  ...{ dayOfWeek: 'cron_weekday', weekDay: 'cron_weekday' },
};

const anyOf =
  (tests: readonly DayTest[]): DayTest =>
  (date) =>
    tests.some((test) => test(date));

function dayOfMonthTest(token: CronToken): DayTest {
  if (typeof token === 'number') return ({ day }) => day === token;
  const [, before] = /^L(?:-(\d+))?$/.exec(token) ?? [];
  if (!token.startsWith('L') || token === 'LW')
    throw new ReasonedError(reason('cron_working_day', { text: shownName(token) }));
  return ({ day, daysInMonth }) => day === daysInMonth - Number(before ?? 0);
}

/** `0` Sunday … `6`; `6L` the last Saturday of a month, `2#2` its second Tuesday. */
function dayOfWeekTest(token: CronToken): DayTest {
  const [, weekday, last, nth] = /^(\d)(?:(L)|#(\d))?$/.exec(String(token)) ?? [];
  return ({ day, dayOfWeek, daysInMonth }) => {
    if (dayOfWeek % 7 !== Number(weekday)) return false;
    if (last) return day + 7 > daysInMonth;
    return nth === undefined || Math.ceil(day / 7) === Number(nth);
  };
}
