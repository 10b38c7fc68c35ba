/** Hours, holidays and exceptions of calendars as a table. Pure. */
import { type DaySpans, isDate, type Weekday, weekdays } from '../../shared/calendar.ts';
import { type CsvFault, csvFault, readCsv, writeCsv } from '../../shared/csv.ts';
import { namesNear } from '../../shared/nearest.ts';
import { nameKey } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import { type CalendarContent, calendarFault, isNeverOpen } from './check.ts';

const columns = ['calendar', 'kind', 'day', 'hours', 'name'] as const;
const kinds = ['weekly', 'holiday', 'exception'] as const;

interface NamedCalendar extends CalendarContent {
  id: string;
  name: string;
}

export const calendarTable = (calendars: readonly NamedCalendar[]): string =>
  writeCsv([
    columns,
    ...calendars.flatMap(({ name, weekly, holidays, overrides }) => [
      ...weekdays.flatMap((day) => (weekly[day] ? [[name, 'weekly', day, hoursText(weekly[day]), null]] : [])),
      ...holidays.map((one) => [name, 'holiday', one.date, null, one.name]),
      ...Object.entries(overrides).map(([date, spans]) => [name, 'exception', date, hoursText(spans), null]),
    ]),
  ]);

const hoursText = (spans: DaySpans) => spans.map(([open, close]) => `${open}-${close}`).join(' ');

export interface CalendarLine {
  line: number;
  id: string;
  name: string;
  /** The kinds of lines that the table has of it; the others stay as they are. */
  fields: Partial<Pick<CalendarContent, 'weekly' | 'holidays' | 'overrides'>>;
}

/** Each calendar that the table names, from the line on that names it first. */
export function calendarsIn(text: string, known: readonly NamedCalendar[]) {
  const { records, faults } = readCsv(text, columns, ['hours', 'name']);
  const rows = new Map<string, CalendarLine>();
  for (const { line, of } of records) {
    const at = (column: (typeof columns)[number], why: CsvFault['why']) =>
      faults.push(csvFault(line, column, of[column], why));
    const calendar = known.find(({ name }) => nameKey(name) === nameKey(of.calendar));
    const kind = kinds.find((one) => one === of.kind.toLowerCase());
    const hours = of.hours.split(/\s+/).filter(Boolean);
    const spans = hours.map((one) => one.split(/[-–]/)) as unknown as [string, string][];
    if (!calendar)
      at(
        'calendar',
        reason('entry_calendar', {
          known: namesNear(
            of.calendar,
            known.map(({ name }) => name),
          ),
        }),
      );
    else if (!kind) at('kind', reason('entry_choice', { known: kinds.join(', ') }));
    else if (kind === 'weekly' ? !weekdays.includes(of.day as Weekday) : !isDate(of.day))
      at('day', kind === 'weekly' ? reason('entry_choice', { known: weekdays.join(', ') }) : reason('entry_date'));
    else if (spans.some((span) => span.length !== 2)) at('hours', reason('entry_hours'));
    else {
      const row = rows.get(calendar.id) ?? { line, id: calendar.id, name: calendar.name, fields: {} };
      rows.set(calendar.id, row);
      const { fields } = row;
      if (kind === 'weekly') fields.weekly = { ...fields.weekly, [of.day]: spans };
      else if (kind === 'holiday') fields.holidays = [...(fields.holidays ?? []), { date: of.day, name: of.name }];
      else fields.overrides = { ...fields.overrides, [of.day]: spans };
      const fault = calendarFault({ ...{ zone: '', weekly: {}, holidays: [], overrides: {} }, ...fields });
      if (fault !== null) at(kind === 'holiday' ? 'day' : 'hours', fault);
    }
  }
  for (const { line, id, fields } of rows.values()) {
    const before = known.find((one) => one.id === id) as NamedCalendar;
    if (isNeverOpen({ ...before, ...fields })) faults.push(csvFault(line, 'hours', '', reason('calendar_never_open')));
  }
  return { rows: [...rows.values()], faults };
}
