/** Calendars of service, working and support hours, and where holidays can be taken from. */
import { Type } from 'typebox';
import {
  CalendarContent,
  CalendarRow,
  CalendarVersion,
  Holiday,
  HolidayRegion,
  page,
  type TableRead,
} from '../../../shared/api.ts';
import { businessMinutes } from '../../../shared/calendar.ts';
import { formatReasons } from '../../../shared/words/reasons.ts';
import { type CalendarFields, calendarIn, type StoredCalendar } from '../../calendars/calendars.ts';
import { calendarWarnings, lastHoliday } from '../../calendars/check.ts';
import { holidaysOf, regionFault, regionsIn } from '../../calendars/holidays.ts';
import { calendarsIn, calendarTable } from '../../calendars/table.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing, prose, word } from '../shapes.ts';
import { tableRoutes } from '../tables.ts';

const reason = { reason: prose(500, 'why it is changed; kept with the version') };
const office = [['09:00', '17:00']];
const example = {
  name: 'Office Berlin',
  zone: 'Europe/Berlin',
  weekly: { mon: office, tue: office, wed: office, thu: office, fri: office },
  region: 'DE-BE',
  holidays: [{ date: '2026-12-25', name: 'Christmas Day' }],
  overrides: { '2026-12-24': [['09:00', '12:00']] },
  reason: 'hours of the works agreement',
};
const New = Type.Object({ ...CalendarContent, ...reason }, { ...closed, examples: [example] });
const Edit = Type.Object(
  { ...Type.Partial(Type.Object(CalendarContent)).properties, ...reason },
  { ...closed, minProperties: 2, examples: [{ zone: 'Europe/Berlin', reason: 'moved' }] },
);
const year = Type.Integer({ minimum: 2000, maximum: 2100 });
const HolidayQuery = Type.Object(
  {
    region: word(16, 'such as DE or DE-BE'),
    from: year,
    to: year,
    language: Type.Optional(
      Type.String({
        pattern: '^[a-z]{2}$',
        want: 'two small letters such as de or ja',
        description: 'of the names, where there are such',
      }),
    ),
  },
  closed,
);
const Holidays = Type.Object({
  ...page(Holiday).properties,
  knownUntil: Type.String({ description: 'the last day that the list covers' }),
});
const RegionQuery = Type.Object({ country: Type.Optional(word(2, 'such as DE: its parts')) }, closed);

/** A Monday to the next, without holidays: 1 January 2024 was a Monday. */
function weekMinutes({ zone, weekly }: StoredCalendar): number {
  const monday = Temporal.PlainDate.from('2024-01-01');
  const at = (date: Temporal.PlainDate) => date.toZonedDateTime(zone).epochMilliseconds;
  const plain = calendarIn({ zone, weekly, holidays: [], overrides: {} });
  return businessMinutes(plain, at(monday), at(monday.add({ days: 7 })));
}

export function calendarRoutes(app: App, { calendars, clock }: Context): void {
  const todayIn = (zone: string) =>
    Temporal.Instant.fromEpochMilliseconds(clock.now()).toZonedDateTimeISO(zone).toPlainDate().toString();
  const rowOf = (calendar: StoredCalendar) => {
    const warnings = calendarWarnings(calendar, todayIn(calendar.zone));
    return {
      ...{ ...calendar, weekMinutes: weekMinutes(calendar), holidaysUntil: lastHoliday(calendar.holidays) },
      warnings: warnings.map((why) => ({ why, problem: formatReasons('en', [why]) })),
    } as unknown as CalendarRow;
  };
  const tags = ['calendars'];
  const url = '/api/v1/calendars';

  app.get(
    url,
    { schema: { summary: 'All calendars, by name', tags, response: { 200: page(CalendarRow) } } },
    async () => ({
      items: (await calendars.list()).map(rowOf),
      next: null,
    }),
  );

  app.post(
    url,
    { schema: { summary: 'Create a calendar', tags, body: New, response: { 201: CalendarRow } } },
    async (request, reply) => {
      const { reason: why, ...fields } = request.body;
      const made = await calendars.create(fields as CalendarFields, callerNamed(request), why);
      return reply.status(201).send(rowOf(made));
    },
  );

  app.get(
    `${url}/:id`,
    { schema: { summary: 'One calendar', tags, params: Id, response: { 200: CalendarRow } } },
    async (request) => rowOf(await calendars.get(request.params.id)),
  );

  app.get(
    `${url}/:id/versions`,
    { schema: { summary: 'Its versions, newest first', tags, params: Id, response: { 200: page(CalendarVersion) } } },
    async (request) => ({ items: (await calendars.versions(request.params.id)) as never, next: null }),
  );

  app.patch(
    `${url}/:id`,
    {
      schema: {
        summary: 'Change a calendar; closed months keep the version that they were computed with',
        tags,
        params: Id,
        body: Edit,
        response: { 200: CalendarRow },
      },
    },
    async (request) => {
      const { reason: why, ...fields } = request.body;
      return rowOf(
        await calendars.edit(request.params.id, fields as Partial<CalendarFields>, callerNamed(request), why),
      );
    },
  );

  app.delete(
    `${url}/:id`,
    { schema: { summary: 'Remove a calendar that no site uses', tags, params: Id, response: { 204: Nothing } } },
    async (request, reply) => {
      await calendars.remove(request.params.id);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/holidays',
    {
      schema: {
        summary: 'Public holidays of a country or of a part of it, to be taken into a calendar',
        tags,
        querystring: HolidayQuery,
        response: { 200: Holidays },
      },
    },
    async ({ query: { region, from, to, language } }) => ({
      items: await holidaysOf(region, { from, to }, language ?? 'en'),
      next: null,
      knownUntil: `${to}-12-31`,
    }),
  );

  app.get(
    '/api/v1/holidays/regions',
    {
      schema: {
        summary: 'Countries whose holidays are known; of one country its parts',
        tags,
        querystring: RegionQuery,
        response: { 200: page(HolidayRegion) },
      },
    },
    async ({ query }) => ({ items: await regionsIn(query.country ?? null), next: null }),
  );

  tableRoutes(app, {
    ...{
      url: `${url}/table`,
      tag: 'calendars',
      what: 'Hours, holidays and exceptions of calendars',
      file: 'calendars',
    },
    example:
      'calendar,kind,day,hours,name,zone,region\r\nOffice Berlin,calendar,,,,Europe/Berlin,DE-BE\r\nOffice Berlin,weekly,mon,09:00-17:00,,,\r\n',
    write: async () => calendarTable(await calendars.list()),
    async read(text, author) {
      const { rows, faults } = await calendarsIn(text, await calendars.list(), regionFault);
      const applied = author !== null && faults.length === 0;
      const changed = rows.filter(({ isSame }) => !isSame);
      const edits = changed.map(({ id, name, fields, after }) => ({
        id,
        fields: id === null ? { ...after, name } : fields,
      }));
      if (applied) await calendars.editAll(edits, author.by, author.reason);
      const lines = rows.map(({ line, id, name, isSame, after }): TableRead['lines'][number] => {
        if (isSame) return { line, name, does: 'same' };
        // Of one with a fault in its zone nobody knows which day it is.
        const warnings = faults.length > 0 ? [] : calendarWarnings(after, todayIn(after.zone));
        return { line, name, does: id === null ? 'add' : 'change', warnings };
      });
      return { applied, faults, lines };
    },
  });
}
