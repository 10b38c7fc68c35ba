import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CalendarContent, calendarFault } from '../../../collector/calendars/check.ts';

const faultOf = (content: Partial<CalendarContent>) =>
  calendarFault({ zone: 'Europe/Berlin', weekly: {}, holidays: [], overrides: {}, ...content });

test('hours that can be meant are taken: two spans a day, a night shift, around the clock', () => {
  assert.is(
    faultOf({
      weekly: {
        mon: [
          ['08:00', '12:00'],
          ['12:00', '16:30'],
        ],
        tue: [['22:00', '06:00']],
      },
    }),
    null,
  );
  assert.is(faultOf({ weekly: { sun: [['00:00', '24:00']] }, overrides: { '2028-02-29': [] } }), null);
});

test('hours that cannot be meant are refused with the day and the reason', () => {
  const cases: [Partial<CalendarContent>, RegExp][] = [
    [{ weekly: { mon: [['9:00', '17:00']] } }, /^mon: "9:00" is not a time of day/],
    [{ weekly: { mon: [['09:00', '25:00']] } }, /"25:00" is not a time/],
    [{ weekly: { mon: [['09:60', '17:00']] } }, /"09:60"/],
    [{ weekly: { fri: [['09:00', '09:00']] } }, /^fri: it opens and closes at 09:00/],
    [{ weekly: { fri: [['24:00', '09:00']] } }, /opens at 24:00/],
    [
      {
        weekly: {
          fri: [
            ['09:00', '13:00'],
            ['12:00', '17:00'],
          ],
        },
      },
      /12:00–17:00 begins before/,
    ],
    [
      {
        weekly: {
          fri: [
            ['22:00', '06:00'],
            ['08:00', '09:00'],
          ],
        },
      },
      /goes on into the next day/,
    ],
    [{ holidays: [{ date: '2026-02-30', name: '' }] }, /"2026-02-30" is not a date/],
    [{ holidays: [{ date: '24.12.2026', name: '' }] }, /is not a date/],
    [
      {
        holidays: [
          { date: '2026-12-25', name: 'a' },
          { date: '2026-12-25', name: 'b' },
        ],
      },
      /listed twice/,
    ],
    [{ overrides: { '2027-02-29': [] } }, /"2027-02-29" is not a date/],
    [{ overrides: { '2026-12-24': [['09:00', '12']] } }, /^2026-12-24: "12"/],
  ];
  for (const [content, reason] of cases) assert.match(String(faultOf(content)), reason);
});

test.run();
