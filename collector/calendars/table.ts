/** Calendars as a table: zones, regions, hours, holidays and exceptions. Pure. */
import { type DaySpans, isDate, type Weekday, weekdays } from '../../shared/calendar.ts';
import { type CsvFault, csvFault, readCsv, writeCsv } from '../../shared/csv.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { namesThere } from '../../shared/nearest.ts';
import { nameFault, nameKey, tidyName } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { zoneNamed } from '../../shared/zone.ts';
import { type CalendarContent, calendarFault, isNeverOpen } from './check.ts';

const columns = ['calendar', 'kind', 'day', 'hours', 'name', 'zone', 'region'] as const;
const kinds = ['calendar', 'weekly', 'holiday', 'exception'] as const;

interface NamedCalendar extends CalendarContent {
  id: string;
  name: string;
  region: string | null;
}

export const calendarTable = (calendars: readonly NamedCalendar[]): string =>
  writeCsv([
    columns,
    ...calendars.flatMap(({ name, zone, region, weekly, holidays, overrides }) => [
      [name, 'calendar', null, null, null, zone, region],
      ...weekdays.flatMap((day) => (weekly[day] ? [[name, 'weekly', day, hoursText(weekly[day])]] : [])),
      ...holidays.map((one) => [name, 'holiday', one.date, null, one.name]),
      ...Object.entries(overrides).map(([date, spans]) => [name, 'exception', date, hoursText(spans)]),
    ]),
  ]);

const hoursText = (spans: DaySpans) => spans.map(([open, close]) => `${open}-${close}`).join(' ');

export interface CalendarLine {
  line: number;
  /** Null: a new one. */
  id: string | null;
  name: string;
  isSame: boolean;
  /** The kinds of lines that the table has of it; the others stay as they are. */
  fields: Partial<Omit<NamedCalendar, 'id' | 'name'>>;
  /** As it would be. */
  after: Omit<NamedCalendar, 'id'>;
}

type Fields = Record<(typeof columns)[number], string>;

/** Each calendar that the table names, from the line on that names it first. @param regionFault see holidays.ts */
export async function calendarsIn(
  text: string,
  known: readonly NamedCalendar[],
  regionFault: (region: string | null) => Promise<Reason | null>,
) {
  const { records, faults } = readCsv(text, columns, ['day', 'hours', 'name', 'zone', 'region']);
  const rows = new Map<string, Omit<CalendarLine, 'isSame' | 'after'> & { zoned: number | null }>();
  const made = new Set(
    records.filter(({ of }) => of.kind.toLowerCase() === 'calendar').map(({ of }) => nameKey(of.calendar)),
  );
  for (const { line, of } of records) {
    const at = (column: (typeof columns)[number], why: CsvFault['why']) =>
      faults.push(csvFault(line, column, of[column], why));
    const key = nameKey(of.calendar);
    const calendar = known.find(({ name }) => nameKey(name) === key);
    const unnamed = calendar ? null : nameFault(of.calendar);
    if (unnamed) at('calendar', unnamed);
    else if (!calendar && !made.has(key))
      at(
        'calendar',
        reason(
          'entry_calendar',
          namesThere(
            of.calendar,
            known.map(({ name }) => name),
          ),
        ),
      );
    else {
      const row = rows.get(key) ?? {
        line,
        id: calendar?.id ?? null,
        name: calendar?.name ?? tidyName(of.calendar),
        fields: {},
        zoned: null,
      };
      rows.set(key, row);
      if (of.kind.toLowerCase() !== 'calendar') takeDay(of, row.fields, at);
      else if (row.zoned !== null) at('calendar', reason('entry_twice', { line: row.zoned }));
      else {
        row.zoned = line;
        const region = of.region === '' ? null : of.region;
        const [zone, fault] = [zoneIn(of.zone), await regionFault(region)];
        if (typeof zone !== 'string') at('zone', zone.why);
        else if (fault) at('region', fault);
        else Object.assign(row.fields, { zone, region });
      }
    }
  }
  const found: CalendarLine[] = [];
  for (const { zoned: _, ...row } of rows.values()) {
    const before = known.find(({ id }) => id === row.id) ?? { ...blank, name: row.name };
    const after = { ...before, ...row.fields };
    if (faults.length === 0 && isNeverOpen(after))
      faults.push(csvFault(row.line, 'hours', '', reason('calendar_never_open')));
    found.push({
      ...row,
      after,
      isSame: row.id !== null && JSON.stringify(contentOf(before)) === JSON.stringify(contentOf(after)),
    });
  }
  return { rows: found, faults };
}

const blank = { zone: '', region: null, weekly: {}, holidays: [], overrides: {} };

/** Whatever the order of days. */
const contentOf = ({ zone, region, weekly, holidays, overrides }: Omit<NamedCalendar, 'id' | 'name'>) => [
  ...[zone, region, weekdays.map((day) => weekly[day] ?? [])],
  ...[holidays, Object.entries(overrides).sort()],
];

function zoneIn(text: string): string | { why: Reason } {
  try {
    return zoneNamed(text);
  } catch (thrown) {
    const [why] = thrown instanceof EvenkeelError ? thrown.why : [];
    if (!why) throw thrown;
    return { why };
  }
}

type At = (column: (typeof columns)[number], why: Reason) => void;

/** Hours of a weekday, a holiday or an exception. */
function takeDay(of: Fields, fields: CalendarLine['fields'], at: At): void {
  const kind = kinds.find((one) => one === of.kind.toLowerCase());
  const spans = of.hours
    .split(/\s+/)
    .filter(Boolean)
    .map((one) => one.split(/[-–]/)) as unknown as [string, string][];
  if (!kind) at('kind', reason('entry_choice', { known: kinds.join(', ') }));
  else if (kind === 'weekly' ? !weekdays.includes(of.day as Weekday) : !isDate(of.day))
    at('day', kind === 'weekly' ? reason('entry_choice', { known: weekdays.join(', ') }) : reason('entry_date'));
  else if (spans.some((span) => span.length !== 2)) at('hours', reason('entry_hours'));
  else {
    if (kind === 'weekly') fields.weekly = { ...fields.weekly, [of.day]: spans };
    else if (kind === 'holiday') fields.holidays = [...(fields.holidays ?? []), { date: of.day, name: of.name }];
    else fields.overrides = { ...fields.overrides, [of.day]: spans };
    const fault = calendarFault({ ...blank, ...fields });
    if (fault !== null) at(kind === 'holiday' ? 'day' : 'hours', fault);
  }
}
